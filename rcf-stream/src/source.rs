//! Sources of records.

pub mod coordinator;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::BoxError;
use crate::identity::FilePosition;
use crate::record::{Position, Positions, Record, Timestamp};
use coordinator::Coordinator;

/// A batch of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records, in order within each shard. May be empty: a stream can be silent.
    pub records: Vec<Record>,
    /// Shards whose last record is in this batch or was in an earlier one. A source
    /// delivers the children of a shard only in batches *after* the one that ends it.
    pub ended_shards: Vec<Arc<str>>,
    /// Shards whose first records are in this batch or later, and the shards from which they were
    /// made. The state of those shards is handed over to their children.
    pub begun_shards: Vec<BegunShard>,
    /// Records that the source could not read, by index: they are bad, whatever they contain.
    pub faults: BTreeMap<usize, RecordFault>,
    /// Shards that are read from their newest record, and since when: a restart before their first
    /// record begins there.
    pub started_shards: Vec<(Arc<str>, Timestamp)>,
    /// How many of the records were packed in others.
    pub unpacked: u64,
    /// Records without a payload (tombstones of Kafka), which are left out.
    pub tombstones: u64,
    /// Packed records that are left out because their keys belong to other shards.
    pub elsewhere: u64,
    /// How far a file was read with these records.
    pub file: Option<FilePosition>,
    /// Shards that this process no longer reads. Their last records are in this batch or were in
    /// earlier ones, and there are none until they are assigned again. Their models are committed
    /// and leave memory, then [`Source::released`] is called.
    pub revoked_shards: Vec<Arc<str>>,
    /// Shards that this process reads from now on. This batch has none of their records. Their
    /// models are restored, then [`Source::resume`] is called.
    pub assigned_shards: Vec<Arc<str>>,
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
///
/// # Shards that come and go
/// A stream has one shard or several, in which records have an order. Shards *end* and others are
/// *begun* where the stream itself is split or merged: that is how Kinesis grows, and models pass
/// from one to the other. Shards are *assigned* and *revoked* where the stream stays as it is and
/// several processes share it: then no model passes to another shard.
///
/// | in a [`Batch`] | Kinesis | Client Library | Kafka |
/// |---|---|---|---|
/// | `ended_shards` | a shard is closed | `shardEnded` | – |
/// | `begun_shards` | a child of closed shards | – | – |
/// | `assigned_shards` | – | `initialize`: a lease taken | partitions assigned |
/// | `revoked_shards` | – | `shutdownRequested` | partitions revoked |
/// | an error instead | – | `leaseLost` | partitions lost |
///
/// What was lost can no longer be committed, so the pipeline ends, and its next start begins at the
/// last checkpoint. A source that revokes reports this by [`Source::rebalances`] and assigns each
/// shard before its first record, including those of the checkpoint.
///
/// A place for checkpoints has one writer at a time. With a [`Coordinator`] each shard has its own
/// place, and its models follow it to whatever process reads it next. Without one, a shard finds
/// its models again when it returns to the process that had it, or to its successor; another
/// process that shares the stream has its own checkpoints and models.
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
    /// Errors that a retry may resolve are retried inside; any returned error ends the pipeline.
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError>;

    /// The first line of a source that names its columns there (a CSV file).
    fn header(&self) -> Option<&[u8]> {
        None
    }

    /// Whether shards can be revoked and assigned while the stream is read. Models then belong to
    /// their shards ([`ModelPer::KeyInShard`](crate::event::ModelPer::KeyInShard)), and no record
    /// of a shard is read before it is assigned.
    fn rebalances(&self) -> bool {
        false
    }

    /// The service that keeps the positions of shards for all processes that share them, if there
    /// is one and a later run continues where this one ends.
    fn coordinator(&self) -> Option<Arc<dyn Coordinator>> {
        None
    }

    /// Begins to read an assigned shard, after its position; `None` if nothing of it was consumed.
    /// Its models are restored to that position.
    ///
    /// # Errors
    /// The position is not one of the shard, or it cannot be read.
    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let _ = (shard, after);
        Ok(())
    }

    /// A revoked shard was released: it is completely in a checkpoint, and another process may have
    /// it.
    ///
    /// # Errors
    /// An error ends the pipeline.
    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        let _ = shard;
        Ok(())
    }

    /// Called when everything up to these positions is in a checkpoint. Sources that report
    /// progress to a coordinator do so here.
    ///
    /// # Errors
    /// An error ends the pipeline.
    async fn committed(&mut self, positions: &Positions) -> Result<(), SourceError> {
        let _ = positions;
        Ok(())
    }
}

