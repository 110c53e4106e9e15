//! Keys that are silent although an observation was due.

use super::{DetectorMap, Key, KeyedModel};

/// A key that is silent although an observation of it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overdue<'a, K> {
    /// The key.
    pub key: &'a K,
    /// When its next observation was due at the latest.
    pub due: i64,
}

impl<K: Key, M: KeyedModel> DetectorMap<K, M> {
    /// The keys that are silent although an observation of theirs was due: last used more than
    /// [`expect_every`](super::DetectorMapBuilder::expect_every) before `now`, the one that is
    /// overdue for longest first. Empty without such an expectation. Nothing changes: a key is
    /// listed until its next observation, or until it is forgotten.
    pub fn overdue(&self, now: i64) -> Vec<Overdue<'_, K>> {
        let Some(interval) = self.expect_every else {
            return Vec::new();
        };
        let mut overdue: Vec<_> = self
            .keys()
            .filter_map(|(key, last_used)| {
                let due = last_used.saturating_add_unsigned(interval);
                (due < now && !self.has_expired(last_used, now)).then_some(Overdue { key, due })
            })
            .collect();
        overdue.sort_by_key(|it| it.due);
        overdue
    }
}
