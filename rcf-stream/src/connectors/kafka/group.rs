//! Membership of a consumer group: which partitions are ours, and their offsets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use tokio::sync::mpsc;

use super::client::{self, PAUSE, TIMEOUT, Told, blocking, retry};
use super::error::source_error;
use super::member::Member;
use super::producer::Producer;
use super::{KafkaSourceConfig, Start, metadata};
use crate::record::Position;
use crate::source::SourceError;
use crate::source::coordinator::{Coordinator, KeptPosition, ShardCheckpoint};

/// The offsets of a killed program are available once its transaction ends; a broker may be
/// starting.
const PATIENCE: Duration = Duration::from_secs(240);
/// The group may be rebalancing when offsets are committed.
const REBALANCE: Duration = Duration::from_secs(30);

/// What the group has decided about our partitions.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<i32>),
    /// Whether they are revoked in order, or already belong to another member.
    Revoked {
        partitions: Vec<i32>,
        lost: bool,
    },
}

/// Receives the reports of librdkafka. A change of the assignment is only recorded here: it takes
/// effect when the pipeline has committed what it releases, and restored what it receives.
pub(super) struct Context {
    changes: mpsc::UnboundedSender<Change>,
    is_closing: AtomicBool,
    pub(super) told: Told,
}

impl Context {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Change>) {
        let (changes, receiver) = mpsc::unbounded_channel();
        let context = Self {
            changes,
            is_closing: AtomicBool::new(false),
            told: Told::default(),
        };
        (context, receiver)
    }

    /// From now on partitions are given back immediately.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.told.note(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let is_assignment = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.is_closing.load(Ordering::Relaxed) {
            let _ = match is_assignment {
                true => consumer.incremental_assign(&TopicPartitionList::new()),
                false => consumer.incremental_unassign(partitions),
            }; // the consumer is dropped in any case
            return;
        }
        let partitions = partitions
            .elements()
            .iter()
            .map(|it| it.partition())
            .collect();
        let change = match is_assignment {
            true => Change::Assigned(partitions),
            false => Change::Revoked {
                partitions,
                lost: consumer.assignment_lost(),
            },
        };
        let _ = self.changes.send(change); // without a receiver the source was dropped
    }
}

/// The consumer group as the store of positions. Clones are handles of the same group.
#[derive(Clone)]
pub(super) struct Group {
    shared: Arc<Shared>,
}

struct Shared {
    consumer: Arc<Member>,
    brokers: Vec<String>,
    topic: String,
    name: String,
    start: Start,
    /// Where results are written in transactions, if they are.
    producer: Mutex<Option<Arc<Producer>>>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shared { topic, name, .. } = &*self.shared;
        f.debug_struct("Group")
            .field("topic", topic)
            .field("name", name)
            .finish()
    }
}

