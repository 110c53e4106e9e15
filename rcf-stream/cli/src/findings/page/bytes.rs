//! The curves of the page as bytes, at the finest resolution that fits.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::curves::{Cell, Point};
use super::super::pack::{Packer, Precision};
use super::super::{Findings, Key};

/// The resolution of curves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Buckets that are joined to one.
    pub(super) factor: usize,
    /// Significant digits of single records.
    digits: i32,
    /// Whether each value is also written, rounded.
    pub(super) fine: bool,
}

impl Level {
    /// From the finest to the coarsest.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let whole = [9, 5].map(|digits| Self {
            factor: 1,
            digits,
            fine: false,
        });
        let joined = |fine| {
            move |power: u32| Self {
                factor: 1 << power,
                digits: 6,
                fine,
            }
        };
        whole
            .into_iter()
            .chain((2..6).map(joined(true)))
            .chain((1..24).map(joined(false)))
    }
}

impl Findings {
    /// The curves of the keys in base 64, and the offset of each; `None` if they are too large.
    /// At the coarsest level the mildest keys are left out.
    pub(super) fn curves(
        &self,
        keys: &[usize],
        level: Level,
        timed: bool,
        unit: f64,
        room: usize,
    ) -> Option<(String, Vec<Option<usize>>)> {
        let is_last = level.factor == 1 << 23;
        let columns = self.names.len();
        let buckets = |key: &usize| self.keys[*key].curves.buckets().div_ceil(level.factor);
        let windows = |key: &usize| self.keys[*key].windows.records();
        let points: usize = keys.iter().map(|key| buckets(key) + windows(key)).sum();
        // Deflated and in base 64, a number takes about half a byte at least.
        if points * (3 * columns + 2) / 2 > room && !is_last {
            return None;
        }
        let (mut packer, mut at) = (Packer::default(), Vec::new());
        for key in keys {
            let start = packer.0.len();
            if is_last && start > room / 2 {
                at.push(None);
                continue;
            }
            at.push(Some(start));
            self.pack(&self.keys[*key], level, timed, unit, &mut packer);
            if packer.0.len() > 2 * room && !is_last {
                return None;
            }
        }
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        // Writing to memory cannot fail.
        let bytes = deflate
            .write_all(&packer.0)
            .and_then(|()| deflate.finish())
            .ok()?;
        let text = BASE64_STANDARD.encode(bytes);
        (text.len() <= room || is_last).then_some((text, at))
    }

    /// One key, in the order in which `page/data.js` reads it.
    fn pack(&self, key: &Key, level: Level, timed: bool, unit: f64, packer: &mut Packer) {
        let points = key.windows.merge(&key.curves, level.factor);
        let is_single = |point: &Point| point.count == 1;
        packer.number(points.len() as u64);
        packer.runs(points.iter().map(|point| point.count as i64));
        let start = start(key);
        let places = points.iter().map(|point| match timed {
            // Before the first time of a key, its records are at that time.
            true if point.place.is_nan() => (start / unit).round() as i64,
            true => (point.place / unit).round() as i64,
            false => point.record as i64 + 1,
        });
        packer.runs(differences(places));
        for (column, decimals) in self.decimals.iter().enumerate() {
            let precision = Precision {
                decimals: decimals.0,
                digits: level.digits,
            };
            let values = |value: fn(&Cell) -> f64| -> Vec<(f64, bool)> {
                let cell = |point: &Point| (value(&point.cells[column]), is_single(point));
                points.iter().map(cell).collect()
            };
            packer.track(&values(|cell| cell.low), precision);
            let has_ranges = !points.iter().all(is_single);
            packer.number(u64::from(has_ranges));
            if has_ranges {
                packer.track(&values(|cell| cell.high), precision);
            }
            let rounded = Precision {
                decimals: decimals.0 + 1,
                digits: 4,
            };
            packer.track(&values(|cell| cell.expected[0].into()), rounded);
            packer.track(&values(|cell| cell.expected[1].into()), rounded);
            let fine = key.curves.values(column).filter(|_| level.fine);
            packer.number(u64::from(fine.is_some()));
            if let Some(fine) = fine {
                packer.track(
                    &fine.map(|value| (value, false)).collect::<Vec<_>>(),
                    precision,
                );
            }
        }
        let verdicts: [fn(&Point) -> f32; 3] = [
            |point| point.verdict.score,
            |point| point.verdict.threshold,
            |point| point.verdict.evidence,
        ];
        for verdict in verdicts {
            let values: Vec<_> = points.iter().map(|it| (verdict(it).into(), true)).collect();
            let precision = Precision {
                decimals: 2,
                digits: 5,
            };
            packer.track(&values, precision);
        }
    }
}

/// The first time of a key; 0 if it has none.
pub(super) fn start(key: &Key) -> f64 {
    let mut places = key.curves.places().iter().copied();
    places.find(|place| place.is_finite()).unwrap_or(0.0)
}

fn differences(numbers: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    let mut before = 0;
    numbers.map(move |number| {
        let difference = number - before;
        before = number;
        difference
    })
}
