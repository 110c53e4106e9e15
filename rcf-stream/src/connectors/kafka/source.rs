//! A Kafka topic as a [`Source`]: the partitions that the group assigns to this program.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::client::{self, LOOK, TIMEOUT, Wait, blocking, retry};
use super::error::{Kind, kind};
use super::group::{Change, Context, Group, next_offset, partition};
use super::member::Member;
use super::messages::{MOST_BYTES, Taken};
use super::{KafkaSourceConfig, OnTrimmed};
use crate::connectors::SourceOpening;
use crate::observer::{Observer, Observers};
use crate::record::{Position, Timestamp};
use crate::source::coordinator::Coordinator;
use crate::source::{Batch, Source, SourceError};

/// A group assigns partitions within the `max.poll.interval.ms` of its members, by default 5 min.
const POLL_INTERVAL: Duration = Duration::from_secs(300);
/// If it has not done so this much later, it has forgotten us.
const MARGIN: Duration = Duration::from_secs(60);

/// Reads the partitions that are assigned to this member of a group.
pub(super) struct KafkaSource {
    config: KafkaSourceConfig,
    stream: Arc<str>,
    group: Group,
    consumer: Arc<Member>,
    changes: mpsc::UnboundedReceiver<Change>,
    observers: Observers,
    /// Whether the group keeps the positions.
    is_kept: bool,
    partitions: BTreeMap<i32, Partition>,
    open: Open,
    /// The time until the first assignment; `None` from then on.
    joining: Option<Wait>,
    binary_keys: u64,
    tombstones: u64,
}

/// A partition that is read.
struct Partition {
    shard: Arc<str>,
    /// The offset of the next record.
    next: i64,
    /// Where reading ends, if it does.
    end: Option<i64>,
}

/// A change of the assignment that has begun. The group waits for the response, so each change is
/// kept here from the moment it is taken until it has one, which [`Drop`] gives at the latest.
enum Open {
    Nothing,
    Assigning {
        waiting: BTreeSet<i32>,
        offsets: TopicPartitionList,
    },
    Revoking {
        waiting: BTreeSet<i32>,
        all: TopicPartitionList,
    },
}

impl KafkaSource {
    pub(super) async fn open(
        config: &KafkaSourceConfig,
        opening: &SourceOpening<'_>,
    ) -> Result<Self, SourceError> {
        let mut options = client::config(&config.brokers, &config.options);
        options.set("group.id", &config.group);
        options.set("enable.auto.commit", "false");
        options.set("enable.auto.offset.store", "false");
        options.set("auto.offset.reset", "error");
        options.set("enable.partition.eof", "true");
        options.set("partition.assignment.strategy", "cooperative-sticky");
        let (context, changes) = Context::new();
        let (topic, brokers) = (&config.topic, config.brokers.join(","));
        let action = format!("cannot read the topic {topic} at {brokers}");
        let consumer: StreamConsumer<Context> = options
            .create_with_context(context)
            .map_err(|error| super::error::source_error(action, &error, None))?;
        let consumer = Arc::new(Member::new(consumer, &config.group));
        let group = Group::new(Arc::clone(&consumer), config);
        let (asking, for_topic) = (group.clone(), Arc::clone(&consumer));
        let topic = config.topic.clone();
        blocking(move || find(&asking, &for_topic, &topic)).await?;
        let subscribed = consumer.subscribe(&[&config.topic]);
        subscribed.map_err(|error| group.error("subscribe to", error))?;
        Ok(Self {
            config: config.clone(),
            stream: config.topic.as_str().into(),
            group,
            consumer,
            changes,
            observers: opening.observers.clone(),
            is_kept: opening.has_checkpoints,
            partitions: BTreeMap::new(),
            open: Open::Nothing,
            joining: Some(Wait::new("the group to assign partitions")),
            binary_keys: 0,
            tombstones: 0,
        })
    }

    /// Begins a change of the assignment; `None` if the pipeline has nothing to do.
    fn change(&mut self, change: Change) -> Result<Option<Batch>, SourceError> {
        self.joining = None;
        let (is_assignment, is_lost) = match &change {
            Change::Assigned(_) => (true, false),
            Change::Revoked { lost, .. } => (false, *lost),
        };
        let waiting = self.begin(change);
        if is_lost {
            return Err(SourceError::Lost {
                action: format!("the partitions of the topic {} were lost", self.stream),
                reason: "this member was out of contact with the group for too long".to_owned(),
            });
        }
        if waiting.is_empty() {
            self.respond()?;
            return Ok(None);
        }
        let batch = Batch::default();
        Ok(Some(match is_assignment {
            true => Batch {
                assigned_shards: waiting,
                ..batch
            },
            false => Batch {
                revoked_shards: waiting,
                ..batch
            },
        }))
    }

