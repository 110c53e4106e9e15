//! Records from a [`MemoryStream`].

use std::sync::Arc;

use async_trait::async_trait;

use crate::connectors::memory::MemoryStream;
use crate::record::Positions;
use crate::source::{Batch, Source, SourceError};

/// How many records of one shard are taken at once.
const BATCH: usize = 512;

/// Reads all shards in turn. It waits while the open stream has nothing new, and ends when the
/// stream is closed and every shard was read to its end.
#[derive(Debug)]
pub struct MemorySource {
    stream: MemoryStream,
    cursors: Vec<Cursor>,
    turn: usize,
}

#[derive(Debug)]
struct Cursor {
    shard: Arc<str>,
    next: usize,
    ended: bool,
}

impl MemorySource {
    pub(crate) fn open(stream: MemoryStream, positions: &Positions) -> Result<Self, SourceError> {
        let cursors = stream
            .lengths()
            .into_iter()
            .map(|(shard, length)| Cursor::after(shard, length, positions))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            stream,
            cursors,
            turn: 0,
        })
    }

    /// The available records of the next shard that has any.
    fn take(&mut self) -> Option<Batch> {
        for _ in 0..self.cursors.len() {
            let shard = self.turn;
            self.turn = (shard + 1) % self.cursors.len();
            let cursor = &mut self.cursors[shard];
            if cursor.ended {
                continue;
            }
            let (records, ended) = self.stream.read(shard, cursor.next, BATCH);
            if records.is_empty() && !ended {
                continue;
            }
            cursor.next += records.len();
            cursor.ended = ended;
            let ended_shards = if ended {
                vec![Arc::clone(&cursor.shard)]
            } else {
                vec![]
            };
            return Some(Batch {
                records,
                ended_shards,
                ..Batch::default()
            });
        }
        None
    }
}

impl Cursor {
    fn after(shard: Arc<str>, length: usize, positions: &Positions) -> Result<Self, SourceError> {
        let position = positions.get(&shard);
        let next = match position.and_then(|position| position.sequence.as_deref()) {
            None => 0,
            Some(sequence) => {
                match usize::try_from(crate::source::number_in_position(&shard, sequence)?) {
                    Ok(number) if number < length => number + 1,
                    _ => {
                        return Err(SourceError::Position {
                            shard: shard.to_string(),
                            sequence: sequence.to_owned(),
                            reason: format!(
                                "the shard has {length} records; is it another stream?"
                            ),
                        });
                    }
                }
            }
        };
        Ok(Self {
            shard,
            next,
            ended: position.is_some_and(|position| position.ended),
        })
    }
}

#[async_trait]
impl Source for MemorySource {
    /// Records are taken without awaiting, so dropping the future loses nothing.
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        loop {
            // Registered before looking, so that a change in between is not missed.
            let changed = self.stream.changed();
            if let Some(batch) = self.take() {
                return Ok(Some(batch));
            }
            if self.cursors.iter().all(|cursor| cursor.ended) {
                return Ok(None);
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    async fn read_all(mut source: MemorySource, positions: &mut Positions) -> Vec<Record> {
        let mut all = Vec::new();
        while let Some(batch) = source.next_batch().await.unwrap() {
            batch
                .records
                .iter()
                .for_each(|record| positions.advance(record));
            batch
                .ended_shards
                .iter()
                .for_each(|shard| positions.end(shard));
            all.extend(batch.records);
        }
        all
    }

    fn filled(shards: usize, records: usize) -> MemoryStream {
        let stream = MemoryStream::new("s", shards);
        for i in 0..records {
            stream.append(&format!("key-{}", i % 10), i.to_string());
        }
        stream
    }

    #[tokio::test]
    async fn every_reader_gets_every_record_in_the_order_of_its_key() {
        let stream = filled(3, 2_000);
        stream.close();
        for _ in 0..2 {
            let source = stream.source(&Positions::default()).unwrap();
            let all = read_all(source, &mut Positions::default()).await;
            assert_eq!(all.len(), 2_000);
            for key in 0..10 {
                let of_key = all
                    .iter()
                    .filter(|r| r.partition_key == format!("key-{key}"));
                let numbers: Vec<usize> = of_key
                    .map(|r| std::str::from_utf8(&r.data).unwrap().parse().unwrap())
                    .collect();
                assert!(
                    numbers.iter().copied().eq((key..2_000).step_by(10)),
                    "key {key}"
                );
            }
            let shards: std::collections::BTreeSet<_> = all.iter().map(|r| &r.shard).collect();
            assert_eq!(shards.len(), 3, "ten keys use all three shards");
        }
    }

    #[tokio::test]
    async fn it_resumes_after_a_position() {
        let stream = filled(2, 1_500);
        stream.close();
        let mut positions = Positions::default();
        let mut source = stream.source(&positions).unwrap();
        let first = source.next_batch().await.unwrap().unwrap().records;
        first.iter().for_each(|record| positions.advance(record));

        let rest = read_all(stream.source(&positions).unwrap(), &mut positions).await;
        let mut ids: Vec<String> = first.iter().chain(&rest).map(Record::id).collect();
        assert_eq!(ids.len(), 1_500);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 1_500, "no record came twice");
        // Both shards are at their ends now: there is nothing left to resume.
        let mut resumed = stream.source(&positions).unwrap();
        assert_eq!(resumed.next_batch().await.unwrap(), None);
    }

    #[tokio::test]
    async fn positions_of_another_stream_are_refused() {
        let longer = filled(1, 100);
        longer.close();
        let mut positions = Positions::default();
        read_all(longer.source(&positions).unwrap(), &mut positions).await;
        let error = filled(1, 50).source(&positions).unwrap_err();
        assert!(
            error.to_string().contains("the shard has 50 records"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_silent_stream_waits_until_it_grows_or_closes() {
        let stream = MemoryStream::new("s", 2);
        let mut source = stream.source(&Positions::default()).unwrap();
        let writer = async {
            for i in 0..3 {
                tokio::task::yield_now().await;
                stream.append("k", i.to_string());
            }
            tokio::task::yield_now().await;
            stream.close();
        };
        let reader = async {
            let mut records = 0;
            while let Some(batch) = source.next_batch().await.unwrap() {
                records += batch.records.len();
            }
            records
        };
        let both = async { tokio::join!(reader, writer).0 };
        let limit = std::time::Duration::from_secs(10);
        assert_eq!(tokio::time::timeout(limit, both).await, Ok(3));
    }
}
