//! A place for checkpoints for each shard, with a [`Coordinator`] that knows the current one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rcf_core::keyed::{Changes, KeyedModel, SpillStore, SpilledModel, StoreError};

use super::background::Background;
use super::commit::{Committed, Snapshot};
use super::restore::{load, restore_part};
use super::store::{CheckpointStore, Shared};
use super::{CheckpointError, CheckpointSpill, Fingerprint, Location, OnMissingState};
use crate::event::EventOperator;
use crate::operator::{ModelName, Spill};
use crate::record::{Position, Positions};
use crate::sink::SinkPositions;
use crate::source::coordinator::{Coordinator, KeptPosition, ShardCheckpoint};

/// Another process releases a folder before the service assigns its shard to us, unless it is
/// stuck.
const LOCKED_TRIES: u32 = 50;
const LOCKED_PAUSE: Duration = Duration::from_millis(200);

/// The state from which an assigned shard continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The last consumed record, or the one before the first.
    pub position: Position,
    /// Whether it continues an earlier run.
    pub resumed: bool,
}

/// The stores of the shards that are assigned to this process.
#[derive(Debug)]
pub struct ShardStores {
    location: Location,
    application: String,
    stream: String,
    retain: usize,
    policy: OnMissingState,
    coordinator: Arc<dyn Coordinator>,
    background: Arc<Background>,
    spills: Spills,
    shards: BTreeMap<Arc<str>, ShardStore>,
}

type Spills = Arc<Mutex<BTreeMap<Arc<str>, CheckpointSpill>>>;

#[derive(Debug)]
struct ShardStore {
    store: CheckpointStore,
    records: u64,
    /// The position that the service keeps.
    committed: Option<Position>,
}

/// What belongs to one shard of a checkpoint.
pub(super) struct ShardSnapshot<M> {
    shard: Arc<str>,
    shared: Arc<Shared>,
    records: u64,
    position: Position,
    changes: Changes<ModelName, M>,
}

impl ShardStores {
    /// No shard is assigned yet.
    ///
    /// # Errors
    /// The thread that writes cannot be started.
    pub fn new(
        location: Location,
        (application, stream): (&str, &str),
        retain: usize,
        policy: OnMissingState,
        coordinator: Arc<dyn Coordinator>,
    ) -> Result<Self, CheckpointError> {
        let background = Background::start().map_err(|source| CheckpointError::Io {
            action: "start a thread for",
            path: location.name.clone().into(),
            source,
        })?;
        Ok(Self {
            location,
            application: application.to_owned(),
            stream: stream.to_owned(),
            retain,
            policy,
            coordinator,
            background: Arc::new(background),
            spills: Spills::default(),
            shards: BTreeMap::new(),
        })
    }

    /// A place for models that do not fit into memory.
    #[must_use]
    pub fn spill(&self) -> ShardSpill {
        ShardSpill(Arc::clone(&self.spills))
    }

    pub(super) fn background(&self) -> &Background {
        &self.background
    }

    pub(super) fn coordinator(&self) -> &Arc<dyn Coordinator> {
        &self.coordinator
    }

    pub(super) fn consumed(&mut self, shard: &str, records: u64) {
        if let Some(shard) = self.shards.get_mut(shard) {
            shard.records += records;
        }
    }

    /// Opens the store of an assigned shard, adds its models to the operator, and returns where the
    /// shard continues.
    pub(super) async fn assign(
        &mut self,
        shard: &Arc<str>,
        settings: &Fingerprint,
        operator: &mut EventOperator,
    ) -> Result<Assigned, CheckpointError> {
        let kept = self.coordinator.kept(shard).await?;
        let of_shard = Arc::clone(shard);
        let forget = move |operator: &mut EventOperator| {
            operator.remove_models(|model| model.shard() == Some(&*of_shard));
        };
        let begun = match &kept {
            Some(kept) => self.restore_kept(shard, kept, settings, operator).await,
            None => {
                self.restore_unkept(shard, settings, operator, &forget)
                    .await
            }
        };
        let (store, records, position) = match begun {
            Err(error) if error.is_missing_state() && self.policy != OnMissingState::Fail => {
                tracing::warn!(%error, policy = ?self.policy, "the checkpoint cannot be used");
                forget(operator);
                let store = self.open(shard, None).await?;
                let (records, position) = match (self.policy, &kept) {
                    (OnMissingState::Previous, _) => {
                        let start =
                            restore_part(&store, self.policy, settings, operator, &forget).await?;
                        (start.records, start.positions.get(shard).cloned())
                    }
                    (OnMissingState::Reset, Some(kept)) => (0, Some(kept.position.clone())),
                    _ => (0, None),
                };
                (store, records, position)
            }
            begun => begun?,
        };
        let spill = store.spill();
        self.spills().insert(Arc::clone(shard), spill);
        let open = ShardStore {
            store,
            records,
            committed: kept.map(|kept| kept.position),
        };
        self.shards.insert(Arc::clone(shard), open);
        Ok(Assigned {
            resumed: position.is_some(),
            position: match position {
                Some(position) => position,
                None => self.coordinator.begin(shard).await?,
            },
        })
    }

