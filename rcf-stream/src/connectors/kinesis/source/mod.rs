//! A Kinesis stream as a [`Source`].
//!
//! A coordinator lists the shards and runs one reader for each that may be read; all readers feed
//! one channel. Two rules keep the order of the stream:
//!
//! * A shard is read by one reader, so its records come in their order.
//! * A reader puts the end of its shard into the channel *before* the readers of the shard's
//!   children start. The channel keeps order, so a child's records come after the parent's end.
//!
//! A reader holds one of eight permits for every page that was requested and not yet taken by the
//! pipeline. That bounds the memory, whatever the number of shards. With enhanced fan-out, each
//! shard may have one page more.

mod coordinator;
mod fan_out;
mod lineage;
mod reader;
mod resume;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;

use self::coordinator::Coordinator;
use crate::connectors::kinesis::KinesisSourceConfig;
use crate::connectors::kinesis::{ApiError, KinesisApi};
use crate::observer::Observers;
use crate::record::Positions;
use crate::source::{Batch, Source, SourceError};

/// The most pages in memory, each of at most 10 MiB.
const PAGES_AHEAD: usize = 8;

/// Pages are joined up to this many records.
const MOST_JOINED: usize = 10_000;

/// All shards of a Kinesis stream, parents before children.
#[derive(Debug)]
pub struct KinesisSource {
    messages: mpsc::Receiver<Message>,
    /// Received, but not part of the last batch.
    waiting: Option<Message>,
    finished: bool,
    /// Aborts the coordinator, and with it the readers, when the source is dropped.
    _coordinator: JoinSet<()>,
}

/// Messages of readers and the coordinator to the source.
#[derive(Debug)]
enum Message {
    Batch(Batch, Option<OwnedSemaphorePermit>),
    Failed(SourceError),
    /// A bounded read is complete. That the channel is closed is not enough: a panic closes it,
    /// too.
    Finished,
}

impl KinesisSource {
    /// Opens a stream with the AWS SDK, to be read after `positions`.
    ///
    /// # Errors
    /// If the client cannot be set up, the stream does not exist or may not be read, or does not
    /// fit the positions.
    #[cfg(feature = "kinesis")]
    pub async fn open(
        config: &KinesisSourceConfig,
        positions: &Positions,
        observers: &Observers,
    ) -> Result<Self, SourceError> {
        use crate::connectors::kinesis::{Access, SdkClient};
        let access = Access {
            region: config.region.as_deref(),
            endpoint_url: config.endpoint_url.as_deref(),
            credentials: config.credentials,
        };
        let client = SdkClient::connect(&config.stream, access).await;
        let client = client.map_err(|error| SourceError::Setup {
            action: format!("cannot read the Kinesis stream {}", config.stream),
            reason: error.to_string(),
        })?;
        Self::with_api(Arc::new(client), config, positions, observers).await
    }

    /// Opens a stream through any implementation of the requests.
    ///
    /// # Errors
    /// As for `open`.
    pub async fn with_api<A: KinesisApi>(
        api: Arc<A>,
        config: &KinesisSourceConfig,
        positions: &Positions,
        observers: &Observers,
    ) -> Result<Self, SourceError> {
        let (sender, messages) = mpsc::channel(PAGES_AHEAD);
        let coordinator = Coordinator::new(api, config, positions, observers, sender).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(coordinator.run());
        Ok(Self {
            messages,
            waiting: None,
            finished: false,
            _coordinator: tasks,
        })
    }
}

impl KinesisSource {
    /// Joins the pages that are already waiting, so that shards are processed in parallel. The end
    /// of a shard ends a batch: its children come in a later one.
    fn join_waiting(&mut self, mut batch: Batch) -> Batch {
        while batch.records.len() < MOST_JOINED && batch.ended_shards.is_empty() {
            match self.messages.try_recv() {
                Ok(Message::Batch(next, _permit)) if next.begun_shards.is_empty() => {
                    let before = batch.records.len();
                    let faults = next.faults.into_iter();
                    batch
                        .faults
                        .extend(faults.map(|(index, it)| (before + index, it)));
                    batch.records.extend(next.records);
                    batch.unpacked += next.unpacked;
                    batch.elsewhere += next.elsewhere;
                    batch.started_shards.extend(next.started_shards);
                    batch.ended_shards.extend(next.ended_shards);
                }
                Ok(other) => {
                    self.waiting = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        batch
    }
}

#[async_trait]
impl Source for KinesisSource {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        if self.finished {
            return Ok(None);
        }
        let message = match self.waiting.take() {
            Some(message) => Some(message),
            None => self.messages.recv().await,
        };
        match message {
            // Dropping the permit lets a reader request the next page.
            Some(Message::Batch(batch, _permit)) => Ok(Some(self.join_waiting(batch))),
            Some(Message::Failed(error)) => Err(error),
            Some(Message::Finished) => {
                self.finished = true;
                Ok(None)
            }
            None => Err(SourceError::Service {
                action: "cannot read the Kinesis stream".to_owned(),
                source: "its reader has stopped".into(),
            }),
        }
    }
}

/// An error of a request, with the action that failed.
fn service_error(action: impl Into<String>, error: ApiError) -> SourceError {
    let action = action.into();
    match error.kind.remedy() {
        Some(remedy) => SourceError::Setup {
            action,
            reason: format!("{error}; {remedy}"),
        },
        None => SourceError::Service {
            action,
            source: Box::new(error),
        },
    }
}