    /// Takes note of a change, and returns its shards.
    fn begin(&mut self, change: Change) -> Vec<Arc<str>> {
        let (Change::Assigned(partitions) | Change::Revoked { partitions, .. }) = &change;
        let shards = shards(partitions);
        let waiting = partitions.iter().copied().collect();
        self.open = match change {
            Change::Assigned(_) => Open::Assigning {
                waiting,
                offsets: TopicPartitionList::new(),
            },
            Change::Revoked { partitions, .. } => {
                let mut all = TopicPartitionList::new();
                for partition in partitions {
                    all.add_partition(&self.stream, partition);
                }
                Open::Revoking { waiting, all }
            }
        };
        shards
    }

    /// Responds to the change that has begun.
    fn respond(&mut self) -> Result<(), SourceError> {
        let (done, action) = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => return Ok(()),
            Open::Assigning { offsets, .. } => (
                self.consumer.incremental_assign(&offsets),
                "read partitions of",
            ),
            Open::Revoking { all, .. } => (
                self.consumer.incremental_unassign(&all),
                "give back partitions of",
            ),
        };
        done.map_err(|error| self.group.error(action, error))
    }

    /// Reports a long wait for the first assignment, and joins again when no group may take so
    /// long.
    fn check_joining(&mut self) -> Result<(), SourceError> {
        let Some(wait) = &mut self.joining else {
            return Ok(());
        };
        let told = self.consumer.context().told.last();
        let why = told.unwrap_or_else(|| "the other members have to join again first".to_owned());
        wait.report(&why);
        let limit = longest_join(&self.config);
        if wait.so_far() < limit {
            return Ok(());
        }
        Err(SourceError::Lost {
            action: format!(
                "the group {} has assigned no partitions of the topic {} for {} s",
                self.config.group,
                self.stream,
                limit.as_secs()
            ),
            reason: why,
        })
    }

    /// Whether a bounded read is over.
    fn is_done(&self) -> bool {
        let is_read = |it: &Partition| it.end.is_some_and(|end| it.next >= end);
        !self.config.follow && self.joining.is_none() && self.partitions.values().all(is_read)
    }

    /// Takes a message, and further ones that are available without waiting.
    fn batch(
        &self,
        first: BorrowedMessage<'_>,
        consumer: &Member,
        errors: &mut VecDeque<KafkaError>,
    ) -> Taken {
        let mut taken = Taken::default();
        let mut next = Some(first);
        while let Some(message) = next.take() {
            let partition = message.partition();
            let known = self.partitions.get(&partition);
            let known = known.filter(|it| it.end.is_none_or(|end| message.offset() < end));
            if let Some(known) = known {
                taken.take(&self.stream, &known.shard, &message, &self.config);
            }
            if taken.count >= self.config.max_records || taken.bytes >= MOST_BYTES {
                break;
            }
            match consumer.recv().now_or_never() {
                Some(Ok(message)) => next = Some(message),
                Some(Err(error)) => errors.push_back(error),
                None => {}
            }
        }
        taken
    }

    fn finish(&mut self, taken: Taken) -> Batch {
        for (partition, (offset, time)) in taken.last {
            if let Some(partition) = self.partitions.get_mut(&partition) {
                partition.next = offset + 1;
                if let Some(Timestamp(time)) = time {
                    let age = now_ms().saturating_sub(time);
                    let age = u64::try_from(age).unwrap_or(0);
                    let age = Duration::from_millis(age);
                    self.observers.behind(&partition.shard, age);
                }
            }
        }
        if taken.tombstones > 0 {
            self.observers.tombstones(taken.tombstones);
            self.tombstones += taken.tombstones;
            let (before, all) = (self.tombstones - taken.tombstones, self.tombstones);
            if before == 0 || before.ilog10() != all.ilog10() {
                tracing::info!(
                    count = all,
                    "tombstones (records without a payload) skipped"
                );
            }
        }
        if taken.binary_keys > 0 && self.binary_keys == 0 {
            tracing::warn!(
                "keys that are not UTF-8 are represented by their bytes in \
                            hexadecimal: 0x…"
            );
        }
        self.binary_keys += taken.binary_keys;
        Batch {
            records: taken.records,
            faults: taken.faults,
            tombstones: taken.tombstones,
            ..Batch::default()
        }
    }

    /// Handles an error in place of a message.
    fn failed(&mut self, error: KafkaError) -> Result<(), SourceError> {
        match &error {
            KafkaError::PartitionEOF(partition) => {
                if let Some(partition) = self.partitions.get_mut(partition) {
                    self.observers.behind(&partition.shard, Duration::ZERO);
                    if let Some(end) = partition.end {
                        partition.next = partition.next.max(end); // markers may be at the end
                    }
                }
                Ok(())
            }
            KafkaError::MessageConsumptionFatal(_) => Err(self.group.error("read", error)),
            error if is_trimmed(error) => Err(SourceError::Trimmed {
                shard: "that is read".to_owned(),
                sequence: "the last one".to_owned(),
            }),
            _ if kind(&error) == Kind::Unavailable => {
                tracing::debug!(%error, "a broker cannot be reached; librdkafka retries");
                Ok(())
            }
            _ => Err(self.group.error("read", error)),
        }
    }

    /// The first record to read in a partition, given what its retention has left.
    fn within(&self, shard: &str, next: i64, (low, high): (i64, i64)) -> Result<i64, SourceError> {
        if next > high {
            return Err(SourceError::Position {
                shard: shard.to_owned(),
                sequence: (next - 1).to_string(),
                reason: format!(
                    "the partition ends at {high}; was the topic deleted and created again? \
                     Delete the offsets of the group, and choose an empty checkpoint directory"
                ),
            });
        }
        if next >= low {
            return Ok(next);
        }
        if self.config.on_trimmed == OnTrimmed::Fail {
            return Err(SourceError::Trimmed {
                shard: shard.to_owned(),
                sequence: (next - 1).to_string(),
            });
        }
        let lost = low - next;
        tracing::warn!(
            shard,
            lost,
            "records were deleted before they could be read"
        );
        Ok(low)
    }
}

