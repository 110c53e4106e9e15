//! What can go wrong between the stream and the model, by stage.

use std::path::{Path, PathBuf};

use rcf_core::keyed::MapError;
use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::decode::DecodeError;
use crate::operator::OperatorError;
use crate::record::Timestamp;

/// The cause inside a client library.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

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
        "{path} is not the file that the checkpoint was made with, of which line {line} was read \
         last: {reason}. Bring that file back, choose source.on_replaced = \"restart\" to read \
         this one from its start, or choose an empty checkpoint directory"
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
        "shard {shard}: the records after {sequence} are no longer in the stream; \
         they were trimmed before they could be read"
    )]
    Trimmed {
        /// The shard.
        shard: String,
        /// The sequence number in the checkpoint.
        sequence: String,
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

/// A sink cannot be opened, or cannot take a record.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The file cannot be opened or written.
    #[error("cannot write {path}: {source}{}", folder_hint(path))]
    Io {
        /// The file; `-` is the standard output.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The position in the checkpoint does not fit what the sink holds.
    #[error("cannot resume {path} at {position:?}: {reason}")]
    Position {
        /// The file.
        path: PathBuf,
        /// The position in the checkpoint.
        position: String,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// The file is not as the sink left it.
    #[error("{path} was changed while results were written to it: {reason}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// What is there, what should be, and the remedy.
        reason: String,
    },
    /// A record is larger than the service takes.
    #[error("the result {id} has {size} bytes; {limit} is the limit of the sink")]
    RecordTooLarge {
        /// The id of the result.
        id: String,
        /// Its size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// What the configuration names cannot be used: no credentials, or no such stream.
    #[error("{action}: {reason}")]
    Setup {
        /// What was tried, with the name of the stream.
        action: String,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A remote service refused a request, or could not be reached.
    #[error("{action}: {source}")]
    Service {
        /// What was tried, with the name of the stream.
        action: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
}

/// What to do about a file whose folder is not there.
fn folder_hint(path: &Path) -> String {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            format!("; make the folder {} first", folder.display())
        }
        _ => String::new(),
    }
}

impl SinkError {
    /// Whether the reader of the output has gone away (`rcf … | head`): an end, not a failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }
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
    #[error("it packs {records} records whose partition keys together are far larger than itself")]
    Packed {
        /// How many records it packs.
        records: usize,
    },
    /// A quote is never closed, or only after more lines than may be quoted.
    #[error(
        "a quote that opens on line {line} is not closed within {limit} lines; the lines after it \
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
    fn name(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::OpenQuote { .. } => "open_quote",
            Self::PartitionKey => "partition_key",
            Self::Packed { .. } => "packed",
        }
    }
}

/// Why a record was not scored.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BadRecord {
    /// It cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The source could not read it as a record.
    #[error(transparent)]
    Source(#[from] RecordFault),
    /// Its time is far ahead of the stream, and the records after it are not.
    #[error(
        "its time {time} is far ahead of the stream, which is at {clock}, and no later record \
         agrees with it (input.max_time_jump_seconds)"
    )]
    FarAhead {
        /// Its time.
        time: Timestamp,
        /// The clock of its shard.
        clock: Timestamp,
    },
    /// The model refuses its values.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl BadRecord {
    /// A short name of the rule, by which bad records are counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.reason(),
            Self::Source(fault) => fault.name(),
            Self::FarAhead { .. } => "far_ahead",
            Self::Operator(OperatorError::Input(error)) => match error {
                rcf_core::InputError::NotFinite { .. } => "not_finite",
                rcf_core::InputError::OutOfRange { .. } => "out_of_range",
                rcf_core::InputError::Timestamp { .. } => "late",
                rcf_core::InputError::TimeJump { .. } => "far_ahead",
                _ => "input",
            },
            Self::Operator(OperatorError::Store(_)) => "store",
        }
    }
}

/// The pipeline ended early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The sink failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A checkpoint could not be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Models that had left memory did not come back.
    #[error(transparent)]
    Models(#[from] MapError),
    /// A record was bad, and the policy is to fail.
    #[error(
        "record {id}{}: {reason}; to leave bad records out, choose the policy `skip` or \
         `dead_letter`",
        at(line)
    )]
    BadRecord {
        /// The id of the record.
        id: String,
        /// The index of the line within the record, where it has more than one.
        line: Option<usize>,
        /// What is wrong with it.
        reason: BadRecord,
    },
}

fn at(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line} within it"))
}
