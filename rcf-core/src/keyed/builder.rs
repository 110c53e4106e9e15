//! The configuration of a map.

use super::changes::ChangeLog;
use super::entries::Entries;
use super::{DetectorMap, Key, KeyedModel, Spill, SpillStore, Statistics, Template};

/// Builds a [`DetectorMap`]. By default it keeps all models for ever.
#[must_use]
pub struct DetectorMapBuilder<K, M> {
    template: Template<K, M>,
    spill: Option<Spill<K>>,
    time_to_live: Option<u64>,
    expect_every: Option<u64>,
    track_changes: bool,
}

impl<K: Key, M: KeyedModel> DetectorMapBuilder<K, M> {
    pub(super) fn new(template: Template<K, M>) -> Self {
        Self {
            template,
            spill: None,
            time_to_live: None,
            expect_every: None,
            track_changes: false,
        }
    }

    /// How many bytes the map may occupy ([`DetectorMap::size_in_bytes`]), and the store for models
    /// that do not fit. The most recently used model always stays in memory, and so do the key and
    /// about a hundred bytes of each spilled one.
    pub fn budget(mut self, bytes: usize, store: impl SpillStore<K> + 'static) -> Self {
        self.spill = Some(Spill {
            budget: bytes,
            store: Box::new(store),
        });
        self
    }

    /// Forgets a key that was silent for longer than this, in the unit of the times that
    /// observations are given: see [`DetectorMap::process_at`].
    pub fn time_to_live(mut self, time: u64) -> Self {
        self.time_to_live = Some(time);
        self
    }

    /// The longest time between two observations of a key, in the unit of their times: a key that
    /// is silent for longer is [overdue](DetectorMap::overdue). Default none.
    pub fn expect_every(mut self, time: u64) -> Self {
        self.expect_every = Some(time);
        self
    }

    /// Remembers which models have changed, for [`DetectorMap::take_changes`].
    pub fn track_changes(mut self, on: bool) -> Self {
        self.track_changes = on;
        self
    }

    /// An empty map.
    #[must_use]
    pub fn build(self) -> DetectorMap<K, M> {
        DetectorMap {
            template: self.template,
            entries: Entries::new(),
            spill: self.spill,
            time_to_live: self.time_to_live,
            expect_every: self.expect_every,
            clock: 0,
            changes: self.track_changes.then(ChangeLog::new),
            model_bytes: 0,
            key_bytes: 0,
            statistics: Statistics::default(),
        }
    }
}
