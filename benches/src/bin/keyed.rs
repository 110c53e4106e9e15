//! Many keys on one machine: memory for each key, throughput on one thread and on all, and the time
//! needed to record changes. Prints Markdown.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use rcf_benches::environment::Environment;
use rcf_core::RandomCutForest;
use rcf_core::keyed::{DetectorMap, MemorySpill};

/// Many keys on one machine.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 100_000)]
    keys: u64,
    /// Records for each key
    #[arg(long, default_value_t = 300)]
    records: u64,
    #[arg(long, default_value_t = 20)]
    trees: usize,
    #[arg(long, default_value_t = 64)]
    sample_size: usize,
    #[arg(long, default_value_t = 4)]
    shingle_size: usize,
    /// Bytes for the models; models that do not fit are spilled to memory in their saved form
    #[arg(long)]
    budget: Option<usize>,
}

type Map = DetectorMap<Arc<str>, RandomCutForest>;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let keys: Vec<Arc<str>> = (0..arguments.keys)
        .map(|key| format!("sensor-{key:06}").into())
        .collect();
    let mut out = std::io::stdout();
    let here = Environment::current();
    writeln!(out, "`{}` at {}, {}\n", here.command, here.commit, here.cpu)?;

    let resident = resident_bytes();
    let mut map = map_of(&arguments);
    // All but the last two rounds run on all threads, which is faster.
    let last = arguments.records.max(2) - 1;
    feed(&mut map, &keys, 0..last - 1, here.threads);
    let alone = feed(&mut map, &keys, last - 1..last, 1);
    let together = feed(&mut map, &keys, last..last + 1, here.threads);
    let resident = resident_bytes().saturating_sub(resident);
    let states: usize = keys
        .iter()
        .take(100)
        .filter_map(|key| map.model(key))
        .map(|model| model.to_bytes().len())
        .sum();
    writeln!(
        out,
        "{} keys, {} trees of {} points, shingle {}, {} records each\n",
        arguments.keys,
        arguments.trees,
        arguments.sample_size,
        arguments.shingle_size,
        arguments.records
    )?;
    let per_key = map.size_in_bytes() as u64 / arguments.keys;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| size_in_bytes for each key | {per_key} |")?;
    let per_key = resident / arguments.keys;
    writeln!(out, "| resident memory for each key | {per_key} |")?;
    writeln!(out, "| saved bytes for each key | {} |", states / 100)?;
    writeln!(out, "| spilled models | {} |", map.spilled())?;
    writeln!(out, "| records a second, 1 thread | {alone:.0} |")?;
    writeln!(
        out,
        "| records a second, {} threads | {together:.0} |",
        here.threads
    )?;

    map.take_changes();
    let touched = (arguments.keys / 100).max(1) as usize;
    feed(
        &mut map,
        &keys[..touched],
        arguments.records..arguments.records + 1,
        1,
    );
    let begin = Instant::now();
    let changes = map.take_changes();
    let micros = begin.elapsed().as_micros();
    writeln!(
        out,
        "| noting {} changed models | {micros} µs |",
        changes.models.len() + changes.spilled.len()
    )?;
    Ok(())
}

fn map_of(arguments: &Arguments) -> Map {
    let &Arguments {
        trees,
        sample_size,
        shingle_size,
        ..
    } = arguments;
    let builder = DetectorMap::builder(move |key: &Arc<str>| {
        let seed = key.bytes().fold(0, |seed: u64, byte| {
            seed.wrapping_mul(31).wrapping_add(byte.into())
        });
        RandomCutForest::builder(1)
            .number_of_trees(trees)
            .sample_size(sample_size)
            .shingle_size(shingle_size)
            .seed(seed)
            .build()
            .expect("valid parameters")
    })
    .track_changes(true);
    match arguments.budget {
        Some(bytes) => builder.budget(bytes, MemorySpill::new()).build(),
        None => builder.build(),
    }
}

/// The memory that the operating system reports, if available.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// One record for each key in each round, in batches; returns records a second.
fn feed(map: &mut Map, keys: &[Arc<str>], rounds: std::ops::Range<u64>, threads: usize) -> f64 {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be started");
    let records = (rounds.end - rounds.start) * keys.len() as u64;
    let begin = Instant::now();
    for round in rounds {
        for (number, part) in keys.chunks(1_000).enumerate() {
            let batch: Vec<(Arc<str>, [f64; 1])> = part
                .iter()
                .enumerate()
                .map(|(key, name)| {
                    let phase = (number * 1_000 + key) as f64;
                    (Arc::clone(name), [(round as f64 / 9.0 + phase).sin()])
                })
                .collect();
            let results = pool.install(|| map.process_batch(&batch));
            results.expect("a store in memory does not fail");
        }
    }
    records as f64 / begin.elapsed().as_secs_f64()
}
