//! Spilled models go where checkpoints go.
//!
//! A spilled model is written once: in a chunk that the next checkpoint names, or not at all if the
//! model is in a chunk already, unchanged.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcf_core::keyed::{SpillStore, SpilledModel, StoreError};

use super::CheckpointError;
use super::background::Background;
use super::store::{CheckpointStore, Shared};
use crate::operator::{ModelName, Spill};

/// Spills into the chunks of a [`CheckpointStore`].
#[derive(Debug, Clone)]
pub struct CheckpointSpill {
    shared: Arc<Shared>,
    background: Arc<Background>,
}

impl CheckpointStore {
    /// A place for models that do not fit into memory.
    #[must_use]
    pub fn spill(&self) -> CheckpointSpill {
        CheckpointSpill {
            shared: Arc::clone(&self.shared),
            background: Arc::clone(&self.background),
        }
    }
}

/// Chunks of this process that are not part of a checkpoint yet have a number that no checkpoint
/// has.
static SPILLS: AtomicU64 = AtomicU64::new(0);

impl SpillStore<ModelName> for CheckpointSpill {
    fn holds(&self, key: &ModelName) -> bool {
        self.shared.index().holds(key)
    }

    fn store(&mut self, models: Vec<SpilledModel<ModelName>>) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let number = SPILLS.fetch_add(1, Ordering::Relaxed);
        let done = self
            .background
            .wait(async move { shared.spill(number, models).await });
        Ok(done?)
    }

    fn load(&mut self, keys: &[&ModelName]) -> Result<Vec<Vec<u8>>, StoreError> {
        // A compaction may move a model between the lookup and the read; then it is looked up
        // again.
        let mut tries = 0;
        loop {
            match self.try_load(keys) {
                Err(CheckpointError::Store { .. }) if tries < 3 => tries += 1,
                done => return Ok(done?),
            }
        }
    }

    fn remove(&mut self, _: &ModelName) {
        // The next checkpoint does not name it; compaction reclaims its bytes.
    }
}

impl Spill for CheckpointSpill {
    fn handle(&self) -> Box<dyn Spill> {
        Box::new(self.clone())
    }
}

impl CheckpointSpill {
    fn try_load(&self, keys: &[&ModelName]) -> Result<Vec<Vec<u8>>, CheckpointError> {
        // All models of a chunk are read together.
        let mut by_chunk: BTreeMap<Arc<str>, Vec<(usize, Range<u64>)>> = BTreeMap::new();
        let index = self.shared.index();
        for (number, key) in keys.iter().enumerate() {
            let location = index.find(key).ok_or_else(|| CheckpointError::Missing {
                object: format!("the model of {key:?}"),
            })?;
            let parts = by_chunk.entry(Arc::clone(&location.chunk)).or_default();
            parts.push((number, location.range.clone()));
        }
        drop(index);
        let shared = Arc::clone(&self.shared);
        let read = self.background.wait(async move {
            let mut read = Vec::new();
            for (chunk, parts) in by_chunk {
                let ranges: Vec<_> = parts.iter().map(|(_, range)| range.clone()).collect();
                let bytes = shared.objects.get_ranges(&chunk, &ranges).await?;
                read.push((chunk, parts, bytes));
            }
            Ok::<_, CheckpointError>(read)
        })?;
        let mut states = vec![Vec::new(); keys.len()];
        for (chunk, parts, bytes) in read {
            for ((number, _), bytes) in parts.into_iter().zip(bytes) {
                let damaged = |source| CheckpointError::Damaged {
                    object: self.shared.objects.name(&chunk),
                    source,
                };
                let (_, entry) = super::chunk::read_one(&bytes).map_err(damaged)?;
                if entry.key != keys[number].saved() {
                    return Err(damaged(super::FormatError::Malformed {
                        reason: format!("{:?} is where {:?} should be", entry.key, keys[number]),
                    }));
                }
                states[number] = entry.state.to_vec();
            }
        }
        Ok(states)
    }
}
