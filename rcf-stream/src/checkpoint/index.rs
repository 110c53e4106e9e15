//! The index of models: the chunk of each, and its position there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::chunk::{LiveSet, Location};
use super::manifest::ChunkInfo;
use crate::operator::ModelName;

/// More chunks than this are merged.
const MOST_CHUNKS: usize = 64;
/// This much may be wasted whatever the live size.
const WASTE: u64 = 8 << 20;

/// Chunks, and the place of each model in them.
#[derive(Debug, Default)]
pub(super) struct Index {
    chunks: BTreeMap<Arc<str>, ChunkInfo>,
    /// The places that the next manifest names.
    committed: HashMap<ModelName, Location>,
    /// Models that were spilled since the last checkpoint was begun.
    spilled: HashMap<ModelName, Location>,
    /// Models of the checkpoint that is being written: their entries in `committed` are outdated.
    pending: HashSet<ModelName>,
    parts: u64,
}

impl Index {
    pub(super) fn models(&self) -> usize {
        self.committed.len()
    }

    /// Forgets all models, but no number that has been assigned.
    pub(super) fn clear(&mut self) {
        let parts = self.parts;
        *self = Self {
            parts,
            ..Self::default()
        };
    }

    /// A number for the name of a new chunk.
    pub(super) fn next_part(&mut self) -> u64 {
        self.parts += 1;
        self.parts
    }

    pub(super) fn add_chunk(&mut self, info: ChunkInfo) -> Arc<str> {
        let name: Arc<str> = info.name.as_str().into();
        self.chunks.insert(Arc::clone(&name), info);
        name
    }

    pub(super) fn committed(
        &mut self,
        key: ModelName,
        chunk: &Arc<str>,
        record: u32,
        range: Range<u64>,
    ) {
        let chunk = Arc::clone(chunk);
        self.committed.insert(
            key,
            Location {
                chunk,
                record,
                range,
            },
        );
    }

    pub(super) fn spilled(&mut self, key: ModelName, location: Location) {
        self.spilled.insert(key, location);
    }

    /// Begins a checkpoint of these models: `changed` are in memory, `spilled` lie in chunks.
    pub(super) fn begin<'a>(
        &mut self,
        changed: impl Iterator<Item = &'a ModelName>,
        spilled: impl Iterator<Item = &'a ModelName>,
    ) {
        for key in spilled {
            if let Some(location) = self.spilled.remove(key) {
                self.committed.insert(key.clone(), location);
            }
        }
        // The others have been loaded since, and are written again if they have changed.
        self.spilled.clear();
        self.pending = changed.cloned().collect();
    }

    /// All models of the checkpoint are in chunks.
    pub(super) fn settle(&mut self, removed: &[ModelName]) {
        for key in removed {
            self.committed.remove(key);
        }
        self.pending.clear();
    }

    /// Whether a model that has not changed since the last checkpoint was begun lies in a chunk.
    pub(super) fn holds(&self, key: &ModelName) -> bool {
        self.spilled.contains_key(key)
            || (self.committed.contains_key(key) && !self.pending.contains(key))
    }

    /// The place of a spilled model.
    pub(super) fn find(&self, key: &ModelName) -> Option<&Location> {
        self.spilled.get(key).or_else(|| self.committed.get(key))
    }

    /// The models of a shard that the newest checkpoint names: where in which chunk.
    pub(super) fn of_shard(&self, shard: &str) -> BTreeMap<Arc<str>, Vec<Range<u64>>> {
        let mut by_chunk: BTreeMap<Arc<str>, Vec<Range<u64>>> = BTreeMap::new();
        for (name, location) in &self.committed {
            if name.shard() == Some(shard) {
                let ranges = by_chunk.entry(Arc::clone(&location.chunk)).or_default();
                ranges.push(location.range.clone());
            }
        }
        by_chunk
    }

    /// The name of the live model there, by its saved form.
    pub(super) fn name_at(&self, saved: &str, chunk: &str, record: usize) -> Option<ModelName> {
        let (name, it) = self.committed.get_key_value(saved)?;
        (&*it.chunk == chunk && it.record as usize == record).then(|| name.clone())
    }

    /// The chunks that hold a live model, which of their models are live, and how many there are in
    /// total.
    pub(super) fn manifest(&self) -> (Vec<ChunkInfo>, LiveSet, u64) {
        let used: HashSet<&Arc<str>> = self.committed.values().map(|it| &it.chunk).collect();
        let chunks: Vec<(&Arc<str>, &ChunkInfo)> = self
            .chunks
            .iter()
            .filter(|(name, _)| used.contains(name))
            .collect();
        let numbers: HashMap<&Arc<str>, usize> = chunks
            .iter()
            .enumerate()
            .map(|(number, (name, _))| (*name, number))
            .collect();
        let mut live = LiveSet::new(chunks.iter().map(|(_, info)| info.records));
        for location in self.committed.values() {
            live.set(numbers[&location.chunk], location.record);
        }
        let infos = chunks.into_iter().map(|(_, info)| info.clone()).collect();
        (infos, live, self.committed.len() as u64)
    }

    /// The chunks to compact: those with the smallest live fraction while all waste more than the
    /// live size, and the smallest while there are too many.
    pub(super) fn victims(&self) -> Vec<String> {
        let mut live: BTreeMap<&Arc<str>, u64> = BTreeMap::new();
        for location in self.committed.values() {
            *live.entry(&location.chunk).or_default() += location.range.end - location.range.start;
        }
        let mut chunks: Vec<(&Arc<str>, u64, u64)> = live
            .iter()
            .map(|(name, live)| (*name, self.chunks[*name].bytes, *live))
            .collect();
        let counts: u64 = chunks.iter().map(|(_, _, live)| live).sum();
        let mut total: u64 = chunks.iter().map(|(_, bytes, _)| bytes).sum();
        let mut victims = Vec::new();
        if total > 2 * counts + WASTE {
            // The live share, as a fraction of 2¹⁶, so that sorting needs no floats.
            chunks.sort_by_key(|(_, bytes, live)| (live << 16) / bytes.max(&1));
            while total > counts + counts / 2
                && let Some((name, bytes, live)) = chunks.first().copied()
                && live < bytes
            {
                total -= bytes - live;
                victims.push(name.to_string());
                chunks.remove(0);
            }
        }
        if chunks.len() > MOST_CHUNKS {
            chunks.sort_by_key(|(_, _, live)| *live);
            let many = chunks.len() - MOST_CHUNKS / 2;
            victims.extend(chunks[..many].iter().map(|(name, _, _)| name.to_string()));
        }
        victims
    }

    /// The chunks that hold a needed model.
    pub(super) fn used(&self) -> HashSet<Arc<str>> {
        let locations = self.committed.values().chain(self.spilled.values());
        locations.map(|it| Arc::clone(&it.chunk)).collect()
    }

    /// All chunks that are known.
    pub(super) fn names(&self) -> Vec<String> {
        self.chunks.keys().map(ToString::to_string).collect()
    }

    pub(super) fn forget(&mut self, chunk: &str) {
        self.chunks.remove(chunk);
    }
}
