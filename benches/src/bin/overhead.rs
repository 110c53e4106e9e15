//! The cost of a decision compared with a score: detectors of both memory profiles and the bare
//! forest, in turns on one thread.

use std::f64::consts::TAU;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use clap::Parser;
use rcf_benches::accuracy::synthetic::Noise;
use rcf_benches::statistics::Spread;
use rcf_core::{AnomalyDetector, InputError, MemoryProfile, RandomCutForest};

/// The ratio of the time of `process` of the detector to that of the forest, on calm waves with one
/// phase each.
#[derive(Parser)]
struct Arguments {
    /// Records in one turn
    #[arg(long, default_value_t = 500)]
    records: usize,
    /// Turns for each
    #[arg(long, default_value_t = 60)]
    turns: usize,
    /// Records in a shingle
    #[arg(long, default_value_t = 8)]
    shingle_size: usize,
    /// Inputs; with two or more, each is predicted from all others
    #[arg(long, default_value_t = 1)]
    inputs: usize,
    /// Records before the first turn, until samples are full and turn over
    #[arg(long, default_value_t = 5_000)]
    before: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (shingle_size, inputs) = (arguments.shingle_size, arguments.inputs);
    let build = |profile| {
        let detector = AnomalyDetector::builder(inputs).shingle_size(shingle_size);
        detector.memory_profile(profile).build()
    };
    let mut compact = build(MemoryProfile::Compact)?;
    let mut fast = build(MemoryProfile::Fast)?;
    let mut forest = RandomCutForest::builder(inputs)
        .shingle_size(shingle_size)
        .build()?;
    let mut noise = Noise::new(1);
    let mut t = 0.0;
    let mut record = || {
        t += 1.0;
        let wave = |input| 10.0 * libm::sin(TAU * t / 50.0 + input as f64) + noise.gaussian();
        (0..inputs).map(wave).collect::<Vec<f64>>()
    };
    for _ in 0..arguments.before {
        let values = record();
        forest.process(&values)?;
        compact.process(&values)?;
        fast.process(&values)?;
    }
    let [mut bare, mut ours, mut faster] = [const { Vec::new() }; 3];
    for _ in 0..arguments.turns {
        let values: Vec<Vec<f64>> = (0..arguments.records).map(|_| record()).collect();
        bare.push(microseconds(&values, |values| forest.process(values))?);
        ours.push(microseconds(&values, |values| compact.process(values))?);
        faster.push(microseconds(&values, |values| fast.process(values))?);
    }
    let show = |values: Vec<f64>| {
        let Spread {
            lowest,
            median,
            highest,
        } = Spread::of(values).expect("at least one turn");
        format!("{median:.2} ({lowest:.2} to {highest:.2})")
    };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "median (lowest to highest) of {} turns of {} records, shingle {shingle_size}, {inputs} inputs",
        arguments.turns, arguments.records
    )?;
    let over = |these: &[f64], those: &[f64]| {
        let pairs = these.iter().zip(those);
        show(pairs.map(|(this, that)| this / that).collect())
    };
    writeln!(out, "detector over forest: {}", over(&ours, &bare))?;
    writeln!(out, "detector over a fast one: {}", over(&ours, &faster))?;
    for (name, times, bytes) in [
        ("forest", bare, forest.size_in_bytes()),
        ("detector", ours, compact.size_in_bytes()),
        ("fast detector", faster, fast.size_in_bytes()),
    ] {
        writeln!(out, "{name}: {} µs a record, {bytes} bytes", show(times))?;
    }
    Ok(())
}

/// The mean time of a record.
fn microseconds<T>(
    values: &[Vec<f64>],
    mut process: impl FnMut(&[f64]) -> Result<T, InputError>,
) -> Result<f64, InputError> {
    let start = Instant::now();
    for values in values {
        black_box(process(values)?);
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / values.len() as f64)
}