    async fn restore_kept(
        &self,
        shard: &Arc<str>,
        kept: &KeptPosition,
        settings: &Fingerprint,
        operator: &mut EventOperator,
    ) -> Result<(CheckpointStore, u64, Option<Position>), CheckpointError> {
        let foreign = || CheckpointError::ForeignPosition {
            name: self.stream.clone(),
            shard: shard.to_string(),
        };
        let manifest = kept.manifest.clone().ok_or_else(foreign)?;
        let store = self.open(shard, Some(manifest.clone())).await?;
        self.spills().insert(Arc::clone(shard), store.spill());
        let found = store.find(manifest).await?;
        let start = load(&store, &found, settings, operator).await?;
        let position = start.positions.get(shard);
        match position {
            Some(it) if it.sequence == kept.position.sequence => {}
            _ => return Err(foreign()),
        }
        Ok((store, start.records, position.cloned()))
    }

    /// The service does not know the shard. If its checkpoints do, they are not discarded.
    async fn restore_unkept(
        &self,
        shard: &Arc<str>,
        settings: &Fingerprint,
        operator: &mut EventOperator,
        forget: &(dyn Fn(&mut EventOperator) + Sync),
    ) -> Result<(CheckpointStore, u64, Option<Position>), CheckpointError> {
        let store = self.open(shard, None).await?;
        self.spills().insert(Arc::clone(shard), store.spill());
        if store.position().is_some() {
            tracing::warn!(
                %shard,
                "the group has lost the position of the shard; continuing from its newest \
                 checkpoint: results of later records may appear twice"
            );
        }
        let start = restore_part(&store, self.policy, settings, operator, forget).await?;
        let position = start.positions.get(shard).cloned();
        Ok((store, start.records, position))
    }

    async fn open(
        &self,
        shard: &str,
        manifest: Option<String>,
    ) -> Result<CheckpointStore, CheckpointError> {
        let name = shard_place(&self.stream, shard);
        let mut tries = 0;
        loop {
            let opened = CheckpointStore::open_at(
                &self.location,
                (&self.application, &name),
                self.retain,
                (manifest.clone(), self.policy),
                Arc::clone(&self.background),
            );
            match opened.await {
                Err(CheckpointError::Locked { .. }) if tries < LOCKED_TRIES => {
                    tries += 1;
                    tokio::time::sleep(LOCKED_PAUSE).await;
                }
                done => return done,
            }
        }
    }

    /// Closes the store of a shard that was revoked.
    pub(super) fn release(&mut self, shard: &str) {
        self.spills().remove(shard);
        self.shards.remove(shard);
    }

    /// Records which part of a checkpoint belongs to which shard. Shards without changes since
    /// their last checkpoint are left out.
    pub(super) fn snapshot<M: KeyedModel>(
        &self,
        positions: &Positions,
        changes: Changes<ModelName, M>,
    ) -> Vec<ShardSnapshot<M>> {
        let mut of_shards = split(changes);
        let mut snapshots = Vec::new();
        for (shard, open) in &self.shards {
            let changes = of_shards.remove(&**shard).unwrap_or_default();
            let Some(position) = positions.get(shard) else {
                continue;
            };
            let moved = open.committed.as_ref() != Some(position);
            if !moved && changes.is_empty() {
                continue;
            }
            let shared = Arc::clone(&open.store.shared);
            shared.index().begin(
                changes.models.iter().map(|(name, _, _)| name),
                changes.spilled.iter().map(|(name, _)| name),
            );
            snapshots.push(ShardSnapshot {
                shard: Arc::clone(shard),
                shared,
                records: open.records,
                position: position.clone(),
                changes,
            });
        }
        snapshots
    }

    /// Records what is committed.
    pub(super) fn committed(&mut self, positions: &Positions) {
        for (shard, position) in positions.iter() {
            if let Some(open) = self.shards.get_mut(shard) {
                open.committed = Some(position.clone());
            }
        }
    }

