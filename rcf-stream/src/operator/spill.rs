//! The store of spilled models.

use std::fmt::Debug;

use rcf_core::keyed::{SpillStore, SpilledModel, StoreError};

use super::ModelName;

/// A store of spilled models with several handles.
pub trait Spill: SpillStore<ModelName> + Debug {
    /// Another handle to the same store.
    fn handle(&self) -> Box<dyn Spill>;
}

impl SpillStore<ModelName> for Box<dyn Spill> {
    fn holds(&self, key: &ModelName) -> bool {
        (**self).holds(key)
    }

    fn store(&mut self, models: Vec<SpilledModel<ModelName>>) -> Result<(), StoreError> {
        (**self).store(models)
    }

    fn load(&mut self, keys: &[&ModelName]) -> Result<Vec<Vec<u8>>, StoreError> {
        (**self).load(keys)
    }

    fn remove(&mut self, key: &ModelName) {
        (**self).remove(key);
    }
}

/// One saved model.
#[derive(Debug)]
pub struct SavedModel<'a> {
    /// Its name, in its saved form.
    pub key: &'a str,
    /// The time of its last use.
    pub last_used: i64,
    /// Bytes that it occupied in memory.
    pub memory: usize,
    /// Its state, as `rcf-core` writes it.
    pub state: &'a [u8],
}
