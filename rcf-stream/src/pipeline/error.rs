//! Errors of records, and of pipelines.

use rcf_core::keyed::MapError;
use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::decode::DecodeError;
use crate::operator::OperatorError;
use crate::record::Timestamp;
use crate::sink::SinkError;
use crate::source::{RecordFault, SourceError};

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
    /// Its time is far ahead of the stream, and the records after it do not confirm it.
    #[error(
        "its time {time} is far ahead of the stream, which is at {clock}, and later records \
         disagree with it (input.max_time_jump_seconds)"
    )]
    FarAhead {
        /// Its time.
        time: Timestamp,
        /// The clock of its shard.
        clock: Timestamp,
    },
    /// The model rejects its values.
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
    /// Spilled models could not be loaded.
    #[error(transparent)]
    Models(#[from] MapError),
    /// The shards of the source can be revoked, but its models do not belong to shards.
    #[error(
        "shards of this source can be revoked, so each model must belong to a shard; use \
         ModelPer::KeyInShard or ModelPer::Shard"
    )]
    ModelsWithoutShards,
    /// A record was bad, and the policy is to fail.
    #[error(
        "record {id}{}: {reason}; to continue after bad records, choose the policy `skip` or \
         `dead_letter`",
        at(line)
    )]
    BadRecord {
        /// The id of the record.
        id: String,
        /// The index of the line within the record, if it has more than one.
        line: Option<usize>,
        /// What is wrong with it.
        reason: BadRecord,
    },
}

impl PipelineError {
    /// Whether the shards of this process went to others. That is not a failure: opened again, the
    /// pipeline continues with the shards that it is then assigned.
    #[must_use]
    pub fn lost_shards(&self) -> bool {
        matches!(
            self,
            Self::Source(SourceError::Lost { .. })
                | Self::Sink(SinkError::Lost { .. })
                | Self::Checkpoint(CheckpointError::Coordinator(SourceError::Lost { .. }))
                | Self::Checkpoint(CheckpointError::Sink(SinkError::Lost { .. }))
        )
    }
}

fn at(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line} within it"))
}
