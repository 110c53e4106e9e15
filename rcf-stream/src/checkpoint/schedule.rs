//! The schedule of checkpoints, and the one that is being written.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rcf_core::keyed::{Changes, KeyedModel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::commit::{Committed, Snapshot};
use super::per_shard::{self, Assigned, ShardSnapshot, ShardStores};
use super::store::{CheckpointStore, Shared};
use super::{CheckpointError, Fingerprint};
use crate::event::EventOperator;
use crate::held_up::HeldUp;
use crate::observer::Observers;
use crate::operator::{ModelName, SavedModel};
use crate::record::Positions;
use crate::sink::{Flushed, SinkPositions};
use crate::source::coordinator::Coordinator;

/// The input of a checkpoint.
enum Work<M> {
    One(Arc<Shared>, Positions, Changes<ModelName, M>),
    PerShard(Vec<ShardSnapshot<M>>, Arc<dyn Coordinator>),
}

/// When a checkpoint is due: when either limit is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedule {
    /// At the first end of a batch after this many records.
    pub every_records: Option<u64>,
    /// After this much time.
    pub every: Option<Duration>,
}

/// Writes the checkpoints of one pipeline when they are due, one at a time, while the stream
/// continues.
#[derive(Debug)]
pub struct Checkpointer {
    place: Place,
    schedule: Schedule,
    settings: Fingerprint,
    records: u64,
    begun_at: Instant,
    begun_records: u64,
    writing: Option<JoinHandle<Result<Committed, CheckpointError>>>,
}

/// Where checkpoints are written.
#[derive(Debug)]
enum Place {
    /// One place for all shards; its position names the current checkpoint.
    One(CheckpointStore),
    /// One for each shard; a coordinator knows the current checkpoints.
    PerShard(ShardStores),
}

impl Checkpointer {
    /// Continues after this many records.
    #[must_use]
    pub fn new(
        store: CheckpointStore,
        schedule: Schedule,
        settings: Fingerprint,
        records: u64,
    ) -> Self {
        Self::at(Place::One(store), schedule, settings, records)
    }

    /// With a place for each shard.
    #[must_use]
    pub fn per_shard(stores: ShardStores, schedule: Schedule, settings: Fingerprint) -> Self {
        Self::at(Place::PerShard(stores), schedule, settings, 0)
    }

    fn at(place: Place, schedule: Schedule, settings: Fingerprint, records: u64) -> Self {
        Self {
            place,
            schedule,
            settings,
            records,
            begun_at: Instant::now(),
            begun_records: records,
            writing: None,
        }
    }

    /// Counts consumed records of a shard.
    pub fn consumed(&mut self, shard: &str, records: u64) {
        self.records += records;
        if let Place::PerShard(stores) = &mut self.place {
            stores.consumed(shard, records);
        }
    }

    /// Whether each shard has its own place, and its position is kept by a coordinator.
    #[must_use]
    pub fn is_per_shard(&self) -> bool {
        matches!(self.place, Place::PerShard(_))
    }

