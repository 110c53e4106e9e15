//! How the cost of `process` grows with trees, sample size and dimensions: a table, and a picture.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;
use rcf_benches::{
    chart::{Chart, Curve},
    clock::timed,
    engines::EngineId,
    environment::Environment,
    statistics::Spread,
    stream::Stream,
    workload::Workload,
};

/// Measures microseconds of CPU for each `process` while one parameter grows and the others are as
/// in W1a (1 dimension, 50 trees of 256 points).
#[derive(Parser)]
struct Arguments {
    /// Draw the picture to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Skip forests with more than this many points or coordinates in all samples together
    #[arg(long, default_value_t = 20_000_000)]
    limit: usize,
    /// Points in each of five rounds
    #[arg(long, default_value_t = 500)]
    points: usize,
}

/// The parameter that grows, its values, and the workload for each value.
type Axis = (
    &'static str,
    &'static [usize],
    fn(Workload, usize) -> Workload,
);

const AXES: [Axis; 3] = [
    (
        "trees",
        &[10, 20, 50, 100, 200, 400],
        |workload, number_of_trees| Workload {
            number_of_trees,
            ..workload
        },
    ),
    (
        "sample size",
        &[64, 256, 1024, 4096, 16384, 65536],
        |workload, sample_size| Workload {
            sample_size,
            ..workload
        },
    ),
    (
        "dimensions",
        &[1, 3, 10, 30, 100, 300, 1000],
        |workload, input_dimensions| Workload {
            input_dimensions,
            ..workload
        },
    ),
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut text = format!("{}\n", Environment::current());
    let mut curves = Vec::new();
    for (name, values, with) in AXES {
        let mut points = Vec::new();
        let _ = writeln!(
            text,
            "\n| {name} | µs for each `process` | µs / {name} |\n|---:|---:|---:|"
        );
        for &value in values {
            let workload = with(Workload::ALL[0], value);
            let size = workload.number_of_trees * workload.sample_size * workload.input_dimensions;
            if size > arguments.limit {
                continue;
            }
            let micros = measure(&workload, arguments.points)?;
            let each = micros / value as f64;
            let _ = writeln!(text, "| {value} | {micros:.2} | {each:.4} |");
            points.push((value as f64, micros));
        }
        curves.push(Curve { name, points });
    }
    write!(std::io::stdout(), "{text}")?;
    if let Some(path) = arguments.svg {
        let title = "µs of CPU for each process (both axes logarithmic)";
        std::fs::write(path, Chart { title, curves }.to_svg())?;
    }
    Ok(())
}

/// The median of five rounds, after the samples are full and partly replaced.
fn measure(workload: &Workload, points: usize) -> anyhow::Result<f64> {
    let warm_up = (4 * workload.sample_size).max(2000);
    let stream = Stream::new(workload.input_dimensions, warm_up + 5 * points);
    let mut engine = EngineId::Rcf.build(workload)?;
    stream.rows(0..warm_up).for_each(|row| engine.update(row));
    let rounds = (0..5).map(|round| {
        let first = warm_up + round * points;
        let (taken, _) = timed(|| {
            let rows = stream.rows(first..first + points);
            rows.map(|row| engine.process(row)).sum::<f64>()
        });
        taken.as_secs_f64() * 1e6 / points as f64
    });
    Ok(Spread::of(rounds).map_or(f64::NAN, |spread| spread.median))
}
