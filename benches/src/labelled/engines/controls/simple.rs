//! Rules of one line: trailing z-score, first difference, range.

use super::{Answers, largest};
use crate::accuracy::controls::{Range, TrailingZ};
use crate::labelled::Stream;

/// An alert needs this many deviations from the mean of the last 256 records.
const DEVIATIONS: f64 = 4.0;
/// An alert needs this distance outside the range, as a share of its width.
const MARGIN: f64 = 0.02;

/// Distance to the mean of the previous 256 records, in deviations.
pub(super) fn z_score(stream: &Stream, _: u64) -> anyhow::Result<Answers> {
    let mut inputs = vec![TrailingZ::default(); stream.dimensions];
    let scores = stream.rows().map(|row| {
        let scores = inputs.iter_mut().zip(row);
        largest(scores.map(|(input, &value)| input.score(value)))
    });
    Ok(Answers::by_threshold(
        "z-score",
        scores.collect(),
        DEVIATIONS,
    ))
}

/// Distance outside the range so far, in widths.
pub(super) fn range(stream: &Stream, _: u64) -> anyhow::Result<Answers> {
    let mut inputs = vec![Range::default(); stream.dimensions];
    let scores = stream.rows().map(|row| {
        let scores = inputs.iter_mut().zip(row);
        largest(scores.map(|(input, &value)| input.excess(value)))
    });
    Ok(Answers::by_threshold("range", scores.collect(), MARGIN))
}

/// Absolute distance to the previous value; an alert if it exceeds all previous ones by the margin.
/// Each input is measured relative to the largest of its previous distances.
pub(super) fn difference(stream: &Stream, _: u64) -> anyhow::Result<Answers> {
    let mut before: Option<&[f64]> = None;
    let mut highest = vec![0.0f64; stream.dimensions];
    let (mut scores, mut evidence) = (Vec::new(), Vec::new());
    for row in stream.rows() {
        let last = before.replace(row).unwrap_or(row);
        let (mut score, mut share) = (0.0f64, 0.0f64);
        for ((&value, &last), highest) in row.iter().zip(last).zip(&mut highest) {
            let distance = (value - last).abs();
            let relative = if distance > 0.0 {
                (distance / *highest).min(1e9)
            } else {
                0.0
            };
            share = share.max(relative);
            // With one input, the distance itself ranks; several have no unit in common.
            score = score.max(if stream.dimensions == 1 {
                distance
            } else {
                relative
            });
            *highest = highest.max(distance);
        }
        scores.push(score);
        evidence.push(share / (1.0 + MARGIN));
    }
    Ok(Answers::by_evidence("difference", scores, evidence))
}
