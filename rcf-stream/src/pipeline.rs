//! The loop: records in, results out, and a checkpoint from time to time.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpointer;
use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::error::{BadRecord, PipelineError};
use crate::event::{Event, EventOperator, ModelPer};
use crate::record::{OutputRecord, Positions, Record};
use crate::sink::Sink;
use crate::source::{Batch, Source};
use crate::telemetry::live::Live;
use crate::telemetry::metrics;

/// What happens to a record that cannot be decoded or scored. The models never see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnBadRecord {
    /// The pipeline ends with an error that names the record.
    #[default]
    Fail,
    /// The record is logged, counted by reason, and left out.
    Skip,
}

/// What a pipeline did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Results written.
    pub results: u64,
    /// Records, or lines within records, that were left out, by reason.
    pub bad_records: BTreeMap<&'static str, u64>,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Whether the source has ended, rather than the pipeline been told to stop.
    pub ended: bool,
}

/// A source, an operator and a sink, and what stands between them.
pub struct Pipeline {
    source: Box<dyn Source>,
    decoder: Decoder,
    operator: EventOperator,
    encoder: Encoder,
    sink: Box<dyn Sink>,
    model_per: ModelPer,
    on_bad_record: OnBadRecord,
    checkpointer: Option<Checkpointer>,
    live: Option<Arc<Live>>,
    positions: Positions,
    changed: bool,    // since the last checkpoint
    encoded: Vec<u8>, // scratch
    summary: Summary,
}

impl Pipeline {
    /// A pipeline without checkpoints, with one model per key, that fails on bad records.
    #[must_use]
    pub fn new(
        source: Box<dyn Source>,
        decoder: Decoder,
        operator: EventOperator,
        encoder: Encoder,
        sink: Box<dyn Sink>,
    ) -> Self {
        Self {
            source,
            decoder,
            operator,
            encoder,
            sink,
            model_per: ModelPer::default(),
            on_bad_record: OnBadRecord::default(),
            checkpointer: None,
            live: None,
            positions: Positions::default(),
            changed: false,
            encoded: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// What has a model of its own.
    #[must_use]
    pub fn model_per(mut self, model_per: ModelPer) -> Self {
        self.model_per = model_per;
        self
    }

    /// What happens to bad records.
    #[must_use]
    pub fn on_bad_record(mut self, policy: OnBadRecord) -> Self {
        self.on_bad_record = policy;
        self
    }

    /// Writes checkpoints, continuing at these positions. Source, sink and operator must stand at
    /// the same place.
    #[must_use]
    pub fn checkpoints(mut self, checkpointer: Checkpointer, positions: Positions) -> Self {
        self.checkpointer = Some(checkpointer);
        self.positions = positions;
        self
    }

    /// Shows what happens on the live page.
    #[must_use]
    pub fn live(mut self, live: Arc<Live>) -> Self {
        self.live = Some(live);
        self
    }

    /// Runs until the source ends or `stop` is ready, and then writes a last checkpoint.
    ///
    /// # Errors
    /// The first error of any part. What was not in a checkpoint then is done again after the
    /// next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Summary, PipelineError> {
        let mut stop = pin!(stop);
        if let Some(live) = &self.live {
            live.ready(self.decoder.names());
        }
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = due(self.checkpointer.as_ref()) => self.checkpoint().await?,
                batch = self.source.next_batch() => match batch? {
                    Some(batch) => self.process(batch).await?,
                    None => {
                        self.summary.ended = true;
                        break;
                    }
                },
            }
        }
        if let Some(live) = &self.live {
            live.stopping();
        }
        self.checkpoint().await?;
        Ok(self.summary)
    }

    /// Scores a batch and hands the results to the sink.
    async fn process(&mut self, batch: Batch) -> Result<(), PipelineError> {
        let mut results = Vec::with_capacity(batch.records.len());
        for records in batch.records.chunk_by(|a, b| a.shard == b.shard) {
            metrics().read(&records[0].shard, records.len() as u64);
        }
        for record in &batch.records {
            self.process_record(record, &mut results)?;
            self.positions.advance(record);
        }
        for shard in &batch.ended_shards {
            self.positions.end(shard);
            metrics().shard_left(shard);
        }
        let records = batch.records.len() as u64;
        self.summary.records += records;
        let written = results.len() as u64;
        self.summary.results += written;
        self.changed |= records > 0 || !batch.ended_shards.is_empty();
        self.sink.write(results).await?;
        metrics().written(records, written);
        let is_due = self
            .checkpointer
            .as_mut()
            .is_some_and(|it| it.consumed(records));
        if is_due {
            self.checkpoint().await
        } else {
            Ok(())
        }
    }

    fn process_record(
        &mut self,
        record: &Record,
        results: &mut Vec<OutputRecord>,
    ) -> Result<(), PipelineError> {
        for (line, part) in self.decoder.parts(&record.data) {
            match self.process_part(record, line, part) {
                Ok(result) => results.extend(result),
                Err(reason) => self.bad_record(record, line, reason)?,
            }
        }
        Ok(())
    }

    fn process_part(
        &mut self,
        record: &Record,
        line: Option<usize>,
        part: &[u8],
    ) -> Result<Option<OutputRecord>, BadRecord> {
        let decoded = self.decoder.decode(part)?;
        let event = Event::new(record, line, decoded, self.model_per);
        let began = Instant::now();
        let scored = self.operator.process(&event)?;
        metrics().scored(began.elapsed(), false);
        if let Some(live) = &self.live {
            live.scored(&event, &scored);
        }
        if !self.encoder.selects(&scored) {
            return Ok(None);
        }
        self.encoded.clear();
        self.encoder.encode(&event, &scored, &mut self.encoded);
        Ok(Some(OutputRecord {
            id: event.id,
            partition_key: event.partition_key,
            data: Bytes::copy_from_slice(&self.encoded),
        }))
    }

    fn bad_record(
        &mut self,
        record: &Record,
        line: Option<usize>,
        reason: BadRecord,
    ) -> Result<(), PipelineError> {
        match self.on_bad_record {
            OnBadRecord::Fail => Err(PipelineError::BadRecord {
                id: record.id(),
                line,
                reason,
            }),
            OnBadRecord::Skip => {
                metrics().bad_record(reason.name());
                let count = self.summary.bad_records.entry(reason.name()).or_default();
                *count += 1;
                if *count <= 10 || count.is_power_of_two() {
                    let id = record.id();
                    tracing::warn!(id, line, %reason, count, "record left out");
                }
                Ok(())
            }
        }
    }

    /// Makes the results durable, then writes state and positions in one step.
    async fn checkpoint(&mut self) -> Result<(), PipelineError> {
        let began = Instant::now();
        metrics().models(self.operator.models(), self.operator.size_in_bytes());
        let sink_position = self.sink.flush().await?;
        let Some(checkpointer) = &mut self.checkpointer else {
            return Ok(());
        };
        if !self.changed {
            checkpointer.postpone();
            return Ok(());
        }
        let state = self.operator.snapshot();
        let bytes = checkpointer.commit(&self.positions, sink_position, state)?;
        self.source.committed(&self.positions).await?;
        metrics().checkpoint(bytes, began.elapsed());
        self.changed = false;
        self.summary.checkpoints += 1;
        tracing::debug!(records = self.summary.records, bytes, "checkpoint written");
        Ok(())
    }
}

async fn due(checkpointer: Option<&Checkpointer>) {
    match checkpointer {
        Some(checkpointer) => checkpointer.due().await,
        None => std::future::pending().await,
    }
}
