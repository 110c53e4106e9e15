//! Every record around an anomaly, whether or not the others are reduced.

use std::collections::VecDeque;

use super::curves::{Cell, Curves, Point};

/// Records kept before and after an anomaly.
pub(super) const AROUND: u64 = 48;
/// A window of this many records is followed by another one, so that each may be dropped
/// separately.
const LONGEST: usize = 1_000;
/// Records at the end of a window that represent the records after it.
const EDGE: usize = 8;

/// Consecutive records, one by one.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) points: Vec<Point>,
    /// The highest grade in it.
    pub(super) grade: f64,
}

/// The windows of one key.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    /// The newest records.
    recent: VecDeque<Point>,
    /// In order, without overlap.
    all: Vec<Window>,
    /// The last one takes records up to this one.
    open_until: Option<u64>,
}

impl Window {
    fn start(&self) -> u64 {
        self.points.first().map_or(0, |point| point.record)
    }

    /// The record after the last one.
    fn end(&self) -> u64 {
        self.points.last().map_or(0, |point| point.record + 1)
    }
}

impl Windows {
    /// Adds the next record and, if it reveals an anomaly that began this many records ago, its
    /// grade.
    pub(super) fn push(&mut self, point: Point, anomaly: Option<(f64, u64)>) {
        let record = point.record;
        let is_open = self.open_until.is_some_and(|last| record <= last);
        match self.all.last_mut().filter(|_| is_open) {
            Some(window) if window.points.len() < LONGEST => window.points.push(point.clone()),
            Some(window) => {
                let grade = window.grade;
                let points = vec![point.clone()];
                self.all.push(Window { points, grade });
            }
            None => {}
        }
        self.recent.push_back(point);
        if let Some((grade, ago)) = anomaly {
            self.open(record, grade, ago);
        }
        while self.recent.len() as u64 > 2 * AROUND {
            self.recent.pop_front();
        }
    }

    fn open(&mut self, record: u64, grade: f64, ago: u64) {
        let first = record.saturating_sub(ago.saturating_add(AROUND));
        self.open_until = Some(record + AROUND);
        let end = self.all.last().map_or(0, Window::end);
        let before = self.all.iter().rev().nth(1).map_or(0, Window::end);
        let between = |from: u64, to: u64| {
            let records = self.recent.iter();
            let inside = records.filter(move |it| (from..to).contains(&it.record));
            inside.cloned()
        };
        let missing = between(first.max(end), record + 1);
        match self.all.last_mut().filter(|_| end > 0 && end >= first) {
            Some(window) => {
                // It may begin later than an anomaly that took longer to be revealed.
                let earlier = between(first.max(before), window.start());
                window.points.splice(0..0, earlier);
                window.points.extend(missing);
                window.grade = window.grade.max(grade);
            }
            None => self.all.push(Window {
                points: missing.collect(),
                grade,
            }),
        }
    }

    /// The position of one of the newest records on the axis.
    pub(super) fn place(&self, record: u64) -> Option<f64> {
        let point = self
            .recent
            .iter()
            .rev()
            .find(|point| point.record == record);
        point.map(|point| point.place)
    }

    pub(super) fn all(&self) -> &[Window] {
        &self.all
    }

    /// Records in all windows.
    pub(super) fn records(&self) -> usize {
        self.all.iter().map(|window| window.points.len()).sum()
    }

    /// Drops the windows whose grades are below this.
    pub(super) fn keep_from(&mut self, grade: f64) {
        let open = self.open_until.is_some().then(|| self.all.pop()).flatten();
        self.all.retain(|window| window.grade >= grade);
        self.all.extend(open);
    }

    /// The curves as points, this many buckets joined to one, with every record of the windows in
    /// place.
    pub(super) fn merge(&self, curves: &Curves, factor: usize) -> Vec<Point> {
        if curves.per() * factor as u64 == 1 {
            return curves.points(1).collect();
        }
        let mut merged = Vec::new();
        let mut windows = self.all.iter().peekable();
        let mut done = 0; // records in a window that was written
        let mut points = curves.points(factor).peekable();
        while let Some(point) = points.next() {
            let end = point.record + point.count;
            let mean_gap = match points.peek() {
                Some(next) => (next.place - point.place) / point.count as f64,
                None => (curves.newest() - point.place) / (point.count - 1).max(1) as f64,
            };
            let place = |record: u64, merged: &[Point]| {
                let place = point.place + (record - point.record) as f64 * mean_gap;
                merged.last().map_or(place, |last| place.max(last.place))
            };
            let mut from = point.record.max(done);
            while let Some(window) = windows.next_if(|window| window.start() < end) {
                if window.start() > from {
                    let place = place(from, &merged);
                    let touching = self.touching(&point);
                    merged.push(part(&point, from, window.start(), place, touching));
                }
                merged.extend(window.points.iter().cloned());
                done = window.end();
                from = done;
            }
            if from < end {
                let place = place(from, &merged);
                merged.push(part(&point, from, end, place, self.touching(&point)));
            }
        }
        merged
    }

    /// The windows that share records with a bucket.
    fn touching(&self, point: &Point) -> Vec<&Window> {
        let end = point.record + point.count;
        let shares = |window: &&Window| window.start() < end && window.end() > point.record;
        self.all.iter().filter(shares).collect()
    }
}

