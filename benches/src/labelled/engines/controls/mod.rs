//! Controls: the baselines that any detector has to beat. With several inputs, a control takes the
//! largest value over them, unless it has its own method.

mod dspot;
#[cfg(feature = "rivals")]
mod krcf;
mod matrix_profile;
mod simple;

use super::{Alert, Answers, Control};
use crate::labelled::Stream;

/// Names, and whether a seed matters.
pub(super) const ALL: &[(&str, bool, Control)] = &[
    ("z-score", false, simple::z_score),
    ("difference", false, simple::difference),
    ("range", false, simple::range),
    ("dspot", false, dspot::run),
    ("matrix-profile", false, matrix_profile::run),
    #[cfg(feature = "rivals")]
    ("krcf", true, krcf::run),
];

/// Rows before the first alert.
const WARM_UP: usize = 64;

impl Answers {
    /// An alert on each row whose evidence, in units of the boundary, exceeds 1.
    fn by_evidence(kind: &'static str, scores: Vec<f64>, evidence: Vec<f64>) -> Self {
        let alerts = evidence.iter().enumerate().skip(WARM_UP);
        let alerts = alerts.filter(|(_, evidence)| **evidence > 1.0);
        let alerts = alerts.map(|(row, &evidence)| Alert {
            row,
            kind,
            evidence,
            input: None,
        });
        Self {
            alerts: alerts.collect(),
            severities: evidence.iter().map(|e| e / (1.0 + e)).collect(),
            evidence,
            scores,
            p_values: Vec::new(),
        }
    }

    /// An alert on each row whose score exceeds the threshold.
    fn by_threshold(kind: &'static str, scores: Vec<f64>, threshold: f64) -> Self {
        let evidence = scores.iter().map(|score| score / threshold).collect();
        Self::by_evidence(kind, scores, evidence)
    }

    /// An alert on each row whose score exceeds the 99.9 % quantile of the positive scores before
    /// it (their highest while there are fewer than 1,000, of which 100 are needed).
    fn by_own_quantile(kind: &'static str, scores: Vec<f64>) -> Self {
        const QUANTILE: f64 = 0.999;
        const KNOWN: usize = 100;
        let mut before: Vec<f64> = Vec::with_capacity(scores.len());
        let mut evidence = Vec::with_capacity(scores.len());
        for &score in &scores {
            let rank = (QUANTILE * before.len() as f64) as usize;
            evidence.push(match before.get(rank) {
                Some(quantile) if before.len() >= KNOWN => score / quantile,
                _ => 0.0,
            });
            if score > 0.0 {
                let rank = before.partition_point(|other| *other < score);
                before.insert(rank, score);
            }
        }
        Self::by_evidence(kind, scores, evidence)
    }
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// The values of one input.
fn input(stream: &Stream, input: usize) -> impl Iterator<Item = f64> + '_ {
    stream.rows().map(move |row| row[input])
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn the_quantile_is_the_highest_of_few_scores_and_the_second_of_two_thousand() {
        let rows = |scores: Vec<f64>| {
            let alerts = Answers::by_own_quantile("test", scores).alerts;
            alerts.iter().map(|alert| alert.row).collect::<Vec<_>>()
        };
        let mut scores: Vec<f64> = (0..200).map(|t| 1.0 + f64::from(t % 10)).collect();
        scores.extend([10.0, 10.5, 10.2]);
        assert_eq!(rows(scores), [201]);
        let mut scores: Vec<f64> = (0..2000).map(|t| 1.0 + f64::from(t) * 1e-3).collect();
        scores.reverse();
        scores.extend([2.9975, 2.9985]);
        assert_eq!(rows(scores), [2001]);
    }
}
