//! Beginning and ending checkpoints, and the files of the sinks that go with them.

use std::time::Instant;

use super::{Pipeline, PipelineError};
use crate::checkpoint::{CheckpointError, Checkpointer, Committed};
use crate::observer::Observer;

impl Pipeline {
    /// Begins a checkpoint of everything so far. The loop continues while it is written in the
    /// background.
    pub(super) async fn begin_checkpoint(&mut self) -> Result<(), PipelineError> {
        let Some(checkpointer) = &mut self.checkpointer else {
            return Ok(());
        };
        if !self.changed {
            checkpointer.postpone();
            return Ok(());
        }
        let begin = Instant::now();
        let (models, bytes) = (self.operator.models(), self.operator.size_in_bytes());
        self.observers.models(models, bytes);
        let evictions = self.operator.statistics().evictions;
        self.observers.evicted(evictions - self.evictions);
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
        let positions = self.positions.with(&self.away);
        let is_transactional = checkpointer.is_transactional();
        checkpointer.begin(positions, (results, dead_letters), changes, &self.observers);
        self.changed = false;
        self.summary.longest_pause = self.summary.longest_pause.max(begin.elapsed());
        if is_transactional {
            // Anything written now would belong to the transaction of this checkpoint.
            self.finish_checkpoint().await?;
        }
        if self.hands_over() {
            // Nothing may be written to the old file after its commit.
            self.finish_checkpoint().await?;
            self.reopen().await?;
        }
        Ok(())
    }

    /// Commits what was written to the files of the sinks, and opens them again by name.
    pub(super) async fn rotate(&mut self) -> Result<(), PipelineError> {
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

    pub(super) async fn reopen(&mut self) -> Result<(), PipelineError> {
        self.sink.reopen().await?;
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.reopen().await?;
        }
        Ok(())
    }

    /// Waits for the checkpoint that is being written, if there is one.
    pub(super) async fn finish_checkpoint(&mut self) -> Result<(), PipelineError> {
        if let Some(checkpointer) = &mut self.checkpointer
            && checkpointer.is_writing()
        {
            let done = checkpointer.finished().await;
            self.committed(done).await?;
        }
        Ok(())
    }

    pub(super) async fn committed(
        &mut self,
        done: Result<Committed, CheckpointError>,
    ) -> Result<(), PipelineError> {
        let done = match done {
            // The sink itself reports the cause more precisely.
            Err(CheckpointError::Coordinator(error)) => return Err(error.into()),
            Err(CheckpointError::Sink(error)) => {
                self.sink.flush().await?;
                return Err(error.into());
            }
            done => done?,
        };
        self.source.committed(&done.positions).await?;
        self.observers.checkpoint(done.bytes, done.duration);
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

/// A report of a checkpointer.
pub(super) enum CheckpointEvent {
    Due,
    Written(Result<Committed, CheckpointError>),
}

/// Cancel safe.
pub(super) async fn checkpoint_event(checkpointer: Option<&mut Checkpointer>) -> CheckpointEvent {
    match checkpointer {
        Some(it) if it.is_writing() => CheckpointEvent::Written(it.finished().await),
        Some(it) => {
            it.due().await;
            CheckpointEvent::Due
        }
        None => std::future::pending().await,
    }
}