/// How long it can take until partitions are assigned.
fn longest_join(config: &KafkaSourceConfig) -> Duration {
    let interval = config.options.get("max.poll.interval.ms");
    let interval = interval.and_then(|text| text.parse().ok());
    interval.map_or(POLL_INTERVAL, Duration::from_millis) + MARGIN
}

/// Waits until then, or for ever.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

fn is_trimmed(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::OffsetOutOfRange | Code::AutoOffsetReset)
    )
}

/// Whether the topic exists, and the group may be used.
fn find(group: &Group, consumer: &Member, topic: &str) -> Result<(), SourceError> {
    let partitions = retry("the topic to read", TIMEOUT, || {
        let metadata = consumer.fetch_metadata(Some(topic), LOOK);
        // Messages of librdkafka arrive by polling, and there has been none yet.
        while consumer.recv().now_or_never().is_some() {}
        client::partitions(&consumer.context().told.judge(metadata)?, topic)
    });
    let partitions = partitions.map_err(|error| group.error("read", error))?;
    group.may_be_asked(partitions[0])
}

fn shards(partitions: &[i32]) -> Vec<Arc<str>> {
    partitions.iter().map(|it| it.to_string().into()).collect()
}

#[async_trait]
impl Source for KafkaSource {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        let consumer = Arc::clone(&self.consumer);
        loop {
            while let Ok(change) = self.changes.try_recv() {
                if let Some(batch) = self.change(change)? {
                    return Ok(Some(batch));
                }
            }
            if self.is_done() {
                return Ok(None);
            }
            self.check_joining()?;
            let due = self.joining.as_ref().map(Wait::due);
            let received = tokio::select! {
                biased;
                change = self.changes.recv() => Err(change),
                message = consumer.recv() => Ok(message),
                () = until(due) => continue,
            };
            match received {
                Err(Some(change)) => {
                    if let Some(batch) = self.change(change)? {
                        return Ok(Some(batch));
                    }
                }
                Err(None) => return Ok(None), // the consumer is gone, and it is ours
                Ok(Err(error)) => self.failed(error)?,
                Ok(Ok(message)) => {
                    let mut errors = VecDeque::new();
                    let taken = self.batch(message, &consumer, &mut errors);
                    let batch = self.finish(taken);
                    for error in errors {
                        self.failed(error)?;
                    }
                    return Ok(Some(batch));
                }
            }
        }
    }

    fn rebalances(&self) -> bool {
        true
    }

    fn coordinator(&self) -> Option<Arc<dyn Coordinator>> {
        self.is_kept
            .then(|| Arc::new(self.group.clone()) as Arc<dyn Coordinator>)
    }

    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let number = partition(shard)?;
        let next = match after {
            Some(position) => next_offset(shard, position)?,
            None => next_offset(shard, &self.group.begin(shard).await?)?,
        };
        let group = self.group.clone();
        let ends = blocking(move || group.ends(number)).await?;
        let next = self.within(shard, next, ends)?;
        let partition = Partition {
            shard: shard.into(),
            next,
            end: (!self.config.follow).then_some(ends.1),
        };
        self.partitions.insert(number, partition);
        let Open::Assigning { waiting, offsets } = &mut self.open else {
            return Ok(());
        };
        waiting.remove(&number);
        let added = offsets.add_partition_offset(&self.stream, number, Offset::Offset(next));
        added.map_err(|error| self.group.error("read partitions of", error))?;
        match waiting.is_empty() {
            true => self.respond(),
            false => Ok(()),
        }
    }

    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        let number = partition(shard)?;
        self.partitions.remove(&number);
        let Open::Revoking { waiting, .. } = &mut self.open else {
            return Ok(());
        };
        waiting.remove(&number);
        match waiting.is_empty() {
            true => self.respond(),
            false => Ok(()),
        }
    }
}

impl Drop for KafkaSource {
    /// The group waits for a response to each change, also when this member leaves.
    fn drop(&mut self) {
        self.consumer.context().close();
        loop {
            if let Open::Assigning { offsets, .. } = &mut self.open {
                *offsets = TopicPartitionList::new(); // nothing will be read
            }
            let _ = self.respond(); // the consumer is dropped in any case
            match self.changes.try_recv() {
                Ok(change) => drop(self.begin(change)),
                Err(_) => break,
            }
        }
    }
}
