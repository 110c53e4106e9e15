//! The last minutes of a pipeline, by key, for the live page. Memory is bounded whatever the stream
//! brings: so many keys, so many stretches of each, so many anomalies, names cut to a length.

mod key;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rcf_core::{Detection, EvidenceKind};
use serde::Serialize;

use self::key::{CURVES, Key, KeyView, STRETCH, badness};
use super::Metrics;
use super::sentence::{Finding, sentence};
use rcf_stream::event::Event;
use rcf_stream::observer::Observer;
use rcf_stream::operator::Scored;

/// How many keys are kept: the worst of those that were seen lately.
const KEYS: usize = 256;
/// How many anomalies.
const ANOMALIES: usize = 30;
/// How many characters of a name are kept.
const NAME: usize = 120;
/// A key that was not seen for so long makes room.
const SILENT: Duration = Duration::from_secs(600);

/// What is known about a scored record.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The key of its model.
    pub key: &'a str,
    /// When it happened, as text.
    pub time: Option<&'a str>,
    /// When it happened, in milliseconds since 1970, where that can be read.
    pub millis: Option<f64>,
    /// The values of this record; those of the finding may be an earlier one's.
    pub values: &'a [f64],
    /// What was expected of them, as far as that is known.
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
    time: String,
    score: f64,
    grade: f64,
    sentence: String,
}

/// Records per second, over the time between two looks.
#[derive(Debug)]
struct Rate {
    at: Instant,
    records: u64,
    per_second: f64,
}

/// What the page shows.
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
    /// How many of the names have curves: the first ones.
    curves: usize,
    /// How many keys are kept; those that are shown are the worst.
    kept_keys: usize,
    keys: Vec<KeyView>,
    anomalies: Vec<AnomalyView>,
}

