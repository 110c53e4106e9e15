//! When to write a checkpoint, and the one that is being written.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rcf_core::keyed::{Changes, KeyedModel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::commit::{Committed, Snapshot};
use super::store::CheckpointStore;
use super::{CheckpointError, Fingerprint};
use crate::event::EventOperator;
use crate::held_up::HeldUp;
use crate::observer::Observers;
use crate::operator::{ModelName, SavedModel};
use crate::record::Positions;
use crate::sink::{Flushed, SinkPositions};

/// When a checkpoint is due: at whichever comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedule {
    /// At the first end of a batch after so many records.
    pub every_records: Option<u64>,
    /// After so much time.
    pub every: Option<Duration>,
}

/// Writes the checkpoints of one pipeline when they are due, one at a time, while the stream goes
/// on.
#[derive(Debug)]
pub struct Checkpointer {
    store: CheckpointStore,
    schedule: Schedule,
    settings: Fingerprint,
    records: u64,
    begun_at: Instant,
    begun_records: u64,
    writing: Option<JoinHandle<Result<Committed, CheckpointError>>>,
}

impl Checkpointer {
    /// Continues after so many records.
    #[must_use]
    pub fn new(
        store: CheckpointStore,
        schedule: Schedule,
        settings: Fingerprint,
        records: u64,
    ) -> Self {
        Self {
            store,
            schedule,
            settings,
            records,
            begun_at: Instant::now(),
            begun_records: records,
            writing: None,
        }
    }

    /// Counts consumed records.
    pub fn consumed(&mut self, records: u64) {
        self.records += records;
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
    /// durable, the state that has changed, and then the positions. The log says what it waits for.
    ///
    /// # Panics
    /// While one is being written.
    pub fn begin<M: KeyedModel + 'static>(
        &mut self,
        positions: Positions,
        flushed: (Flushed, Option<Flushed>),
        changes: Changes<ModelName, M>,
        observers: &Observers,
    ) {
        assert!(!self.is_writing(), "one at a time");
        self.store.shared.index().begin(
            changes.models.iter().map(|(key, _, _)| key),
            changes.spilled.iter().map(|(key, _)| key),
        );
        let (shared, settings) = (Arc::clone(&self.store.shared), self.settings.clone());
        let (records, observers) = (self.records, observers.clone());
        self.writing = Some(self.store.background.spawn(async move {
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
            let snapshot = Snapshot {
                settings,
                records,
                positions,
                sink,
                changes,
            };
            shared.commit(snapshot).await
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
        done.map_err(CheckpointError::stopped)?
    }

    /// Adds the models of one shard to an operator, as the newest checkpoint holds them. No
    /// checkpoint may be being written.
    ///
    /// # Errors
    /// They cannot be read, or do not fit the operator.
    pub async fn restore_shard(
        &self,
        shard: &str,
        operator: &mut EventOperator,
    ) -> Result<(), CheckpointError> {
        let unfit = |source| CheckpointError::Models {
            name: self.store.name().to_owned(),
            source,
        };
        let each = |models: Vec<SavedModel<'_>>| operator.restore_models(&models).map_err(unfit);
        self.store.load_shard(shard, each).await
    }

    /// Restarts the time until the next checkpoint.
    pub fn postpone(&mut self) {
        self.begun_at = Instant::now();
        self.begun_records = self.records;
    }
}
