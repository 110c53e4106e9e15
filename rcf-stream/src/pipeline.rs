//! The loop: records in, results out, and a checkpoint from time to time.

mod admission;
mod bad_records;
mod held_up;
#[cfg(all(test, feature = "files", unix))]
mod path_tests;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rayon::prelude::*;
use rcf_core::InputError;
use tokio::sync::mpsc;

use admission::{Admitted, Waiting};
pub use bad_records::OnBadRecord;
pub(crate) use held_up::HeldUp;

use crate::checkpoint::{Checkpointer, Committed};
use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::error::PipelineError;
use crate::event::{Event, EventOperator, ModelPer};
use crate::metrics::metrics;
use crate::observer::Observer;
use crate::operator::{OperatorError, Scored};
use crate::record::{OutputRecord, Positions};
use crate::sink::Sink;
use crate::source::{Batch, BegunShard, Source};
use crate::time::{AheadGate, OnLate};

/// Most results fit into this count of bytes.
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
    /// Records, or lines within records, that were judged.
    pub judged: u64,
    /// Records, or lines within records, that were left out, by reason.
    pub bad_records: BTreeMap<&'static str, u64>,
    /// Records whose time was before the newest of their key: judged, or left out as configured.
    pub late: u64,
    /// Records that came packed in others.
    pub unpacked: u64,
    /// Packed records that were left out, since their keys belong to other shards.
    pub dropped: u64,
    /// Times that could not be read, of records that did not need one.
    pub unreadable_times: u64,
    /// Records whose times are far ahead, and which wait in the checkpoint for others to agree.
    pub held: u64,
    /// Whether it went on from a checkpoint.
    pub resumed: bool,
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
    ahead: Option<AheadGate<Waiting>>,
    checkpointer: Option<Checkpointer>,
    observer: Option<Arc<dyn Observer>>,
    rotate: Option<mpsc::Receiver<()>>,
    positions: Positions,
    evictions: u64, // that were counted
    changed: bool,  // since the last checkpoint
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
            dead_letters: None,
            model_per: ModelPer::default(),
            on_bad_record: OnBadRecord::default(),
            on_late: OnLate::default(),
            ahead: None,
            checkpointer: None,
            observer: None,
            rotate: None,
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

    /// Holds records whose time is further ahead of the clock of their shard than this, until
    /// others agree with them.
    #[must_use]
    pub fn hold_far_ahead(mut self, limit: Duration) -> Self {
        self.ahead = Some(AheadGate::new(limit.as_secs_f64() * 1e3));
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

    /// At each of these, the files of the sinks are committed and opened again by their names, as
    /// log rotation asks for.
    #[must_use]
    pub fn rotate_on(mut self, requests: mpsc::Receiver<()>) -> Self {
        self.rotate = Some(requests);
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
        self.restore_input_state();
        self.summary.resumed = !self.positions.is_empty();
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
                () = requested(self.rotate.as_mut()) => self.rotate().await?,
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
        if self.summary.ended {
            let rest = self.admit_rest();
            let (results, bad) = self.judge(rest)?;
            self.write(results, bad).await?;
        }
        self.finish_checkpoint().await?;
        self.begin_checkpoint().await?;
        self.finish_checkpoint().await?;
        self.sink.flush().await?;
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.flush().await?;
        }
        self.summary.unreadable_times = self.decoder.unreadable_times();
        self.summary.held = self.ahead.as_ref().map_or(0, |gate| gate.len() as u64);
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
        let admitted = self.admit(&batch);
        let (results, bad) = self.judge(admitted)?;
        for (shard, since) in &batch.started_shards {
            self.positions.start(shard, *since);
        }
        for record in &batch.records {
            self.positions.advance(record);
        }
        if let (Some(file), Some(record)) = (batch.file, batch.records.last()) {
            self.positions.read_file(&record.shard, file);
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
        self.summary.unpacked += batch.unpacked;
        self.summary.dropped += batch.elsewhere;
        self.changed |=
            records > 0 || !batch.ended_shards.is_empty() || !batch.started_shards.is_empty();
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.consumed(records);
        }
        let written = results.len() as u64;
        self.write(results, bad).await?;
        metrics().written(written);
        Ok(())
    }

    async fn write(
        &mut self,
        results: Vec<OutputRecord>,
        bad: Vec<OutputRecord>,
    ) -> Result<(), PipelineError> {
        if let (Some(dead_letters), false) = (&mut self.dead_letters, bad.is_empty()) {
            dead_letters.write(bad).await?;
        }
        self.summary.results += results.len() as u64;
        let _watch = HeldUp::watch(HeldUp::FULL);
        self.sink.write(results).await?;
        Ok(())
    }

    /// Scores what was admitted; returns results and dead letters.
    fn judge(
        &mut self,
        Admitted { parts, events }: Admitted<'_>,
    ) -> Result<(Vec<OutputRecord>, Vec<OutputRecord>), PipelineError> {
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
                    self.summary.judged += 1;
                    self.summary.late += u64::from(scored.late);
                    let detection = scored.detection.as_ref();
                    metrics().scored(took, detection.is_some_and(rcf_core::Detection::is_anomaly));
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
                bad.extend(self.bad_record(&part.record, part.line, &part.data, reason)?);
            }
        }
        Ok((results, bad))
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
        self.note_input_state();
        let Some(checkpointer) = &mut self.checkpointer else {
            return Ok(());
        };
        checkpointer.begin(&self.positions, (results, dead_letters), changes);
        self.changed = false;
        self.summary.longest_pause = self.summary.longest_pause.max(begin.elapsed());
        if self.hands_over() {
            // Nothing may be written to the old file after what is committed of it.
            self.finish_checkpoint().await?;
            self.reopen().await?;
        }
        Ok(())
    }

    /// Commits what was written to the files of the sinks, and opens them again by their names.
    async fn rotate(&mut self) -> Result<(), PipelineError> {
        self.sink.hand_over();
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.hand_over();
        }
        if self.checkpointer.is_some() {
            self.finish_checkpoint().await?;
            self.changed = true;
            self.begin_checkpoint().await
        } else {
            self.sink.flush().await?;
            self.reopen().await
        }
    }

    fn hands_over(&self) -> bool {
        let dead_letters = self.dead_letters.as_ref();
        self.sink.hands_over() || dead_letters.is_some_and(|sink| sink.hands_over())
    }

    async fn reopen(&mut self) -> Result<(), PipelineError> {
        self.sink.reopen().await?;
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.reopen().await?;
        }
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

/// Cancel safe.
async fn requested(requests: Option<&mut mpsc::Receiver<()>>) {
    let request = match requests {
        Some(requests) => requests.recv().await,
        None => None,
    };
    if request.is_none() {
        std::future::pending().await // nobody can ask any more
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