    fn spills(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, CheckpointSpill>> {
        self.spills
            .lock()
            .expect("no thread panics while it holds the lock")
    }
}

/// Writes the state of all shards, has the service commit all of them at once, and then updates the
/// positions of the stores.
pub(super) async fn commit<M: KeyedModel>(
    snapshots: Vec<ShardSnapshot<M>>,
    settings: Fingerprint,
    sink: SinkPositions,
    coordinator: Arc<dyn Coordinator>,
) -> Result<Committed, CheckpointError> {
    let begin = std::time::Instant::now();
    let (mut prepared, mut checkpoints) = (Vec::new(), Vec::new());
    for ShardSnapshot {
        shard,
        shared,
        records,
        position,
        changes,
    } in snapshots
    {
        let mut positions = Positions::default();
        positions.insert(&shard, position.clone());
        let snapshot = Snapshot {
            settings: settings.clone(),
            records,
            positions,
            sink: sink.clone(),
            changes,
        };
        let written = shared.prepare(snapshot).await?;
        checkpoints.push(ShardCheckpoint {
            shard,
            position,
            manifest: written.name.clone(),
        });
        prepared.push((shared, written));
    }
    coordinator.commit(checkpoints).await?;
    let mut all = Committed::default();
    for (shared, written) in prepared {
        let done = shared.settle(written).await?;
        all.number = all.number.max(done.number);
        all.positions = all.positions.with(&done.positions);
        all.bytes += done.bytes;
        all.changed += done.changed;
    }
    all.duration = begin.elapsed();
    Ok(all)
}

fn split<M>(changes: Changes<ModelName, M>) -> BTreeMap<String, Changes<ModelName, M>> {
    let mut of_shards: BTreeMap<String, Changes<ModelName, M>> = BTreeMap::new();
    let shard_of = |name: &ModelName| name.shard().unwrap_or_default().to_owned();
    for model in changes.models {
        let of_shard = of_shards.entry(shard_of(&model.0)).or_default();
        of_shard.models.push(model);
    }
    for model in changes.spilled {
        let of_shard = of_shards.entry(shard_of(&model.0)).or_default();
        of_shard.spilled.push(model);
    }
    for name in changes.removed {
        let of_shard = of_shards.entry(shard_of(&name)).or_default();
        of_shard.removed.push(name);
    }
    of_shards
}

/// The name of a shard's checkpoints among those of other streams.
fn shard_place(stream: &str, shard: &str) -> String {
    format!("{stream}-{shard}")
}

/// Spills each model into the store of its shard.
#[derive(Debug, Clone)]
pub struct ShardSpill(Spills);

impl ShardSpill {
    fn of(&self, name: &ModelName) -> Option<CheckpointSpill> {
        let spills = self
            .0
            .lock()
            .expect("no thread panics while it holds the lock");
        spills.get(name.shard()?).cloned()
    }

    fn must_be_of(&self, name: &ModelName) -> Result<CheckpointSpill, StoreError> {
        self.of(name)
            .ok_or_else(|| format!("the shard of the model {name:?} is not assigned").into())
    }
}

impl SpillStore<ModelName> for ShardSpill {
    fn holds(&self, key: &ModelName) -> bool {
        self.of(key).is_some_and(|it| it.holds(key))
    }

    fn store(&mut self, models: Vec<SpilledModel<ModelName>>) -> Result<(), StoreError> {
        let mut of_shards: BTreeMap<String, Vec<SpilledModel<ModelName>>> = BTreeMap::new();
        for model in models {
            let shard = model.key.shard().unwrap_or_default().to_owned();
            of_shards.entry(shard).or_default().push(model);
        }
        for models in of_shards.into_values() {
            self.must_be_of(&models[0].key)?.store(models)?;
        }
        Ok(())
    }

    fn load(&mut self, keys: &[&ModelName]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut states = vec![Vec::new(); keys.len()];
        let mut of_shards: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, key) in keys.iter().enumerate() {
            let shard = key.shard().unwrap_or_default();
            of_shards.entry(shard).or_default().push(number);
        }
        for numbers in of_shards.into_values() {
            let together: Vec<&ModelName> = numbers.iter().map(|&number| keys[number]).collect();
            let loaded = self.must_be_of(together[0])?.load(&together)?;
            for (number, state) in numbers.into_iter().zip(loaded) {
                states[number] = state;
            }
        }
        Ok(states)
    }

    fn remove(&mut self, key: &ModelName) {
        if let Some(mut spill) = self.of(key) {
            spill.remove(key);
        }
    }
}

impl Spill for ShardSpill {
    fn handle(&self) -> Box<dyn Spill> {
        Box::new(self.clone())
    }
}
