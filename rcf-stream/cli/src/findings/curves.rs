//! The curves of one key in bounded memory: buckets of records, which are joined in pairs when
//! there are too many. No extreme is lost.

/// Values of one column within a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Their expected range; NaN if unknown.
    pub(super) expected: [f32; 2],
}

/// The detections within a bucket: the highest of each field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) score: f32,
    /// Infinite while too few scores are known.
    pub(super) threshold: f32,
    pub(super) evidence: f32,
}

/// Consecutive records.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Its first record, from 0.
    pub(super) record: u64,
    pub(super) count: u64,
    /// The position of the first record on the axis.
    pub(super) place: f64,
    pub(super) verdict: Verdict,
    /// One for each column.
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub(super) struct Curves {
    columns: usize,
    /// Records in a bucket; the last one may hold fewer.
    per: u64,
    records: u64,
    newest: f64,
    places: Vec<f64>,
    verdicts: Vec<Verdict>,
    /// Bucket by bucket.
    cells: Vec<Cell>,
}

impl Cell {
    pub(super) fn join(self, other: Self) -> Self {
        // `min` and `max` ignore NaN.
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            expected: [
                self.expected[0].min(other.expected[0]),
                self.expected[1].max(other.expected[1]),
            ],
        }
    }
}

impl Verdict {
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            score: self.score.max(other.score),
            threshold: self.threshold.max(other.threshold),
            evidence: self.evidence.max(other.evidence),
        }
    }
}

impl Curves {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            per: 1,
            records: 0,
            newest: f64::NAN,
            places: Vec::new(),
            verdicts: Vec::new(),
            cells: Vec::new(),
        }
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Records in a bucket.
    pub(super) fn per(&self) -> u64 {
        self.per
    }

    pub(super) fn buckets(&self) -> usize {
        self.places.len()
    }

    /// The position of the newest record on the axis.
    pub(super) fn newest(&self) -> f64 {
        self.newest
    }

    /// The number of buckets.
    pub(super) fn size(&self) -> usize {
        self.cells.len()
    }

    /// Takes the next record.
    pub(super) fn push(&mut self, place: f64, verdict: Verdict, cells: &[Cell]) {
        let begins = self.records.is_multiple_of(self.per);
        self.records += 1;
        self.newest = place;
        if begins {
            // In small steps: doubling would take most of the program's memory.
            let more = (self.places.len() / 8).max(64);
            if self.places.len() == self.places.capacity() {
                self.places.reserve_exact(more);
                self.verdicts.reserve_exact(more);
                self.cells.reserve_exact(more * self.columns);
            }
            self.places.push(place);
            self.verdicts.push(verdict);
            self.cells.extend_from_slice(cells);
            return;
        }
        let start = self.cells.len() - self.columns;
        for (old, new) in self.cells[start..].iter_mut().zip(cells) {
            *old = old.join(*new);
        }
        if let Some(last) = self.verdicts.last_mut() {
            *last = last.join(verdict);
        }
    }

    /// Joins buckets in pairs.
    pub(super) fn halve(&mut self) {
        let columns = self.columns;
        let buckets = self.places.len().div_ceil(2);
        for to in 0..buckets {
            let from = 2 * to;
            let pair = from + 1 < self.places.len();
            self.places[to] = self.places[from];
            self.verdicts[to] = match pair {
                true => self.verdicts[from].join(self.verdicts[from + 1]),
                false => self.verdicts[from],
            };
            for column in 0..columns {
                let first = self.cells[from * columns + column];
                self.cells[to * columns + column] = match pair {
                    true => first.join(self.cells[(from + 1) * columns + column]),
                    false => first,
                };
            }
        }
        self.places.truncate(buckets);
        self.verdicts.truncate(buckets);
        self.cells.truncate(buckets * columns);
        self.places.shrink_to_fit();
        self.verdicts.shrink_to_fit();
        self.cells.shrink_to_fit();
        self.per *= 2;
    }

    /// The buckets, with this many joined to one.
    pub(super) fn points(&self, factor: usize) -> impl Iterator<Item = Point> {
        let per = self.per * factor as u64;
        (0..self.places.len())
            .step_by(factor)
            .enumerate()
            .map(move |(index, from)| {
                let to = (from + factor).min(self.places.len());
                let mut cells = self.row(from).to_vec();
                for bucket in from + 1..to {
                    for (cell, other) in cells.iter_mut().zip(self.row(bucket)) {
                        *cell = cell.join(*other);
                    }
                }
                let verdicts = self.verdicts[from..to].iter().copied();
                let record = index as u64 * per;
                Point {
                    record,
                    count: per.min(self.records - record),
                    place: self.places[from],
                    verdict: verdicts
                        .reduce(Verdict::join)
                        .unwrap_or(self.verdicts[from]),
                    cells,
                }
            })
    }

    /// The positions of the first records of the buckets on the axis.
    pub(super) fn places(&self) -> &[f64] {
        &self.places
    }

    /// The values of a column, record by record; `None` if records were joined.
    pub(super) fn values(&self, column: usize) -> Option<impl Iterator<Item = f64>> {
        let cells = self.cells.iter().skip(column).step_by(self.columns);
        (self.per == 1).then(|| cells.map(|cell| cell.low))
    }

    fn row(&self, bucket: usize) -> &[Cell] {
        &self.cells[bucket * self.columns..(bucket + 1) * self.columns]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in super::super) fn cell(value: f64) -> Cell {
        Cell {
            low: value,
            high: value,
            expected: [value as f32 - 1.0, value as f32 + 1.0],
        }
    }

    pub(in super::super) const CALM: Verdict = Verdict {
        score: 1.0,
        threshold: 2.0,
        evidence: 0.5,
    };

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![9 => -1e6..1e6, 1 => Just(f64::NAN)]
    }

    proptest! {
        #[test]
        fn buckets_hold_the_extremes_of_their_records_and_no_others(
            values in prop::collection::vec(value(), 1..400),
            halvings in prop::collection::vec(0usize..400, 0..5),
            factor in 1usize..5,
        ) {
            let mut curves = Curves::new(1);
            for (n, &value) in values.iter().enumerate() {
                curves.push(n as f64, CALM, &[cell(value)]);
                if halvings.contains(&n) {
                    curves.halve();
                }
            }
            let mut next = 0;
            for point in curves.points(factor) {
                prop_assert_eq!(point.record, next, "every record once");
                prop_assert_eq!(point.place, next as f64);
                let records = &values[next as usize..(next + point.count) as usize];
                let finite = || records.iter().copied().filter(|value| !value.is_nan());
                let (low, high) = (finite().reduce(f64::min), finite().reduce(f64::max));
                let seen = point.cells[0];
                prop_assert_eq!(Some(seen.low).filter(|value| !value.is_nan()), low);
                prop_assert_eq!(Some(seen.high).filter(|value| !value.is_nan()), high);
                next += point.count;
            }
            prop_assert_eq!(next, values.len() as u64);
        }
    }
}
