//! Entries in slots, found by key, and in the order of their last use.

use std::collections::HashMap;
use std::sync::Arc;

use super::Key;

/// No slot.
const NONE: u32 = u32::MAX;

/// What is known of one key.
#[derive(Debug)]
pub(super) struct Entry<K, M> {
    pub(super) key: K,
    /// `None` while the model is spilled, or taken out.
    model: Option<Arc<M>>,
    /// Size of the model, in memory or when it was last there.
    pub(super) bytes: usize,
    pub(super) last_used: i64,
    /// Whether the model has changed since the changes were last taken.
    pub(super) changed: bool,
    newer: u32,
    older: u32,
}

/// The list that an entry is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Memory,
    Store,
}

/// The two ends of a list through the entries.
#[derive(Debug, Clone, Copy)]
struct Ends {
    newest: u32,
    oldest: u32,
    length: usize,
}

/// All entries. Each is in the list of its place, or in none while its model is taken out.
#[derive(Debug)]
pub(super) struct Entries<K, M> {
    index: HashMap<K, u32>,
    slots: Vec<Option<Entry<K, M>>>,
    free: Vec<u32>,
    lists: [Ends; 2],
}

impl<K: Key, M> Entries<K, M> {
    pub(super) fn new() -> Self {
        let empty = Ends {
            newest: NONE,
            oldest: NONE,
            length: 0,
        };
        Self {
            index: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            lists: [empty; 2],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// How many entries are in this place.
    pub(super) fn count(&self, place: Place) -> usize {
        self.lists[place as usize].length
    }

    pub(super) fn find(&self, key: &K) -> Option<u32> {
        self.index.get(key).copied()
    }

    pub(super) fn get(&self, slot: u32) -> &Entry<K, M> {
        self.slots[slot as usize].as_ref().expect("a used slot")
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Entry<K, M> {
        self.slots[slot as usize].as_mut().expect("a used slot")
    }

    /// The entry of a slot that may have been given up since.
    pub(super) fn get_if_used(&mut self, slot: u32) -> Option<&mut Entry<K, M>> {
        self.slots[slot as usize].as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<K, M>> {
        self.slots.iter().flatten()
    }

    pub(super) fn model(&self, slot: u32) -> Option<&Arc<M>> {
        self.get(slot).model.as_ref()
    }

    /// Adds an entry as the newest of its place.
    pub(super) fn insert(
        &mut self,
        key: K,
        model: Option<Arc<M>>,
        bytes: usize,
        last_used: i64,
    ) -> u32 {
        let place = if model.is_some() {
            Place::Memory
        } else {
            Place::Store
        };
        let entry = Some(Entry {
            key: key.clone(),
            model,
            bytes,
            last_used,
            changed: false,
            newer: NONE,
            older: NONE,
        });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = entry;
                slot
            }
            None => {
                self.slots.push(entry);
                u32::try_from(self.slots.len() - 1).expect("fewer than 2³² keys fit into memory")
            }
        };
        self.index.insert(key, slot);
        self.link(slot, place);
        slot
    }

    /// Removes an entry that is in a list.
    pub(super) fn remove(&mut self, slot: u32) -> Entry<K, M> {
        let place = self.place(slot);
        self.unlink(slot, place);
        let entry = self.slots[slot as usize].take().expect("a used slot");
        self.index.remove(&entry.key);
        self.free.push(slot);
        entry
    }

    /// Takes the model out, and the entry out of its list.
    pub(super) fn take(&mut self, slot: u32) -> Option<Arc<M>> {
        let place = self.place(slot);
        self.unlink(slot, place);
        self.get_mut(slot).model.take()
    }

    /// Puts the model of a taken entry back, as the newest of its place.
    pub(super) fn put(&mut self, slot: u32, model: Option<Arc<M>>) {
        let place = if model.is_some() {
            Place::Memory
        } else {
            Place::Store
        };
        self.get_mut(slot).model = model;
        self.link(slot, place);
    }

    /// The least recently used entry of this place.
    pub(super) fn oldest(&self, place: Place) -> Option<u32> {
        let oldest = self.lists[place as usize].oldest;
        (oldest != NONE).then_some(oldest)
    }

    /// The next newer one.
    pub(super) fn newer(&self, slot: u32) -> Option<u32> {
        let newer = self.get(slot).newer;
        (newer != NONE).then_some(newer)
    }

    /// Bytes of the tables, without models and what keys have on the heap.
    pub(super) fn table_bytes(&self) -> usize {
        table_bytes(&self.index)
            + self.slots.capacity() * size_of::<Option<Entry<K, M>>>()
            + self.free.capacity() * size_of::<u32>()
    }

    fn place(&self, slot: u32) -> Place {
        match self.get(slot).model {
            Some(_) => Place::Memory,
            None => Place::Store,
        }
    }

    fn link(&mut self, slot: u32, place: Place) {
        let newest = self.lists[place as usize].newest;
        let entry = self.get_mut(slot);
        (entry.newer, entry.older) = (NONE, newest);
        match newest {
            NONE => self.lists[place as usize].oldest = slot,
            newest => self.get_mut(newest).newer = slot,
        }
        let list = &mut self.lists[place as usize];
        list.newest = slot;
        list.length += 1;
    }

    fn unlink(&mut self, slot: u32, place: Place) {
        let entry = self.get(slot);
        let (newer, older) = (entry.newer, entry.older);
        match newer {
            NONE => self.lists[place as usize].newest = older,
            newer => self.get_mut(newer).older = older,
        }
        match older {
            NONE => self.lists[place as usize].oldest = newer,
            older => self.get_mut(older).newer = newer,
        }
        self.lists[place as usize].length -= 1;
    }
}

/// What the table of a `HashMap` occupies: buckets for entries and a byte of control for each, of
/// which one in eight stays empty; the last group of control bytes is there twice.
fn table_bytes<K, V>(map: &HashMap<K, V>) -> usize {
    const GROUP: usize = 16;
    let buckets = match map.capacity() {
        0 => return 0,
        capacity @ ..8 => (capacity + 1).next_power_of_two(),
        capacity => capacity / 7 * 8,
    };
    (buckets * size_of::<(K, V)>()).next_multiple_of(GROUP) + buckets + GROUP
}
