//! Lists the shards, and starts a reader for each when its turn comes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::lineage::{awaits_children, done_parents, readable};
use super::reader::{Cursor, Outcome, ShardReader, trimmed};
use super::resume::LastConsumed;
use super::{Message, PAGES_AHEAD, service_error};
use crate::connectors::kinesis::{ApiError, KinesisApi, Shard, retry, retry_at_work};
use crate::connectors::kinesis::{KinesisSourceConfig, StartPosition};
use crate::observer::Observers;
use crate::record::{Positions, Timestamp};
use crate::source::{Batch, BegunShard, SourceError};

/// How often the shards are listed.
const LIST_INTERVAL: Duration = Duration::from_secs(30);
/// The same while the children of a closed shard are not in the list yet.
const LIST_INTERVAL_AWAITING_CHILDREN: Duration = Duration::from_secs(1);

pub(super) struct Coordinator<A> {
    api: Arc<A>,
    config: Arc<KinesisSourceConfig>,
    stream: Arc<str>,
    positions: Positions,
    observers: Observers,
    output: mpsc::Sender<Message>,
    permits: Arc<Semaphore>,
    readers: JoinSet<Result<(Arc<str>, Outcome), SourceError>>,
    /// The shards when last listed.
    listed: Vec<Shard>,
    list_at: Instant,
    /// Shards that existed when reading began without positions: `latest` applies to them alone.
    /// Later shards are read from their start, or records would be lost.
    initial: BTreeSet<String>,
    /// Shards whose reader was started.
    begun: BTreeSet<String>,
    /// Shards that were read to their end, now or before the checkpoint.
    ended: BTreeSet<String>,
}

impl<A: KinesisApi> Coordinator<A> {
    /// Lists the shards for the first time and checks the positions against them.
    pub(super) async fn new(
        api: Arc<A>,
        config: &KinesisSourceConfig,
        positions: &Positions,
        observers: &Observers,
        output: mpsc::Sender<Message>,
    ) -> Result<Self, SourceError> {
        let listed = list_shards(&*api, &config.stream, false).await?;
        check(positions, &listed, config)?;
        let ids = listed.iter().map(|shard| shard.id.clone());
        let ended = positions.iter().filter(|(_, position)| position.ended);
        Ok(Self {
            api,
            config: Arc::new(config.clone()),
            stream: config.stream.as_str().into(),
            output,
            permits: Arc::new(Semaphore::new(PAGES_AHEAD)),
            readers: JoinSet::new(),
            initial: if positions.is_empty() {
                ids.collect()
            } else {
                BTreeSet::new()
            },
            begun: BTreeSet::new(),
            ended: ended.map(|(shard, _)| shard.to_owned()).collect(),
            positions: positions.clone(),
            observers: observers.clone(),
            listed,
            list_at: Instant::now() + LIST_INTERVAL,
        })
    }

    /// Runs until the stream is read, if it is bounded, or something fails permanently.
    pub(super) async fn run(mut self) {
        let message = match self.read_all().await {
            Ok(()) => Message::Finished,
            Err(error) => Message::Failed(error),
        };
        // Without a receiver there is no one to notify.
        let _ = self.output.send(message).await;
    }

