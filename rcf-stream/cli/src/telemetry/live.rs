//! The last minutes of a pipeline, by key, for the live page. Memory is bounded for any stream: the
//! number of keys, of stretches of each, of anomalies, and the length of names are limited.

mod key;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rcf_core::{Detection, EvidenceKind};
use serde::Serialize;

use self::key::{CURVES, Key, KeyView, STRETCH, badness};
use super::Metrics;
use crate::sentence::{Finding, sentence};
use rcf_stream::event::Event;
use rcf_stream::observer::Observer;
use rcf_stream::operator::Scored;

/// How many keys are kept: the worst of those seen recently.
const KEYS: usize = 256;
/// How many anomalies.
const ANOMALIES: usize = 30;
/// How many characters of a name are kept.
const NAME: usize = 120;
/// A key that was not seen for this long gives up its place.
const SILENT: Duration = Duration::from_secs(600);

/// What is known about a scored record.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The key of its model.
    pub key: &'a str,
    /// When it happened, as text.
    pub time: Option<&'a str>,
    /// When it happened, in milliseconds since 1970, if that can be read.
    pub millis: Option<f64>,
    /// The values of this record; those of the finding may be an earlier one's.
    pub values: &'a [f64],
    /// The predicted values, as far as known.
    pub predicted: &'a [Option<f64>],
    /// The score.
    pub score: f64,
    /// From 0 to 1; 0 unless it is an anomaly.
    pub grade: f64,
    /// Whether it is reported as an anomaly.
    pub is_anomaly: bool,
    /// The values, and what explains them.
    pub finding: Finding<'a>,
}

/// The last minutes of a pipeline. Written by the pipeline, read by the page.
#[derive(Debug)]
pub struct Live {
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    names: Vec<String>,
    began: Instant,
    ready: bool,
    /// Whether there are decisions besides the scores; not known before the first record.
    deciding: Option<bool>,
    keys: HashMap<String, Key>,
    /// A new key must be worse than this while all places are taken.
    floor: f64,
    floor_at: Instant,
    anomalies: VecDeque<Anomaly>,
    rate: Rate,
}

#[derive(Debug)]
struct Anomaly {
    found: Instant,
    view: AnomalyView,
}

#[derive(Debug, Clone, Serialize)]
struct AnomalyView {
    /// How long ago it was found.
    seconds_ago: f64,
    key: String,
    /// Which record of its key it is, from 1; null if the key has no curves.
    record: Option<u64>,
    time: String,
    score: f64,
    grade: f64,
    sentence: String,
}

/// Records per second, over the time between two calls.
#[derive(Debug)]
struct Rate {
    at: Instant,
    records: u64,
    per_second: f64,
}

/// The data of the page.
#[derive(Debug, Serialize)]
pub struct View {
    ready: bool,
    /// Whether there are decisions besides the scores; null before the first record.
    deciding: Option<bool>,
    uptime_seconds: f64,
    records: u64,
    records_per_second: f64,
    /// The oldest of the shards.
    lag_seconds: Option<f64>,
    checkpoint_age_seconds: Option<f64>,
    names: Vec<String>,
    /// How many of the values have curves: the first ones.
    curves: usize,
    /// How many keys are kept; the worst of them are shown.
    kept_keys: usize,
    keys: Vec<KeyView>,
    anomalies: Vec<AnomalyView>,
}