/// The records of a bucket from one to before another. An extreme that a window shows in its place
/// is not repeated next to it; the edges of the window then show the usual values there.
fn part(point: &Point, from: u64, end: u64, place: f64, touching: Vec<&Window>) -> Point {
    let mut part = Point {
        record: from,
        count: end - from,
        place,
        ..point.clone()
    };
    if touching.is_empty() {
        return part;
    }
    let within = |it: &&Point| (point.record..point.record + point.count).contains(&it.record);
    let inside = || {
        touching
            .iter()
            .flat_map(|window| window.points.iter().filter(within))
    };
    // What is next to the part is usual: an anomaly is never at the edge of its window.
    let edges = || {
        touching.iter().flat_map(|window| {
            let edge = EDGE.min(window.points.len());
            let (first, last) = (0..edge, window.points.len() - edge..window.points.len());
            &window.points[if window.start() >= end { first } else { last }]
        })
    };
    for (column, cell) in part.cells.iter_mut().enumerate() {
        let join = |all: &mut dyn Iterator<Item = &Point>| {
            all.map(|point| point.cells[column]).reduce(Cell::join)
        };
        let (Some(inside), Some(edge)) = (join(&mut inside()), join(&mut edges())) else {
            continue;
        };
        if inside.low <= cell.low {
            cell.low = edge.low;
        }
        if inside.high >= cell.high {
            cell.high = edge.high;
        }
        if inside.expected[0] <= cell.expected[0] {
            cell.expected[0] = edge.expected[0];
        }
        if inside.expected[1] >= cell.expected[1] {
            cell.expected[1] = edge.expected[1];
        }
    }
    let highest = inside().map(|point| point.verdict).reduce(|a, b| a.join(b));
    let usual = edges().map(|point| point.verdict).reduce(|a, b| a.join(b));
    if let (Some(highest), Some(usual)) = (highest, usual) {
        let verdict = &mut part.verdict;
        if highest.score >= verdict.score {
            verdict.score = usual.score;
        }
        if highest.evidence >= verdict.evidence {
            verdict.evidence = usual.evidence;
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::curves::tests::{CALM, cell};
    use super::*;

    /// A line that rises, with anomalies at these records, and curves halved this many times.
    fn merged(records: u64, anomalies: &[(u64, u64)], halvings: usize) -> Vec<Point> {
        let (mut curves, mut windows) = (Curves::new(1), Windows::default());
        for record in 0..records {
            let value = |n: u64| {
                if anomalies.iter().any(|it| it.0 == n) {
                    9e9
                } else {
                    n as f64
                }
            };
            let point = Point {
                record,
                count: 1,
                place: record as f64 * 10.0,
                verdict: CALM,
                cells: vec![cell(value(record))],
            };
            curves.push(point.place, CALM, &point.cells);
            let anomaly = anomalies.iter().find(|it| it.0 == record);
            windows.push(point, anomaly.map(|it| (0.5, it.1)));
        }
        (0..halvings).for_each(|_| curves.halve());
        windows.merge(&curves, 1)
    }

    proptest! {
        #[test]
        fn every_anomaly_is_among_single_records_and_every_record_once(
            records in 1u64..3_000,
            anomalies in prop::collection::btree_map(0u64..3_000, 0u64..9, 0..6),
            halvings in 0usize..11,
        ) {
            // A record reveals one anomaly.
            let anomalies: Vec<_> = anomalies.into_iter().collect();
            let points = merged(records, &anomalies, halvings);
            let mut next = 0;
            for point in &points {
                prop_assert_eq!(point.record, next);
                next += point.count;
                prop_assert!(point.count == 1 || point.cells[0].high < 9e9, "{point:?}");
            }
            prop_assert_eq!(next, records);
            prop_assert!(points.is_sorted_by(|a, b| a.place < b.place));
            let single = |record: u64| points.iter().any(|it| it.record == record && it.count == 1);
            for (anomaly, ago) in anomalies.into_iter().filter(|it| it.0 < records) {
                let from = anomaly.saturating_sub(ago + AROUND);
                let all = from..(anomaly + AROUND + 1).min(records);
                prop_assert!(all.clone().all(single), "{anomaly}: {all:?}");
            }
        }
    }

    #[test]
    fn a_window_begins_before_the_anomaly_that_began_first() {
        let points = merged(1_342, &[(1_340, 0), (1_341, 2)], 1);
        let single = |record: u64| points.iter().any(|it| it.record == record && it.count == 1);
        assert!((1_341 - 2 - AROUND..1_342).all(single));
    }

    #[test]
    fn the_mildest_windows_are_dropped_first() {
        let mut windows = Windows::default();
        for record in 0..1_000 {
            let point = Point {
                record,
                count: 1,
                place: 0.0,
                verdict: CALM,
                cells: vec![cell(0.0)],
            };
            let grade = [(100, 0.2), (400, 0.9), (700, 0.1)];
            let grade = grade.iter().find(|it| it.0 == record);
            windows.push(point, grade.map(|it| (it.1, 0)));
        }
        assert_eq!(windows.records(), 3 * 97);
        windows.keep_from(0.5);
        let grades: Vec<f64> = windows.all().iter().map(|it| it.grade).collect();
        assert_eq!(grades, [0.9, 0.1], "the last one may still be open");
    }
}
