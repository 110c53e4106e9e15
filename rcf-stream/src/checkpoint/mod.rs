//! Checkpoints: the state of the operator and the positions of source and sink, together in one
//! file that appears at once or not at all.
//!
//! A pipeline that starts again from a checkpoint does exactly what it would have done without the
//! interruption: every record after the position is read once more by a model that has not seen it.

mod directory;
mod fingerprint;
mod format;
mod schedule;

use std::path::PathBuf;

use thiserror::Error;

pub use directory::CheckpointDirectory;
pub use fingerprint::{Difference, Fingerprint};
pub use format::FormatError;
pub use schedule::{Checkpointer, Schedule};

use crate::record::Positions;
use crate::sink::SinkPosition;

/// Everything that a pipeline needs to go on where it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The settings that the state depends on.
    pub fingerprint: Fingerprint,
    /// How many records were consumed since the very first start.
    pub records: u64,
    /// How far each shard was consumed.
    pub positions: Positions,
    /// How far the sink got, where it can say.
    pub sink: Option<SinkPosition>,
    /// The [snapshot](crate::operator::RandomCutForestOperator::snapshot) of the operator.
    pub state: Vec<u8>,
}

/// A checkpoint cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The folder or a file in it cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Another process writes checkpoints to the folder.
    #[error("{path} is in use by another process; two must not write the same checkpoints")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The newest checkpoint cannot be read.
    #[error(
        "the newest checkpoint {path} cannot be used: {source}. Restore that file, or remove it to \
         continue from the checkpoint before it"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: FormatError,
    },
    /// The checkpoint was written with other settings.
    #[error(
        "the checkpoints in {path} were written with other settings: {}. Set them back, or \
         choose an empty checkpoint directory to start anew",
        join(differences)
    )]
    OtherSettings {
        /// The folder.
        path: PathBuf,
        /// The settings that differ.
        differences: Vec<Difference>,
    },
}

fn join(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
    texts.join(", ")
}
