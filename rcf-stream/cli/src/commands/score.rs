//! `rcf score`: the anomalies of a file.

use std::path::PathBuf;

use crate::detect::RowEncoder;
use rcf_stream::config::SinkConfig;
use rcf_stream::encode::OutputFormat;
use rcf_stream::{OutputRecord, assemble};

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::{Format, InputFlags};
use super::rows::{self, Rows};
use super::stop;

/// Judges each record against all records before it.
///
/// The score is at least 0, about 1 for usual records, higher for unusual ones, and 0 while the
/// forest learns. The grade is 0 unless the record is an anomaly, and then up to 1. Anomalies come
/// with what was expected, the share of each value, and a sentence.
#[derive(clap::Args)]
pub(crate) struct Score {
    #[command(flatten)]
    input: InputFlags,
    /// Where results go; - is the standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// How results are written [default: as the name of the output says, else JSON lines]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only write anomalies
    #[arg(long)]
    only_anomalies: bool,
    /// Exit with status 2 if there is an anomaly
    #[arg(long)]
    fail_on_anomaly: bool,
    #[command(flatten)]
    detector: DetectorFlags,
}

impl Score {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        rows::check_files(&self.input.file, &self.output)?;
        let mut rows = Rows::open(&self.input, &self.detector)?;
        let format = match self.format {
            Some(Format::Csv) => OutputFormat::Csv,
            Some(Format::Jsonl) => OutputFormat::Jsonl,
            None if self.output.extension().is_some_and(|it| it == "csv") => OutputFormat::Csv,
            None => OutputFormat::Jsonl,
        };
        let encoder = RowEncoder::new(format, rows.names());
        let target = SinkConfig::File { path: self.output };
        let mut sink = assemble::open_sink(&target, encoder.header().as_deref(), None).await?;
        let mut anomalies = 0_u64;
        let mut stop = std::pin::pin!(stop::requested());
        while let Some(batch) = rows.next(stop.as_mut()).await? {
            let mut results: Vec<OutputRecord> = Vec::with_capacity(batch.len());
            for row in &batch {
                anomalies += u64::from(row.verdict.is_anomaly());
                if row.verdict.is_anomaly() || !self.only_anomalies {
                    results.push(encoder.encode(row));
                }
            }
            sink.write(results).await?;
        }
        sink.flush().await?;
        rows.finish();
        if self.fail_on_anomaly && anomalies > 0 {
            return Err(Failure::anomalies(anomalies));
        }
        Ok(())
    }
}
