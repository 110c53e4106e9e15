//! A child process of the MultiLangDaemon: Amazon's Kinesis Client Library handles leases, failover
//! and resharding, and controls one process per shard over pipes.
//!
//! Each message is a JSON object on a line. A checkpoint may be requested only between a message
//! and our response to it, so state is saved there: outputs are flushed, the models are written as
//! an object that is named by shard and sequence number and never changes, and then the daemon
//! commits the sequence number. The next owner of the shard begins with the object of that number.
//!
//! *Resharding.* The protocol names no parents. A new shard inherits, key by key, the model with
//! the most updates among those that ended shards left behind. The number of updates of a key only
//! grows, so that is the newest model, whatever splits and merges there were.

mod dialogue;
mod message;
mod session;
mod state;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use dialogue::run;
pub use session::Session;

use rcf_stream::checkpoint::Difference;
use rcf_stream::config::ConfigError;
use rcf_stream::operator::{OperatorConfigError, RestoreError};
use rcf_stream::pipeline::PipelineError;

/// The session with the daemon cannot continue. The daemon restarts the process, which begins at
/// the last checkpoint.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MultilangError {
    /// A pipe to the daemon failed.
    #[error("the pipe to the daemon: {0}")]
    Pipe(#[from] std::io::Error),
    /// A message is not part of the protocol.
    #[error("message {line:?} from the daemon: {reason}")]
    Message {
        /// The message, shortened.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A message arrived in the wrong state.
    #[error("the daemon sent {found} where {expected} was expected")]
    Order {
        /// The message.
        found: &'static str,
        /// The expected message.
        expected: &'static str,
    },
    /// The daemon could not commit.
    #[error("the daemon could not commit {sequence}: {reason}")]
    Checkpoint {
        /// The sequence number.
        sequence: String,
        /// The name of its exception.
        reason: String,
    },
    /// A state object cannot be read or written.
    #[error("cannot {action} the state {path}: {source}")]
    State {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The state of the position is missing or damaged.
    #[error(
        "the state {path} of the committed position cannot be used: {reason}. Restore it; or, to \
         start with empty models, change the application name"
    )]
    Missing {
        /// Where it should be.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state was written with other settings.
    #[error(
        "the state {path} was written with other settings: {}",
        join(differences)
    )]
    OtherSettings {
        /// Where it is.
        path: std::path::PathBuf,
        /// The settings that differ.
        differences: Vec<Difference>,
    },
    /// A model cannot be restored.
    #[error("the model of {key:?} cannot be restored: {source}")]
    Restore {
        /// Its key.
        key: String,
        /// What is wrong with it.
        #[source]
        source: RestoreError,
    },
    /// A parameter of the forest breaks its rule.
    #[error("forest: {0}")]
    Forest(#[from] OperatorConfigError),
    /// The configuration does not match.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The source is of another kind.
    #[error("with --multilang, source.kind must be \"multilang\"")]
    Source,
    /// A file of results would be written by several processes.
    #[error("sink.path must contain {{shard}} with --multilang: each shard has its own process")]
    SinkPath,
    /// Checkpoints are needed.
    #[error(
        "checkpoint.directory must be set with --multilang: it stores the models, for all hosts"
    )]
    NoDirectory,
    /// Decoder, sink or a record failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The sink or the fields do not fit.
    #[error(transparent)]
    Open(#[from] rcf_stream::assemble::OpenError),
}

impl MultilangError {
    /// Whether the remedy is to change the configuration.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::SinkPath
                | Self::NoDirectory
                | Self::Forest(_)
                | Self::Config(_)
                | Self::Source
                | Self::OtherSettings { .. }
        )
    }
}

fn join(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
    texts.join(", ")
}
