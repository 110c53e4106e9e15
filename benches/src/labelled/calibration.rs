//! Whether p-values are calibrated: on streams without events, the share of records with a
//! p-value of at most a rate is about that rate.

use std::fmt::Write;

use super::Stream;
use super::engines::Engine;
use crate::accuracy::synthetic::{Labelled, without_anomalies};

/// The rates that are checked.
const RATES: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// Records that are not counted.
const START: usize = 500;
/// The allowed share, in units of the rate. Streams with few distinct values may stay below it.
const ALLOWED: (f64, f64) = (1.0 / 3.0, 2.0);
/// Streams with too few different values for a p-value to be small as often as it may.
const DISCRETE: [&str; 2] = ["rare events", "constant"];

/// The head of the table.
pub const HEAD: &str = "\
| engine | stream | p ≤ 1e-2 (.0033–.02) | p ≤ 1e-3 (.00033–.002) | p ≤ 1e-4 (.000033–.0002) | alerts per record |
|---|---|---|---|---|---|
";

/// The twelve calm streams of one input, with this many records each.
pub fn streams(records: usize, seed: u64) -> Vec<Stream> {
    let one = |stream: Labelled| Stream {
        name: stream.name.to_owned(),
        dimensions: stream.dimensions,
        start: START.min(records),
        end: records,
        values: stream.values,
        ..Stream::default()
    };
    without_anomalies(records, seed)
        .into_iter()
        .map(one)
        .collect()
}

/// The line of an engine, which [gives p-values](Engine::gives_p_values), with a seed, on a stream.
///
/// # Errors
/// The engine rejects its parameters or an observation.
pub fn line(engine: &Engine, stream: &Stream, seed: u64) -> anyhow::Result<String> {
    let answers = engine.run(stream, seed)?;
    let counted = &answers.p_values[stream.start..];
    let share = |rate: f64| {
        let rare = counted.iter().filter(|p_value| **p_value <= rate).count();
        rare as f64 / counted.len() as f64
    };
    let mut line = format!("| {}, seed {seed} | {} |", engine.name, stream.name);
    for rate in RATES {
        let share = share(rate);
        let _ = write!(
            line,
            " {share:.2e}{} |",
            verdict(&stream.name, share / rate)
        );
    }
    let alerts = answers
        .alerts
        .iter()
        .filter(|alert| alert.row >= stream.start);
    let _ = writeln!(
        line,
        " {:.1e} |",
        alerts.count() as f64 / counted.len() as f64
    );
    Ok(line)
}

/// The mark after a share, which is given in units of its rate.
fn verdict(stream: &str, share: f64) -> &'static str {
    if share > ALLOWED.1 {
        " **too often**"
    } else if share < ALLOWED.0 && !DISCRETE.contains(&stream) {
        " **too rarely**"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_allowed_between_a_third_and_twice_its_rate() {
        assert_eq!(verdict("uniform noise", 0.3), " **too rarely**");
        assert_eq!(verdict("uniform noise", 0.34), "");
        assert_eq!(verdict("uniform noise", 2.0), "");
        assert_eq!(verdict("uniform noise", 2.1), " **too often**");
        assert_eq!(verdict("constant", 0.0), "");
        assert_eq!(verdict("constant", 3.0), " **too often**");
    }

    #[test]
    fn the_streams_without_a_lower_bound_are_among_the_twelve() {
        let streams = streams(600, 0);
        assert_eq!(streams.len(), 12);
        for name in DISCRETE {
            assert!(streams.iter().any(|stream| stream.name == name), "{name}");
        }
    }
}