    /// Whether nothing may be written to the sink while a checkpoint is being written.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        match &self.place {
            Place::One(_) => false,
            Place::PerShard(stores) => stores.coordinator().is_transactional(),
        }
    }

    /// Whether a checkpoint is being written.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Waits until a checkpoint is due, by number or by time, which may be never. Cancel safe.
    pub async fn due(&self) {
        if self.is_writing() {
            return std::future::pending().await;
        }
        let since = self.records - self.begun_records;
        if self
            .schedule
            .every_records
            .is_some_and(|every| since >= every)
        {
            return;
        }
        let due = self
            .schedule
            .every
            .and_then(|every| self.begun_at.checked_add(every));
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Begins to write a checkpoint: when everything that was written to the sink so far is
    /// durable, the state that has changed, and then the positions. The log names what it waits
    /// for.
    ///
    /// # Panics
    /// If one is being written.
    pub fn begin<M: KeyedModel + 'static>(
        &mut self,
        positions: Positions,
        flushed: (Flushed, Option<Flushed>),
        changes: Changes<ModelName, M>,
        observers: &Observers,
    ) {
        assert!(!self.is_writing(), "one at a time");
        let (records, settings) = (self.records, self.settings.clone());
        let (background, work) = match &self.place {
            Place::One(store) => {
                store.shared.index().begin(
                    changes.models.iter().map(|(key, _, _)| key),
                    changes.spilled.iter().map(|(key, _)| key),
                );
                let shared = Arc::clone(&store.shared);
                let work = Work::One(shared, positions, changes);
                (&*store.background, work)
            }
            Place::PerShard(stores) => {
                let snapshots = stores.snapshot(&positions, changes);
                let work = Work::PerShard(snapshots, Arc::clone(stores.coordinator()));
                (stores.background(), work)
            }
        };
        let observers = observers.clone();
        self.writing = Some(background.spawn(async move {
            let (results, dead_letters) = flushed;
            let watch = HeldUp::watch(HeldUp::FLUSH, &observers);
            let results = results.await?;
            drop(watch);
            let watch = HeldUp::watch(HeldUp::DEAD_LETTERS, &observers);
            let dead_letters = match dead_letters {
                Some(flushed) => flushed.await?,
                None => None,
            };
            drop(watch);
            let sink = SinkPositions {
                results,
                dead_letters,
            };
            let _watch = HeldUp::watch(HeldUp::STORE, &observers);
            match work {
                Work::One(shared, positions, changes) => {
                    let snapshot = Snapshot {
                        settings,
                        records,
                        positions,
                        sink,
                        changes,
                    };
                    shared.commit(snapshot).await
                }
                Work::PerShard(snapshots, coordinator) => {
                    per_shard::commit(snapshots, settings, sink, coordinator).await
                }
            }
        }));
        self.postpone();
    }

    /// Waits for the end of the checkpoint that is being written; for ever if there is none.
    /// Cancel safe.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn finished(&mut self) -> Result<Committed, CheckpointError> {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let done = Pin::new(writing).await;
        self.writing = None;
        let done = done.map_err(CheckpointError::stopped)??;
        if let Place::PerShard(stores) = &mut self.place {
            stores.committed(&done.positions);
        }
        Ok(done)
    }

    /// Restores the models of an assigned shard, which a coordinator knows, and returns where it
    /// continues; `None` if there is one place for all shards.
    ///
    /// # Errors
    /// Its checkpoint cannot be read, or does not fit the operator.
    pub async fn assign(
        &mut self,
        shard: &Arc<str>,
        operator: &mut EventOperator,
    ) -> Result<Option<Assigned>, CheckpointError> {
        match &mut self.place {
            Place::One(_) => Ok(None),
            Place::PerShard(stores) => {
                let assigned = stores.assign(shard, &self.settings, operator).await?;
                Ok(Some(assigned))
            }
        }
    }

    /// Closes the place of a revoked shard, which is committed.
    pub fn release(&mut self, shard: &str) {
        if let Place::PerShard(stores) = &mut self.place {
            stores.release(shard);
        }
    }

    /// Adds the models of one shard to an operator, as they are in the newest checkpoint. No
    /// checkpoint may be being written.
    ///
    /// # Errors
    /// They cannot be read, or do not fit the operator.
    pub async fn restore_shard(
        &self,
        shard: &str,
        operator: &mut EventOperator,
    ) -> Result<(), CheckpointError> {
        let Place::One(store) = &self.place else {
            return Ok(()); // they were restored when it was assigned
        };
        let unfit = |source| CheckpointError::Models {
            name: store.name().to_owned(),
            source,
        };
        let each = |models: Vec<SavedModel<'_>>| operator.restore_models(&models).map_err(unfit);
        store.load_shard(shard, each).await
    }

    /// Restarts the time until the next checkpoint.
    pub fn postpone(&mut self) {
        self.begun_at = Instant::now();
        self.begun_records = self.records;
    }
}
