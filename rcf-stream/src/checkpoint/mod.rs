//! Checkpoints: the state of the operator and the positions of source and sink, which become
//! visible together or not at all.
//!
//! A pipeline that starts again from a checkpoint does exactly what it would have done without the
//! interruption: every record after the position is read again by a model that has not seen it.
//!
//! A checkpoint writes only the models that have changed since the one before, as *chunks*, and a
//! *manifest* that says which models of which chunks count. The loop is stopped only to note which
//! those are; encoding and writing happen in the background. See [`CheckpointStore`] for names and
//! order.

mod background;
mod chunk;
mod claim;
mod commit;
mod fingerprint;
mod fingerprint_v1;
mod format_v1;
mod frame;
mod history;
mod index;
mod input;
mod inspect;
mod location;
mod manifest;
mod objects;
mod per_shard;
mod position;
mod restore;
mod retention;
mod schedule;
mod shard;
mod spill;
mod store;
mod writer;

use std::path::PathBuf;

use thiserror::Error;

pub use commit::Committed;
pub use fingerprint::{Difference, Fingerprint};
pub use frame::FormatError;
pub use history::{RetainedCheckpoint, roll_back};
pub use inspect::{Inspection, ModelInfo, inspect, places};
pub use location::Location;
pub(crate) use location::folder_around;
pub use manifest::{ChunkInfo, Manifest};
pub use per_shard::{Assigned, ShardSpill, ShardStores};
pub use position::CommittedPosition;
pub use restore::{OnMissingState, Start, restore, restore_number};
pub use schedule::{Checkpointer, Schedule};
pub use spill::CheckpointSpill;
pub use store::{CheckpointStore, Found};

use crate::BoxError;
use crate::sink::SinkError;
use crate::source::SourceError;

/// A checkpoint cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The folder cannot be made or locked.
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
    /// The text names no place for checkpoints.
    #[error("checkpoint.directory = {location:?}: {reason}")]
    Location {
        /// The text.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An object cannot be read or written.
    #[error("cannot {action} {object}: {source}")]
    Store {
        /// What was tried.
        action: &'static str,
        /// The object.
        object: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// The store reported that it had written an object, and does not have it.
    #[error(
        "the store accepted {object} ({written} bytes) but does not return it ({}); nothing was \
         committed",
        there.map_or("it is not there".to_owned(), |bytes| format!("{bytes} bytes are there"))
    )]
    NotKept {
        /// The object.
        object: String,
        /// Its size.
        written: u64,
        /// What was found.
        there: Option<u64>,
    },
    /// Another process writes checkpoints to the folder.
    #[error("{path} is in use by another process; only one may write the same checkpoints")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has opened the same checkpoints after us.
    #[error(
        "another process has taken over {name} (its checkpoint is {number}); this one stops. Run \
         one process for each stream, or give each its own application name"
    )]
    Fenced {
        /// The place of the checkpoints.
        name: String,
        /// The current checkpoint there.
        number: u64,
    },
    /// An object that a checkpoint needs cannot be understood.
    #[error("{object} cannot be used: {source}. {REMEDY}")]
    Damaged {
        /// The object.
        object: String,
        /// What is wrong with it.
        #[source]
        source: FormatError,
    },
    /// An object that a checkpoint needs is missing.
    #[error("{object} is missing. {REMEDY}")]
    Missing {
        /// The object.
        object: String,
    },
    /// Another program has set the position that the service keeps for a shard.
    #[error(
        "shard {shard} of {name}: its position in the group was set by another program, so no \
         models belong to it. Delete that position, or choose with checkpoint.on_missing_state: \
         \"previous\" goes back to the newest checkpoint of the shard, \"rebuild\" reads it again \
         from its start, \"reset\" continues at the position with models that know nothing"
    )]
    ForeignPosition {
        /// The place of the checkpoints.
        name: String,
        /// The shard.
        shard: String,
    },
    /// No older checkpoint is whole.
    #[error("no older checkpoint in {name} can be used either")]
    NothingOlder {
        /// The place of the checkpoints.
        name: String,
    },
    /// There is no checkpoint of this number.
    #[error("{name} has no checkpoint {number}; it has {}", there.join(", "))]
    NoSuchNumber {
        /// The place of the checkpoints.
        name: String,
        /// The number.
        number: u64,
        /// The numbers that there are.
        there: Vec<String>,
    },
    /// The models do not fit the operator.
    #[error("the models in {name} do not fit: {source}")]
    Models {
        /// The place of the checkpoints.
        name: String,
        /// What is wrong with them.
        #[source]
        source: crate::operator::RestoreError,
    },
    /// The checkpoint was written with other settings.
    #[error(
        "the checkpoints in {name} were written with other settings: {}. Restore these settings, \
         or choose an empty checkpoint directory to start from scratch",
        join(differences)
    )]
    OtherSettings {
        /// The place of the checkpoints.
        name: String,
        /// The settings that differ.
        differences: Vec<Difference>,
    },
    /// The results are not durable, so nothing may be committed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The service that keeps positions rejected them.
    #[error(transparent)]
    Coordinator(#[from] SourceError),
    /// The thread that writes has stopped.
    #[error("the thread that writes checkpoints has stopped: {0}")]
    Stopped(#[source] BoxError),
}

const REMEDY: &str = "Restore it, or choose with checkpoint.on_missing_state: \"previous\" goes \
                      back to the newest older checkpoint that is intact, \"rebuild\" reads the \
                      stream again from its start, \"reset\" continues at the position with new \
                      models";

impl CheckpointError {
    fn stopped(error: tokio::task::JoinError) -> Self {
        Self::Stopped(error.into())
    }

    /// Whether state that should exist is missing or damaged, so that
    /// [`OnMissingState`] decides what happens.
    #[must_use]
    pub fn is_missing_state(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Missing { .. } | Self::ForeignPosition { .. }
        )
    }
}

fn join(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
    texts.join(", ")
}
