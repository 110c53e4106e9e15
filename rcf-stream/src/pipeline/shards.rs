//! Shards that begin, are revoked, and are assigned again: the fate of their models.

use std::sync::Arc;

use super::{Pipeline, PipelineError};
use crate::observer::Observer;
use crate::operator::{ModelName, ModelNaming};
use crate::source::BegunShard;

impl Pipeline {
    /// Hands the models of its parents over to a new shard.
    pub(super) fn hand_over(&mut self, begun: &BegunShard) -> Result<(), PipelineError> {
        let belongs = |model: &ModelName, shards: &[String]| {
            let shard = model.shard();
            shard.is_some_and(|shard| shards.iter().any(|it| it == shard))
        };
        self.operator.copy_models(|model| {
            let inherited = belongs(model, &begun.parents);
            inherited.then(|| model.moved_to(&begun.shard)).flatten()
        })?;
        self.operator
            .remove_models(|model| belongs(model, &begun.done));
        self.changed = true;
        Ok(())
    }

    /// A source that rebalances has no shards at the start: the content of the checkpoint waits in
    /// it.
    pub(super) fn await_assignment(&mut self) -> Result<(), PipelineError> {
        if !self.source.rebalances() {
            return Ok(());
        }
        if self.operator.naming() == ModelNaming::Key {
            return Err(PipelineError::ModelsWithoutShards);
        }
        if self.checkpointer.is_none() {
            tracing::warn!("without checkpoints, the models of a revoked shard are lost");
        }
        let shards: Vec<Arc<str>> = self.positions.iter().map(|(it, _)| it.into()).collect();
        self.put_away(&shards);
        Ok(())
    }

    /// Commits everything of shards that were revoked, releases their models, and notifies the
    /// source.
    pub(super) async fn release(&mut self, shards: &[Arc<str>]) -> Result<(), PipelineError> {
        if shards.is_empty() {
            return Ok(());
        }
        self.finish_checkpoint().await?;
        self.changed = true;
        self.begin_checkpoint().await?;
        self.finish_checkpoint().await?;
        if self.checkpointer.is_none() {
            self.sink.flush().await?;
        }
        self.put_away(shards);
        for shard in shards {
            if let Some(checkpointer) = self.checkpointer.as_mut().filter(|it| it.is_per_shard()) {
                checkpointer.release(shard);
                self.away.remove(shard); // another process may move it
            }
            self.observers.shard_left(shard);
            self.source.released(shard).await?;
            let kept = self.checkpointer.is_some();
            tracing::info!(%shard, kept, "a shard was revoked");
        }
        Ok(())
    }

    /// Frees the memory of the state of shards; their checkpoint was just written or read.
    fn put_away(&mut self, shards: &[Arc<str>]) {
        self.operator.release_models(|model| {
            let shard = model.shard();
            shard.is_some_and(|shard| shards.iter().any(|it| &**it == shard))
        });
        for shard in shards {
            if let Some(position) = self.positions.remove(shard) {
                self.away.insert(shard, position);
            }
            if let Some(buffer) = &mut self.ahead {
                buffer.release(shard);
            }
            if let Some(watch) = &mut self.watch {
                watch.forget(shard);
            }
        }
    }

    /// Restores the models of assigned shards, and lets the source begin after their positions.
    pub(super) async fn take_over(&mut self, shards: &[Arc<str>]) -> Result<(), PipelineError> {
        if shards.is_empty() {
            return Ok(());
        }
        self.finish_checkpoint().await?; // it may be moving what is read now
        for shard in shards {
            let assigned = match &mut self.checkpointer {
                Some(checkpointer) => checkpointer.assign(shard, &mut self.operator).await?,
                None => None,
            };
            self.changed |= assigned.is_some(); // a shard that begins is committed, too
            let (position, resumed) = match assigned {
                Some(it) => (Some(it.position), it.resumed),
                None => {
                    let position = self.away.remove(shard);
                    let resumed = position.is_some();
                    (position, resumed)
                }
            };
            self.summary.resumed |= resumed;
            if let Some(position) = &position {
                if let Some(checkpointer) = &self.checkpointer {
                    checkpointer
                        .restore_shard(shard, &mut self.operator)
                        .await?;
                }
                self.positions.insert(shard, position.clone());
                if self.decoder.time_unit().is_none() {
                    self.decoder.resume_time_unit(position.time_unit);
                }
                self.restore_held(shard);
                self.restore_watches(|it| it == &**shard);
            }
            self.source.resume(shard, position.as_ref()).await?;
            tracing::info!(%shard, resumed, "a shard was assigned");
        }
        Ok(())
    }
}
