//! Many small forests in one process: the memory of each, their speed together, and whether
//! their memory is returned.

use std::io::Write;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use rayon::prelude::*;
use rcf_benches::{environment::Environment, stream::Stream, workload::SEED};
use rcf_core::{MemoryProfile, RandomCutForest};

/// Builds many small forests (50 trees of 64 points, shingle 4), fills them, lets one and then
/// several threads process a row in each, and drops them. Forests are built, filled and dropped
/// shard by shard if they would not fit into memory together.
#[derive(Parser)]
struct Arguments {
    /// Forests
    #[arg(long, default_value_t = 100_000)]
    forests: usize,
    /// Forests that are in memory at the same time
    #[arg(long, default_value_t = 20_000)]
    shard: usize,
    /// Rows that each forest learns before the clock starts
    #[arg(long, default_value_t = 256)]
    fill: usize,
    /// Rows that each forest then processes
    #[arg(long, default_value_t = 20)]
    rows: usize,
    /// Threads to compare with one
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

const TREES: usize = 50;
const SAMPLE: usize = 64;
const SHINGLE: usize = 4;

#[derive(Default)]
struct Totals {
    bytes: usize,
    resident: u64,
    left: u64,
    build: f64,
    fill: f64,
    /// Seconds for the rows with one thread, and with several.
    rows: [f64; 2],
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let stream = Stream::new(1, arguments.fill + 2 * arguments.rows);
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pools = [pool(1)?, pool(arguments.threads)?];
    let before = resident()?;
    let mut totals = Totals::default();
    let mut done = 0;
    while done < arguments.forests {
        let shard = done..arguments.forests.min(done + arguments.shard);
        done = shard.end;
        shard_of(&arguments, &stream, &pools, shard, &mut totals)?;
        totals.left = totals.left.max(resident()?.saturating_sub(before));
    }
    let forests = arguments.forests as f64;
    let rows = forests * arguments.rows as f64;
    let [one, more] = totals.rows;
    writeln!(
        std::io::stdout(),
        "{}\n\n\
         | {} forests of {TREES} trees × {SAMPLE} points, shingle {SHINGLE} | |\n|---|---:|\n\
         | bytes of a filled forest, by `size_in_bytes` | {:.0} |\n\
         | resident memory for each forest of a shard of {} | {:.0} |\n\
         | resident memory left when all were dropped, for each forest of a shard | {:.0} |\n\
         | µs to build an empty forest | {:.1} |\n\
         | rows learned a second while filling, {} threads | {:.0} |\n\
         | rows processed a second, 1 thread | {:.0} |\n\
         | rows processed a second, {} threads | {:.0} ({:.2} times) |",
        Environment::current(),
        arguments.forests,
        totals.bytes as f64 / forests,
        arguments.shard,
        totals.resident as f64 / arguments.shard.min(arguments.forests) as f64,
        totals.left as f64 / arguments.shard.min(arguments.forests) as f64,
        totals.build * 1e6 / forests,
        arguments.threads,
        forests * arguments.fill as f64 / totals.fill,
        rows / one,
        arguments.threads,
        rows / more,
        one / more,
    )?;
    Ok(())
}

fn shard_of(
    arguments: &Arguments,
    stream: &Stream,
    [one, more]: &[rayon::ThreadPool; 2],
    shard: std::ops::Range<usize>,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    let before = resident()?;
    let start = Instant::now();
    let build = |number: usize| {
        RandomCutForest::builder(1)
            .shingle_size(SHINGLE)
            .number_of_trees(TREES)
            .sample_size(SAMPLE)
            .seed(SEED + number as u64)
            .memory_profile(MemoryProfile::Compact)
            .build()
    };
    let mut forests: Vec<RandomCutForest> = shard.map(build).collect::<Result<_, _>>()?;
    totals.build += start.elapsed().as_secs_f64();

    let learn = |forest: &mut RandomCutForest| {
        let mut rows = stream.rows(0..arguments.fill);
        rows.try_for_each(|row| forest.update(row.double))
    };
    let start = Instant::now();
    more.install(|| forests.par_iter_mut().try_for_each(learn))?;
    totals.fill += start.elapsed().as_secs_f64();
    totals.bytes += forests
        .iter()
        .map(RandomCutForest::size_in_bytes)
        .sum::<usize>();
    totals.resident = totals.resident.max(resident()?.saturating_sub(before));

    // Row by row through all forests, as in keyed streams.
    for (turn, pool) in [one, more].into_iter().enumerate() {
        let first = arguments.fill + turn * arguments.rows;
        let start = Instant::now();
        for row in stream.rows(first..first + arguments.rows) {
            let process = |forest: &mut RandomCutForest| forest.process(row.double).map(drop);
            pool.install(|| forests.par_iter_mut().try_for_each(process))?;
        }
        totals.rows[turn] += start.elapsed().as_secs_f64();
    }
    Ok(())
}

/// Bytes of this process that are in memory.
fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux reports this")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: u64 = kilobytes.context("no VmRSS")?.trim().parse()?;
    Ok(1024 * kilobytes)
}
