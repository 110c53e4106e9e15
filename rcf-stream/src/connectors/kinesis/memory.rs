//! A Kinesis stream in memory for tests, with faults on demand that no emulator offers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    ApiError, ErrorKind, FetchedRecord, IteratorStart, KinesisApi, PutEntry, RecordPage, Rejection,
    Shard, ShardPage, Subscription,
};
use crate::record::Timestamp;

/// A stream whose sequence numbers count from 1 over all shards, as do the arrival times.
#[derive(Debug, Default)]
pub(crate) struct MemoryStream(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    shards: Vec<MemoryShard>,
    last_sequence: usize,
    /// Iterators of earlier generations have expired.
    generation: usize,
    /// The next reads fail with these.
    read_faults: VecDeque<ErrorKind>,
    /// The responses to the next requests to put; without one they succeed.
    put_faults: VecDeque<PutFault>,
    /// Iterators that were requested.
    opened: Vec<(String, IteratorStart)>,
    /// Requests to put, as the partition key and the payload of each record.
    requests: Vec<Vec<(String, String)>>,
    /// Records that were accepted, in order.
    accepted: Vec<(String, String)>,
}

#[derive(Debug)]
struct MemoryShard {
    shard: Shard,
    records: Vec<FetchedRecord>,
    trimmed: usize,
    closed: bool,
}

/// Records arrive faster than the clock that shows reads how far they are behind.
const RECORDS_PER_MILLISECOND: u64 = 8;

