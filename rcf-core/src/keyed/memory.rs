//! Memory management: models are fetched on use and spilled within the byte budget.

use std::sync::Arc;

use super::entries::{Entries, Place};
use super::{DetectorMap, Key, KeyedModel, MapError, SpilledModel};

impl<K: Key, M: KeyedModel> DetectorMap<K, M> {
    /// Loads these models into memory, all at once, after spilling others to make space.
    pub(super) fn fetch(&mut self, slots: &[u32]) -> Result<(), MapError> {
        let is_missing = |entries: &Entries<K, M>, slot: u32| entries.model(slot).is_none();
        let mut room = 0;
        for &slot in slots {
            if is_missing(&self.entries, slot) {
                room += self.entries.get(slot).bytes;
            } else {
                // It must not be spilled.
                let model = self.entries.take(slot);
                self.entries.put(slot, model);
            }
        }
        if room == 0 {
            return Ok(());
        }
        self.shrink(room)?;
        let missing: Vec<u32> = slots
            .iter()
            .copied()
            .filter(|&slot| is_missing(&self.entries, slot))
            .collect();
        let Some(spill) = &mut self.spill else {
            return Ok(());
        };
        let entries = &self.entries;
        let keys: Vec<&K> = missing.iter().map(|&slot| &entries.get(slot).key).collect();
        let loaded = spill.store.load(&keys).map_err(MapError::Store)?;
        let models: Vec<M> = loaded
            .iter()
            .zip(&keys)
            .map(|(bytes, key)| {
                M::from_bytes(bytes).map_err(|source| MapError::Model {
                    key: format!("{key:?}"),
                    source,
                })
            })
            .collect::<Result<_, _>>()?;
        for (&slot, model) in missing.iter().zip(models) {
            self.entries.take(slot);
            self.put_back(slot, Some(Arc::new(model)), None);
        }
        self.statistics.loads += missing.len() as u64;
        Ok(())
    }

    /// Spills models until the map and `more` bytes fit into the budget. The one that was used last
    /// stays, however large it is.
    pub(super) fn shrink(&mut self, more: usize) -> Result<(), MapError> {
        let Some(spill) = &self.spill else {
            return Ok(());
        };
        let used = self.size_in_bytes() + more;
        if used <= spill.budget {
            return Ok(());
        }
        // A little more than needed, so that it is not done at every observation.
        let goal = spill.budget - spill.budget / 16;
        let (mut chosen, mut freed) = (Vec::new(), 0);
        let mut next = self.entries.oldest(Place::Memory);
        while let Some(slot) = next
            && used - freed > goal
            && chosen.len() + 1 < self.entries.count(Place::Memory)
        {
            freed += self.entries.get(slot).bytes;
            chosen.push(slot);
            next = self.entries.newer(slot);
        }
        self.spill_slots(&chosen)
    }

    fn spill_slots(&mut self, slots: &[u32]) -> Result<(), MapError> {
        let Some(spill) = &mut self.spill else {
            return Ok(());
        };
        let mut models = Vec::new();
        for &slot in slots {
            let entry = self.entries.get(slot);
            if entry.changed || !spill.store.holds(&entry.key) {
                let model = self.entries.model(slot).expect("it is in memory");
                models.push(SpilledModel {
                    key: entry.key.clone(),
                    last_used: entry.last_used,
                    memory: entry.bytes,
                    state: model.to_bytes(),
                });
            }
        }
        if !models.is_empty() {
            spill.store.store(models).map_err(MapError::Store)?;
        }
        for &slot in slots {
            self.entries.take(slot);
            self.forget_bytes(slot, true);
            self.entries.put(slot, None);
        }
        self.statistics.evictions += slots.len() as u64;
        Ok(())
    }
}

/// The memory of a model on the heap, with the two counters of its `Arc`.
pub(super) fn bytes_of<M: KeyedModel>(model: &M) -> usize {
    2 * size_of::<usize>() + model.size_in_bytes()
}
