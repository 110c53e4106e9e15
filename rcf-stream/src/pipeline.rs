//! The loop: records in, results out, and a checkpoint from time to time.

mod admission;
mod bad_records;
mod checkpoints;
mod error;
mod judge;
mod shards;
mod silence;
mod summary;
#[cfg(all(test, feature = "files", unix))]
mod tests;
mod watch;

use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc;

use admission::Waiting;
pub use bad_records::OnBadRecord;
use checkpoints::{CheckpointEvent, checkpoint_event};
pub use error::{BadRecord, PipelineError};
use silence::SourceWatch;
pub use summary::Summary;
use watch::Watch;

use crate::checkpoint::Checkpointer;
use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::event::{EventOperator, ModelPer};
use crate::held_up::HeldUp;
use crate::observer::{Observer, Observers};
use crate::record::{OutputRecord, Positions};
use crate::sink::Sink;
use crate::source::{Batch, Source};
use crate::time::{AheadBuffer, OnLate};

/// A source, an operator and a sink, and what connects them.
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
    ahead: Option<AheadBuffer<Waiting>>,
    watch: Option<Watch>,
    source_watch: Option<SourceWatch>,
    checkpointer: Option<Checkpointer>,
    observers: Observers,
    rotate: Option<mpsc::Receiver<()>>,
    positions: Positions,
    /// Positions of shards that are not assigned to this process: checkpoints keep them.
    away: Positions,
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
            watch: None,
            source_watch: None,
            checkpointer: None,
            observers: Observers::default(),
            rotate: None,
            positions: Positions::default(),
            away: Positions::default(),
            evictions: 0,
            changed: false,
            summary: Summary::default(),
        }
    }

    /// What each model belongs to.
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

    /// Holds back records whose time is further ahead of the clock of their shard than this, until
    /// others confirm it.
    #[must_use]
    pub fn hold_far_ahead(mut self, limit: Duration) -> Self {
        self.ahead = Some(AheadBuffer::new(limit.as_secs_f64() * 1e3));
        self
    }

    /// Reports keys without a record for this time, by the clock of their shard; models must be
    /// named by shard and key. Keys that are forgotten, after `to_live`, are not reported.
    #[must_use]
    pub fn expect_every(mut self, every: Duration, to_live: Option<Duration>) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.watch = Some(Watch::new(millis(every), to_live.map(millis)));
        self.source_watch = Some(SourceWatch::new(every));
        self
    }

    /// Writes bad records there, complete and with the reason.
    #[must_use]
    pub fn dead_letters(mut self, sink: Box<dyn Sink>) -> Self {
        self.on_bad_record = OnBadRecord::DeadLetter;
        self.dead_letters = Some(sink);
        self
    }

    /// Begins at these positions, which are those of source and operator.
    #[must_use]
    pub fn begin_at(mut self, positions: Positions) -> Self {
        self.positions = positions;
        self
    }

    /// Writes checkpoints, continuing at these positions. Source, sink and operator must be at the
    /// same position.
    #[must_use]
    pub fn checkpoints(mut self, checkpointer: Checkpointer, positions: Positions) -> Self {
        self.checkpointer = Some(checkpointer);
        self.positions = positions;
        self
    }

    /// At each of these, the files of the sinks are committed and opened again by name, as log
    /// rotation requires.
    #[must_use]
    pub fn rotate_on(mut self, requests: mpsc::Receiver<()>) -> Self {
        self.rotate = Some(requests);
        self
    }

    /// Reports events to observers.
    #[must_use]
    pub fn observers(mut self, observers: Observers) -> Self {
        self.observers = observers;
        self
    }

    /// Runs until the source ends or `stop` is ready, and then writes a last checkpoint.
    ///
    /// # Errors
    /// The first error of any part. What was not in a checkpoint is repeated after the next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Summary, PipelineError> {
        let mut stop = pin!(stop);
        self.summary.resumed = !self.positions.is_empty();
        self.restore_input_state();
        self.await_assignment()?;
        self.restore_watches(|_| true);
        self.observers.ready(self.decoder.names());
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
                () = SourceWatch::fell_silent(self.source_watch.as_mut()) => {
                    self.source_fell_silent();
                }
            }
        }
        self.observers.stopping();
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
        self.summary.unreadable_times = self.decoder.unreadable_times().clone();
        self.summary.held = self.ahead.as_ref().map_or(0, |buffer| buffer.len() as u64);
        Ok(self.summary)
    }

    /// Scores a batch and hands the results to the sink.
    async fn process(&mut self, batch: Batch) -> Result<(), PipelineError> {
        for begun in &batch.begun_shards {
            self.hand_over(begun)?;
        }
        if !batch.records.is_empty() {
            self.source_spoke();
        }
        for records in batch.records.chunk_by(|a, b| a.shard == b.shard) {
            self.observers.read(&records[0].shard, records.len() as u64);
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
            if let Some(watch) = &mut self.watch {
                watch.forget(shard);
            }
            self.observers.shard_left(shard);
        }
        if let Some(clock) = self.positions.earliest_clock() {
            self.operator.forget_before(clock);
        }
        let records = batch.records.len() as u64;
        self.summary.records += records;
        self.summary.unpacked += batch.unpacked;
        self.summary.dropped += batch.elsewhere;
        self.summary.tombstones += batch.tombstones;
        self.changed |=
            records > 0 || !batch.ended_shards.is_empty() || !batch.started_shards.is_empty();
        if let Some(checkpointer) = &mut self.checkpointer {
            for records in batch.records.chunk_by(|a, b| a.shard == b.shard) {
                checkpointer.consumed(&records[0].shard, records.len() as u64);
            }
        }
        let written = results.len() as u64;
        self.write(results, bad).await?;
        self.observers.written(written);
        self.release(&batch.revoked_shards).await?;
        self.take_over(&batch.assigned_shards).await
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
        let _watch = HeldUp::watch(HeldUp::FULL, &self.observers);
        self.sink.write(results).await?;
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
        std::future::pending().await // no request can come any more
    }
}