impl Group {
    pub(super) fn new(consumer: Arc<Member>, config: &KafkaSourceConfig) -> Self {
        let shared = Shared {
            consumer,
            brokers: config.brokers.clone(),
            topic: config.topic.clone(),
            name: config.group.clone(),
            start: config.start,
            producer: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(super) fn topic(&self) -> &str {
        &self.shared.topic
    }

    /// The group, as part of the transactional id.
    pub(super) fn name(&self) -> &str {
        &self.shared.name
    }

    /// The cluster; `None` if no broker answers.
    pub(super) fn cluster(&self) -> Option<String> {
        self.shared.consumer.client().fetch_cluster_id(TIMEOUT)
    }

    /// The producer whose transactions include the offsets; created by the first sink that asks.
    pub(super) fn producer<E>(
        &self,
        make: impl FnOnce() -> Result<Arc<Producer>, E>,
    ) -> Result<Arc<Producer>, E> {
        let mut producer = self
            .shared
            .producer
            .lock()
            .expect("no thread panics while it holds the lock");
        if let Some(producer) = &*producer {
            return Ok(Arc::clone(producer));
        }
        let made = make()?;
        *producer = Some(Arc::clone(&made));
        Ok(made)
    }

    fn transactions(&self) -> Option<Arc<Producer>> {
        self.shared
            .producer
            .lock()
            .expect("no thread panics while it holds the lock")
            .clone()
    }

    /// The oldest offset of a partition and the one after its newest record.
    pub(super) fn ends(&self, partition: i32) -> Result<(i64, i64), SourceError> {
        let shared = &*self.shared;
        let ends = || {
            shared
                .consumer
                .fetch_watermarks(&shared.topic, partition, TIMEOUT)
        };
        retry("the ends of a partition", PATIENCE, ends)
            .map_err(|error| self.error("ask for the offsets of", error))
    }

    /// Offsets and metadata of the group.
    fn offsets(&self, partitions: &[i32]) -> Result<BTreeMap<i32, (i64, String)>, SourceError> {
        let shared = &*self.shared;
        let fetch = || {
            let mut list = TopicPartitionList::new();
            for &partition in partitions {
                list.add_partition(&shared.topic, partition);
            }
            let found = shared.consumer.committed_offsets(list, TIMEOUT)?;
            let mut offsets = BTreeMap::new();
            for element in found.elements() {
                element.error()?;
                if let Offset::Offset(offset) = element.offset() {
                    let metadata = element.metadata().to_owned();
                    offsets.insert(element.partition(), (offset, metadata));
                }
            }
            Ok(offsets)
        };
        retry("the offsets of the group", PATIENCE, fetch)
            .map_err(|error| self.error("ask for the group's offsets in", error))
    }

    /// Whether this user may use the group; also checks that a broker is available.
    pub(super) fn may_be_asked(&self, partition: i32) -> Result<(), SourceError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.shared.topic, partition);
        let asked = self.shared.consumer.committed_offsets(list, TIMEOUT);
        match asked {
            // A transaction is open, or the broker is starting: repeated later.
            Err(error) if super::error::kind(&error) == super::error::Kind::Unavailable => Ok(()),
            asked => asked
                .map(drop)
                .map_err(|error| self.error("use the offsets of", error)),
        }
    }

    /// Where a partition without a committed offset begins: the offset of its first record.
    fn first(&self, partition: i32) -> Result<i64, SourceError> {
        let shared = &*self.shared;
        let metadata = retry("the partitions of the topic", PATIENCE, || {
            let metadata = shared
                .consumer
                .fetch_metadata(Some(&shared.topic), TIMEOUT)?;
            client::partitions(&metadata, &shared.topic)
        });
        let all = metadata.map_err(|error| self.error("ask for the partitions of", error))?;
        let known = self.offsets(&all)?;
        let (low, high) = self.ends(partition)?;
        if !known.is_empty() {
            let topic = &shared.topic;
            tracing::warn!(
                %topic,
                partition,
                "the partition is new to the group and read from its start: keys that moved to it \
                 when it was added start with new models"
            );
            return Ok(low);
        }
        match shared.start {
            Start::Earliest => Ok(low),
            Start::Latest => Ok(high),
            Start::AtTimestamp(time) => self.at_time(partition, time.0, high),
        }
    }

