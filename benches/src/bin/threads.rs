//! Whether several threads within one call that scores an array are worthwhile.

use std::io::Write;
use std::time::Instant;

use clap::Parser;
use rcf_benches::{
    environment::Environment, statistics::Spread, stream::Stream, workload::Workload,
};
use rcf_core::RandomCutForest;

/// Measures microseconds of wall clock for each row of one call that scores an array: by
/// `score_array`, and by `par_score_array` with several threads.
#[derive(Parser)]
struct Arguments {
    /// Rows of an array
    #[arg(long, value_delimiter = ',', default_values_t = [100, 300, 1_000, 4_000, 16_000])]
    rows: Vec<usize>,
    /// Threads to compare with one
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Rounds, in each of which both score the same array in turn
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// Workloads: all but the forests of 100 trees by default
    #[arg(long, value_delimiter = ',', value_parser = Workload::parse)]
    workloads: Vec<Workload>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.workloads.is_empty() {
        let usual = Workload::ALL.into_iter();
        arguments.workloads = usual
            .filter(|workload| workload.number_of_trees == 50)
            .collect();
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads)
        .build_global()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{}\n\n\
         | | rows | µs a row, 1 thread | {} threads | times as fast |\n|---|---:|---:|---:|---:|",
        Environment::current(),
        arguments.threads,
    )?;
    let most = arguments.rows.iter().copied().max().unwrap_or(0);
    for workload in &arguments.workloads {
        let warm_up = workload.warm_up();
        let stream = Stream::new(workload.input_dimensions, warm_up + most);
        let mut forest = RandomCutForest::builder(workload.input_dimensions)
            .shingle_size(workload.shingle_size)
            .number_of_trees(workload.number_of_trees)
            .sample_size(workload.sample_size)
            .seed(workload.seed)
            .build()?;
        forest.process_array(stream.array(0..warm_up))?;
        for &rows in &arguments.rows {
            let array = stream.array(warm_up..warm_up + rows);
            let mut rounds = Vec::new();
            for _ in 0..arguments.rounds {
                let start = Instant::now();
                let scores = forest.score_array(array)?;
                let one = start.elapsed().as_secs_f64();
                let start = Instant::now();
                let same = forest.par_score_array(array)?;
                rounds.push((one, start.elapsed().as_secs_f64()));
                anyhow::ensure!(scores == same, "threads have changed a score");
            }
            let median = |of: &dyn Fn(&(f64, f64)) -> f64| Spread::of(rounds.iter().map(of));
            let (Some(one), Some(more), Some(ratio)) = (
                median(&|round| round.0),
                median(&|round| round.1),
                median(&|round| round.0 / round.1),
            ) else {
                continue;
            };
            let micros = 1e6 / rows as f64;
            writeln!(
                out,
                "| {} | {rows} | {:.2} | {:.2} | {:.2} ({:.2}–{:.2}) |",
                workload.name,
                one.median * micros,
                more.median * micros,
                ratio.median,
                ratio.lowest,
                ratio.highest,
            )?;
        }
    }
    Ok(())
}
