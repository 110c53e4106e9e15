//! Baselines without a model: the rules that any detector has to beat, and the treatment that turns
//! a score of any origin into decisions.

use std::collections::VecDeque;
use std::f64::consts::LN_10;

/// Leaving the range seen so far by more than this share of its width is a candidate.
const MARGIN: f64 = 0.02;
/// Values before the range is used.
const GROWN_UP: f64 = 500.0;
/// Records after an alert that belong to it.
const SILENCE: usize = 50;
/// How much of the count of recent candidates is left after each record.
const KEEP: f64 = 1.0 - 1.0 / 1000.0;

/// How far values lie outside the range of the previous values, in widths of the range.
#[derive(Debug, Clone, Default)]
pub struct Range {
    bounds: Option<(f64, f64)>,
    count: f64,
}

impl Range {
    /// Measures a value, then extends the range by it.
    pub fn excess(&mut self, value: f64) -> f64 {
        self.count += 1.0;
        let (low, high) = *self.bounds.get_or_insert((value, value));
        self.bounds = Some((low.min(value), high.max(value)));
        let (beyond, width) = ((value - high).max(low - value), high - low);
        if beyond <= 0.0 || self.count < 2.0 {
            0.0
        } else if width > 0.0 {
            beyond / width
        } else {
            1e9
        }
    }

    fn grown(&self) -> f64 {
        (self.count / GROWN_UP).min(1.0)
    }
}

/// Distance to the mean of the previous `WINDOW` records, in deviations.
#[derive(Debug, Clone, Default)]
pub struct TrailingZ {
    values: VecDeque<f64>,
}

/// Window of the trailing control, in records.
const WINDOW: usize = 256;

impl TrailingZ {
    /// Measures a value, then adds it to the window.
    pub fn score(&mut self, value: f64) -> f64 {
        let n = self.values.len() as f64;
        let mean = self.values.iter().sum::<f64>() / n.max(1.0);
        let squares: f64 = self.values.iter().map(|x| (x - mean) * (x - mean)).sum();
        let deviation = (squares / n.max(1.0)).sqrt();
        let distance = (value - mean).abs();
        let score = if n < 10.0 || distance == 0.0 {
            0.0
        } else {
            (distance / deviation).min(1e3)
        };
        self.values.push_back(value);
        if self.values.len() > WINDOW {
            self.values.pop_front();
        }
        score
    }
}

/// Converts scores of other libraries to decisions as our detector does: leaving the
/// range of values, leaving the range of the smoothed score, the far tail of scores; one
/// alert per event. Without what needs a forest (a fixed height, a second forest, the learning
/// gate).
#[derive(Debug, Clone, Default)]
pub struct Treatment {
    values: Range,
    levels: Range,
    smoothed: Option<f64>,
    tail: Tail,
    /// Recent candidates by values, level and tail.
    alarms: [f64; 3],
    silence: usize,
    alerted: f64,
}

impl Treatment {
    /// Severity in [0, 1], above 0.5 for an alert; 0 while there is no score yet.
    pub fn severity(&mut self, value: f64, score: Option<f64>) -> f64 {
        let range = self.values.excess(value) * self.values.grown() / MARGIN;
        let Some(score) = score else {
            return 0.0;
        };
        let smoothed = self.smoothed.map_or(score, |s| s + (score - s) / 10.0);
        self.smoothed = Some(smoothed);
        let level = self.levels.excess(smoothed) * self.levels.grown() / MARGIN;
        let tail = self.tail.decades(score) / 3.5;
        self.tail.learn(score);
        let mut evidence: f64 = 0.0;
        let kinds = [(range, 1.0), (level, 1.0), (tail, 0.25)];
        for ((raw, discount), alarms) in kinds.into_iter().zip(&mut self.alarms) {
            *alarms *= KEEP;
            evidence = evidence.max(raw / (1.0 + discount * *alarms));
            if raw >= 1.0 && self.silence == 0 {
                *alarms += 1.0;
            }
        }
        let silenced = self.silence > 0 && evidence < 9.0 * self.alerted;
        self.silence = self.silence.saturating_sub(1);
        if evidence > 1.0 && !silenced {
            (self.silence, self.alerted) = (SILENCE, evidence);
        }
        if silenced {
            evidence = 0.5 * evidence.min(1.0);
        }
        evidence / (1.0 + evidence)
    }
}

/// The exponential tail beyond a running quantile.
#[derive(Debug, Clone, Default)]
struct Tail {
    count: f64,
    quantile: f64,
    mean: f64,
    spread: f64,
    excesses: f64,
    excess: f64,
}

const QUANTILE: f64 = 0.98;
const KNOWN: f64 = 100.0;

impl Tail {
    /// `−log₁₀` of the probability of such a score.
    fn decades(&self, score: f64) -> f64 {
        if self.count < KNOWN || score <= self.quantile || self.excess <= 0.0 {
            return 0.0;
        }
        (score - self.quantile) / (self.excess * LN_10) - libm::log10(1.0 - QUANTILE)
    }

    fn learn(&mut self, score: f64) {
        if self.count == 0.0 {
            (self.quantile, self.mean) = (score, score);
        }
        let limit = if self.count < KNOWN || self.excess <= 0.0 {
            f64::INFINITY
        } else {
            3.0 * LN_10 * self.excess
        };
        self.count += 1.0;
        let distance = score.min(self.quantile + limit) - self.mean;
        self.mean += distance / self.count;
        self.spread += (distance.abs() - self.spread) / self.count;
        let step = (5.0 / self.count).max(0.02) * self.spread;
        if score > self.quantile {
            self.excesses += 1.0;
            let excess = (score - self.quantile).min(limit);
            self.excess += (excess - self.excess) / self.excesses;
            self.quantile += step * QUANTILE;
        } else {
            self.quantile -= step * (1.0 - QUANTILE);
        }
    }
}
