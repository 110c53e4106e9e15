//! What the answers of one engine on one set come to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Stream;
use super::engines::{Answers, Engine};
use super::protocol::{Counts, count};
use super::sets::SetId;
use crate::accuracy::corpus::Series;
use crate::accuracy::nab::{PROFILES, score};
use crate::accuracy::ranking::{auc, average_precision, vus_pr};
use crate::clock::timed;

/// The largest buffer of VUS-PR.
const BUFFER: usize = 100;

/// An engine's answers on a stream, with what they are worth.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The answers.
    pub answers: Answers,
    /// By the protocol for alerts.
    pub counts: Counts,
    /// Ranking by score.
    pub by_score: Ranking,
    /// Ranking by evidence.
    pub by_evidence: Ranking,
    /// CPU time of the engine.
    pub time: Duration,
}

/// How well numbers rank the rows of events before the others. NaN if a stream has no event, or
/// nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Average precision.
    pub average_precision: f64,
    /// Volume under the surface of precision and recall.
    pub vus_pr: f64,
    /// 1 if the highest number lies in the window ± max(100, its length), otherwise 0.
    pub hit: f64,
}

/// Runs the engine on the stream and judges it.
///
/// # Errors
/// The engine rejects its parameters or an observation.
pub fn judge(engine: &Engine, stream: &Stream, set: SetId, seed: u64) -> anyhow::Result<Judged> {
    let (time, answers) = timed(|| engine.run(stream, seed));
    let answers = answers?;
    let rows: Vec<usize> = answers.alerts.iter().map(|alert| alert.row).collect();
    Ok(Judged {
        counts: count(stream, &rows, set.tolerance()),
        by_score: ranking(stream, &answers.scores),
        by_evidence: ranking(stream, &answers.evidence),
        answers,
        time,
    })
}

fn ranking(stream: &Stream, numbers: &[f64]) -> Ranking {
    let scored = stream.start..stream.end;
    let labels = &stream.labels()[scored.clone()];
    let numbers = &numbers[scored];
    if !labels.contains(&true) || !labels.contains(&false) {
        return Ranking {
            auc: f64::NAN,
            average_precision: f64::NAN,
            vus_pr: f64::NAN,
            hit: f64::NAN,
        };
    }
    let mut highest = 0;
    for (row, number) in numbers.iter().enumerate() {
        if *number > numbers[highest] {
            highest = row;
        }
    }
    let highest = highest + stream.start;
    let is_hit = stream.windows.iter().any(|&(first, last)| {
        let around = (last - first + 1).max(100);
        (first.saturating_sub(around)..=last + around).contains(&highest)
    });
    Ranking {
        auc: auc(numbers, labels),
        average_precision: average_precision(numbers, labels),
        vus_pr: vus_pr(numbers, labels, BUFFER),
        hit: f64::from(u8::from(is_hit)),
    }
}

/// Mean over the streams that have one.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// NAB's three profiles: with the best threshold of each, then with alerts as they are.
pub fn nab(streams: &[Stream], judged: &[Judged]) -> [[f64; 3]; 2] {
    let series: Vec<Series> = streams
        .iter()
        .map(|stream| Series {
            name: stream.name.clone(),
            timestamps: Vec::new(),
            values: stream.values.clone(),
            windows: stream.windows.clone(),
            probation: stream.start,
        })
        .collect();
    let series: Vec<&Series> = series.iter().collect();
    let severities = judged.iter().map(|one| one.answers.severities.as_slice());
    let severities: Vec<&[f64]> = severities.collect();
    let alerts: Vec<Vec<f64>> = judged
        .iter()
        .map(|one| {
            let mut alerts = vec![0.0; one.answers.severities.len()];
            one.answers
                .alerts
                .iter()
                .for_each(|alert| alerts[alert.row] = 1.0);
            alerts
        })
        .collect();
    let alerts: Vec<&[f64]> = alerts.iter().map(Vec::as_slice).collect();
    [
        PROFILES.map(|profile| score(profile, &series, &severities, None).score),
        PROFILES.map(|profile| score(profile, &series, &alerts, Some(1.0)).score),
    ]
}

/// What was found of a kind of event.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OfKind {
    /// Events.
    pub windows: usize,
    /// Found ones.
    pub found: usize,
    /// Events in one input of many whose first alert names that input first.
    pub named: usize,
    /// Whether the engine names inputs, and there is more than one.
    pub is_named: bool,
}

/// Found events by kind.
pub fn by_kind(streams: &[Stream], judged: &[Judged]) -> BTreeMap<&'static str, OfKind> {
    let mut kinds: BTreeMap<&'static str, OfKind> = BTreeMap::new();
    for (stream, one) in streams.iter().zip(judged) {
        let Some(kind) = stream.kind else { continue };
        let of_kind = kinds.entry(kind).or_default();
        of_kind.windows += one.counts.windows;
        of_kind.found += one.counts.found;
        let first = one.answers.alerts.iter().find(|alert| {
            let (first, last) = stream.windows[0];
            (first..stream.end.min(last + 11)).contains(&alert.row)
        });
        let is_right =
            first.is_some_and(|alert| alert.input.is_some() && alert.input == stream.faulty);
        of_kind.named += usize::from(is_right);
        let names_inputs = first.is_some_and(|alert| alert.input.is_some());
        of_kind.is_named |= names_inputs && stream.faulty.is_some();
    }
    kinds
}
