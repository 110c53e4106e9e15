//! Reads one shard from its cursor to its end.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use super::resume::{Evidence, LastConsumed};
use super::{Message, service_error};
use crate::connectors::kinesis::aggregate::{HashRange, Unpacked, UserRecord, unpack};
use crate::connectors::kinesis::{
    ApiError, Backoff, ErrorKind, FetchedRecord, IteratorStart, KinesisApi, RecordPage,
    retry_at_work,
};
use crate::connectors::kinesis::{KinesisSourceConfig, OnTrimmed, StartPosition};
use crate::observer::{Observer, Observers};
use crate::record::{Headers, Record, Timestamp};
use crate::source::{Batch, RecordFault, SourceError};

/// Kinesis allows five reads per second and shard.
const READ_INTERVAL: Duration = Duration::from_millis(200);

/// The next place to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cursor {
    /// Nothing was ever read.
    Start(StartPosition),
    /// After the record of a checkpoint, which has to be read again.
    Resume(LastConsumed),
    /// After a record that this reader has delivered.
    After(String),
}

/// Why a reader is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The shard is closed, and the pipeline knows it.
    Ended,
    /// The newest record was read, and the source does not follow.
    AtTip,
}

/// A task that reads one shard.
pub(super) struct ShardReader<A> {
    pub(super) api: Arc<A>,
    pub(super) config: Arc<KinesisSourceConfig>,
    pub(super) stream: Arc<str>,
    pub(super) shard: Arc<str>,
    /// The hashes of its partition keys.
    pub(super) hashes: Option<HashRange>,
    /// A record of which only the first parts were consumed, and the last of those.
    pub(super) within: Option<(String, u64)>,
    pub(super) cursor: Cursor,
    /// Packed records that belong to other shards, so far.
    pub(super) elsewhere: u64,
    pub(super) permits: Arc<Semaphore>,
    pub(super) observers: Observers,
    pub(super) output: mpsc::Sender<Message>,
}

impl<A: KinesisApi> ShardReader<A> {
    /// Reads until the shard ends, or until its tip if configured so.
    pub(super) async fn run(self) -> Result<(Arc<str>, Outcome), SourceError> {
        match self.config.consumer_arn.clone() {
            Some(consumer) => self.run_subscribed(&consumer).await,
            None => self.run_polling().await,
        }
    }

    async fn run_polling(mut self) -> Result<(Arc<str>, Outcome), SourceError> {
        let poll_interval = Duration::from_millis(self.config.poll_interval_ms).max(READ_INTERVAL);
        let mut backoff = Backoff::default();
        let mut iterator = self.open().await?;
        let mut next_read = Instant::now();
        loop {
            sleep_until(next_read).await;
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let permit = permit.expect("the semaphore is never closed");
            next_read = Instant::now() + READ_INTERVAL;
            let mut page = match self.read(&iterator).await {
                Ok(page) => page,
                Err(error) => {
                    // Others may read while this shard waits.
                    drop(permit);
                    if error.kind == ErrorKind::ExpiredIterator {
                        iterator = self.open().await?;
                    } else if error.kind.is_retryable_at_work() {
                        if error.kind == ErrorKind::Throttled {
                            self.observers.throttled();
                        }
                        backoff.wait(&self.action("read"), &error).await;
                    } else {
                        return Err(service_error(self.action("read"), error));
                    }
                    continue;
                }
            };
            backoff.reset();
            self.observers.behind(
                &self.shard,
                Duration::from_millis(page.millis_behind_latest),
            );
            // Records of one millisecond are "0 ms behind" each other: only an empty response shows
            // that there are no more.
            let at_tip = page.records.is_empty() && page.millis_behind_latest == 0;
            self.advance(&mut page.records)?;
            let ended = page.next.is_none();
            if ended || !page.records.is_empty() {
                let message = Message::Batch(self.batch(page.records, ended), Some(permit));
                // Without a receiver the source is gone, and this task is about to be aborted.
                let _ = self.output.send(message).await;
            }
            match page.next {
                None => return Ok((self.shard, Outcome::Ended)),
                Some(_) if at_tip && !self.config.follow => {
                    return Ok((self.shard, Outcome::AtTip));
                }
                Some(next) => iterator = next,
            }
            if at_tip {
                next_read += poll_interval - READ_INTERVAL;
            }
        }
    }

    async fn read(&self, iterator: &str) -> Result<RecordPage, ApiError> {
        self.api
            .get_records(iterator, self.config.max_records)
            .await
    }

    /// A new iterator at the cursor.
    async fn open(&mut self) -> Result<String, SourceError> {
        let start = self.start();
        let action = self.action("get an iterator of");
        let iterator =
            retry_at_work(&action, || self.api.shard_iterator(&self.shard, &start)).await;
        let iterator = iterator.map_err(|error| self.refused(&action, error))?;
        self.remember_latest(&start).await;
        Ok(iterator)
    }

    /// The position to continue from.
    pub(super) fn start(&self) -> IteratorStart {
        match &self.cursor {
            Cursor::Start(StartPosition::TrimHorizon) => IteratorStart::TrimHorizon,
            Cursor::Start(StartPosition::Latest) => IteratorStart::Latest,
            Cursor::Start(StartPosition::AtTimestamp(time)) => IteratorStart::AtTimestamp(*time),
            Cursor::Resume(last) => IteratorStart::AtSequence(last.as_str().to_owned()),
            Cursor::After(sequence) => IteratorStart::AfterSequence(sequence.clone()),
        }
    }

