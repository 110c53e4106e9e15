//! The protocol for alerts: windows with a tolerance, clusters, precision, recall, F1, delay.

use super::Stream;
use crate::statistics::Spread;

/// Alerts at most this many rows apart belong to one cluster.
const CLUSTER: usize = 50;

/// Rows next to an event in which an alert still belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// Rows before the first one.
    pub before: usize,
    /// Rows after the last one.
    pub after: usize,
}

impl Tolerance {
    /// An event is found by an alert from its first row until shortly after its last.
    pub const DEFAULT: Self = Self {
        before: 0,
        after: 10,
    };
    /// That of the UCR archive, whose labels are coarse.
    pub const UCR: Self = Self {
        before: 100,
        after: 100,
    };
}

/// Counts of the alerts on one or several streams.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Events that are scored.
    pub windows: usize,
    /// Events with an alert.
    pub found: usize,
    /// Clusters of alerts inside windows.
    pub inside: usize,
    /// Clusters of alerts outside: false alerts.
    pub outside: usize,
    /// Scored rows outside windows.
    pub usual_rows: usize,
    /// Rows from the first one of each found event to its first alert; negative before it.
    pub delays: Vec<f64>,
}

/// Counts the alerts on a stream. `alerts` are rows in order.
pub fn count(stream: &Stream, alerts: &[usize], tolerance: Tolerance) -> Counts {
    let scored = stream.start..stream.end;
    let alerts: Vec<usize> = alerts
        .iter()
        .copied()
        .filter(|row| scored.contains(row))
        .collect();
    let mut counts = Counts::default();
    let mut is_inside = vec![false; stream.len()];
    for &(first, last) in &stream.windows {
        if last < stream.start || first >= stream.end {
            continue;
        }
        let from = first.saturating_sub(tolerance.before).max(stream.start);
        let to = (last + tolerance.after).min(stream.end - 1);
        is_inside[from..=to].fill(true);
        counts.windows += 1;
        if let Some(&row) = alerts.iter().find(|row| (from..=to).contains(row)) {
            counts.found += 1;
            counts.delays.push(row as f64 - first as f64);
        }
    }
    let (inside, outside): (Vec<_>, Vec<_>) = alerts.iter().partition(|&&row| is_inside[row]);
    counts.inside = clusters(&inside);
    counts.outside = clusters(&outside);
    counts.usual_rows = scored.filter(|&row| !is_inside[row]).count();
    counts
}

/// Groups of rows, each at most [`CLUSTER`] rows after the previous one.
fn clusters(rows: &[usize]) -> usize {
    let gaps = rows.windows(2).filter(|pair| pair[1] - pair[0] > CLUSTER);
    usize::from(!rows.is_empty()) + gaps.count()
}

impl Counts {
    /// Adds the counts of another stream.
    pub fn add(&mut self, other: Self) {
        self.windows += other.windows;
        self.found += other.found;
        self.inside += other.inside;
        self.outside += other.outside;
        self.usual_rows += other.usual_rows;
        self.delays.extend(other.delays);
    }

    /// Share of the clusters that lie in windows; 0 if there are none.
    pub fn precision(&self) -> f64 {
        ratio(self.inside, self.inside + self.outside)
    }

    /// Share of the windows that are found; 0 if there are none.
    pub fn recall(&self) -> f64 {
        ratio(self.found, self.windows)
    }

    /// Harmonic mean of both.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 {
            2.0 * precision * recall / (precision + recall)
        } else {
            0.0
        }
    }

    /// False alerts per 10,000 rows outside windows.
    pub fn false_per_10_000(&self) -> f64 {
        1e4 * ratio(self.outside, self.usual_rows)
    }

    /// Median delay in rows; `None` if nothing is found.
    pub fn delay(&self) -> Option<f64> {
        Spread::of(self.delays.iter().copied()).map(|spread| spread.median)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 rows, scored from row 100, with an event in rows 50–60 and one in rows 400–419.
    fn stream() -> Stream {
        Stream {
            dimensions: 1,
            values: vec![0.0; 1000],
            windows: vec![(50, 60), (400, 419)],
            start: 100,
            end: 1000,
            ..Stream::default()
        }
    }

    fn counted(alerts: &[usize]) -> Counts {
        count(&stream(), alerts, Tolerance::DEFAULT)
    }

    #[test]
    fn an_event_before_the_first_scored_row_does_not_count() {
        let counts = counted(&[55, 99]);
        assert_eq!((counts.windows, counts.found), (1, 0));
        assert_eq!((counts.inside, counts.outside), (0, 0));
        // 900 rows without the 20 of the event and 10 of tolerance.
        assert_eq!(counts.usual_rows, 870);
        assert_eq!(
            (counts.precision(), counts.recall(), counts.f1()),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(counts.delay(), None);
    }

    #[test]
    fn a_window_that_reaches_into_the_scored_rows_counts_from_there() {
        let mut stream = stream();
        stream.start = 410;
        let counts = count(&stream, &[405, 412], Tolerance::DEFAULT);
        assert_eq!((counts.found, counts.outside), (1, 0));
        assert_eq!(counts.delays, [12.0]);
    }

    #[test]
    fn the_tolerance_ends_ten_rows_after_the_last_row() {
        for (row, found) in [(399, 0), (400, 1), (429, 1), (430, 0)] {
            let counts = counted(&[row]);
            assert_eq!(counts.found, found, "row {row}");
            assert_eq!(counts.outside, 1 - found, "row {row}");
        }
    }

    #[test]
    fn that_of_ucr_has_a_hundred_rows_on_both_sides() {
        for (row, found) in [(299, 0), (300, 1), (519, 1), (520, 0)] {
            let counts = count(&stream(), &[row], Tolerance::UCR);
            assert_eq!(counts.found, found, "row {row}");
        }
        let early = count(&stream(), &[310, 405], Tolerance::UCR);
        assert_eq!(early.delay(), Some(-90.0));
    }

    #[test]
    fn alerts_up_to_fifty_rows_apart_are_one() {
        assert_eq!(counted(&[600, 650, 700]).outside, 1);
        assert_eq!(counted(&[600, 651, 702]).outside, 3);
        // Alerts inside do not join alerts outside.
        let counts = counted(&[395, 400, 405, 431]);
        assert_eq!((counts.inside, counts.outside), (1, 1));
    }

    #[test]
    fn figures_by_hand() {
        // Two streams: three clusters outside, one inside; one of two windows found.
        let mut counts = counted(&[200, 405, 410, 600, 800]);
        counts.add(counted(&[]));
        assert_eq!((counts.windows, counts.found), (2, 1));
        assert_eq!(counts.precision(), 0.25);
        assert_eq!(counts.recall(), 0.5);
        assert!((counts.f1() - 1.0 / 3.0).abs() < 1e-12);
        assert!((counts.false_per_10_000() - 1e4 * 3.0 / 1740.0).abs() < 1e-9);
        assert_eq!(counts.delay(), Some(5.0));
    }

    #[test]
    fn rows_after_the_end_are_not_scored() {
        let mut stream = stream();
        stream.end = 420;
        let counts = count(&stream, &[419, 500], Tolerance::DEFAULT);
        assert_eq!((counts.found, counts.outside), (1, 0));
        assert_eq!(counts.usual_rows, 300);
    }
}
