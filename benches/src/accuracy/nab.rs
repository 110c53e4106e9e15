//! The benchmark's scores, as NAB computes them (Lavin & Ahmad, *Evaluating Real-time Anomaly
//! Detection Algorithms – the Numenta Anomaly Benchmark*, ICMLA 2015).
//!
//! A detection inside a labelled window earns the more the earlier it is; only the best one of a
//! window counts, and a window without one costs. A detection outside costs, less so shortly after
//! a window. One threshold serves all series: the one that is best for the profile, unless it is
//! given. 0 is a detector without detections, 100 a perfect one.

use super::corpus::Series;

/// What a hit, a false alarm and a miss are worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// Its name in tables.
    pub name: &'static str,
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
}

/// NAB's three profiles.
pub const PROFILES: [Profile; 3] = [
    Profile {
        name: "standard",
        true_positive: 1.0,
        false_positive: 0.11,
        false_negative: 1.0,
    },
    Profile {
        name: "low FP",
        true_positive: 1.0,
        false_positive: 0.22,
        false_negative: 1.0,
    },
    Profile {
        name: "low FN",
        true_positive: 1.0,
        false_positive: 0.11,
        false_negative: 2.0,
    },
];

/// The result in one profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// 0 = silent, 100 = perfect.
    pub score: f64,
    /// A row is a detection if its number is at least this.
    pub threshold: f64,
    /// Windows with a detection.
    pub windows_hit: usize,
    /// Detections outside any window.
    pub false_alarms: usize,
}

/// One scored row: the output of the detector, and the value of a detection there.
struct Row {
    output: f64,
    worth: f64,
    window: Option<usize>,
}

/// Scores the outputs of a detector, one sequence for each series. `threshold`: none = the best
/// one.
///
/// # Panics
/// If outputs and series differ in number or length.
pub fn score(
    profile: Profile,
    series: &[&Series],
    outputs: &[&[f64]],
    threshold: Option<f64>,
) -> Score {
    assert_eq!(series.len(), outputs.len());
    let (mut rows, mut windows, mut labels) = (Vec::new(), 0, 0);
    for (series, outputs) in series.iter().zip(outputs) {
        assert_eq!(series.values.len(), outputs.len(), "{}", series.name);
        windows = append(&mut rows, series, outputs, windows);
        labels += series.windows.len();
    }
    rows.sort_by(|a, b| b.output.total_cmp(&a.output));
    let silent = -profile.false_negative * windows as f64;
    let mut best_of = vec![-profile.false_negative; windows];
    let (mut total, mut hits, mut false_alarms) = (silent, 0, 0);
    let mut best = Score {
        score: 0.0,
        threshold: f64::INFINITY,
        windows_hit: 0,
        false_alarms: 0,
    };
    let mut best_total = silent;
    for (i, row) in rows.iter().enumerate() {
        if threshold.is_some_and(|threshold| row.output < threshold) {
            break;
        }
        match row.window {
            None => {
                total += profile.false_positive * row.worth;
                false_alarms += 1;
            }
            Some(window) => {
                let before = best_of[window];
                hits += usize::from(before == -profile.false_negative);
                best_of[window] = before.max(profile.true_positive * row.worth);
                total += best_of[window] - before;
            }
        }
        // A threshold admits all rows of equal output.
        let ends = rows.get(i + 1).is_none_or(|next| next.output != row.output);
        if ends && (total > best_total || threshold.is_some()) {
            best_total = total;
            best = Score {
                score: 0.0,
                threshold: threshold.unwrap_or(row.output),
                windows_hit: hits,
                false_alarms,
            };
        }
    }
    best.score =
        100.0 * (best_total - silent) / (labels as f64 * profile.true_positive - silent).max(1e-9);
    best
}

/// Appends the scored rows of a series. Windows are numbered from `windows`; returns the next
/// number.
fn append(rows: &mut Vec<Row>, series: &Series, outputs: &[f64], windows: usize) -> usize {
    let mut next = windows;
    let mut number = vec![None; series.windows.len()];
    let mut current = 0;
    for (i, &output) in outputs.iter().enumerate() {
        while series.windows.get(current).is_some_and(|w| w.1 < i) {
            current += 1;
        }
        let inside = series.windows.get(current).filter(|w| w.0 <= i);
        if i < series.probation {
            continue;
        }
        let window = inside.map(|_| {
            *number[current].get_or_insert_with(|| {
                next += 1;
                next - 1
            })
        });
        let worth = match inside {
            Some(&(left, right)) => {
                let width = (right - left + 1) as f64;
                sigmoid(-((right - i + 1) as f64) / width) / sigmoid(-1.0)
            }
            None => match current.checked_sub(1).map(|past| series.windows[past]) {
                // A detection before any window is a full false alarm.
                None => -1.0,
                Some((left, right)) => {
                    let distance = (i - right) as f64 / (right - left) as f64;
                    if distance > 3.0 {
                        -1.0
                    } else {
                        sigmoid(distance)
                    }
                }
            },
        };
        rows.push(Row {
            output: if output.is_nan() {
                f64::NEG_INFINITY
            } else {
                output
            },
            worth,
            window,
        });
    }
    next
}

/// From 1 far inside to −1 far outside.
fn sigmoid(x: f64) -> f64 {
    2.0 / (1.0 + libm::exp(5.0 * x)) - 1.0
}