    /// Requested again, now or after a restart, "latest" would skip records that have arrived in
    /// the meantime.
    pub(super) async fn remember_latest(&mut self, start: &IteratorStart) {
        if *start == IteratorStart::Latest {
            let since = now();
            self.cursor = Cursor::Start(StartPosition::AtTimestamp(since));
            let batch = Batch {
                started_shards: vec![(Arc::clone(&self.shard), since)],
                ..Batch::default()
            };
            // Without a receiver the source is gone, and this task is about to be aborted.
            let _ = self.output.send(Message::Batch(batch, None)).await;
        }
    }

    pub(super) fn refused(&self, action: &str, error: ApiError) -> SourceError {
        match (&self.cursor, error.kind) {
            (Cursor::Resume(last), ErrorKind::InvalidArgument | ErrorKind::NotFound) => {
                SourceError::Position {
                    shard: self.shard.to_string(),
                    sequence: last.as_str().to_owned(),
                    reason: format!(
                        "it is unknown in the stream {}; if the stream was deleted and created \
                         again, start without the checkpoint ({error})",
                        self.stream
                    ),
                }
            }
            _ => service_error(action, error),
        }
    }

    /// Moves the cursor behind the records, and drops those that a checkpoint already covers.
    pub(super) fn advance(&mut self, records: &mut Vec<FetchedRecord>) -> Result<(), SourceError> {
        if let Cursor::Resume(last) = &self.cursor {
            match last.drop_consumed(records, self.within.is_some()) {
                Evidence::None => return Ok(()),
                Evidence::Intact => self.cursor = Cursor::After(last.as_str().to_owned()),
                Evidence::Gap { first } => {
                    trimmed(&self.config, &self.shard, last.as_str(), &first)?;
                }
            }
        }
        if let Some(record) = records.last() {
            self.cursor = Cursor::After(record.sequence.clone());
        }
        Ok(())
    }

    pub(super) fn batch(&mut self, records: Vec<FetchedRecord>, ended: bool) -> Batch {
        let mut batch = Batch {
            records: Vec::with_capacity(records.len()),
            ..Batch::default()
        };
        for record in records {
            self.unpack(record, &mut batch);
        }
        Batch {
            ended_shards: ended.then(|| Arc::clone(&self.shard)).into_iter().collect(),
            ..batch
        }
    }

    /// Takes a record, or the records that were packed into it.
    fn unpack(&mut self, record: FetchedRecord, batch: &mut Batch) {
        let consumed = self
            .within
            .as_ref()
            .filter(|(sequence, _)| *sequence == record.sequence)
            .map(|(_, last)| *last);
        let make = |sub_sequence, partition_key, data| Record {
            stream: Arc::clone(&self.stream),
            shard: Arc::clone(&self.shard),
            sequence: record.sequence.clone(),
            sub_sequence,
            partition_key,
            timestamp: record.arrival,
            headers: Headers::default(),
            data,
        };
        let fault = |batch: &mut Batch, fault| {
            batch.faults.insert(batch.records.len(), fault);
        };
        match unpack(&record.data, self.hashes) {
            Unpacked::NotPacked => {
                let whole = make(None, record.partition_key, record.data);
                batch.records.push(whole);
            }
            Unpacked::TooLarge { records } => {
                fault(batch, RecordFault::Packed { records });
                let whole = make(None, record.partition_key, record.data);
                batch.records.push(whole);
            }
            Unpacked::Records { records, elsewhere } => {
                batch.elsewhere += elsewhere;
                if elsewhere > 0 {
                    self.elsewhere += elsewhere;
                    self.observers.packed_elsewhere(elsewhere);
                    tracing::warn!(
                        shard = %self.shard,
                        sequence = record.sequence,
                        records = elsewhere,
                        so_far = self.elsewhere,
                        "packed records whose keys belong to other shards are skipped"
                    );
                }
                let is_new = |part: &UserRecord| consumed.is_none_or(|last| part.index > last);
                for part in records.into_iter().filter(is_new) {
                    batch.unpacked += 1;
                    if part.partition_key.is_none() {
                        fault(batch, RecordFault::PartitionKey);
                    }
                    let key = part.partition_key.unwrap_or_default();
                    batch.records.push(make(Some(part.index), key, part.data));
                }
            }
        }
    }

    pub(super) fn action(&self, verb: &str) -> String {
        format!("cannot {verb} the shard {} of {}", self.shard, self.stream)
    }
}

/// Reports records that the stream no longer holds, as configured.
pub(super) fn trimmed(
    config: &KinesisSourceConfig,
    shard: &str,
    last: &str,
    first: &str,
) -> Result<(), SourceError> {
    match config.on_trimmed {
        OnTrimmed::Fail => Err(SourceError::Trimmed {
            shard: shard.to_owned(),
            sequence: last.to_owned(),
        }),
        OnTrimmed::Continue => {
            tracing::warn!(
                stream = config.stream,
                shard,
                last_consumed = last,
                first_left = first,
                "records between the last one consumed and the oldest available one are no longer \
                 in the stream; if there were any, they were not read"
            );
            Ok(())
        }
    }
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
