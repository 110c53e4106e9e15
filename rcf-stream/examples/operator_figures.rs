//! What the operator costs: throughput from file to file compared with the bare model, and 100,000
//! keys through checkpoints and a restart. Prints Markdown.
//!
//! `cargo run --release -p rcf-stream --features files --example operator_figures [-- KEYS]` for
//! both; `-- 0` leaves the keys out.

#![allow(clippy::print_stdout, reason = "what it is for")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use async_trait::async_trait;
use rcf_core::{AnomalyDetector, RandomCutForest};
use rcf_stream::checkpoint::{
    CheckpointStore, Checkpointer, Fingerprint, Location, OnMissingState, Schedule, restore,
};
use rcf_stream::config::Layers;
use rcf_stream::connectors::file::LinesSink;
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::{EventOperator, ModelSettings, keyed_operator};
use rcf_stream::operator::ForestParameters;
use rcf_stream::source::{Batch, Source};
use rcf_stream::{Headers, Pipeline, Record, SourceError, assemble};

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let keys = std::env::args()
        .nth(1)
        .map_or(Ok(100_000), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // One core: this thread scores; another one only reads lines or writes checkpoints.
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    one.install(|| {
        runtime
            .block_on(throughput())
            .map_err(|error| error.to_string())
    })?;
    match keys {
        0 => Ok(()),
        keys => runtime.block_on(many_keys(keys)),
    }
}

/// Seconds of processor time that this process has taken, on all threads.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|it| it.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

const RECORDS: usize = 40_000;

fn value(n: usize) -> f64 {
    (n as f64 / 20.0).sin() * 10.0 + (n * 7919 % 1009) as f64 / 1009.0
}

async fn throughput() -> Done<()> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("in.jsonl");
    let mut text = String::new();
    for n in 0..RECORDS {
        writeln!(text, "{{\"sensor\":\"a\",\"t\":{n},\"x\":{}}}", value(n))?;
    }
    std::fs::write(&input, text)?;
    println!(
        "From file to file, {RECORDS} records, 50 trees of 256 points, shingle 8, one thread\n"
    );
    println!("| model | bare, records/s of CPU | file to file | ratio |");
    println!("|---|---|---|---|");
    for detector in [false, true] {
        let (mut bare, mut through) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            bare.push(bare_run(detector)?);
            through.push(file_run(folder.path(), &input, detector).await?);
        }
        let mut ratios: Vec<f64> = through.iter().zip(&bare).map(|(a, b)| a / b).collect();
        let name = if detector {
            "detector"
        } else {
            "forest, score and attribution"
        };
        println!(
            "| {name} | {:.0} | {:.0} | {:.2} |",
            median(&mut bare),
            median(&mut through),
            median(&mut ratios)
        );
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Records a second of processor time.
fn bare_run(detector: bool) -> Done<f64> {
    let mut sum = 0.0;
    let begin = cpu_seconds();
    if detector {
        let mut model = AnomalyDetector::builder(1)
            .shingle_size(8)
            .seed(1)
            .build()?;
        for n in 0..RECORDS {
            sum += model.process(&[value(n)])?.score;
        }
    } else {
        let mut model = RandomCutForest::builder(1)
            .shingle_size(8)
            .seed(1)
            .build()?;
        for n in 0..RECORDS {
            let explained = model.explain(&[value(n)])?;
            sum += explained.score + explained.attribution.high[0];
            model.update(&[value(n)])?;
        }
    }
    std::hint::black_box(sum);
    Ok(RECORDS as f64 / (cpu_seconds() - begin))
}

async fn file_run(folder: &Path, input: &Path, detector: bool) -> Done<f64> {
    let output = folder.join("out.jsonl");
    let settings = format!(
        "[source]\nkind = \"file\"\npath = {input:?}\n[input]\nvalues = [\"x\"]\nkey = \"sensor\"\n\
         timestamp = \"t\"\n[forest]\nshingle_size = 8\nseed = 1\n[detector]\nenabled = {detector}\n\
         [output]\nattribution = {}\n[sink]\npath = {output:?}\n[checkpoint]\ndirectory = {:?}\n",
        !detector,
        folder.join(format!("state-{}", cpu_seconds())),
    );
    let mut layers = Layers::default();
    layers.toml("settings".as_ref(), &settings)?;
    let begin = cpu_seconds();
    let pipeline = assemble::open(&layers.build()?).await?;
    let summary = pipeline.run(std::future::pending()).await?;
    assert_eq!(summary.results, RECORDS as u64);
    Ok(RECORDS as f64 / (cpu_seconds() - begin))
}

