//! Stores for spilled models.

use std::collections::HashMap;
use std::hash::Hash;

/// The error of a store.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// A model that leaves memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpilledModel<K> {
    /// Its key.
    pub key: K,
    /// The time of its last use.
    pub last_used: i64,
    /// Bytes that it occupied in memory.
    pub memory: usize,
    /// Its state.
    pub state: Vec<u8>,
}

/// Takes models out of memory and gives them back, byte for byte.
pub trait SpillStore<K>: Send {
    /// Whether the store has the present bytes of a model that has not changed since the last
    /// [`take_changes`](super::DetectorMap::take_changes): then they are not handed over again.
    fn holds(&self, key: &K) -> bool {
        let _ = key;
        false
    }

    /// Stores these models, in place of those stored under their keys.
    ///
    /// # Errors
    /// They could not be kept. The map keeps them in memory then.
    fn store(&mut self, models: Vec<SpilledModel<K>>) -> Result<(), StoreError>;

    /// The bytes that were stored last under each of these keys, in their order.
    ///
    /// # Errors
    /// One of them cannot be read, or is not there.
    fn load(&mut self, keys: &[&K]) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Forgets a model.
    fn remove(&mut self, key: &K);
}

/// A store in memory: saved models are two to three times smaller than live ones.
#[derive(Debug, Clone, Default)]
pub struct MemorySpill<K>(HashMap<K, Vec<u8>>);

impl<K> MemorySpill<K> {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Send + std::fmt::Debug> SpillStore<K> for MemorySpill<K> {
    fn store(&mut self, models: Vec<SpilledModel<K>>) -> Result<(), StoreError> {
        let states = models.into_iter().map(|model| (model.key, model.state));
        self.0.extend(states);
        Ok(())
    }

    fn load(&mut self, keys: &[&K]) -> Result<Vec<Vec<u8>>, StoreError> {
        let load = |key: &&K| {
            self.0
                .get(*key)
                .cloned()
                .ok_or_else(|| format!("there is no model of {key:?}").into())
        };
        keys.iter().map(load).collect()
    }

    fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }
}