/// A fault of one request to put.
#[derive(Debug)]
pub(crate) enum PutFault {
    /// The request fails as a whole.
    Whole(ErrorKind),
    /// These records fail, with an error code.
    Records(Vec<usize>, &'static str),
}

impl MemoryStream {
    /// A stream with open shards.
    pub(crate) fn new(shards: &[&str]) -> Self {
        let stream = Self::default();
        shards
            .iter()
            .for_each(|shard| stream.open_shard(shard, &[]));
        stream
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn open_shard(&self, id: &str, parents: &[&str]) {
        self.state().shards.push(MemoryShard {
            shard: Shard {
                id: id.to_owned(),
                parents: parents.iter().map(ToString::to_string).collect(),
                hashes: None,
            },
            records: Vec::new(),
            trimmed: 0,
            closed: false,
        });
    }

    pub(crate) fn close_shard(&self, id: &str) {
        self.state().shard(id).closed = true;
    }

    pub(crate) fn remove_shard(&self, id: &str) {
        self.state().shards.retain(|shard| shard.shard.id != id);
    }

    /// Trims all but the newest records of a shard.
    pub(crate) fn trim(&self, id: &str, keep: usize) {
        let mut state = self.state();
        let shard = state.shard(id);
        shard.trimmed = shard.records.len() - keep;
    }

    /// Appends records to a shard and returns the last sequence number.
    pub(crate) fn append(&self, id: &str, count: usize) -> String {
        let mut state = self.state();
        for _ in 0..count {
            state.last_sequence += 1;
            let sequence = state.last_sequence;
            state.shard(id).records.push(FetchedRecord {
                sequence: sequence.to_string(),
                partition_key: "key".to_owned(),
                arrival: Some(Timestamp(i64::try_from(sequence).unwrap())),
                data: Bytes::from(format!("record {sequence}")),
            });
        }
        state.last_sequence.to_string()
    }

    /// Appends a record with this payload.
    pub(crate) fn append_data(&self, id: &str, data: Bytes) -> String {
        let sequence = self.append(id, 1);
        let mut state = self.state();
        state.shard(id).records.last_mut().unwrap().data = data;
        sequence
    }

    /// As `append_data`, with another time of arrival.
    pub(crate) fn append_at(&self, id: &str, arrival: i64, data: Bytes) {
        self.append_data(id, data);
        let mut state = self.state();
        let record = state.shard(id).records.last_mut().unwrap();
        record.arrival = Some(Timestamp(arrival));
    }

    pub(crate) fn expire_iterators(&self) {
        self.state().generation += 1;
    }

    pub(crate) fn fail_reads(&self, kinds: impl IntoIterator<Item = ErrorKind>) {
        self.state().read_faults.extend(kinds);
    }

    pub(crate) fn fail_puts(&self, faults: impl IntoIterator<Item = PutFault>) {
        self.state().put_faults.extend(faults);
    }

    pub(crate) fn opened(&self) -> Vec<(String, IteratorStart)> {
        self.state().opened.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Vec<(String, String)>> {
        self.state().requests.clone()
    }

    pub(crate) fn accepted(&self) -> Vec<(String, String)> {
        self.state().accepted.clone()
    }
}

impl State {
    fn shard(&mut self, id: &str) -> &mut MemoryShard {
        let shard = self.shards.iter_mut().find(|shard| shard.shard.id == id);
        shard.expect("the shard exists")
    }
}

fn error(kind: ErrorKind) -> ApiError {
    ApiError {
        kind,
        message: format!("{kind:?} on demand"),
    }
}

#[async_trait]
impl KinesisApi for MemoryStream {
    /// One shard per page.
    async fn list_shards(&self, next: Option<&str>) -> Result<ShardPage, ApiError> {
        let state = self.state();
        let index = next.map_or(0, |token| token.parse().unwrap());
        Ok(ShardPage {
            shards: vec![state.shards[index].shard.clone()],
            next: (index + 1 < state.shards.len()).then(|| (index + 1).to_string()),
        })
    }

    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ApiError> {
        let mut state = self.state();
        state.opened.push((shard.to_owned(), start.clone()));
        let generation = state.generation;
        let newest: usize = state.last_sequence;
        let memory = state.shard(shard);
        let number = |sequence: &str| match sequence.parse::<usize>() {
            Ok(number) if number <= newest => Ok(number),
            _ => Err(error(ErrorKind::InvalidArgument)),
        };
        let below = |limit: usize| {
            let sequences = memory
                .records
                .iter()
                .map(|record| record.sequence.parse::<usize>());
            sequences
                .filter(|sequence| *sequence.as_ref().unwrap() < limit)
                .count()
        };
        let offset = match start {
            IteratorStart::TrimHorizon => 0,
            IteratorStart::Latest => memory.records.len(),
            // Nothing here is newer than the newest record, so a clock that is ahead means "now".
            IteratorStart::AtTimestamp(time) => {
                let is_older = |record: &&FetchedRecord| record.arrival < Some(*time);
                memory.records.iter().filter(is_older).count()
            }
            IteratorStart::AtSequence(sequence) => below(number(sequence)?),
            IteratorStart::AfterSequence(sequence) => below(number(sequence)? + 1),
        };
        Ok(format!("{generation} {offset} {shard}"))
    }

    async fn get_records(&self, iterator: &str, limit: u32) -> Result<RecordPage, ApiError> {
        let mut state = self.state();
        if let Some(kind) = state.read_faults.pop_front() {
            return Err(error(kind));
        }
        let mut parts = iterator.splitn(3, ' ');
        let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
        let (generation, offset) = (number(), number());
        if generation != state.generation {
            return Err(error(ErrorKind::ExpiredIterator));
        }
        let id = parts.next().unwrap();
        let shard = state.shard(id);
        let rest = shard
            .records
            .get(offset.max(shard.trimmed)..)
            .unwrap_or_default();
        let records = rest[..rest.len().min(limit as usize)].to_vec();
        let end = offset.max(shard.trimmed) + records.len();
        let behind = shard.records.len() - end;
        Ok(RecordPage {
            records,
            next: (behind > 0 || !shard.closed).then(|| format!("{generation} {end} {id}")),
            millis_behind_latest: behind as u64 / RECORDS_PER_MILLISECOND,
        })
    }

    /// Ends after three pages; never, and without records, if the shard's id marks it as quiet.
    async fn subscribe(
        &self,
        consumer: &str,
        shard: &str,
        start: &IteratorStart,
    ) -> Result<Box<dyn Subscription>, ApiError> {
        assert_eq!(consumer, "arn");
        if let Some(kind) = self.state().read_faults.pop_front() {
            return Err(error(kind));
        }
        if shard.starts_with("quiet") {
            return Ok(Box::new(Quiet));
        }
        let iterator = self.shard_iterator(shard, start).await?;
        let (mut pages, mut next) = (VecDeque::new(), Some(iterator));
        while let (Some(iterator), ..3) = (&next, pages.len()) {
            let page = self.get_records(iterator, 4).await?;
            next.clone_from(&page.next);
            pages.push_back(page);
        }
        Ok(Box::new(Pushed(pages)))
    }

    async fn put_records(
        &self,
        entries: Vec<PutEntry>,
    ) -> Result<Vec<Result<(), Rejection>>, ApiError> {
        let mut state = self.state();
        let texts: Vec<_> = entries
            .into_iter()
            .map(|entry| {
                (
                    entry.partition_key,
                    String::from_utf8(entry.data.to_vec()).unwrap(),
                )
            })
            .collect();
        state.requests.push(texts.clone());
        let (failed, code) = match state.put_faults.pop_front() {
            Some(PutFault::Whole(kind)) => return Err(error(kind)),
            Some(PutFault::Records(failed, code)) => (failed, code),
            None => (Vec::new(), ""),
        };
        let rejection = Rejection {
            code: code.to_owned(),
            message: "on demand".to_owned(),
        };
        let outcomes = texts.into_iter().enumerate().map(|(index, text)| {
            if failed.contains(&index) {
                return Err(rejection.clone());
            }
            state.accepted.push(text);
            Ok(())
        });
        Ok(outcomes.collect())
    }

    async fn max_record_bytes(&self) -> Result<usize, ApiError> {
        Ok(1024)
    }
}

/// The pages of a subscription.
struct Pushed(VecDeque<RecordPage>);

#[async_trait]
impl Subscription for Pushed {
    async fn next(&mut self) -> Result<Option<RecordPage>, ApiError> {
        Ok(self.0.pop_front())
    }
}

/// A subscription without records.
struct Quiet;

#[async_trait]
impl Subscription for Quiet {
    async fn next(&mut self) -> Result<Option<RecordPage>, ApiError> {
        std::future::pending().await
    }
}
