//! The tail of the scores so far, and how far out in it a score lies.
//!
//! Peaks over a threshold (Pickands, Balkema, de Haan): beyond a high quantile `u`, distances to
//! `u` follow a generalised Pareto law. Scores are bounded and their tail is light, so the law is
//! exponential: `P(score > s) = (1 − q) · exp(−(s − u) / mean excess)`. Both `u` and the mean
//! excess are learned online, as in Siffer et al., *Anomaly Detection in Streams with Extreme Value
//! Theory* (KDD 2017), but forgetting, and without stopping to learn at an alert: excesses count at
//! most as [`LIMIT`] decades, and those of an event that is being reported with little weight, so
//! that it neither hides the next one, nor is reported for ever.
//!
//! A score is learned only when its shingle has left the window: one anomaly lies in `shingle_size`
//! shingles, whose scores rise, and the first of them must not lift the boundary for the others.

use std::f64::consts::LN_10;

/// The quantile from which on scores count as the tail.
const QUANTILE: f64 = 0.98;
/// Excesses beyond this many decades are learned as these.
const LIMIT: f64 = 3.0;
/// Scores that are seen before any is surprising.
const KNOWN: f64 = 100.0;
/// This many excesses of the size of the scores' spread are taken for granted: of a calm series few
/// scores lie beyond the quantile, and none of them alone may say how long the tail is.
const GIVEN: f64 = 5.0;
/// Below this, in units of the score, a mean excess is the forest's own noise.
const LEAST_EXCESS: f64 = 0.02;

/// Discounted statistics of the tail.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tail {
    /// Scores seen.
    pub(crate) count: f64,
    /// Running estimate of the quantile.
    pub(crate) quantile: f64,
    /// Mean and mean absolute deviation of the scores.
    pub(crate) mean: f64,
    pub(crate) spread: f64,
    /// Scores above the quantile, and their mean distance to it.
    pub(crate) excesses: f64,
    pub(crate) excess: f64,
}

impl Tail {
    /// Decades of surprise, `−log₁₀ P(score > s)`; growing with the score, 0 at score 0 and while
    /// too few scores are known.
    pub(crate) fn surprise(&self, score: f64) -> f64 {
        if !self.is_known() {
            return 0.0;
        }
        let base = -libm::log10(1.0 - QUANTILE);
        if score > self.quantile {
            base + (score - self.quantile) / self.scale()
        } else {
            base * score / self.quantile.max(f64::MIN_POSITIVE)
        }
    }

    /// The score of this surprise, if it lies in the tail.
    pub(crate) fn score_at(&self, decades: f64) -> f64 {
        if !self.is_known() {
            return f64::INFINITY;
        }
        let base = -libm::log10(1.0 - QUANTILE);
        if decades > base {
            self.quantile + (decades - base) * self.scale()
        } else {
            self.quantile * decades / base
        }
    }

    pub(super) fn is_known(&self) -> bool {
        self.count >= KNOWN
    }

    /// The mean excess.
    pub(super) fn width(&self) -> f64 {
        self.excess.max(LEAST_EXCESS)
    }

    /// The width of a decade.
    pub(super) fn scale(&self) -> f64 {
        self.width() * LN_10
    }

    /// No larger excess is learned.
    pub(super) fn limit(&self) -> f64 {
        if self.is_known() {
            LIMIT * self.scale()
        } else {
            f64::INFINITY
        }
    }

    /// Learns a score, which counts in the tail by its `weight`: above 0, at most 1.
    pub(crate) fn push(&mut self, score: f64, keep: f64, weight: f64) {
        if self.count == 0.0 {
            (self.quantile, self.mean) = (score, score);
        }
        let limit = self.limit();
        self.count += 1.0;
        let share = (1.0 / self.count).max(1.0 - keep);
        let distance = score.min(self.quantile + limit) - self.mean;
        self.mean += share * distance;
        self.spread += share * (distance.abs() - self.spread);
        // Stochastic approximation: up by q, down by 1 − q, so that the estimate is stationary
        // where a share of q lies below it. Steps in units of the spread need no scale.
        let step = (5.0 / self.count).max(0.02) * self.spread;
        if score > self.quantile {
            if self.excesses == 0.0 {
                self.excess = self.spread;
            }
            self.excesses += weight;
            let share = (1.0 / (GIVEN + self.excesses)).max((1.0 - keep) / (1.0 - QUANTILE));
            let share = (weight * share).min(1.0);
            self.excess += share * ((score - self.quantile).min(limit) - self.excess);
            self.quantile += step * QUANTILE;
        } else {
            self.quantile -= step * (1.0 - QUANTILE);
        }
    }
}