    fn at_time(&self, partition: i32, time: i64, high: i64) -> Result<i64, SourceError> {
        let shared = &*self.shared;
        let found = retry("the offset at source.start", PATIENCE, || {
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&shared.topic, partition, Offset::Offset(time))?;
            shared.consumer.offsets_for_times(list, TIMEOUT)
        });
        let found = found.map_err(|error| self.error("look for source.start in", error))?;
        let offset = found.elements().first().map(|it| it.offset());
        Ok(match offset {
            Some(Offset::Offset(offset)) => offset,
            _ => high,
        })
    }

    fn commit_now(&self, checkpoints: &[ShardCheckpoint]) -> Result<(), SourceError> {
        let offsets = self.list(checkpoints)?;
        let consumer = &self.shared.consumer;
        match self.transactions() {
            Some(producer) => {
                let group = consumer.group_metadata().ok_or(KafkaError::Canceled);
                let done = group.and_then(|group| producer.commit(&offsets, &group));
                done.map_err(|error| self.error("commit results and offsets of", error))
            }
            None => {
                let done = through_rebalances(|| consumer.commit(&offsets, CommitMode::Sync));
                done.map_err(|error| self.error("commit offsets of", error))
            }
        }
    }

    fn list(&self, checkpoints: &[ShardCheckpoint]) -> Result<TopicPartitionList, SourceError> {
        let mut list = TopicPartitionList::new();
        for ShardCheckpoint {
            shard,
            position,
            manifest,
        } in checkpoints
        {
            let next = Offset::Offset(next_offset(shard, position)?);
            let partition = partition(shard)?;
            let mut add = || {
                list.add_partition_offset(&self.shared.topic, partition, next)?;
                let element = list.find_partition(&self.shared.topic, partition);
                let mut element = element.ok_or(KafkaError::Canceled)?;
                element.set_metadata(metadata::of_manifest(manifest));
                Ok(())
            };
            add().map_err(|error: KafkaError| self.error("note offsets of", error))?;
        }
        Ok(list)
    }

    pub(super) fn error(&self, action: &str, error: KafkaError) -> SourceError {
        let told = &self.shared.consumer.context().told;
        let (error, text) = told.instead_of(error);
        let Shared { topic, name, .. } = &*self.shared;
        let brokers = self.shared.brokers.join(",");
        let action = format!("cannot {action} the topic {topic} for the group {name} at {brokers}");
        source_error(action, &error, text)
    }
}

/// Repeats a commit while members join and leave.
pub(super) fn through_rebalances(mut commit: impl FnMut() -> KafkaResult<()>) -> KafkaResult<()> {
    let begin = std::time::Instant::now();
    loop {
        match retry("a commit of offsets", PATIENCE, &mut commit) {
            Err(error)
                if error.rdkafka_error_code() == Some(Code::RebalanceInProgress)
                    && begin.elapsed() < REBALANCE =>
            {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

#[async_trait]
impl Coordinator for Group {
    async fn kept(&self, shard: &str) -> Result<Option<KeptPosition>, SourceError> {
        let (group, partition) = (self.clone(), partition(shard)?);
        let offsets = blocking(move || group.offsets(&[partition])).await?;
        Ok(offsets.get(&partition).map(|(next, text)| KeptPosition {
            position: before(*next),
            manifest: metadata::manifest(text),
        }))
    }

    async fn begin(&self, shard: &str) -> Result<Position, SourceError> {
        let (group, partition) = (self.clone(), partition(shard)?);
        Ok(before(blocking(move || group.first(partition)).await?))
    }

    fn is_transactional(&self) -> bool {
        self.transactions().is_some()
    }

    async fn commit(&self, checkpoints: Vec<ShardCheckpoint>) -> Result<(), SourceError> {
        let group = self.clone();
        blocking(move || group.commit_now(&checkpoints)).await
    }
}

/// The partition of a shard.
pub(super) fn partition(shard: &str) -> Result<i32, SourceError> {
    shard.parse().map_err(|_| SourceError::Position {
        shard: shard.to_owned(),
        sequence: String::new(),
        reason: "it is not a partition of a topic".to_owned(),
    })
}

/// The position before the record at this offset, which may be the first.
fn before(offset: i64) -> Position {
    Position {
        sequence: Some((offset - 1).to_string()),
        ..Position::default()
    }
}

/// The offset of the record after a position.
pub(super) fn next_offset(shard: &str, position: &Position) -> Result<i64, SourceError> {
    let sequence = position.sequence.as_deref().unwrap_or_default();
    let offset = sequence.parse::<i64>().ok().filter(|it| *it >= -1);
    offset
        .map(|it| it + 1)
        .ok_or_else(|| SourceError::Position {
            shard: shard.to_owned(),
            sequence: sequence.to_owned(),
            reason: "it is not an offset; does the checkpoint belong to another source?".to_owned(),
        })
}