impl Live {
    /// Nothing seen yet, and not ready; records and checkpoints are those of these counters.
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
        if seen.is_anomaly {
            let anomaly = state.anomaly(seen);
            state.anomalies.push_front(anomaly);
            state.anomalies.truncate(ANOMALIES);
        }
        let name = cut(seen.key);
        if !state.keys.contains_key(&name) && !state.admits(seen, now) {
            return;
        }
        let key = state.keys.entry(name).or_insert_with(|| Key::new(now));
        key.take(seen, now);
    }

    /// What the page shows: the worst keys whose names contain `search`, at most `limit`.
    #[must_use]
    pub fn view(&self, search: &str, limit: usize) -> View {
        let mut state = self.state();
        let records = self.metrics.records();
        let mut keys: Vec<_> = state
            .keys
            .iter()
            .filter(|(name, _)| name.contains(search))
            .collect();
        // By name at last, so that equal ones do not change places from look to look.
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

    /// Nothing in this file panics with the lock held, so a poisoned lock holds sound data.
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
    fn anomaly(&self, seen: &Seen<'_>) -> Anomaly {
        let finding = Finding {
            names: &self.names,
            ..seen.finding
        };
        Anomaly {
            found: Instant::now(),
            view: AnomalyView {
                seconds_ago: 0.0,
                key: cut(seen.key),
                time: cut(seen.time.unwrap_or_default()),
                score: seen.score,
                grade: seen.grade,
                sentence: sentence(&finding),
            },
        }
    }

    /// Whether a new key gets a place: one that is free, or that of a milder key.
    fn admits(&mut self, seen: &Seen<'_>, now: Instant) -> bool {
        if self.keys.len() < KEYS {
            return true;
        }
        let badness = badness(seen.score, seen.grade);
        // Looking at all keys for each new one would cost more than scoring it.
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

/// A name with at most so many characters.
fn cut(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::key::STRETCHES;
    use super::*;

    fn seen<'a>(key: &'a str, score: f64, values: &'a [f64]) -> Seen<'a> {
        Seen {
            key,
            time: None,
            millis: None,
            values,
            predicted: &[],
            score,
            grade: 0.0,
            is_anomaly: false,
            finding: Finding {
                values,
                ..Finding::default()
            },
        }
    }

    #[test]
    fn the_worst_keys_come_first() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned()]);
        live.seen(&seen("mild", 1.0, &[1.0]));
        live.seen(&seen("odd", 4.0, &[2.0]));
        live.seen(&Seen {
            grade: 0.1,
            is_anomaly: true,
            ..seen("anomalous", 2.0, &[9.0])
        });
        live.seen(&seen("odd", 0.5, &[-2.0]));
        let view = live.view("", 10);
        let keys: Vec<_> = view.keys.iter().map(|key| key.key.as_str()).collect();
        assert_eq!(keys, ["anomalous", "odd", "mild"]);
        assert_eq!(view.keys[1].low, [[2.0, -2.0]]);
        assert_eq!(view.anomalies[0].sentence, "x was 9.");
        assert_eq!(live.view("mil", 10).keys.len(), 1);
        assert_eq!(live.view("", 1).keys.len(), 1);
    }

    #[test]
    fn memory_is_bounded_and_bad_keys_still_get_in() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned()]);
        let long = "k".repeat(10_000);
        for n in 0..5_000 {
            let key = format!("{n}{long}");
            live.seen(&Seen {
                is_anomaly: true,
                ..seen(&key, 1.0, &[0.0; 50])
            });
        }
        live.seen(&seen("worst", 9.0, &[1.0]));
        let view = live.view("", usize::MAX);
        assert_eq!((view.kept_keys, view.anomalies.len()), (KEYS, ANOMALIES));
        assert_eq!(view.keys[0].key, "worst");
        assert!(
            view.keys
                .iter()
                .all(|key| key.key.chars().count() <= NAME + 1)
        );
        assert!(serde_json::to_string(&view).unwrap().len() < 200_000);
    }

    #[test]
    fn many_records_are_summarised_and_no_peak_is_lost() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned()]);
        for n in 0..10_000 {
            live.seen(&seen("k", if n == 77 { 8.0 } else { 1.0 }, &[f64::from(n)]));
        }
        let view = live.view("", 1);
        let (low, high) = (&view.keys[0].low[0], &view.keys[0].high[0]);
        assert!(
            (STRETCHES / 2..=STRETCHES).contains(&low.len()),
            "{}",
            low.len()
        );
        assert_eq!((low[0], high[high.len() - 1]), (0.0, 9_999.0));
        assert_eq!(view.keys[0].worst_score, 8.0);
    }

    #[test]
    fn times_are_those_of_the_first_and_the_last_record() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned()]);
        for n in 0..1_000 {
            let (text, millis) = (format!("minute {n}"), f64::from(n) * 6e4);
            live.seen(&Seen {
                time: Some(&text),
                millis: Some(millis),
                ..seen("k", 1.0, &[1.0])
            });
        }
        let json = serde_json::to_value(live.view("", 1)).unwrap();
        let key = &json["keys"][0];
        assert_eq!(key["from"], 0.0);
        assert_eq!(
            (&key["to"], &key["time"]),
            (&(999.0 * 6e4).into(), &"minute 999".into())
        );
        assert_eq!(
            json["deciding"],
            serde_json::Value::Null,
            "no record was scored"
        );
    }

    /// Two columns of other sizes and noises: each has its own range, and the odd value is outside.
    #[test]
    fn every_column_has_the_range_in_which_it_was_expected() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned(), "y".to_owned()]);
        let noise =
            |n: u32| f64::from(n.wrapping_mul(2_654_435_769) >> 8) / f64::from(1 << 24) - 0.5;
        for n in 0..150 {
            let odd = if n == 140 { 9.0 } else { 0.0 };
            live.seen(&Seen {
                predicted: &[Some(10.0), Some(-5_000.0)],
                ..seen(
                    "k",
                    1.0,
                    &[10.0 + noise(n) + odd, -5_000.0 + 100.0 * noise(n + 7)],
                )
            });
        }
        let view = live.view("", 1);
        let key = &view.keys[0];
        let ranges = |column: usize| {
            let edges = key.expected_low[column]
                .iter()
                .zip(&key.expected_high[column]);
            edges.map(|(low, high)| (*low, *high)).collect::<Vec<_>>()
        };
        assert_eq!(ranges(0).len(), key.low[0].len());
        assert!(ranges(0)[0].0.is_infinite(), "nothing is known at first");
        for (column, expected, width) in [(0, 10.0, 1.0), (1, -5_000.0, 100.0)] {
            for (low, high) in ranges(column).into_iter().skip(60) {
                let around = low < expected && expected < high;
                assert!(
                    around && high - low < width,
                    "column {column}: {low} {high}"
                );
            }
        }
        let is_outside =
            |(high, range): (&f64, (f64, f64))| range.1.is_finite() && *high > range.1 + 5.0;
        let outside = key.high[0]
            .iter()
            .zip(ranges(0))
            .filter(|it| is_outside(*it));
        assert_eq!(outside.count(), 1, "{:?}", key.high[0]);
    }

    #[test]
    fn values_that_are_missing_are_null() {
        let live = Live::new(Arc::default());
        live.ready(&["x".to_owned()]);
        live.seen(&seen("k", 1.0, &[f64::NAN]));
        let json = serde_json::to_value(live.view("", 1)).unwrap();
        assert_eq!(json["keys"][0]["low"], serde_json::json!([[null]]));
    }
}