    async fn read_all(&mut self) -> Result<(), SourceError> {
        loop {
            self.start_readers().await;
            let idle = self.readers.is_empty() && !awaits_children(&self.listed, &self.ended);
            if idle && !self.config.follow {
                return Ok(());
            }
            tokio::select! {
                Some(result) = self.readers.join_next() => match result {
                    Ok(done) => {
                        let (shard, outcome) = done?;
                        if outcome == Outcome::Ended {
                            tracing::info!(stream = %self.stream, %shard, "the shard has ended");
                            self.ended.insert(shard.to_string());
                            self.list_at = Instant::now();
                        }
                    }
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                () = sleep_until(self.list_at) => self.list().await?,
            }
        }
    }

    async fn list(&mut self) -> Result<(), SourceError> {
        self.listed = list_shards(&*self.api, &self.stream, true).await?;
        let interval = if awaits_children(&self.listed, &self.ended) {
            LIST_INTERVAL_AWAITING_CHILDREN
        } else {
            LIST_INTERVAL
        };
        self.list_at = Instant::now() + interval;
        Ok(())
    }

    async fn start_readers(&mut self) {
        let shards = readable(&self.listed, &self.begun, &self.ended);
        for shard in shards.into_iter().cloned().collect::<Vec<_>>() {
            let id = shard.id.clone();
            self.begun.insert(id.clone());
            self.announce(&shard).await;
            let cursor = self.cursor(&id);
            tracing::info!(stream = %self.stream, shard = id, ?cursor, "reading the shard");
            let position = self.positions.get(&id);
            let reader = ShardReader {
                api: Arc::clone(&self.api),
                config: Arc::clone(&self.config),
                stream: Arc::clone(&self.stream),
                shard: id.as_str().into(),
                hashes: shard.hashes,
                within: position.and_then(|it| Some((it.sequence.clone()?, it.sub_sequence?))),
                cursor,
                elsewhere: 0,
                permits: Arc::clone(&self.permits),
                observers: self.observers.clone(),
                output: self.output.clone(),
            };
            self.readers.spawn(reader.run());
        }
    }

    /// Notifies the pipeline of a new shard that was made from others, ahead of its records.
    async fn announce(&mut self, shard: &Shard) {
        let was_begun = self.positions.get(&shard.id).is_some();
        if shard.parents.is_empty() || was_begun {
            return;
        }
        let begun = BegunShard {
            shard: shard.id.as_str().into(),
            parents: shard.parents.clone(),
            done: done_parents(shard, &self.listed, &self.begun, &self.ended),
        };
        let batch = Batch {
            begun_shards: vec![begun],
            ..Batch::default()
        };
        // Without a receiver the source is gone, and this task is about to be aborted.
        let _ = self.output.send(Message::Batch(batch, None)).await;
    }

    fn cursor(&self, shard: &str) -> Cursor {
        let position = self.positions.get(shard);
        let last = position.and_then(|position| position.sequence.as_deref());
        let since = position.and_then(|position| position.since);
        match (last.and_then(LastConsumed::parse), self.config.start) {
            (Some(last), _) => Cursor::Resume(last),
            (None, StartPosition::Latest) if since.is_some() => {
                let since = Timestamp(since.unwrap_or_default());
                Cursor::Start(StartPosition::AtTimestamp(since))
            }
            (None, StartPosition::Latest) if !self.initial.contains(shard) => {
                Cursor::Start(StartPosition::TrimHorizon)
            }
            (None, start) => Cursor::Start(start),
        }
    }
}

/// Requests all pages of the list.
async fn list_shards<A: KinesisApi>(
    api: &A,
    stream: &str,
    at_work: bool,
) -> Result<Vec<Shard>, SourceError> {
    let action = format!("cannot list the shards of the Kinesis stream {stream}");
    let mut shards = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let request = || api.list_shards(next.as_deref());
        let page: Result<_, ApiError> = if at_work {
            retry_at_work(&action, request).await
        } else {
            retry(&action, request).await
        };
        let page = page.map_err(|error| service_error(&action, error))?;
        shards.extend(page.shards);
        match page.next {
            Some(token) => next = Some(token),
            None => return Ok(shards),
        }
    }
}

/// Whether reading can resume after the positions, according to the list of shards.
fn check(
    positions: &Positions,
    listed: &[Shard],
    config: &KinesisSourceConfig,
) -> Result<(), SourceError> {
    for (shard, position) in positions.iter().filter(|(_, position)| !position.ended) {
        let sequence = position.sequence.as_deref().unwrap_or_default();
        let unfit = |reason: &str| SourceError::Position {
            shard: shard.to_owned(),
            sequence: sequence.to_owned(),
            reason: reason.to_owned(),
        };
        if position.sequence.is_some() && LastConsumed::parse(sequence).is_none() {
            return Err(unfit(
                "it is not a Kinesis sequence number; the checkpoint belongs to another source",
            ));
        }
        if !listed.iter().any(|candidate| candidate.id == shard) {
            trimmed(config, shard, sequence, "(the shard is gone)")?;
        }
    }
    Ok(())
}
