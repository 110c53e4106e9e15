//! What a decision costs compared with a score: the detector and the bare forest, in turns on one
//! thread.

use std::f64::consts::TAU;
use std::io::Write;
use std::time::{Duration, Instant};

use clap::Parser;
use rcf_benches::accuracy::synthetic::Noise;
use rcf_benches::statistics::Spread;
use rcf_core::{AnomalyDetector, RandomCutForest};

/// The time of `process` of the detector over that of the forest: one input, a quiet wave.
#[derive(Parser)]
struct Arguments {
    /// Records in one turn
    #[arg(long, default_value_t = 500)]
    records: usize,
    /// Turns of each
    #[arg(long, default_value_t = 60)]
    turns: usize,
    /// Records of a shingle
    #[arg(long, default_value_t = 8)]
    shingle_size: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let shingle_size = arguments.shingle_size;
    let mut detector = AnomalyDetector::builder(1)
        .shingle_size(shingle_size)
        .build()?;
    let mut forest = RandomCutForest::builder(1)
        .shingle_size(shingle_size)
        .build()?;
    let mut noise = Noise::new(1);
    let mut t = 0.0;
    let mut record = || {
        t += 1.0;
        10.0 * libm::sin(TAU * t / 50.0) + noise.gaussian()
    };
    // Until samples are full and turn over.
    for _ in 0..5_000 {
        let value = record();
        forest.process(&[value])?;
        detector.process(&[value])?;
    }
    let (mut ratios, mut per_record) = (Vec::new(), Vec::new());
    for _ in 0..arguments.turns {
        let values: Vec<f64> = (0..arguments.records).map(|_| record()).collect();
        let start = Instant::now();
        for value in &values {
            std::hint::black_box(forest.process(&[*value])?);
        }
        let bare = start.elapsed();
        let start = Instant::now();
        for value in &values {
            std::hint::black_box(detector.process(&[*value])?);
        }
        let deciding = start.elapsed();
        ratios.push(deciding.as_secs_f64() / bare.as_secs_f64());
        let microseconds = |time: Duration| time.as_secs_f64() * 1e6 / values.len() as f64;
        per_record.push((microseconds(bare), microseconds(deciding)));
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
        "median (lowest to highest) of {} turns of {} records, shingle {shingle_size}, one input",
        arguments.turns, arguments.records
    )?;
    let (bare, deciding) = per_record.into_iter().unzip();
    writeln!(out, "forest, µs a record: {}", show(bare))?;
    writeln!(out, "detector, µs a record: {}", show(deciding))?;
    Ok(writeln!(out, "detector over forest: {}", show(ratios))?)
}
