//! Errors of opening a pipeline.

use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::config::ConfigError;
use crate::decode::FieldsError;
use crate::operator::OperatorConfigError;
use crate::reading::ReadingError;
use crate::settings::SettingError;
use crate::sink::SinkError;
use crate::source::SourceError;

/// A pipeline cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A parameter of the forest breaks its rule.
    #[error("forest: {0}")]
    Forest(#[from] OperatorConfigError),
    /// The fields to take do not fit the source.
    #[error("{input}: {source}")]
    Fields {
        /// The file or stream.
        input: String,
        /// What does not fit.
        #[source]
        source: FieldsError,
    },
    /// The source is not understood.
    #[error("{input}: {source}")]
    Reading {
        /// The file.
        input: String,
        /// What was seen, and the remedy.
        #[source]
        source: ReadingError,
    },
    /// The source cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The sink cannot be opened.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The checkpoints cannot be opened.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An output would overwrite the input, or two outputs would write to one file.
    #[error("{path} is the file of both {first} and {second}; choose another one")]
    SameFile {
        /// The setting of one.
        first: &'static str,
        /// The setting of the other.
        second: &'static str,
        /// The file.
        path: String,
    },
    /// An output would be written among the files of checkpoints and damage them.
    #[error(
        "{key} = {path:?} is in the checkpoint folder {folder:?}, which must not contain other \
         files; choose a file outside of it"
    )]
    AmongCheckpoints {
        /// The setting.
        key: &'static str,
        /// The file.
        path: String,
        /// Where the checkpoints are.
        folder: String,
    },
    /// A file cannot be truncated to a checkpoint that is one of several.
    #[error(
        "{key} = {path:?}: results of a source that several programs share cannot go to a file \
         with checkpoints, since each shard has its own; write to a topic or to the standard \
         output (-)"
    )]
    SharedFile {
        /// The setting.
        key: &'static str,
        /// The file.
        path: String,
    },
    /// A replay from a checkpoint, without a place for checkpoints.
    #[error("the configuration has no checkpoint.directory to replay from")]
    NoCheckpoints,
    /// The configuration breaks a rule that can be checked only now.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration names a feature that this program was built without.
    #[error(transparent)]
    Setting(#[from] SettingError),
}

impl OpenError {
    /// Whether the remedy is to change the configuration.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Forest(_)
                | Self::Fields { .. }
                | Self::Reading { .. }
                | Self::Config(_)
                | Self::Setting(_)
                | Self::SameFile { .. }
                | Self::AmongCheckpoints { .. }
                | Self::SharedFile { .. }
                | Self::NoCheckpoints
                | Self::Checkpoint(CheckpointError::Location { .. })
                | Self::Checkpoint(CheckpointError::OtherSettings { .. })
                | Self::Checkpoint(CheckpointError::Coordinator(SourceError::Setup { .. }))
                | Self::Source(SourceError::Setup { .. })
                | Self::Sink(SinkError::Setup { .. })
        )
    }
}
