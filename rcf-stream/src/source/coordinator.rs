//! Positions that the service of a source keeps, and that several processes share: the offsets of a
//! Kafka group.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::record::Position;
use crate::source::SourceError;

/// What the service keeps of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPosition {
    /// The last consumed record.
    pub position: Position,
    /// The name of the manifest with the models of that place; `None` where another program has
    /// set the position.
    pub manifest: Option<String>,
}

/// A checkpoint of one shard, written and not committed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardCheckpoint {
    /// The shard.
    pub shard: Arc<str>,
    /// How far it was consumed.
    pub position: Position,
    /// The name of its manifest.
    pub manifest: String,
}

/// Keeps the positions of shards, each with the name of its checkpoint, so that a shard finds its
/// models in whatever process it is read next.
///
/// Each shard then has a place of checkpoints of its own. The state is written first; the commit
/// here is what makes it count; `position.json` only follows.
#[async_trait]
pub trait Coordinator: Any + Debug + Send + Sync {
    /// What is kept of a shard that was assigned; `None` where nothing was ever committed.
    ///
    /// # Errors
    /// The service cannot be asked.
    async fn kept(&self, shard: &str) -> Result<Option<KeptPosition>, SourceError>;

    /// Where a shard begins of which nothing was ever committed.
    ///
    /// # Errors
    /// The service cannot be asked.
    async fn begin(&self, shard: &str) -> Result<Position, SourceError>;

    /// Whether results are committed together with positions. Nothing is written to the sink then
    /// between the flush of a checkpoint and its commit.
    fn is_transactional(&self) -> bool;

    /// Commits checkpoints, all of them or none.
    ///
    /// # Errors
    /// None of them counts. [`SourceError::Lost`] where the shards belong to others by now.
    async fn commit(&self, checkpoints: Vec<ShardCheckpoint>) -> Result<(), SourceError>;
}
