//! One model for each key, within a byte budget.
//!
//! # How it works
//! - A *template* makes the model of a key at its first observation. It may give some keys other
//!   parameters than the rest.
//! - Models that do not fit into memory, the least recently used ones, are *spilled* to a
//!   [`SpillStore`] and restored bit for bit at their next observation.
//! - A key that was silent for longer than the *time to live* is forgotten: its next observation
//!   finds a new model. That depends on the observations of the key alone, so a replay forgets the
//!   same keys.
//! - A key that sends less often than [expected](DetectorMapBuilder::expect_every) is
//!   [overdue](DetectorMap::overdue): silence is the one anomaly that no observation can show.
//! - [`take_changes`](DetectorMap::take_changes) returns the models that have changed since it was
//!   last called, in a time that does not depend on the number of all others.
//!
//! Models know nothing of each other: a result depends on the observations of its key, in their
//! order, and on nothing else; not on the budget, nor on the number of threads.

mod batch;
mod builder;
mod changes;
mod entries;
mod error;
mod feedback;
mod memory;
mod model;
mod overdue;
mod seed;
mod spill;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use builder::DetectorMapBuilder;
pub use changes::Changes;
pub use error::MapError;
pub use model::{Key, KeyedModel};
pub use overdue::Overdue;
pub use seed::seed_for_key;
pub use spill::{MemorySpill, SpillStore, SpilledModel, StoreError};

use changes::ChangeLog;
use entries::{Entries, Place};
use memory::bytes_of;

type Template<K, M> = Arc<dyn Fn(&K) -> M + Send + Sync>;

/// Keyed models: see [the module](self).
///
/// ```
/// use rcf_core::keyed::{DetectorMap, MemorySpill};
/// use rcf_core::RandomCutForest;
///
/// let template = |key: &String| {
///     let seed = key.bytes().fold(0, |seed, byte| seed * 31 + u64::from(byte));
///     RandomCutForest::builder(1).sample_size(64).seed(seed).build().expect("valid parameters")
/// };
/// let mut map = DetectorMap::builder(template)
///     .budget(1 << 18, MemorySpill::new())
///     .build();
/// for t in 0..500 {
///     for key in 0..10 {
///         let score = map.process(&format!("sensor {key}"), &[f64::from(t % (key + 2))])?;
///         assert!(score >= 0.0);
///     }
/// }
/// assert_eq!(map.len(), 10);
/// assert!(map.size_in_bytes() <= 1 << 18 && map.spilled() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DetectorMap<K, M> {
    template: Template<K, M>,
    entries: Entries<K, M>,
    spill: Option<Spill<K>>,
    time_to_live: Option<u64>,
    expect_every: Option<u64>,
    clock: i64, // observations taken, which are the time if none is given
    changes: Option<ChangeLog<K>>,
    model_bytes: usize, // of the models in memory
    key_bytes: usize,   // on the heap
    statistics: Statistics,
}

/// A budget, and where models go that exceed it.
struct Spill<K> {
    budget: usize,
    store: Box<dyn SpillStore<K>>,
}

/// Counters of a map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Models that were spilled.
    pub evictions: u64,
    /// Models that were restored.
    pub loads: u64,
    /// Models that were forgotten because their key was silent for too long.
    pub expirations: u64,
}

impl<K: Key, M: KeyedModel> DetectorMap<K, M> {
    /// Starts the configuration of a map whose models are made by `template`.
    ///
    /// The template must be a function of the key alone, or a key that is forgotten and comes back
    /// gets a different model in a replay.
    pub fn builder(template: impl Fn(&K) -> M + Send + Sync + 'static) -> DetectorMapBuilder<K, M> {
        DetectorMapBuilder::new(Arc::new(template))
    }

    /// Gives an observation to the model of its key. The time, by which keys are forgotten, is the
    /// number of observations so far.
    ///
    /// # Errors
    /// [`MapError::Input`] where the model refuses the observation: no model is changed or made.
    /// Otherwise the store failed.
    pub fn process(&mut self, key: &K, values: &[f64]) -> Result<M::Output, MapError> {
        let now = self.clock.saturating_add(1);
        let output = self.with(key, now, |model| model.process(values))??;
        self.clock = now;
        Ok(output)
    }

    /// [`process`](Self::process) at a time, in any unit: that of the time to live. It should not
    /// run backwards for a key.
    ///
    /// # Errors
    /// As for [`process`](Self::process).
    pub fn process_at(&mut self, key: &K, now: i64, values: &[f64]) -> Result<M::Output, MapError> {
        Ok(self.with(key, now, |model| model.process(values))??)
    }

    /// Calls `work` with the model of a key; a new model is kept only if that succeeds.
    ///
    /// # Errors
    /// The store failed. What `work` returns is inside the result.
    pub fn with<R, E>(
        &mut self,
        key: &K,
        now: i64,
        work: impl FnOnce(&mut M) -> Result<R, E>,
    ) -> Result<Result<R, E>, MapError> {
        let Some(slot) = self.entries.find(key) else {
            let mut model = (self.template)(key);
            let result = work(&mut model);
            if result.is_ok() {
                let bytes = bytes_of(&model);
                self.insert(key.clone(), model, bytes, now);
                self.shrink(0)?;
            }
            return Ok(result);
        };
        let expired = self.has_expired(self.entries.get(slot).last_used, now);
        if !expired {
            self.fetch(&[slot])?;
        }
        let before = self.entries.take(slot);
        self.forget_bytes(slot, before.is_some());
        let (mut model, old) = match before {
            Some(model) if !expired => (model, None),
            old => (Arc::new((self.template)(key)), old),
        };
        let result = work(Arc::make_mut(&mut model));
        if result.is_ok() {
            self.statistics.expirations += u64::from(expired);
            self.put_back(slot, Some(model), Some(now));
        } else {
            self.put_back(slot, if expired { old } else { Some(model) }, None);
        }
        self.shrink(0)?;
        Ok(result)
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many models are in the store.
    #[must_use]
    pub fn spilled(&self) -> usize {
        self.entries.count(Place::Store)
    }

    /// Whether there is a model of this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.entries.find(key).is_some()
    }

