//! Sinks of results.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use async_trait::async_trait;
use thiserror::Error;

use crate::BoxError;
use crate::record::OutputRecord;

/// How far a sink has got, in its own format: a file sink writes its length here. The checkpoint
/// keeps it, and opening the sink with it reverts everything that was written later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkPosition(pub String);

/// How far the sinks of a pipeline have got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SinkPositions {
    /// The sink of results, if it can report this.
    pub results: Option<SinkPosition>,
    /// The sink of dead letters, if there is one and it can report this.
    pub dead_letters: Option<SinkPosition>,
}

/// Ready when everything written before is acknowledged and durable.
pub type Flushed = Pin<Box<dyn Future<Output = Result<Option<SinkPosition>, SinkError>> + Send>>;

/// Takes encoded results.
///
/// A sink that returns a [`SinkPosition`] delivers each result exactly once, across any crash.
/// Others deliver it at least once, with equal ids and equal bytes.
#[async_trait]
pub trait Sink: Send {
    /// Takes results, in order. It may return before they are durable, but holds a bounded number
    /// of them: when full it waits. Results with the same partition key keep their order.
    ///
    /// # Errors
    /// Errors that a retry may resolve are retried inside; any returned error ends the pipeline.
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError>;

    /// Returns when everything written so far is acknowledged and durable.
    ///
    /// # Errors
    /// As for [`write`](Sink::write).
    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError>;

    /// Begins a [`flush`](Sink::flush) of everything written so far, and allows further writes
    /// while it continues. The default implementation flushes before it returns.
    ///
    /// # Errors
    /// As for [`write`](Sink::write).
    async fn begin_flush(&mut self) -> Result<Flushed, SinkError> {
        let position = self.flush().await?;
        Ok(Box::pin(std::future::ready(Ok(position))))
    }

    /// The place that the sink writes to was or will be replaced (log rotation): the next flush is
    /// the last one to the old place, and then [`reopen`](Sink::reopen) is called. Sinks without
    /// such a place do nothing.
    fn hand_over(&mut self) {}

    /// Whether the sink waits for [`reopen`](Sink::reopen), because this was requested or because
    /// it noticed while flushing that its place was renamed.
    fn hands_over(&self) -> bool {
        false
    }

    /// Continues in the new place. Called when everything in the old one is committed.
    ///
    /// # Errors
    /// As for [`write`](Sink::write).
    async fn reopen(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
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
    /// The position in the checkpoint does not match the sink.
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
        /// The difference, and the remedy.
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
    /// Another process now has the right to write: nothing that was not committed counts. Opening
    /// the pipeline again continues from the newest checkpoint.
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

/// The remedy for a file whose folder does not exist.
fn folder_hint(path: &Path) -> String {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            format!("; create the folder {} first", folder.display())
        }
        _ => String::new(),
    }
}

impl SinkError {
    /// Whether the reader of the output has closed it (`rcf … | head`): an end, not a failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