impl Live {
    /// Empty, and not ready; records and checkpoints are those of these counters.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        let now = Instant::now();
        let state = Mutex::new(State {
            names: Vec::new(),
            began: now,
            ready: false,
            deciding: None,
            keys: HashMap::new(),
            floor: f64::NEG_INFINITY,
            floor_at: now,
            anomalies: VecDeque::new(),
            rate: Rate {
                at: now,
                records: 0,
                per_second: 0.0,
            },
        });
        Self { metrics, state }
    }

    /// The counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether the pipeline has begun and not ended.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state().ready
    }

    /// A record was scored.
    pub fn seen(&self, seen: &Seen<'_>) {
        let mut state = self.state();
        let now = Instant::now();
        let name = cut(seen.key);
        let has_place = state.keys.contains_key(&name) || state.admits(seen, now);
        let record = has_place.then(|| {
            let key = state.keys.entry(name).or_insert_with(|| Key::new(now));
            key.take(seen, now)
        });
        if seen.is_anomaly {
            let anomaly = state.anomaly(seen, record);
            state.anomalies.push_front(anomaly);
            state.anomalies.truncate(ANOMALIES);
        }
    }

    /// The data of the page: the worst keys whose names contain `search`, at most `limit`.
    #[must_use]
    pub fn view(&self, search: &str, limit: usize) -> View {
        let mut state = self.state();
        let records = self.metrics.records();
        let mut keys: Vec<_> = state
            .keys
            .iter()
            .filter(|(name, _)| name.contains(search))
            .collect();
        // Finally by name, so that equal keys keep their positions between calls.
        keys.sort_by(|(a, x), (b, y)| y.badness().total_cmp(&x.badness()).then_with(|| a.cmp(b)));
        let curves = state.names.len().min(CURVES);
        let keys = keys
            .into_iter()
            .take(limit)
            .map(|(name, key)| key.view(name, curves))
            .collect();
        let records_per_second = state.rate.look(records);
        View {
            ready: state.ready,
            deciding: state.deciding,
            uptime_seconds: state.began.elapsed().as_secs_f64(),
            records,
            records_per_second,
            lag_seconds: self.metrics.oldest_iterator_age(),
            checkpoint_age_seconds: self.metrics.checkpoint_age().map(|age| age.as_secs_f64()),
            names: state.names.clone(),
            curves,
            kept_keys: state.keys.len(),
            keys,
            anomalies: state.anomalies.iter().map(Anomaly::view).collect(),
        }
    }

    /// Nothing in this file panics while it holds the lock, so data behind a poisoned lock is
    /// sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Live {
    fn ready(&self, names: &[String]) {
        let mut state = self.state();
        state.names = names.iter().map(|name| cut(name)).collect();
        state.ready = true;
    }

    fn stopping(&self) {
        self.state().ready = false;
    }

    fn scored(&self, event: &Event, scored: &Scored, _: Duration) {
        let values = event.values.len().max(1);
        let shares = scored.attribution.as_ref().map(|attribution| {
            let fold = |parts: &[f64]| {
                let sum = |value: usize| parts.iter().skip(value).step_by(values).sum();
                (0..event.values.len()).map(sum).collect::<Vec<f64>>()
            };
            (fold(&attribution.high), fold(&attribution.low))
        });
        let (high, low) = shares.unwrap_or_default();
        let detection = scored.detection.as_ref();
        let candidate = detection.and_then(|detection| detection.candidate.as_deref());
        let finding = match candidate {
            Some(candidate) => Finding {
                values: &candidate.values,
                expected: Some(&candidate.expected),
                high: &candidate.attribution.high,
                low: &candidate.attribution.low,
                inputs: &candidate.inputs,
                is_still: candidate.kind == EvidenceKind::Stillness,
                records_ago: candidate.relative_index.unsigned_abs(),
                ..Finding::default()
            },
            None => Finding {
                values: &event.values,
                high: &high,
                low: &low,
                ..Finding::default()
            },
        };
        let time = event.timestamp.as_ref().map(ToString::to_string);
        self.state().deciding = Some(detection.is_some());
        self.seen(&Seen {
            key: &event.key,
            time: time.as_deref(),
            millis: event.time,
            values: &event.values,
            predicted: &scored.predicted,
            score: scored.score,
            grade: detection.map_or(0.0, |detection| detection.grade),
            is_anomaly: detection.is_some_and(Detection::is_anomaly),
            finding,
        });
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Anomaly {
    fn view(&self) -> AnomalyView {
        AnomalyView {
            seconds_ago: self.found.elapsed().as_secs_f64(),
            ..self.view.clone()
        }
    }
}

impl State {
    fn anomaly(&self, seen: &Seen<'_>, record: Option<u64>) -> Anomaly {
        let finding = Finding {
            names: &self.names,
            ..seen.finding
        };
        Anomaly {
            found: Instant::now(),
            view: AnomalyView {
                seconds_ago: 0.0,
                key: cut(seen.key),
                record,
                time: cut(seen.time.unwrap_or_default()),
                score: seen.score,
                grade: seen.grade,
                sentence: sentence(&finding),
            },
        }
    }

    /// Whether a new key gets a place: a free one, or that of a milder key.
    fn admits(&mut self, seen: &Seen<'_>, now: Instant) -> bool {
        if self.keys.len() < KEYS {
            return true;
        }
        let badness = badness(seen.score, seen.grade);
        // Comparing all keys for each new one would cost more than scoring it.
        let settled = now.duration_since(self.floor_at) < STRETCH;
        if settled && badness <= self.floor {
            return false;
        }
        self.keys
            .retain(|_, key| now.duration_since(key.last) < SILENT);
        self.floor_at = now;
        let mildest = self
            .keys
            .iter()
            .min_by(|a, b| a.1.badness().total_cmp(&b.1.badness()));
        let Some((name, key)) = mildest.map(|(name, key)| (name.clone(), key.badness())) else {
            return true;
        };
        self.floor = key;
        if self.keys.len() < KEYS {
            return true;
        }
        if badness > key {
            self.keys.remove(&name);
        }
        badness > key
    }
}

impl Rate {
    fn look(&mut self, records: u64) -> f64 {
        let seconds = self.at.elapsed().as_secs_f64();
        if seconds >= 1.0 {
            self.per_second = records.saturating_sub(self.records) as f64 / seconds;
            (self.at, self.records) = (Instant::now(), records);
        }
        self.per_second
    }
}

/// A name with at most this many characters.
fn cut(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
