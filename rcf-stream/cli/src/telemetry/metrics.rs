//! Counters of a pipeline, under the usual names.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use rcf_stream::event::Event;
use rcf_stream::observer::Observer;
use rcf_stream::operator::Scored;
use rcf_stream::overdue::Overdue;

type Label = [(&'static str, String); 1];
type Real = Gauge<f64, AtomicU64>;

/// All metrics. Each name is written once, in [`Metrics::new`].
pub struct Metrics {
    registry: Registry,
    records_in: Family<Label, Counter>,
    records_out: Counter,
    bad_records: Family<Label, Counter>,
    iterator_age: Family<Label, Real>,
    checkpoint_last_success: Real,
    checkpoint_duration: Histogram,
    checkpoint_bytes: Gauge,
    throttled: Counter,
    packed_elsewhere: Counter,
    tombstones: Counter,
    retried: Counter,
    models: Gauge,
    model_bytes: Gauge,
    evictions: Counter,
    score_seconds: Histogram,
    anomalies: Counter,
    suppressed: Family<Label, Counter>,
    unlearned: Counter,
    overdue: Counter,
    source_silent: Gauge,
    in_flight: Gauge,
    /// Counts what `records_in` counts, so that progress can be read without summing shards.
    progress: AtomicU64,
    /// The contents of `iterator_age`: a family cannot be listed.
    ages: Mutex<BTreeMap<String, f64>>,
}

impl Metrics {
    /// All counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("rcf");
        let seconds = || exponential_buckets(0.001, 2.0, 16);
        let metrics = Self {
            records_in: Family::default(),
            records_out: Counter::default(),
            bad_records: Family::default(),
            iterator_age: Family::default(),
            checkpoint_last_success: Real::default(),
            checkpoint_duration: Histogram::new(seconds()),
            checkpoint_bytes: Gauge::default(),
            throttled: Counter::default(),
            packed_elsewhere: Counter::default(),
            tombstones: Counter::default(),
            retried: Counter::default(),
            models: Gauge::default(),
            model_bytes: Gauge::default(),
            evictions: Counter::default(),
            score_seconds: Histogram::new(exponential_buckets(1e-6, 2.0, 16)),
            anomalies: Counter::default(),
            suppressed: Family::default(),
            unlearned: Counter::default(),
            overdue: Counter::default(),
            source_silent: Gauge::default(),
            in_flight: Gauge::default(),
            progress: AtomicU64::new(0),
            ages: Mutex::default(),
            registry: Registry::default(),
        };
        // Counters get `_total` when they are written.
        let m = &metrics;
        let r = &mut registry;
        r.register("records_in", "Records read, by shard", m.records_in.clone());
        r.register(
            "records_out",
            "Results handed to the sink",
            m.records_out.clone(),
        );
        r.register(
            "bad_records",
            "Bad records, by reason",
            m.bad_records.clone(),
        );
        r.register(
            "iterator_age_seconds",
            "Time behind the newest record, by shard",
            m.iterator_age.clone(),
        );
        r.register(
            "checkpoint_last_success_timestamp_seconds",
            "When the newest checkpoint was written, in Unix time",
            m.checkpoint_last_success.clone(),
        );
        r.register(
            "checkpoint_duration_seconds",
            "How long checkpoints took, from flushing the sink on",
            m.checkpoint_duration.clone(),
        );
        r.register(
            "checkpoint_bytes",
            "The size of the newest checkpoint",
            m.checkpoint_bytes.clone(),
        );
        r.register(
            "get_records_throttled",
            "Reads that Kinesis throttled",
            m.throttled.clone(),
        );
        r.register(
            "packed_records_elsewhere",
            "Packed records skipped because their keys belong to other shards",
            m.packed_elsewhere.clone(),
        );
        r.register(
            "tombstones",
            "Kafka records without a payload, skipped",
            m.tombstones.clone(),
        );
        r.register(
            "put_records_retried",
            "Results put again after Kinesis rejected them",
            m.retried.clone(),
        );
        r.register("models", "Models in memory", m.models.clone());
        r.register(
            "model_bytes",
            "The memory of all models",
            m.model_bytes.clone(),
        );
        r.register(
            "model_evictions",
            "Models that left memory",
            m.evictions.clone(),
        );
        r.register(
            "score_seconds",
            "Time to score and learn one record",
            m.score_seconds.clone(),
        );
        r.register(
            "anomalies",
            "Records reported as anomalous",
            m.anomalies.clone(),
        );
        r.register(
            "suppressed_candidates",
            "Candidates that were not reported, by reason",
            m.suppressed.clone(),
        );
        r.register(
            "unlearned_records",
            "Records of unusual stretches, which the forest did not learn (detector.learning)",
            m.unlearned.clone(),
        );
        r.register(
            "overdue_keys",
            "Keys reported as silent although a record was due",
            m.overdue.clone(),
        );
        r.register(
            "source_silent",
            "1 while the whole source is silent for longer than detector.expect_every",
            m.source_silent.clone(),
        );
        r.register(
            "in_flight_records",
            "Results handed to the sink and not acknowledged by it",
            m.in_flight.clone(),
        );
        Self {
            registry,
            ..metrics
        }
    }

    /// Records read since the process began.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// How old the newest checkpoint is; `None` before the first of this process.
    #[must_use]
    pub fn checkpoint_age(&self) -> Option<Duration> {
        let at = self.checkpoint_last_success.get();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        (at > 0.0).then(|| now.saturating_sub(Duration::from_secs_f64(at)))
    }

    /// How far the slowest shard is behind; `None` if no shard is known.
    #[must_use]
    pub fn oldest_iterator_age(&self) -> Option<f64> {
        let ages = self.ages.lock().unwrap_or_else(PoisonError::into_inner);
        ages.values().copied().reduce(f64::max)
    }

    /// All metrics in the OpenMetrics text format, which Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A String accepts all text, so this cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Observer for Metrics {
    fn read(&self, shard: &str, records: u64) {
        let by_shard = self.records_in.get_or_create(&label("shard", shard));
        by_shard.inc_by(records);
        self.progress.fetch_add(records, Ordering::Relaxed);
    }

    fn behind(&self, shard: &str, age: Duration) {
        let age = age.as_secs_f64();
        self.iterator_age
            .get_or_create(&label("shard", shard))
            .set(age);
        let mut ages = self.ages.lock().unwrap_or_else(PoisonError::into_inner);
        ages.insert(shard.to_owned(), age);
    }

    fn shard_left(&self, shard: &str) {
        self.iterator_age.remove(&label("shard", shard));
        let mut ages = self.ages.lock().unwrap_or_else(PoisonError::into_inner);
        ages.remove(shard);
    }

    fn bad_record(&self, reason: &'static str) {
        self.bad_records
            .get_or_create(&label("reason", reason))
            .inc();
    }

    fn scored(&self, _: &Event, scored: &Scored, took: Duration) {
        self.score_seconds.observe(took.as_secs_f64());
        let Some(detection) = &scored.detection else {
            return;
        };
        if detection.is_anomaly() {
            self.anomalies.inc();
        }
        if let Some(reason) = detection.suppressed {
            let by_reason = label("reason", reason.as_str());
            self.suppressed.get_or_create(&by_reason).inc();
        }
        self.unlearned.inc_by(u64::from(detection.unlearned));
    }

    fn written(&self, results: u64) {
        self.records_out.inc_by(results);
    }

    fn sending(&self, results: u64) {
        self.in_flight.inc_by(gauge(results));
    }

    fn acknowledged(&self, results: u64) {
        self.in_flight.dec_by(gauge(results));
    }

    fn models(&self, count: usize, bytes: usize) {
        self.models.set(gauge(count as u64));
        self.model_bytes.set(gauge(bytes as u64));
    }

    fn evicted(&self, models: u64) {
        self.evictions.inc_by(models);
    }

    fn checkpoint(&self, bytes: u64, took: Duration) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        self.checkpoint_last_success.set(now.as_secs_f64());
        self.checkpoint_duration.observe(took.as_secs_f64());
        self.checkpoint_bytes.set(gauge(bytes));
    }

    fn throttled(&self) {
        self.throttled.inc();
    }

    fn packed_elsewhere(&self, records: u64) {
        self.packed_elsewhere.inc_by(records);
    }

    fn overdue(&self, _overdue: &Overdue) {
        self.overdue.inc();
    }

    fn source_silent(&self, is_silent: bool) {
        self.source_silent.set(i64::from(is_silent));
    }

    fn tombstones(&self, records: u64) {
        self.tombstones.inc_by(records);
    }

    fn retried(&self, results: u64) {
        self.retried.inc_by(results);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn label(name: &'static str, value: &str) -> Label {
    [(name, value.to_owned())]
}

fn gauge(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_documentation() {
        let metrics = Metrics::new();
        metrics.read("shard-1\n\"", 3);
        metrics.written(2);
        metrics.sending(8);
        metrics.acknowledged(7);
        metrics.bad_record("syntax");
        metrics.score_seconds.observe(3e-6);
        metrics.anomalies.inc();
        metrics.behind("shard-1", Duration::from_millis(1500));
        metrics.checkpoint(99, Duration::from_millis(2));
        let text = metrics.text();
        for line in [
            r#"rcf_records_in_total{shard="shard-1\n\""} 3"#,
            "rcf_records_out_total 2",
            r#"rcf_bad_records_total{reason="syntax"} 1"#,
            r#"rcf_iterator_age_seconds{shard="shard-1"} 1.5"#,
            "rcf_checkpoint_duration_seconds_count 1",
            "rcf_checkpoint_bytes 99",
            "rcf_get_records_throttled_total 0",
            "rcf_packed_records_elsewhere_total 0",
            "rcf_put_records_retried_total 0",
            "rcf_models 0",
            "rcf_model_bytes 0",
            "rcf_model_evictions_total 0",
            "rcf_score_seconds_count 1",
            "rcf_anomalies_total 1",
            "rcf_in_flight_records 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
        assert!(
            text.contains("\nrcf_checkpoint_last_success_timestamp_seconds 1"),
            "{text}"
        );
        assert!(metrics.checkpoint_age().unwrap() < Duration::from_secs(60));
        metrics.shard_left("shard-1");
        assert!(!metrics.text().contains("rcf_iterator_age_seconds{"));
    }
}
