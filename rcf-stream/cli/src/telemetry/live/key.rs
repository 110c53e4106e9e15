//! The last minutes of one key, in stretches of records that get coarser as records get faster.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Seen;
use crate::detect::Band;

/// How many stretches of each key.
pub(super) const STRETCHES: usize = 160;
/// How many values of a record have a curve.
pub(super) const CURVES: usize = 8;
/// A stretch takes no records that arrive later than this after its first one.
pub(super) const STRETCH: Duration = Duration::from_millis(750);
/// The state of a key spans at least this time, if it was seen for that long.
const SPAN: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Key {
    stretches: VecDeque<Stretch>,
    /// How many records a stretch takes.
    per_stretch: u64,
    records: u64,
    pub(super) last: Instant,
    /// The time of the newest record, as it was read.
    time: String,
    /// The same in milliseconds since 1970.
    millis: Option<f64>,
    /// The range in which each value with a curve is expected.
    bands: [Band; CURVES],
}

/// Consecutive records: the range of values, and the highest score and grade.
#[derive(Debug, Clone)]
struct Stretch {
    began: Instant,
    /// Which record of the key is its first one, from 1.
    first: u64,
    /// The time of its first record, in milliseconds since 1970.
    millis: Option<f64>,
    records: u64,
    range: [(f64, f64); CURVES],
    /// The lowest and the highest edge of their expected ranges.
    expected: [(f64, f64); CURVES],
    score: f64,
    grade: f64,
    is_anomaly: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyView {
    pub(super) key: String,
    pub(super) records: u64,
    /// The time of the newest record, as it was read.
    pub(super) time: String,
    /// The times of the first and the newest record of the curves, in milliseconds since 1970.
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
    /// How long ago the curves begin, and how long ago the newest record arrived.
    pub(super) span_seconds: f64,
    /// The first record of each stretch, its time, and how long ago it arrived.
    pub(super) first: Vec<u64>,
    pub(super) moments: Vec<Option<f64>>,
    pub(super) seconds_ago: Vec<f64>,
    pub(super) idle_seconds: f64,
    pub(super) worst_score: f64,
    pub(super) worst_grade: f64,
    /// For each value the lowest and the highest of each stretch.
    pub(super) low: Vec<Vec<f64>>,
    pub(super) high: Vec<Vec<f64>>,
    /// The edges of their expected range.
    pub(super) expected_low: Vec<Vec<f64>>,
    pub(super) expected_high: Vec<Vec<f64>>,
    pub(super) score: Vec<f64>,
    pub(super) grade: Vec<f64>,
    pub(super) anomaly: Vec<bool>,
}

impl Key {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            stretches: VecDeque::new(),
            per_stretch: 1,
            records: 0,
            last: now,
            time: String::new(),
            millis: None,
            bands: Default::default(),
        }
    }

    /// Takes a record; gives its number, from 1.
    pub(super) fn take(&mut self, seen: &Seen<'_>, now: Instant) -> u64 {
        self.records += 1;
        self.last = now;
        self.time = super::cut(seen.time.unwrap_or_default());
        self.millis = seen.millis;
        let goes_on = self.stretches.back().is_some_and(|it| {
            it.records < self.per_stretch && now.duration_since(it.began) < STRETCH
        });
        if !goes_on {
            self.make_room(now);
            let stretch = Stretch::begin(now, self.records, seen.millis);
            self.stretches.push_back(stretch);
        }
        let Some(stretch) = self.stretches.back_mut() else {
            return self.records;
        };
        // NaN changes neither end.
        let widen = |range: &mut (f64, f64), low: f64, high: f64| {
            *range = (range.0.min(low), range.1.max(high));
        };
        for (range, &value) in stretch.range.iter_mut().zip(seen.values) {
            widen(range, value, value);
        }
        let predicted = seen.predicted.iter().zip(seen.values).zip(&mut self.bands);
        for (expected, ((&predicted, &value), band)) in stretch.expected.iter_mut().zip(predicted) {
            let [low, high] = band.take(predicted.unwrap_or(f64::NAN), value);
            widen(expected, low, high);
        }
        stretch.records += 1;
        stretch.score = stretch.score.max(seen.score);
        stretch.grade = stretch.grade.max(seen.grade);
        stretch.is_anomaly |= seen.is_anomaly;
        self.records
    }

    /// Fast records are summarised more and more coarsely, so that the state spans some minutes.
    fn make_room(&mut self, now: Instant) {
        if self.stretches.len() < STRETCHES {
            return;
        }
        if self
            .stretches
            .front()
            .is_some_and(|it| now.duration_since(it.began) >= SPAN)
        {
            self.stretches.pop_front();
            return;
        }
        let all: Vec<Stretch> = self.stretches.drain(..).collect();
        self.stretches.extend(all.chunks(2).map(|pair| match pair {
            [first, second] => first.join(second),
            _ => pair[0].clone(),
        }));
        self.per_stretch *= 2;
    }

    pub(super) fn badness(&self) -> f64 {
        let of = |stretch: &Stretch| badness(stretch.score, stretch.grade);
        self.stretches.iter().map(of).fold(0.0, f64::max)
    }

    pub(super) fn view(&self, name: &str, curves: usize) -> KeyView {
        let ends = |end: fn(&Stretch, usize) -> f64| {
            let curve = |i: usize| self.stretches.iter().map(|it| end(it, i)).collect();
            (0..curves).map(curve).collect()
        };
        let highest =
            |value: fn(&Stretch) -> f64| self.stretches.iter().map(value).fold(0.0, f64::max);
        KeyView {
            key: name.to_owned(),
            records: self.records,
            time: self.time.clone(),
            from: self.stretches.front().and_then(|it| it.millis),
            to: self.millis,
            span_seconds: self
                .stretches
                .front()
                .map_or(0.0, |it| it.began.elapsed().as_secs_f64()),
            idle_seconds: self.last.elapsed().as_secs_f64(),
            first: self.stretches.iter().map(|it| it.first).collect(),
            moments: self.stretches.iter().map(|it| it.millis).collect(),
            seconds_ago: {
                let ago = |stretch: &Stretch| stretch.began.elapsed().as_secs_f64();
                self.stretches.iter().map(ago).collect()
            },
            worst_score: highest(|it| it.score),
            worst_grade: highest(|it| it.grade),
            low: ends(|stretch, i| stretch.range[i].0),
            high: ends(|stretch, i| stretch.range[i].1),
            expected_low: ends(|stretch, i| stretch.expected[i].0),
            expected_high: ends(|stretch, i| stretch.expected[i].1),
            score: self.stretches.iter().map(|it| it.score).collect(),
            grade: self.stretches.iter().map(|it| it.grade).collect(),
            anomaly: self.stretches.iter().map(|it| it.is_anomaly).collect(),
        }
    }
}

impl Stretch {
    fn begin(now: Instant, first: u64, millis: Option<f64>) -> Self {
        Self {
            began: now,
            first,
            millis,
            records: 0,
            range: [(f64::INFINITY, f64::NEG_INFINITY); CURVES],
            expected: [(f64::INFINITY, f64::NEG_INFINITY); CURVES],
            score: 0.0,
            grade: 0.0,
            is_anomaly: false,
        }
    }

    fn join(&self, later: &Self) -> Self {
        let both = |(a, b): ((f64, f64), (f64, f64))| (a.0.min(b.0), a.1.max(b.1));
        Self {
            began: self.began,
            first: self.first,
            millis: self.millis,
            records: self.records + later.records,
            range: std::array::from_fn(|i| both((self.range[i], later.range[i]))),
            expected: std::array::from_fn(|i| both((self.expected[i], later.expected[i]))),
            score: self.score.max(later.score),
            grade: self.grade.max(later.grade),
            is_anomaly: self.is_anomaly || later.is_anomaly,
        }
    }
}

/// Any anomaly is worse than any score.
pub(super) fn badness(score: f64, grade: f64) -> f64 {
    if grade > 0.0 {
        1e6 * (1.0 + grade)
    } else {
        score
    }
}
