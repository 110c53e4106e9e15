//! `rcf inspect`: the contents of a checkpoint.

use rcf_stream::checkpoint::{Inspection, Location, inspect};

use super::failure::Failure;
use super::standard::print;

/// Shows the contents of a checkpoint directory: release, settings, positions, chunks and, with
/// --keys, every model. Checks each byte; the status is 1 if one is wrong. Changes nothing, and can
/// run while a pipeline writes there.
#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// A folder, or s3://bucket/prefix
    checkpoint: String,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
    /// List every model
    #[arg(long)]
    keys: bool,
}

impl Inspect {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let is_url = self.checkpoint.contains("://");
        if !is_url && !std::path::Path::new(&self.checkpoint).is_dir() {
            let text = format!("{} is not a folder of checkpoints", self.checkpoint);
            return Err(Failure::runtime(text));
        }
        let location = Location::open(&self.checkpoint).map_err(Failure::runtime)?;
        let mut found = inspect(&location).await.map_err(Failure::runtime)?;
        let error = found.iter().find_map(|it| it.error.clone());
        let text = if self.json {
            if !self.keys {
                found.iter_mut().for_each(|it| it.models.clear());
            }
            serde_json::to_string_pretty(&found).map_err(Failure::runtime)? + "\n"
        } else {
            found.iter().map(|it| self.describe(it)).collect()
        };
        print(text)?;
        match error {
            Some(error) => Err(Failure::runtime(error)),
            None if found.is_empty() => Err(Failure::runtime(format!(
                "there are no checkpoints in {}",
                self.checkpoint
            ))),
            None => Ok(()),
        }
    }

    fn describe(&self, it: &Inspection) -> String {
        let mut lines = vec![format!("{} over {}", it.application, it.stream)];
        if let Some(position) = &it.position {
            lines.push(format!("  checkpoint   {}", position.number));
            lines.push(format!("  records      {}", position.records));
            for (shard, position) in position.positions.iter() {
                let sequence = position.sequence.as_deref().unwrap_or("at its start");
                let sub = position.sub_sequence.map(|sub| format!("/{sub}"));
                let ended = if position.ended { ", ended" } else { "" };
                let sub = sub.unwrap_or_default();
                lines.push(format!("  shard {shard}  after {sequence}{sub}{ended}"));
            }
        }
        if let Some(manifest) = &it.manifest {
            let bytes: u64 = manifest.chunks.iter().map(|chunk| chunk.bytes).sum();
            lines.push(format!("  written by   {}", manifest.program));
            lines.push(format!("  models       {}", manifest.models));
            lines.push(format!(
                "  chunks       {} of {bytes} bytes",
                manifest.chunks.len()
            ));
            for (name, value) in manifest.settings.iter() {
                lines.push(format!("  {name} = {value}"));
            }
        }
        for model in it.models.iter().filter(|_| self.keys) {
            lines.push(format!(
                "  model {:?}: {} of {} records, {} bytes, {} in memory",
                model.key, model.kind, model.updates, model.state_bytes, model.memory_bytes
            ));
        }
        if let Some(error) = &it.error {
            lines.push(format!("  {error}"));
        }
        lines.join("\n") + "\n"
    }
}
