//! `rcf replay`: past results, written again.

use std::path::PathBuf;

use rcf_stream::assemble::{self, ReplayFrom};
use rcf_stream::config::Config;

use super::failure::Failure;
use super::run::{CONFIG, check_done, config_file, load, say};
use super::settings::SettingFlags;
use super::standard::{self, Use};
use super::stop;

/// Reads the stream of a configuration again, up to its current end, and writes the results to a
/// file. Checkpoints are read but never written, and the configured sink is not used.
///
/// From a checkpoint, the results are identical, byte for byte, to those written originally. From a
/// time or a position, the models start new.
#[derive(clap::Args)]
pub(crate) struct Replay {
    /// The configuration, a TOML file [also RCF_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write results to this file; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Start from this retained checkpoint, by its number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["from_time", "after"])]
    from_checkpoint: Option<u64>,
    /// Start from the first record that arrived at this time or later, such as 2026-01-27T08:00:00Z
    /// (Kinesis)
    #[arg(long, value_name = "TIME", conflicts_with = "after")]
    from_time: Option<String>,
    /// Start after this record of a shard; may be repeated. Other shards are read from their start
    #[arg(long, value_name = "SHARD=SEQUENCE", value_parser = position)]
    after: Vec<(String, String)>,
    #[command(flatten)]
    settings: SettingFlags,
}

impl Replay {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let mut config = load(self.config.as_ref(), &self.settings)?;
        self.start_at(&mut config)?;
        if let Some(path) = config_file(self.config.as_ref()) {
            assemble::check_files(&[(CONFIG, &path)], &[("--output", &self.output)])?;
        }
        let read = config.source.file().map(Use::Read);
        standard::check(read.into_iter().chain([Use::Written(&self.output)]))?;
        let from = match self.from_checkpoint {
            Some(number) => ReplayFrom::Checkpoint(number),
            None => ReplayFrom::Positions(self.after),
        };
        let pipeline = assemble::replay(&config, &self.output, from).await?;
        let summary = pipeline.run(stop::requested()).await?;
        say(&summary, "replayed");
        if !summary.ended {
            return Err(Failure::interrupted(summary.records));
        }
        check_done(&summary)
    }

    fn start_at(&self, config: &mut Config) -> Result<(), Failure> {
        let bounded = config.source.bounded(self.from_time.as_deref());
        config.source = bounded.map_err(Failure::configuration)?;
        Ok(())
    }
}

fn position(text: &str) -> Result<(String, String), String> {
    let parts = text
        .split_once('=')
        .filter(|(shard, sequence)| !shard.is_empty() && !sequence.is_empty());
    let (shard, sequence) = parts.ok_or("it must be SHARD=SEQUENCE")?;
    Ok((shard.to_owned(), sequence.to_owned()))
}
