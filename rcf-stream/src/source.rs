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
    /// Records without a payload (tombstones of Kafka), which are left out.
    pub tombstones: u64,
    /// Packed records that are left out here, since their keys belong to other shards.
    pub elsewhere: u64,
    /// How far a file was read with these records.
    pub file: Option<FilePosition>,
    /// Shards that this process reads no more. Records of them may be in this batch or were in
    /// earlier ones, and come in no later one until they are assigned again. Their models are
    /// committed and leave memory, then [`Source::released`] is called.
    pub revoked_shards: Vec<Arc<str>>,
    /// Shards that this process reads from now on. None of their records is in this batch. Their
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
/// What was lost cannot be committed any more, so the pipeline ends, and its next start begins at
/// the last checkpoint. A source that revokes says so by [`Source::rebalances`] and assigns each
/// shard before its first record, those of the checkpoint too.
///
/// A place of checkpoints has one writer at a time. With a [`Coordinator`] each shard has a place
/// of its own, and its models follow it to whatever process reads it next. Without one a shard
/// finds its models again when it comes back to the process that had it, or to its successor;
/// another process that shares the stream has checkpoints of its own, and other models.
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

    /// Whether shards can be revoked and assigned while the stream is read. Models then belong to
    /// their shards ([`ModelPer::KeyInShard`](crate::event::ModelPer::KeyInShard)), and nothing is
    /// read of a shard before it is assigned.
    fn rebalances(&self) -> bool {
        false
    }

    /// The service that keeps the positions of shards for all processes that share them, where
    /// there is one and a later run continues where this one ends.
    fn coordinator(&self) -> Option<Arc<dyn Coordinator>> {
        None
    }

    /// Begins to read an assigned shard, after its position; `None` where nothing of it was
    /// consumed. Its models are as they were there.
    ///
    /// # Errors
    /// The position is not one of the shard, or it cannot be read.
    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let _ = (shard, after);
        Ok(())
    }

    /// A revoked shard was released: all of it is in a checkpoint, and another process may have it.
    ///
    /// # Errors
    /// An error ends the pipeline.
    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        let _ = shard;
        Ok(())
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
        /// How the difference was seen.
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
    /// The shards of this process belong to others by now: nothing of it can be committed. Opening
    /// the pipeline again continues with the shards that are assigned then.
    #[error("{action}: {reason}")]
    Lost {
        /// What was tried, with the name of the stream.
        action: String,
        /// What happened.
        reason: String,
    },
    /// What the configuration names cannot be used: no credentials, or no such stream.
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

/// What the source found where a record should be.
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
    /// A packed record has a partition key that Kinesis does not take.
    #[error("the partition key of the packed record has more than 256 characters")]
    PartitionKey,
    /// The partition keys of a packed record would take far more memory than itself.
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

/// Reads the sequence number of a source that counts.
pub(crate) fn number_in_position(shard: &str, sequence: &str) -> Result<u64, SourceError> {
    sequence.parse().map_err(|_| SourceError::Position {
        shard: shard.to_owned(),
        sequence: sequence.to_owned(),
        reason: "it is not a number; does the checkpoint belong to another source?".to_owned(),
    })
}
