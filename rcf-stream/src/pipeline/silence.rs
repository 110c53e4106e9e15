//! Keys that become silent, and a source that does.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Pipeline;
use super::watch::Watch;
use crate::event::Event;
use crate::observer::Observer;
use crate::record::{Headers, OutputRecord, ShardSilence, Timestamp};

/// Whether the whole source is silent, by the wall clock: only for the people who run it, since no
/// result may depend on it.
#[derive(Debug)]
pub(super) struct SourceWatch {
    every: Duration,
    newest: Instant,
    is_silent: bool,
}

impl SourceWatch {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            newest: Instant::now(),
            is_silent: false,
        }
    }

    /// Cancel safe. Ready once for each silence.
    pub(super) async fn fell_silent(watch: Option<&mut Self>) {
        match watch {
            Some(watch) if !watch.is_silent => match watch.newest.checked_add(watch.every) {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            },
            _ => std::future::pending().await,
        }
    }
}

impl Pipeline {
    /// Reports that the source is silent.
    pub(super) fn source_fell_silent(&mut self) {
        if let Some(watch) = &mut self.source_watch {
            watch.is_silent = true;
            self.observers.source_silent(true);
            tracing::warn!(
                seconds = watch.every.as_secs_f64(),
                "the source has been silent for longer than detector.expect_every; keys are not \
                 reported for this time"
            );
        }
    }

    /// Records have arrived.
    pub(super) fn source_spoke(&mut self) {
        let Some(watch) = &mut self.source_watch else {
            return;
        };
        let now = Instant::now();
        if watch.is_silent {
            watch.is_silent = false;
            self.observers.source_silent(false);
            let seconds = now.duration_since(watch.newest).as_secs_f64();
            tracing::info!(seconds, "the source is no longer silent");
        }
        watch.newest = now;
    }

    /// Begins to watch shards whose first records are these events. The operator must not have seen
    /// them yet: its models show what the shard has inherited.
    pub(super) fn begin_watches(&mut self, events: &[Event]) {
        let Some(watch) = &mut self.watch else {
            return;
        };
        for event in events {
            if !watch.has(&event.shard) {
                let models = self.operator.names();
                let of_shard = models.filter(|(name, _)| name.shard() == Some(&*event.shard));
                watch.begin(
                    &event.shard,
                    event.clock,
                    of_shard.map(|(_, last)| last).max(),
                );
            }
        }
    }

    /// The reports that follow from the clock of an event, as results before its own.
    pub(super) fn report_overdue(&mut self, event: &Event, results: &mut Vec<OutputRecord>) {
        let Some(watch) = &mut self.watch else {
            return;
        };
        let shown = watch.advance(&event.stream, &event.shard, event.clock);
        if let Some(silence) = shown.silence {
            self.shard_was_silent(&event.shard, silence);
        }
        for overdue in shown.overdue {
            self.summary.overdue += 1;
            self.observers.overdue(&overdue);
            results.push(OutputRecord {
                id: overdue.id(),
                headers: Headers::default(),
                data: self.encoder.encode_overdue(&overdue).into(),
                partition_key: overdue.key,
            });
        }
    }

    fn shard_was_silent(&mut self, shard: &Arc<str>, ShardSilence { from, to }: ShardSilence) {
        self.summary.silences += 1;
        let silences = self.summary.silences;
        if silences <= 10 || silences.is_power_of_two() {
            let (from, to) = (Timestamp(from), Timestamp(to));
            tracing::info!(
                %shard, %from, %to, silences,
                "the whole shard was silent for longer than detector.expect_every; keys are not \
                 reported for this time"
            );
        }
    }

    /// Continues with the watches of a checkpoint.
    pub(super) fn restore_watches(&mut self, is_chosen: impl Fn(&str) -> bool) {
        if let Some(watch) = &mut self.watch {
            watch.restore(&self.positions, is_chosen, self.operator.names());
        }
    }

    /// Adds the state of the watches to the positions.
    pub(super) fn note_watches(&mut self) {
        let watch = &self.watch;
        self.positions
            .note_watched(|shard| watch.as_ref().and_then(|it: &Watch| it.watched(shard)));
    }
}
