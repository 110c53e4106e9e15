//! `rcf generate`: synthetic records.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use clap::ValueEnum;
use rcf_stream::assemble;
use rcf_stream::connectors::SinkSettings;
use rcf_stream::connectors::file::FileSink;
use rcf_stream::connectors::kinesis::KinesisSinkConfig;
use rcf_stream::connectors::sine::{Drops, SineConfig, SineSource};
use rcf_stream::observer::Observers;
use rcf_stream::sink::Sink;
use rcf_stream::source::Source;
use rcf_stream::{OutputRecord, PipelineError, Positions, Record};

use super::failure::Failure;
use super::rows::check_files;
use super::stop;

#[derive(clap::Subcommand)]
pub(crate) enum Generate {
    /// Generate a sine wave with drops, one number per record: 10 sin(t / 100) + 10, and -17 in a
    /// drop
    Sine(Sine),
}

#[derive(clap::Args)]
pub(crate) struct Sine {
    /// Generate this many records [default: unlimited]
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    /// Choose the records that drop
    #[arg(long, value_enum, default_value_t = DropsFlag::Original)]
    drops: DropsFlag,
    /// Drop in these cycles of the wave, from 0; one cycle has about 628 records
    #[arg(
        long,
        value_name = "COUNT,…",
        value_delimiter = ',',
        conflicts_with = "drops"
    )]
    drop_cycles: Option<Vec<u64>>,
    /// Add Gaussian noise with this standard deviation
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, value_parser = not_negative)]
    noise: f64,
    /// Seed the noise
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    seed: u64,
    /// Generate at most this many records per second [default: unlimited]
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    rate: Option<f64>,
    /// Use this partition key for all records
    #[arg(long, value_name = "TEXT", default_value = "sine")]
    partition_key: String,
    /// Write the records to this kind of sink
    #[arg(long, value_enum, default_value_t = Target::File)]
    to: Target,
    /// Write to this file; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Write to this Kinesis stream
    #[arg(long, value_name = "NAME", required_if_eq("to", "kinesis"))]
    stream: Option<String>,
    /// Use this region [default: from the environment]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Use this endpoint instead of the region's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DropsFlag {
    /// t = 241 to 259, and again every 36,000 records
    Original,
    /// In every cycle of the wave
    EveryCycle,
    /// Nowhere
    None,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// A file or the standard output
    File,
    /// A Kinesis stream
    Kinesis,
}

impl Generate {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Self::Sine(sine) = self;
        let (wave, target) = sine.into_parts();
        if let Some(path) = target.file() {
            check_files(None, &[("--output", path)])?;
        }
        let is_endless = wave.count.is_none();
        let mut sink = assemble::open_sink(&*target, None, None, &Observers::default()).await?;
        let mut source = SineSource::open(wave, &Positions::default())?;
        let (records, ended) = copy(&mut source, sink.as_mut(), stop::requested()).await?;
        tracing::info!(records, "generated");
        match ended || is_endless {
            true => Ok(()),
            false => Err(Failure::interrupted(records)),
        }
    }
}

impl Sine {
    fn into_parts(self) -> (SineConfig, Arc<dyn SinkSettings>) {
        let drops = match (self.drop_cycles, self.drops) {
            (Some(cycles), _) => Drops::Cycles(cycles),
            (None, DropsFlag::Original) => Drops::Original,
            (None, DropsFlag::EveryCycle) => Drops::EveryCycle,
            (None, DropsFlag::None) => Drops::None,
        };
        let wave = SineConfig {
            count: self.count,
            drops,
            noise: self.noise,
            seed: self.seed,
            rate: self.rate,
            partition_key: self.partition_key,
        };
        let target: Arc<dyn SinkSettings> = match self.to {
            Target::File => Arc::new(FileSink { path: self.output }),
            Target::Kinesis => Arc::new(KinesisSinkConfig {
                stream: self.stream.unwrap_or_default(), // required with this target
                region: self.region,
                endpoint_url: self.endpoint_url,
                credentials: None,
            }),
        };
        (wave, target)
    }
}

/// Passes records on unchanged, until the source ends or `stop` is ready; returns their number, and
/// whether these were all.
async fn copy(
    source: &mut dyn Source,
    sink: &mut dyn Sink,
    stop: impl Future<Output = ()>,
) -> Result<(u64, bool), PipelineError> {
    let mut stop = pin!(stop);
    let mut count = 0;
    let ended = loop {
        let batch = tokio::select! {
            biased;
            () = &mut stop => break false,
            batch = source.next_batch() => batch?,
        };
        let Some(batch) = batch else { break true };
        count += batch.records.len() as u64;
        sink.write(batch.records.into_iter().map(unchanged).collect())
            .await?;
    };
    sink.flush().await?;
    Ok((count, ended))
}

fn unchanged(record: Record) -> OutputRecord {
    OutputRecord {
        id: record.id(),
        partition_key: record.partition_key,
        headers: record.headers,
        data: record.data,
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text, "a number, 0 or more", |number| number >= 0.0)
}

fn positive(text: &str) -> Result<f64, String> {
    number(text, "a number above 0", |number| number > 0.0)
}

fn number(text: &str, rule: &str, holds: impl Fn(f64) -> bool) -> Result<f64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|&number: &f64| number.is_finite() && holds(number));
    number.ok_or_else(|| format!("it must be {rule}"))
}
