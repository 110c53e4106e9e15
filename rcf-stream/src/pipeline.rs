//! The loop: records in, results out, and a checkpoint from time to time.

mod bad_records;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rayon::prelude::*;
use rcf_core::InputError;

pub use bad_records::OnBadRecord;

use crate::checkpoint::{Checkpointer, Committed};
use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::error::{BadRecord, PipelineError};
use crate::event::{Event, EventOperator, ModelPer};
use crate::metrics::metrics;
use crate::observer::Observer;
use crate::operator::{OperatorError, Scored};
use crate::record::{OutputRecord, Positions, Record};
use crate::sink::Sink;
use crate::source::{Batch, BegunShard, Source};
use crate::time::OnLate;

/// Most results fit into so many bytes.
const ENCODED_BYTES: usize = 512;
/// Fewer results are not worth another thread.
const ENCODED_TOGETHER: usize = 64;

/// What a pipeline did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Results written.
    pub results: u64,
    /// Records, or lines within records, that were left out, by reason.
    pub bad_records: BTreeMap<&'static str, u64>,
    /// Records whose time was before the newest of their key: judged, or left out as configured.
    pub late: u64,
    /// Times that could not be read, of records that did not need one.
    pub unreadable_times: u64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Models written for them because they had changed.
    pub checkpoint_models: u64,
    /// Bytes written for them.
    pub checkpoint_bytes: u64,
    /// The longest time for which the loop stood still to begin one.
    pub longest_pause: Duration,
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
    dead_letters: Option<Box<dyn Sink>>,
    model_per: ModelPer,
    on_bad_record: OnBadRecord,
    on_late: OnLate,
    checkpointer: Option<Checkpointer>,
    observer: Option<Arc<dyn Observer>>,
    positions: Positions,
    evictions: u64, // that were counted
    changed: bool,  // since the last checkpoint
    summary: Summary,
}

