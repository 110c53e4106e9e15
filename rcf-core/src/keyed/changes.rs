//! Change tracking for incremental checkpoints.

use std::sync::Arc;

/// What has changed in a map since the [changes were last taken](super::DetectorMap::take_changes).
#[derive(Debug, Clone)]
pub struct Changes<K, M> {
    /// Models that have changed and are in memory, with the time of their last use. They are
    /// shared: to take them copies nothing, and the map copies one only if it has to change it
    /// while it is still held here.
    pub models: Vec<(K, i64, Arc<M>)>,
    /// Keys whose models have changed and then been spilled: the store has their bytes. With the
    /// time of their last use.
    pub spilled: Vec<(K, i64)>,
    /// Keys whose models are gone.
    pub removed: Vec<K>,
}

impl<K, M> Default for Changes<K, M> {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            spilled: Vec::new(),
            removed: Vec::new(),
        }
    }
}

impl<K, M> Changes<K, M> {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.models.is_empty() && self.spilled.is_empty() && self.removed.is_empty()
    }
}

/// Slots and keys that were touched; a slot may be named twice.
#[derive(Debug)]
pub(super) struct ChangeLog<K> {
    pub(super) slots: Vec<u32>,
    pub(super) removed: Vec<K>,
}

impl<K> ChangeLog<K> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            removed: Vec::new(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>() + self.removed.capacity() * size_of::<K>()
    }
}
