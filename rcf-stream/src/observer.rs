//! Observers of a running pipeline: counters, a live page.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::event::Event;
use crate::operator::Scored;
use crate::overdue::Overdue;

/// Receives events of a pipeline, its source and its sink. It cannot fail, and it must return
/// immediately, because the caller waits. Every method has an empty default.
#[allow(unused_variables)] // the names are the documentation
pub trait Observer: Debug + Send + Sync {
    /// The pipeline begins, with values of these names.
    fn ready(&self, names: &[String]) {}

    /// Number of records of a shard that were read.
    fn read(&self, shard: &str, records: u64) {}

    /// Reading a shard is this far behind its newest record.
    fn behind(&self, shard: &str, age: Duration) {}

    /// The shard is no longer read.
    fn shard_left(&self, shard: &str) {}

    /// A record, or a line within one, was left out; the reason is a short name.
    fn bad_record(&self, reason: &'static str) {}

    /// A record was scored and learned, which took this long.
    fn scored(&self, event: &Event, scored: &Scored, took: Duration) {}

    /// A key is silent although a record of it was due.
    fn overdue(&self, overdue: &Overdue) {}

    /// The whole source has become silent, or delivers records again.
    fn source_silent(&self, is_silent: bool) {}

    /// This many results were handed to the sink.
    fn written(&self, results: u64) {}

    /// The sink has this many more results that are not acknowledged.
    fn sending(&self, results: u64) {}

    /// This many of them are acknowledged, or discarded with the sink.
    fn acknowledged(&self, results: u64) {}

    /// Number of models, and the bytes of memory that they take.
    fn models(&self, count: usize, bytes: usize) {}

    /// This many models left memory.
    fn evicted(&self, models: u64) {}

    /// A checkpoint was written: its bytes, and the time from flushing the sink on.
    fn checkpoint(&self, bytes: u64, took: Duration) {}

    /// The service asked the source to read more slowly.
    fn throttled(&self) {}

    /// This many packed records belong to other shards, and were left out.
    fn packed_elsewhere(&self, records: u64) {}

    /// Number of records without a payload (tombstones) that were left out.
    fn tombstones(&self, records: u64) {}

    /// This many results are written again, because the sink's service refused them.
    fn retried(&self, results: u64) {}

    /// The pipeline ends.
    fn stopping(&self) {}
}

/// All observers of a pipeline, called in turn. Clones are handles of the same.
#[derive(Debug, Clone, Default)]
pub struct Observers {
    all: Arc<[Arc<dyn Observer>]>,
    unacknowledged: Arc<AtomicU64>,
}

impl Observers {
    /// Results that sinks have and that are not acknowledged yet.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.unacknowledged.load(Ordering::Relaxed)
    }

    fn each(&self, tell: impl Fn(&dyn Observer)) {
        self.all.iter().for_each(|observer| tell(&**observer));
    }
}

impl FromIterator<Arc<dyn Observer>> for Observers {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Observer>>>(observers: I) -> Self {
        Self {
            all: observers.into_iter().collect(),
            unacknowledged: Arc::default(),
        }
    }
}

impl Observer for Observers {
    fn ready(&self, names: &[String]) {
        self.each(|it| it.ready(names));
    }

    fn read(&self, shard: &str, records: u64) {
        self.each(|it| it.read(shard, records));
    }

    fn behind(&self, shard: &str, age: Duration) {
        self.each(|it| it.behind(shard, age));
    }

    fn shard_left(&self, shard: &str) {
        self.each(|it| it.shard_left(shard));
    }

    fn bad_record(&self, reason: &'static str) {
        self.each(|it| it.bad_record(reason));
    }

    fn scored(&self, event: &Event, scored: &Scored, took: Duration) {
        self.each(|it| it.scored(event, scored, took));
    }

    fn overdue(&self, overdue: &Overdue) {
        self.each(|it| it.overdue(overdue));
    }

    fn source_silent(&self, is_silent: bool) {
        self.each(|it| it.source_silent(is_silent));
    }

    fn written(&self, results: u64) {
        self.each(|it| it.written(results));
    }

    fn sending(&self, results: u64) {
        self.unacknowledged.fetch_add(results, Ordering::Relaxed);
        self.each(|it| it.sending(results));
    }

    fn acknowledged(&self, results: u64) {
        self.unacknowledged.fetch_sub(results, Ordering::Relaxed);
        self.each(|it| it.acknowledged(results));
    }

    fn models(&self, count: usize, bytes: usize) {
        self.each(|it| it.models(count, bytes));
    }

    fn evicted(&self, models: u64) {
        self.each(|it| it.evicted(models));
    }

    fn checkpoint(&self, bytes: u64, took: Duration) {
        self.each(|it| it.checkpoint(bytes, took));
    }

    fn throttled(&self) {
        self.each(|it| it.throttled());
    }

    fn packed_elsewhere(&self, records: u64) {
        self.each(|it| it.packed_elsewhere(records));
    }

    fn tombstones(&self, records: u64) {
        self.each(|it| it.tombstones(records));
    }

    fn retried(&self, results: u64) {
        self.each(|it| it.retried(results));
    }

    fn stopping(&self) {
        self.each(|it| it.stopping());
    }
}

/// Results that count as not acknowledged while this lives.
#[derive(Debug)]
pub(crate) struct InFlight {
    observers: Observers,
    results: u64,
}

impl InFlight {
    pub(crate) fn new(observers: &Observers, results: u64) -> Self {
        observers.sending(results);
        Self {
            observers: observers.clone(),
            results,
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.observers.acknowledged(self.results);
    }
}
