//! A key that is silent although a record of it was due.

use std::sync::Arc;

use crate::record::Timestamp;

/// A key that is silent although a record of it was due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overdue {
    /// The stream.
    pub stream: Arc<str>,
    /// The shard.
    pub shard: Arc<str>,
    /// The key.
    pub key: String,
    /// The clock of the shard at the last record of the key.
    pub last: Timestamp,
    /// When its next record was due at the latest.
    pub due: Timestamp,
    /// The clock of the shard that shows it.
    pub clock: Timestamp,
}

impl Overdue {
    /// `shard/overdue/key/due`, the same in every replay.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/overdue/{}/{}", self.shard, self.key, self.due)
    }
}
