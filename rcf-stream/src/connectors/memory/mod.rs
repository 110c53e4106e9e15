//! A small stream inside the process: append-only shards with sequence numbers, several readers.
//!
//! For the pipeline it behaves like a stream service: records of one partition key
//! keep their order in one shard, readers are independent and resume after a position, an open
//! stream can be silent, a closed one ends. It keeps all its records in memory, so it serves
//! demonstrations, tests and programs that join two pipelines, not an endless feed.
//!
//! ```
//! use rcf_stream::connectors::memory::MemoryStream;
//! use rcf_stream::source::Source;
//! use rcf_stream::Positions;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), rcf_stream::SourceError> {
//! let stream = MemoryStream::new("input", 1);
//! stream.append("sensor-1", "21.5");
//! stream.close();
//!
//! let mut reader = stream.source(&Positions::default())?;
//! let batch = reader.next_batch().await?.expect("one batch, then the end");
//! assert_eq!(batch.records[0].id(), "input/0/0");
//! # Ok(()) }
//! ```

mod connector;
mod sink;
mod source;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::record::{Headers, Positions, Record};
use crate::source::SourceError;

pub use connector::CONNECTOR;
pub use sink::MemorySink;
pub use source::MemorySource;

/// A stream in memory. Clones are handles of the same stream.
#[derive(Debug, Clone)]
pub struct MemoryStream {
    name: Arc<str>,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    shards: Vec<Shard>,
    closed: bool,
}

#[derive(Debug)]
struct Shard {
    name: Arc<str>,
    records: Vec<Record>,
}

impl MemoryStream {
    /// An empty stream with shards named `0`, `1`, …; there is at least one.
    #[must_use]
    pub fn new(name: &str, shards: usize) -> Self {
        let shards = (0..shards.max(1))
            .map(|shard| Shard {
                name: shard.to_string().into(),
                records: Vec::new(),
            })
            .collect();
        Self {
            name: name.into(),
            state: Arc::new(Mutex::new(State {
                shards,
                closed: false,
            })),
            changed: Arc::new(Notify::new()),
        }
    }

    /// Appends a record to the shard of its key. Its sequence number is its position in the shard,
    /// from 0.
    pub fn append(&self, partition_key: &str, data: impl Into<Bytes>) {
        self.append_all([(partition_key.to_owned(), data.into())]);
    }

    /// Appends records, given by partition key and data, in one step.
    pub fn append_all(&self, records: impl IntoIterator<Item = (String, Bytes)>) {
        let mut state = self.state();
        for (partition_key, data) in records {
            let index = shard_of(&partition_key, state.shards.len());
            let shard = &mut state.shards[index];
            shard.records.push(Record {
                stream: Arc::clone(&self.name),
                shard: Arc::clone(&shard.name),
                sequence: shard.records.len().to_string(),
                sub_sequence: None,
                partition_key,
                timestamp: None,
                headers: Headers::default(),
                data,
            });
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Ends the stream: readers that have read everything see its end instead of waiting.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_waiters();
    }

    /// A reader that starts after these positions.
    ///
    /// # Errors
    /// [`SourceError::Position`] if a position is not one of this stream.
    pub fn source(&self, positions: &Positions) -> Result<MemorySource, SourceError> {
        MemorySource::open(self.clone(), positions)
    }

    /// A writer.
    #[must_use]
    pub fn sink(&self) -> MemorySink {
        MemorySink::new(self.clone())
    }

    /// The names of the shards with the number of records in each.
    pub(crate) fn lengths(&self) -> Vec<(Arc<str>, usize)> {
        let state = self.state();
        state
            .shards
            .iter()
            .map(|shard| (Arc::clone(&shard.name), shard.records.len()))
            .collect()
    }

    /// At most `limit` records of a shard from this position, and whether the shard ends with them.
    pub(crate) fn read(&self, shard: usize, from: usize, limit: usize) -> (Vec<Record>, bool) {
        let state = self.state();
        let records = &state.shards[shard].records;
        let to = records.len().min(from + limit);
        (
            records[from..to].to_vec(),
            state.closed && to == records.len(),
        )
    }

    /// Becomes ready at the next change after this call, even if it is awaited only later.
    pub(crate) fn changed(&self) -> OwnedNotified {
        // `notify_waiters` reaches all of these that exist, polled or not.
        Arc::clone(&self.changed).notified_owned()
    }

    /// Nothing in this file panics while it holds the lock, so data behind a poisoned lock is
    /// sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The 64-bit FNV-1a hash spreads keys over shards.
fn shard_of(key: &str, shards: usize) -> usize {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash % shards as u64) as usize
}
