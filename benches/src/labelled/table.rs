//! The table: one line for each engine on each set, the median over seeds in each cell.

use std::fmt::Write;

use super::Stream;
use super::evaluate::{Judged, Ranking, by_kind, mean, nab};
use super::protocol::Counts;
use super::sets::SetId;
use crate::statistics::{Spread, significant};

/// The head.
pub const HEAD: &str = "\
| set | engine | P | R | F1 | false per 10,000 | found | delay | hit | AUC | AP | VUS-PR | µs | |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The text above the table.
pub const LEGEND: &str = "\
Medians over seeds. Delay: median rows from the start of an event to its first alert. hit, AUC, AP, \
VUS-PR: by score / by evidence, mean over streams. µs: CPU time per observation, of this machine.
";

/// The line of an engine on a set, from one list of judged streams for each seed.
pub fn line(set: SetId, engine: &str, streams: &[Stream], seeds: &[Vec<Judged>]) -> String {
    let totals: Vec<Counts> = seeds.iter().map(|judged| total(judged)).collect();
    let of_counts = |figure: fn(&Counts) -> f64| median(totals.iter().map(figure));
    let mut line = format!("| {} | {engine} |", set.name());
    if streams.iter().all(|stream| stream.windows.is_empty()) {
        line += " – | – | – |";
    } else {
        for figure in [Counts::precision, Counts::recall, Counts::f1] {
            let _ = write!(line, " {} |", share(of_counts(figure)));
        }
    }
    let _ = write!(line, " {:.1} |", of_counts(Counts::false_per_10_000));
    let _ = write!(
        line,
        " {:.0} of {} | {} |",
        of_counts(|counts| counts.found as f64),
        totals.first().map_or(0, |counts| counts.windows),
        match of_counts(|counts| counts.delay().unwrap_or(f64::NAN)) {
            delay if delay.is_nan() => "–".to_owned(),
            delay => format!("{:.0}", delay.round() + 0.0),
        }
    );
    let figures: [fn(&Ranking) -> f64; 4] = [
        |ranking| ranking.hit,
        |ranking| ranking.auc,
        |ranking| ranking.average_precision,
        |ranking| ranking.vus_pr,
    ];
    for (column, figure) in figures.into_iter().enumerate() {
        let by = |ranking: fn(&Judged) -> &Ranking| {
            median(
                seeds
                    .iter()
                    .map(|judged| mean(judged.iter().map(|one| figure(ranking(one))))),
            )
        };
        let (score, evidence) = (by(|one| &one.by_score), by(|one| &one.by_evidence));
        if score.is_nan() || (column == 0 && set != SetId::Ucr) {
            line += " – |";
        } else {
            let _ = write!(line, " {} / {} |", share(score), share(evidence));
        }
    }
    let rows: usize = streams.iter().map(Stream::len).sum();
    let micros = seeds.iter().map(|judged| {
        let time: f64 = judged.iter().map(|one| one.time.as_secs_f64()).sum();
        1e6 * time / rows as f64
    });
    let _ = writeln!(
        line,
        " {} | {} |",
        significant(median(micros)),
        notes(set, streams, seeds)
    );
    line
}

/// Cells that only some sets have.
fn notes(set: SetId, streams: &[Stream], seeds: &[Vec<Judged>]) -> String {
    match set {
        SetId::Nab => {
            let runs: Vec<_> = seeds.iter().map(|judged| nab(streams, judged)).collect();
            let profiles = |which: usize| {
                let scores = [0, 1, 2].map(|profile| {
                    let of_runs = runs.iter().map(|run| run[which][profile]);
                    format!("{:.1}", median(of_runs))
                });
                scores.join(" / ")
            };
            format!("NAB {}; alerts as they are {}", profiles(0), profiles(1))
        }
        SetId::Kinds | SetId::Kinds20 => {
            let runs: Vec<_> = seeds
                .iter()
                .map(|judged| by_kind(streams, judged))
                .collect();
            let mut kinds: Vec<&str> = streams.iter().filter_map(|stream| stream.kind).collect();
            kinds.dedup();
            let one = |kind: &str| {
                let figure = |figure: fn(&super::evaluate::OfKind) -> usize| {
                    median(runs.iter().map(|run| figure(&run[kind]) as f64))
                };
                let found = figure(|of_kind| of_kind.found);
                if runs.iter().any(|run| run[kind].is_named) {
                    let named = figure(|of_kind| of_kind.named);
                    format!("{kind} {found:.0}, named {named:.0}")
                } else {
                    format!("{kind} {found:.0}")
                }
            };
            let cells: Vec<String> = kinds.into_iter().map(one).collect();
            cells.join("; ")
        }
        SetId::Calm => {
            let alerts = |judged: &Judged, stream: &Stream| {
                let rows = judged.answers.alerts.iter().map(|alert| alert.row);
                rows.filter(|row| *row >= stream.start).count() as f64
            };
            let cells = streams.iter().enumerate().map(|(i, stream)| {
                let of_seeds = seeds.iter().map(|judged| alerts(&judged[i], stream));
                format!("{:.0}", median(of_seeds))
            });
            let cells: Vec<String> = cells.collect();
            let most = seeds.iter().flatten().zip(streams.iter().cycle());
            let most = most.map(|(judged, stream)| alerts(judged, stream));
            let most = most.fold(0.0, f64::max);
            format!("alerts a stream {} (at most {most:.0})", cells.join(" "))
        }
        _ => String::new(),
    }
}

/// A line for each stream, and for each of its alerts.
pub fn verbose(engine: &str, seed: u64, stream: &Stream, judged: &Judged) -> String {
    let Judged { counts, .. } = judged;
    let windows: Vec<String> = stream
        .windows
        .iter()
        .map(|(first, last)| format!("{first}–{last}"))
        .collect();
    let mut text = format!(
        "{engine}, seed {seed}: {}: scored {}–{}, events {}, found {} of {}, false {}\n",
        stream.name,
        stream.start,
        stream.end - 1,
        if windows.is_empty() {
            "none".to_owned()
        } else {
            windows.join(" ")
        },
        counts.found,
        counts.windows,
        counts.outside,
    );
    for alert in &judged.answers.alerts {
        let place = match alert.row {
            row if row < stream.start || row >= stream.end => "not scored",
            row if stream.windows.iter().any(|w| (w.0..=w.1).contains(&row)) => "inside",
            _ => "outside",
        };
        let _ = write!(
            text,
            "  row {} {place}: {} {}",
            alert.row,
            alert.kind,
            significant(alert.evidence)
        );
        if let Some(input) = alert.input.filter(|_| stream.dimensions > 1) {
            let _ = write!(text, ", input {input}");
        }
        text.push('\n');
    }
    text
}

fn total(judged: &[Judged]) -> Counts {
    let mut total = Counts::default();
    judged.iter().for_each(|one| total.add(one.counts.clone()));
    total
}

/// The median of the numbers that are not NaN; NaN if there are none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let numbers = values.filter(|value| !value.is_nan());
    Spread::of(numbers).map_or(f64::NAN, |spread| spread.median)
}

/// A share without its leading zero.
fn share(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}