/// A source cannot be opened or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file; `-` is the standard input.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is not the one that the position belongs to.
    #[error(
        "{path} is not the file of the checkpoint, whose last line read was {line}: {reason}. \
         Restore that file, choose source.on_replaced = \"restart\" to read this one from its \
         start, or choose an empty checkpoint directory"
    )]
    Replaced {
        /// The file.
        path: PathBuf,
        /// The line that was consumed last.
        line: u64,
        /// How the difference was found.
        reason: String,
    },
    /// The position to resume after does not belong to this source.
    #[error("cannot resume shard {shard} after {sequence:?}: {reason}")]
    Position {
        /// The shard.
        shard: String,
        /// The sequence number in the checkpoint.
        sequence: String,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// The stream no longer holds the records after the position: they are older than its
    /// retention.
    #[error(
        "shard {shard}: the records after {sequence} are no longer in the stream; they expired \
         before they could be read"
    )]
    Trimmed {
        /// The shard.
        shard: String,
        /// The sequence number in the checkpoint.
        sequence: String,
    },
    /// The shards of this process now belong to others: nothing of it can be committed. Opening the
    /// pipeline again continues with the shards that are then assigned.
    #[error("{action}: {reason}")]
    Lost {
        /// What was tried, with the name of the stream.
        action: String,
        /// What happened.
        reason: String,
    },
    /// A setting cannot be used: no credentials, or no such stream.
    #[error("{action}: {reason}")]
    Setup {
        /// What was tried, with the name of the stream and the shard.
        action: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A remote service refused a request, or could not be reached.
    #[error("{action}: {source}")]
    Service {
        /// What was tried, with the name of the stream and the shard.
        action: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
}

/// What the source found in place of a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordFault {
    /// It is longer than the limit.
    #[error("the record that begins on line {line} has more than {limit} bytes")]
    TooLong {
        /// The line on which it begins, from 1.
        line: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A packed record has a partition key that Kinesis does not accept.
    #[error("the partition key of the packed record has more than 256 characters")]
    PartitionKey,
    /// The partition keys of a packed record would take far more memory than the record.
    #[error(
        "it packs {records} records, and their partition keys together are far larger than \
             the record"
    )]
    Packed {
        /// How many records it packs.
        records: usize,
    },
    /// The record has no header with the key.
    #[error("it has no header {name:?} with a value (source.key_header)")]
    KeyHeader {
        /// The name of the header.
        name: String,
    },
    /// The name of one of its headers is not UTF-8.
    #[error("the name of one of its headers is not UTF-8")]
    HeaderName,
    /// A quote is never closed, or only after more lines than may be quoted.
    #[error(
        "a quote that opens on line {line} is not closed at the end of a field within {limit} \
         lines; the lines after it \
         are read as if it were not there (input.max_quoted_lines)"
    )]
    OpenQuote {
        /// The line on which the record begins, from 1.
        line: u64,
        /// How many line feeds may be quoted.
        limit: u64,
    },
}

impl RecordFault {
    /// A short name of the fault, by which bad records are counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::OpenQuote { .. } => "open_quote",
            Self::PartitionKey => "partition_key",
            Self::Packed { .. } => "packed",
            Self::KeyHeader { .. } => "key_header",
            Self::HeaderName => "header_name",
        }
    }
}

/// The shard of sources that have no shards.
pub const ONLY_SHARD: &str = "0";

/// Parses the sequence number of a source that counts.
pub(crate) fn number_in_position(shard: &str, sequence: &str) -> Result<u64, SourceError> {
    sequence.parse().map_err(|_| SourceError::Position {
        shard: shard.to_owned(),
        sequence: sequence.to_owned(),
        reason: "it is not a number; does the checkpoint belong to another source?".to_owned(),
    })
}