/// A line of a record, decoded or not.
struct Part<'a> {
    record: &'a Record,
    line: Option<usize>,
    data: &'a [u8],
    /// What is wrong with it; else it is the next of the events.
    bad: Option<BadRecord>,
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
            dead_letters: None,
            model_per: ModelPer::default(),
            on_bad_record: OnBadRecord::default(),
            on_late: OnLate::default(),
            checkpointer: None,
            observer: None,
            positions: Positions::default(),
            evictions: 0,
            changed: false,
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

    /// What happens to late records; the operator must have the same policy.
    #[must_use]
    pub fn on_late(mut self, policy: OnLate) -> Self {
        self.on_late = policy;
        self
    }

    /// Bad records go there, whole and with the reason.
    #[must_use]
    pub fn dead_letters(mut self, sink: Box<dyn Sink>) -> Self {
        self.on_bad_record = OnBadRecord::DeadLetter;
        self.dead_letters = Some(sink);
        self
    }

    /// Begins at these positions, where source and operator stand.
    #[must_use]
    pub fn begin_at(mut self, positions: Positions) -> Self {
        self.positions = positions;
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

    /// Tells an observer what happens.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Runs until the source ends or `stop` is ready, and then writes a last checkpoint.
    ///
    /// # Errors
    /// The first error of any part. What was not in a checkpoint then is done again after the
    /// next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Summary, PipelineError> {
        let mut stop = pin!(stop);
        if let Some(observer) = &self.observer {
            observer.ready(self.decoder.names());
        }
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                event = checkpoint_event(self.checkpointer.as_mut()) => match event {
                    CheckpointEvent::Due => self.begin_checkpoint().await?,
                    CheckpointEvent::Written(done) => self.committed(done).await?,
                },
                batch = self.source.next_batch() => match batch? {
                    Some(batch) => self.process(batch).await?,
                    None => {
                        self.summary.ended = true;
                        break;
                    }
                },
            }
        }
        if let Some(observer) = &self.observer {
            observer.stopping();
        }
        self.finish_checkpoint().await?;
        self.begin_checkpoint().await?;
        self.finish_checkpoint().await?;
        self.sink.flush().await?;
        self.summary.unreadable_times = self.decoder.unreadable_times();
        Ok(self.summary)
    }

    /// Scores a batch and hands the results to the sink.
    async fn process(&mut self, batch: Batch) -> Result<(), PipelineError> {
        for begun in &batch.begun_shards {
            self.hand_over(begun)?;
        }
        for records in batch.records.chunk_by(|a, b| a.shard == b.shard) {
            metrics().read(&records[0].shard, records.len() as u64);
        }
        let (parts, events) = self.decode(&batch.records);
        let began = Instant::now();
        let count = u32::try_from(events.len().max(1)).unwrap_or(u32::MAX);
        let outcomes = self.operator.process_batch(&events)?;
        let took = began.elapsed() / count; // each, on average
        let encoded = self.encode(&events, &outcomes);
        let mut scored = outcomes.into_iter().zip(events).zip(encoded);
        let (mut results, mut bad) = (Vec::with_capacity(parts.len()), Vec::new());
        for mut part in parts {
            if part.bad.is_none()
                && let Some(((outcome, event), encoded)) = scored.next()
            {
                if let Ok(scored) = &outcome {
                    self.summary.late += u64::from(scored.late);
                    let decision = scored.decision.as_ref();
                    metrics().scored(took, decision.is_some_and(rcf_core::Descriptor::is_anomaly));
                    if let Some(observer) = &self.observer {
                        observer.scored(&event, scored);
                    }
                }
                match outcome {
                    Ok(_) => results.extend(encoded.map(|data| OutputRecord {
                        id: event.id,
                        partition_key: event.partition_key,
                        data,
                    })),
                    Err(OperatorError::Input(InputError::Timestamp { .. }))
                        if self.on_late == OnLate::Skip =>
                    {
                        self.summary.late += 1;
                    }
                    Err(error) => part.bad = Some(error.into()),
                }
            }
            if let Some(reason) = part.bad {
                bad.extend(self.bad_record(part.record, part.line, part.data, reason)?);
            }
        }
        for record in &batch.records {
            self.positions.advance(record);
        }
        for shard in &batch.ended_shards {
            self.positions.end(shard);
            metrics().shard_left(shard);
        }
        if let Some(clock) = self.positions.earliest_clock() {
            self.operator.forget_before(clock);
        }
        let records = batch.records.len() as u64;
        self.summary.records += records;
        let written = results.len() as u64;
        self.summary.results += written;
        self.changed |= records > 0 || !batch.ended_shards.is_empty();
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.consumed(records);
        }
        if let (Some(dead_letters), false) = (&mut self.dead_letters, bad.is_empty()) {
            dead_letters.write(bad).await?;
        }
        self.sink.write(results).await?;
        metrics().written(records, written);
        Ok(())
    }

    /// The bytes of the results that are wanted, made on all cores.
    fn encode(
        &self,
        events: &[Event],
        outcomes: &[Result<Scored, OperatorError>],
    ) -> Vec<Option<Bytes>> {
        let encoder = &self.encoder;
        let encode = |(event, outcome): (&Event, &Result<Scored, OperatorError>)| {
            let scored = outcome.as_ref().ok()?;
            encoder.selects(scored).then(|| {
                let mut bytes = Vec::with_capacity(ENCODED_BYTES);
                encoder.encode(event, scored, &mut bytes);
                bytes.into()
            })
        };
        let both = events.par_iter().zip(outcomes);
        both.with_min_len(ENCODED_TOGETHER).map(encode).collect()
    }

    fn decode<'a>(&mut self, records: &'a [Record]) -> (Vec<Part<'a>>, Vec<Event>) {
        let mut parts = Vec::with_capacity(records.len());
        let mut events = Vec::with_capacity(records.len());
        for record in records {
            for (line, data) in self.decoder.parts(&record.data) {
                let bad = match self.decoder.decode(data) {
                    Ok(decoded) => {
                        let mut event = Event::new(record, line, decoded, self.model_per);
                        let time = match record.timestamp {
                            Some(arrival) => Some(arrival.0),
                            None if self.operator.forgets() => event.time.map(|it| it as i64),
                            None => None,
                        };
                        event.clock = self.positions.tick(&record.shard, time);
                        events.push(event);
                        None
                    }
                    Err(reason) => Some(reason.into()),
                };
                parts.push(Part {
                    record,
                    line,
                    data,
                    bad,
                });
            }
        }
        (parts, events)
    }

    /// Gives a new shard the models that belonged to the shards it was made from.
    fn hand_over(&mut self, begun: &BegunShard) -> Result<(), PipelineError> {
        let of = |shard: &str, model: &str| match model.strip_prefix(shard)? {
            "" => Some(String::new()),
            rest => rest.strip_prefix('/').map(|key| format!("/{key}")),
        };
        let renamed = |model: &str| {
            let parents = begun.parents.iter();
            let rest = parents.filter_map(|parent| of(parent, model)).next()?;
            Some(format!("{}{rest}", begun.shard))
        };
        self.operator.copy_models(renamed)?;
        let is_done = |model: &str| begun.done.iter().any(|parent| of(parent, model).is_some());
        self.operator.remove_models(is_done);
        self.changed = true;
        Ok(())
    }

    /// Begins a checkpoint of everything so far. The loop goes on while it is written.
    async fn begin_checkpoint(&mut self) -> Result<(), PipelineError> {
        let Some(checkpointer) = &mut self.checkpointer else {
            return Ok(());
        };
        if !self.changed {
            checkpointer.postpone();
            return Ok(());
        }
        let begin = Instant::now();
        metrics().models(self.operator.models(), self.operator.size_in_bytes());
        let evictions = self.operator.statistics().evictions;
        metrics().evicted(usize::try_from(evictions - self.evictions).unwrap_or(usize::MAX));
        self.evictions = evictions;
        let results = self.sink.begin_flush().await?;
        let dead_letters = match &mut self.dead_letters {
            Some(sink) => Some(sink.begin_flush().await?),
            None => None,
        };
        let changes = self.operator.take_changes();
        checkpointer.begin(&self.positions, (results, dead_letters), changes);
        self.changed = false;
        self.summary.longest_pause = self.summary.longest_pause.max(begin.elapsed());
        Ok(())
    }

    /// Waits for the checkpoint that is being written, if there is one.
    async fn finish_checkpoint(&mut self) -> Result<(), PipelineError> {
        if let Some(checkpointer) = &mut self.checkpointer
            && checkpointer.is_writing()
        {
            let done = checkpointer.finished().await;
            self.committed(done).await?;
        }
        Ok(())
    }

    async fn committed(
        &mut self,
        done: Result<Committed, PipelineError>,
    ) -> Result<(), PipelineError> {
        let done = match done {
            // The sink itself knows better what went wrong.
            Err(PipelineError::Sink(error)) => {
                self.sink.flush().await?;
                return Err(error.into());
            }
            done => done?,
        };
        self.source.committed(&done.positions).await?;
        metrics().checkpoint(
            usize::try_from(done.bytes).unwrap_or(usize::MAX),
            done.duration,
        );
        self.summary.checkpoints += 1;
        self.summary.checkpoint_models += done.changed;
        self.summary.checkpoint_bytes += done.bytes;
        tracing::debug!(
            number = done.number,
            bytes = done.bytes,
            changed = done.changed,
            seconds = done.duration.as_secs_f64(),
            "checkpoint written"
        );
        Ok(())
    }
}

/// What a checkpointer has to say.
enum CheckpointEvent {
    Due,
    Written(Result<Committed, PipelineError>),
}

/// Cancel safe.
async fn checkpoint_event(checkpointer: Option<&mut Checkpointer>) -> CheckpointEvent {
    match checkpointer {
        Some(it) if it.is_writing() => CheckpointEvent::Written(it.finished().await),
        Some(it) => {
            it.due().await;
            CheckpointEvent::Due
        }
        None => std::future::pending().await,
    }
}
