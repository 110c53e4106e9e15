//! The store of detectors beyond the byte budget: saved bytes in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcf_core::keyed::{SpillStore, SpilledModel, StoreError};

use super::key::Key;

/// Saved detectors in memory, and their total size in bytes.
#[derive(Default)]
pub(super) struct SavedDetectors {
    states: HashMap<Key, Vec<u8>>,
    bytes: Arc<AtomicUsize>,
}

impl SavedDetectors {
    /// The count of bytes, to be read while the map holds the store.
    pub(super) fn bytes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.bytes)
    }
}

impl SpillStore<Key> for SavedDetectors {
    fn store(&mut self, models: Vec<SpilledModel<Key>>) -> Result<(), StoreError> {
        for model in models {
            self.bytes.fetch_add(model.state.len(), Ordering::Relaxed);
            if let Some(old) = self.states.insert(model.key, model.state) {
                self.bytes.fetch_sub(old.len(), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn load(&mut self, keys: &[&Key]) -> Result<Vec<Vec<u8>>, StoreError> {
        // A detector in use is not kept twice: it is saved again when it is spilled.
        let take = |key: &&Key| {
            let state = self.states.remove(*key);
            let state = state.ok_or_else(|| StoreError::from("it is not there"))?;
            self.bytes.fetch_sub(state.len(), Ordering::Relaxed);
            Ok(state)
        };
        keys.iter().map(take).collect()
    }

    fn remove(&mut self, key: &Key) {
        if let Some(state) = self.states.remove(key) {
            self.bytes.fetch_sub(state.len(), Ordering::Relaxed);
        }
    }
}
