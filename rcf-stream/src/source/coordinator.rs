//! Positions that the service of a source keeps for several processes: the offsets of a Kafka
//! group.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::record::Position;
use crate::source::SourceError;

/// The committed position of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPosition {
    /// The last consumed record.
    pub position: Position,
    /// The name of the manifest with the models at that position; `None` if another program has set
    /// the position.
    pub manifest: Option<String>,
}

/// A checkpoint of one shard, written but not committed yet.
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
/// models in whatever process reads it next.
///
/// Each shard then has its own place for checkpoints. The state is written first; the commit here
/// makes it current; `position.json` only follows.
#[async_trait]
pub trait Coordinator: Any + Debug + Send + Sync {
    /// The committed position of an assigned shard; `None` if nothing was ever committed.
    ///
    /// # Errors
    /// The service does not answer.
    async fn kept(&self, shard: &str) -> Result<Option<KeptPosition>, SourceError>;

    /// The start of a shard for which nothing was ever committed.
    ///
    /// # Errors
    /// The service does not answer.
    async fn begin(&self, shard: &str) -> Result<Position, SourceError>;

    /// Whether results are committed together with positions. Then nothing is written to the sink
    /// between the flush of a checkpoint and its commit.
    fn is_transactional(&self) -> bool;

    /// Commits checkpoints, all of them or none.
    ///
    /// # Errors
    /// None of them counts. [`SourceError::Lost`] if the shards now belong to others.
    async fn commit(&self, checkpoints: Vec<ShardCheckpoint>) -> Result<(), SourceError>;
}
