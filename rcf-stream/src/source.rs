//! Where records come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{RecordFault, SourceError};
use crate::identity::FilePosition;
use crate::record::{Positions, Record, Timestamp};

/// What a source delivers at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records, in order within each shard. May be empty: a stream can be silent.
    pub records: Vec<Record>,
    /// Shards of which the last record is in this batch or was in an earlier one. A source
    /// delivers the children of a shard only in batches *after* the one that ends it.
    pub ended_shards: Vec<Arc<str>>,
    /// Shards of which the first records come in this batch or later, and the shards from which
    /// they were made. What belongs to a shard is handed over to its children then.
    pub begun_shards: Vec<BegunShard>,
    /// What the source could not read, by index: these records are bad, whatever they hold.
    pub faults: BTreeMap<usize, RecordFault>,
    /// Shards that are read from the newest record on, and since when: a restart before their first
    /// record begins there.
    pub started_shards: Vec<(Arc<str>, Timestamp)>,
    /// How many of the records came packed in others.
    pub unpacked: u64,
    /// Packed records that are left out here, since their keys belong to other shards.
    pub elsewhere: u64,
    /// How far a file was read with these records.
    pub file: Option<FilePosition>,
}

/// A shard made from others by a split or a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunShard {
    /// Its id.
    pub shard: Arc<str>,
    /// The shards that it continues: one after a split, two after a merge.
    pub parents: Vec<String>,
    /// Those of them whose last child this is.
    pub done: Vec<String>,
}

/// A stream of records, opened at the [`Positions`] after which it resumes.
#[async_trait]
pub trait Source: Send {
    /// Waits for the next batch; `None` when a bounded stream has ended.
    ///
    /// *Cancel safe*: the pipeline drops this future when a checkpoint is due or a signal arrives,
    /// and calls again. An implementation must not lose records then, so whatever it awaits must
    /// be cancel safe (such as `tokio::sync::mpsc::Receiver::recv`) or be kept in `self`.
    ///
    /// Memory is bounded: an implementation reads ahead by a fixed amount and then waits.
    ///
    /// # Errors
    /// Errors that a retry may heal are retried inside; what comes out ends the pipeline.
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError>;

    /// The first line of a source that names its columns there (a CSV file).
    fn header(&self) -> Option<&[u8]> {
        None
    }

    /// Called when everything up to these positions is in a checkpoint. Sources that report
    /// progress to a coordinator do it here.
    ///
    /// # Errors
    /// An error ends the pipeline.
    async fn committed(&mut self, positions: &Positions) -> Result<(), SourceError> {
        let _ = positions;
        Ok(())
    }
}

/// The shard of sources that have no shards.
pub const ONLY_SHARD: &str = "0";

/// Reads the sequence number of a source that counts.
pub(crate) fn number_in_position(shard: &str, sequence: &str) -> Result<u64, SourceError> {
    sequence.parse().map_err(|_| SourceError::Position {
        shard: shard.to_owned(),
        sequence: sequence.to_owned(),
        reason: "it is not a number; does the checkpoint belong to another source?".to_owned(),
    })
}