/// More than the 64 that a tree holds.
const RECORDS_PER_KEY: usize = 70;

/// Rounds over the first keys, one record for each in a round.
struct Rounds {
    keys: usize,
    rounds: usize,
    next: usize,
}

#[async_trait]
impl Source for Rounds {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        let end = (self.next + 1_000).min(self.keys * self.rounds);
        let record = |n: usize| Record {
            stream: "keys".into(),
            shard: "0".into(),
            sequence: n.to_string(),
            sub_sequence: None,
            partition_key: format!("sensor-{:06}", n % self.keys),
            timestamp: None,
            headers: Headers::default(),
            data: value(n).to_string().into(),
        };
        let records: Vec<Record> = (self.next..end).map(record).collect();
        self.next = end;
        Ok((!records.is_empty()).then(|| Batch {
            records,
            ..Batch::default()
        }))
    }
}

fn small_operator() -> Done<EventOperator> {
    let settings = ModelSettings {
        forest: ForestParameters {
            number_of_trees: Some(20),
            sample_size: Some(64),
            shingle_size: Some(4),
            seed: 1,
            ..ForestParameters::default()
        },
        ..ModelSettings::default()
    };
    Ok(keyed_operator(1, &settings, false, false)?)
}

/// What a step took: on the clock, and of processors.
#[derive(Clone, Copy)]
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), cpu_seconds())
    }
}

impl std::fmt::Display for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.elapsed().as_secs_f64();
        write!(f, "{seconds:.1} s | {:.1} s", cpu_seconds() - self.1)
    }
}

/// One process: restores, reports what that took, processes the records, and ends with a
/// checkpoint.
async fn process(folder: &Path, source: Rounds, name: &str) -> Done<()> {
    let watch = Watch::start();
    let location = Location::open(folder.to_str().ok_or("no UTF-8")?)?;
    let store = CheckpointStore::open(location, "figures", "keys", 2, OnMissingState::Fail).await?;
    let mut operator = small_operator()?;
    let settings = Fingerprint::default();
    let start = restore(&store, OnMissingState::Fail, &settings, &mut operator).await?;
    if start.records > 0 {
        let (models, bytes) = (operator.models(), operator.size_in_bytes());
        println!(
            "| restart | {watch} | {models} models, {} bytes in memory for each |",
            bytes / models.max(1)
        );
    }
    let watch = Watch::start();
    let checkpointer = Checkpointer::new(store, Schedule::default(), settings, start.records);
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
    let sink = LinesSink::open("/dev/null".as_ref(), None, None)?;
    let source: Box<dyn Source> = Box::new(source);
    let pipeline = Pipeline::new(source, decoder, operator, encoder, Box::new(sink))
        .checkpoints(checkpointer, start.positions);
    let summary = pipeline.run(std::future::pending()).await?;
    println!(
        "| {name} | {watch} | {} models, {} bytes written, loop stopped for {:.2} ms |",
        summary.checkpoint_models,
        summary.checkpoint_bytes,
        summary.longest_pause.as_secs_f64() * 1000.0
    );
    Ok(())
}

async fn many_keys(keys: usize) -> Done<()> {
    let folder = tempfile::tempdir()?;
    println!("\n{keys} keys, 20 trees of 64 points, shingle 4\n");
    println!("| step | time | of processors | figures |\n|---|---|---|---|");
    let rounds = |keys, rounds| Rounds {
        keys,
        rounds,
        next: 0,
    };
    let name = format!("{RECORDS_PER_KEY} records for each key, and all of it to disk");
    process(folder.path(), rounds(keys, RECORDS_PER_KEY), &name).await?;
    let name = "a record for 1 % of the keys";
    process(folder.path(), rounds(keys.div_ceil(100), 1), name).await
}
