//! Change tracking for incremental checkpoints.

use std::sync::Arc;

use super::{DetectorMap, Key, KeyedModel};

/// What has changed in a map since the [changes were last taken](DetectorMap::take_changes).
#[derive(Debug, Clone)]
pub struct Changes<K, M> {
    /// Models that have changed and are in memory, with the time of their last use. They are
    /// shared: taking them copies nothing, and the map copies one only if it has to change it
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

impl<K: Key, M: KeyedModel> DetectorMap<K, M> {
    /// What has changed since the last call, or since the beginning. Empty unless the map was
    /// configured to [track changes](super::DetectorMapBuilder::track_changes).
    pub fn take_changes(&mut self) -> Changes<K, M> {
        let mut changes = Changes::default();
        let Some(log) = &mut self.changes else {
            return changes;
        };
        for slot in std::mem::take(&mut log.slots) {
            let Some(entry) = self.entries.get_if_used(slot) else {
                continue;
            };
            if !std::mem::take(&mut entry.changed) {
                continue; // named twice
            }
            let (key, last_used) = (entry.key.clone(), entry.last_used);
            match self.entries.model(slot) {
                Some(model) => changes.models.push((key, last_used, Arc::clone(model))),
                None => changes.spilled.push((key, last_used)),
            }
        }
        let removed = std::mem::take(&mut log.removed);
        changes.removed = removed
            .into_iter()
            .filter(|key| self.entries.find(key).is_none())
            .collect();
        changes
    }

    /// Notes that the model of a slot has changed.
    pub(super) fn mark(&mut self, slot: u32) {
        if let Some(log) = &mut self.changes {
            let entry = self.entries.get_mut(slot);
            if !std::mem::replace(&mut entry.changed, true) {
                log.slots.push(slot);
            }
        }
    }
}