    /// The model of a key, if it is in memory.
    #[must_use]
    pub fn model(&self, key: &K) -> Option<&M> {
        Some(self.entries.model(self.entries.find(key)?)?)
    }

    /// All keys in no particular order, with the time of their last use.
    pub fn keys(&self) -> impl Iterator<Item = (&K, i64)> {
        self.entries
            .iter()
            .map(|entry| (&entry.key, entry.last_used))
    }

    /// The counters so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Bytes that the map occupies, itself and on the heap: models, keys and tables, but not what
    /// the store needs. Exact for keys of this crate's implementations.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        size_of::<Self>() + self.model_bytes + self.overhead_bytes()
    }

    /// Puts a model under a key, in place of the one that is there: to restore a saved map. It does
    /// not count as a change.
    ///
    /// # Errors
    /// The store failed.
    pub fn restore(&mut self, key: K, last_used: i64, model: M) -> Result<(), MapError> {
        self.clear_key(&key);
        let bytes = bytes_of(&model);
        self.add(key, Some(Arc::new(model)), bytes, last_used);
        self.shrink(0)
    }

    /// Makes a key known whose model is in the store, as one of `bytes` bytes. It does not count as
    /// a change.
    ///
    /// # Panics
    /// Without a store.
    pub fn restore_spilled(&mut self, key: K, last_used: i64, bytes: usize) {
        assert!(self.spill.is_some(), "there is no store to load it from");
        self.clear_key(&key);
        self.add(key, None, bytes, last_used);
    }

    /// Whether a model of this size fits into memory with what is there.
    #[must_use]
    pub fn has_room_for(&self, bytes: usize) -> bool {
        let budget = self.spill.as_ref().map_or(usize::MAX, |spill| spill.budget);
        self.size_in_bytes().saturating_add(bytes) <= budget
    }

    /// Forgets a key. Returns whether there was a model.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(slot) = self.entries.find(key) else {
            return false;
        };
        self.remove_slot(slot);
        true
    }

    /// Frees the memory of keys that were last used before this time. This changes no result
    /// if no observation of theirs can come that is not beyond their time to live.
    pub fn remove_unused_since(&mut self, time: i64) {
        for place in [Place::Store, Place::Memory] {
            // Lists are in the order of use, not of time: one that is newer hides those behind it
            // until it goes.
            while let Some(slot) = self.entries.oldest(place) {
                if self.entries.get(slot).last_used >= time {
                    break;
                }
                self.remove_slot(slot);
                self.statistics.expirations += 1;
            }
        }
    }

    fn has_expired(&self, last_used: i64, now: i64) -> bool {
        self.time_to_live
            .is_some_and(|limit| now > last_used && now.abs_diff(last_used) > limit)
    }

    fn insert(&mut self, key: K, model: M, bytes: usize, now: i64) {
        let slot = self.add(key, Some(Arc::new(model)), bytes, now);
        self.mark(slot);
    }

    fn add(&mut self, key: K, model: Option<Arc<M>>, bytes: usize, last_used: i64) -> u32 {
        self.key_bytes += 2 * key.heap_bytes();
        if model.is_some() {
            self.model_bytes += bytes;
        }
        self.entries.insert(key, model, bytes, last_used)
    }

    fn clear_key(&mut self, key: &K) {
        if let Some(slot) = self.entries.find(key) {
            self.forget_bytes(slot, self.entries.model(slot).is_some());
            let entry = self.entries.remove(slot);
            self.key_bytes -= 2 * entry.key.heap_bytes();
        }
    }

    fn remove_slot(&mut self, slot: u32) {
        self.forget_bytes(slot, self.entries.model(slot).is_some());
        let entry = self.entries.remove(slot);
        self.key_bytes -= 2 * entry.key.heap_bytes();
        if let Some(spill) = &mut self.spill {
            spill.store.remove(&entry.key);
        }
        if let Some(log) = &mut self.changes {
            log.removed.push(entry.key);
        }
    }

    /// Puts a model back that was taken out. With a time it has changed then.
    fn put_back(&mut self, slot: u32, model: Option<Arc<M>>, changed_at: Option<i64>) {
        if let Some(model) = &model {
            let bytes = bytes_of(&**model);
            self.entries.get_mut(slot).bytes = bytes;
            self.model_bytes += bytes;
        }
        self.entries.put(slot, model);
        if let Some(now) = changed_at {
            self.entries.get_mut(slot).last_used = now;
            self.mark(slot);
        }
    }

    fn forget_bytes(&mut self, slot: u32, was_in_memory: bool) {
        if was_in_memory {
            self.model_bytes -= self.entries.get(slot).bytes;
        }
    }

    fn overhead_bytes(&self) -> usize {
        self.key_bytes
            + self.entries.table_bytes()
            + self.changes.as_ref().map_or(0, ChangeLog::bytes)
    }
}

impl<K: Key, M: KeyedModel> fmt::Debug for DetectorMap<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetectorMap")
            .field("keys", &self.len())
            .field("spilled", &self.spilled())
            .field("size_in_bytes", &self.size_in_bytes())
            .finish_non_exhaustive()
    }
}
