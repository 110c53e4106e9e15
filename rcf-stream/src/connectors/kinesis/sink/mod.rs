//! A Kinesis stream as a [`Sink`].
//!
//! `write` hands its records to a task and returns; the task puts what is waiting, as many in one
//! request as fit, so requests are small while the stream is slow and full when it is fast.
//! `flush` waits until the queue is empty. Records on their way hold shares of a fixed
//! number of bytes: when there are none left, `write` waits.

mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use self::queue::Entry;
use self::worker::{Command, Worker};
use crate::connectors::kinesis::{ApiError, ErrorKind, KinesisApi, PutEntry, retry};
use crate::observer::{InFlight, Observers};
use crate::record::OutputRecord;
use crate::sink::{Flushed, Sink, SinkError, SinkPosition};

/// The most bytes that are written and not acknowledged.
const BYTES_IN_FLIGHT: usize = 32 << 20;
/// The overhead of a record in addition to its key and payload.
const OVERHEAD: usize = 256;
/// The assumed record size limit of a stream that we may not describe.
const DEFAULT_MAX_RECORD_BYTES: usize = 1 << 20;
/// The longest partition key that Kinesis takes, in characters.
const MAX_KEY_CHARS: usize = 256;

/// Puts results into a Kinesis stream, each at least once.
///
/// Records of one key stay in order across requests: while one of them waits for its next attempt,
/// no later one of its key is sent. Within one request Kinesis guarantees no order; the id of a
/// result identifies its position.
#[derive(Debug)]
pub struct KinesisSink {
    stream: String,
    max_record_bytes: usize,
    observers: Observers,
    in_flight: Arc<Semaphore>,
    commands: mpsc::UnboundedSender<Command>,
    /// Holds the one task; dropping the sink aborts it.
    worker: JoinSet<Result<(), SinkError>>,
}

impl KinesisSink {
    /// Opens a stream with the AWS SDK.
    ///
    /// # Errors
    /// If the client cannot be set up, or the stream does not exist.
    #[cfg(feature = "kinesis")]
    pub async fn open(
        config: &crate::connectors::kinesis::KinesisSinkConfig,
        observers: &Observers,
    ) -> Result<Self, SinkError> {
        use crate::connectors::kinesis::{Access, SdkClient};
        let access = Access {
            region: config.region.as_deref(),
            endpoint_url: config.endpoint_url.as_deref(),
            credentials: config.credentials,
        };
        let client = SdkClient::connect(&config.stream, access).await;
        let client = client.map_err(|error| SinkError::Setup {
            action: format!("cannot write to the Kinesis stream {}", config.stream),
            reason: error.to_string(),
        })?;
        Self::with_api(Arc::new(client), &config.stream, observers).await
    }

    /// Opens a stream through any implementation of the requests.
    ///
    /// # Errors
    /// If the stream does not exist.
    pub async fn with_api<A: KinesisApi>(
        api: Arc<A>,
        stream: &str,
        observers: &Observers,
    ) -> Result<Self, SinkError> {
        let action = format!("cannot describe the Kinesis stream {stream}");
        let max_record_bytes = match retry(&action, || api.max_record_bytes()).await {
            Ok(bytes) => bytes,
            // A writer does not need the right to describe the stream.
            Err(error) if error.kind == ErrorKind::Denied => DEFAULT_MAX_RECORD_BYTES,
            Err(error) => return Err(service_error(action, error)),
        };
        let in_flight = Arc::new(Semaphore::new(BYTES_IN_FLIGHT));
        let (commands, receiver) = mpsc::unbounded_channel();
        let mut worker = JoinSet::new();
        let task = Worker::new(api, stream, observers, receiver, Arc::clone(&in_flight));
        worker.spawn(task.run());
        Ok(Self {
            stream: stream.to_owned(),
            max_record_bytes,
            observers: observers.clone(),
            in_flight,
            commands,
            worker,
        })
    }

    fn entry(&self, record: OutputRecord) -> Result<(Entry, u32), SinkError> {
        let put = PutEntry {
            partition_key: partition_key(&record),
            data: record.data,
        };
        let size = put.data.len() + put.partition_key.len();
        if size > self.max_record_bytes {
            return Err(SinkError::RecordTooLarge {
                id: record.id,
                size,
                limit: self.max_record_bytes,
            });
        }
        let cost = u32::try_from((size + OVERHEAD).min(BYTES_IN_FLIGHT));
        let entry = Entry::new(record.id, put, InFlight::new(&self.observers, 1));
        Ok((entry, cost.expect("BYTES_IN_FLIGHT fits")))
    }

    /// Why the worker has stopped.
    async fn failure(&mut self) -> SinkError {
        match self.worker.join_next().await {
            Some(Ok(Err(error))) => error,
            _ => SinkError::Service {
                action: format!("cannot write to the Kinesis stream {}", self.stream),
                source: "its writer has stopped".into(),
            },
        }
    }
}

#[async_trait]
impl Sink for KinesisSink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        for record in records {
            let (entry, cost) = self.entry(record)?;
            let Ok(share) = Arc::clone(&self.in_flight).acquire_many_owned(cost).await else {
                return Err(self.failure().await);
            };
            if self.commands.send(Command::Put(entry, share)).is_err() {
                return Err(self.failure().await);
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError> {
        let (done, flushed) = oneshot::channel();
        if self.commands.send(Command::Flush(done)).is_err() || flushed.await.is_err() {
            return Err(self.failure().await);
        }
        Ok(None)
    }

    async fn begin_flush(&mut self) -> Result<Flushed, SinkError> {
        let (done, flushed) = oneshot::channel();
        if self.commands.send(Command::Flush(done)).is_err() {
            return Err(self.failure().await);
        }
        let action = format!("cannot write to the Kinesis stream {}", self.stream);
        Ok(Box::pin(async move {
            let stopped = |_| SinkError::Service {
                action,
                source: "its writer has stopped".into(),
            };
            flushed.await.map_err(stopped)?;
            Ok(None)
        }))
    }
}

/// An error of a request, with the action that failed.
fn service_error(action: impl Into<String>, error: ApiError) -> SinkError {
    let action = action.into();
    match error.kind.remedy() {
        Some(remedy) => SinkError::Setup {
            action,
            reason: format!("{error}; {remedy}"),
        },
        None => SinkError::Service {
            action,
            source: Box::new(error),
        },
    }
}

/// The partition key of a record, or, if it has none, the stream and shard it came from: one key
/// for each shard of the input keeps its results in order.
fn partition_key(record: &OutputRecord) -> String {
    let key = match record.id.rsplit_once('/') {
        _ if !record.partition_key.is_empty() => &record.partition_key,
        Some((stream_and_shard, _)) if !stream_and_shard.is_empty() => stream_and_shard,
        _ => "0",
    };
    let surplus = key.chars().count().saturating_sub(MAX_KEY_CHARS);
    key.chars().skip(surplus).collect()
}
