//! The distribution of past scores, and how far out a score lies in it.

use super::Threshold;
use crate::detector::statistics::Moments;

/// The level above which scores count as the tail.
const LEVEL: f64 = 0.9;
/// As many excesses, of the size of a deviation, are taken as seen before the first one.
const PRIOR: f64 = 4.0;
/// Below this, in units of the score, the spread of scores is noise of the forest.
const SCALE_FLOOR: f64 = 0.05;

/// Discounted statistics of scores.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tail {
    pub(crate) scores: Moments,
    /// Running estimate of the quantile at [`LEVEL`].
    pub(crate) quantile: f64,
    /// Discounted number of scores above it, and their mean distance to it.
    pub(crate) excesses: Moments,
}

impl Tail {
    /// How surprising a score is: strictly growing with it, 0 at score 0.
    pub(crate) fn evidence(&self, threshold: Threshold, score: f64) -> f64 {
        match threshold {
            Threshold::Fixed { .. } => score,
            Threshold::Normal { .. } => {
                let scale = self.scores.deviation().max(SCALE_FLOOR);
                normal_surprise((score - self.scores.mean) / scale)
            }
            Threshold::ExtremeValue { .. } => {
                let base = -libm::log(1.0 - LEVEL);
                let excess = score - self.quantile;
                if excess <= 0.0 {
                    base * score / self.quantile.max(f64::MIN_POSITIVE)
                } else {
                    base + excess / self.scale()
                }
            }
        }
    }

    /// The score that has this evidence, as `evidence` maps it.
    fn score_at(&self, threshold: Threshold, evidence: f64) -> f64 {
        match threshold {
            Threshold::Fixed { score } => score,
            Threshold::Normal { .. } => {
                // −ln Q(z) ≈ z²/2 + ln(z √(2π)): near enough to clip at.
                let scale = self.scores.deviation().max(SCALE_FLOOR);
                self.scores.mean + (2.0 * evidence).sqrt() * scale
            }
            Threshold::ExtremeValue { .. } => {
                self.quantile + (evidence + libm::log(1.0 - LEVEL)) * self.scale()
            }
        }
    }

    /// Mean excess, drawn to the deviation of all scores while there are few excesses.
    fn scale(&self) -> f64 {
        let prior = self.scores.deviation();
        let Moments { weight, mean, .. } = self.excesses;
        ((weight * mean + PRIOR * prior) / (weight + PRIOR)).max(SCALE_FLOOR)
    }

    /// Learns a score, of which no more counts than the boundary.
    pub(crate) fn push(&mut self, threshold: Threshold, score: f64, keep: f64, young: bool) {
        let limit = self.score_at(threshold, threshold.boundary());
        let score = if young { score } else { score.min(limit) };
        self.scores.push(score, keep);
        let spread = self.scores.deviation();
        if self.scores.weight <= 1.0 {
            self.quantile = score;
            return;
        }
        // Stochastic approximation: up by LEVEL, down by 1 − LEVEL, so that it stands still where
        // a share of LEVEL lies below. Steps shrink as knowledge grows.
        let step = spread * (4.0 / self.scores.weight.sqrt()).min(1.0) * 0.5;
        let above = score > self.quantile;
        if above {
            self.excesses
                .push(score - self.quantile, 1.0 - 10.0 * (1.0 - keep).min(0.05));
            self.quantile += step * LEVEL;
        } else {
            self.quantile -= step * (1.0 - LEVEL);
        }
    }
}

/// `−ln` of the upper tail of the normal distribution, also where that underflows.
fn normal_surprise(z: f64) -> f64 {
    if z < 30.0 {
        -libm::log(0.5 * libm::erfc(z / std::f64::consts::SQRT_2))
    } else {
        // Mills' ratio: Q(z) → φ(z) / z.
        0.5 * z * z + libm::log(z * (2.0 * std::f64::consts::PI).sqrt())
    }
}
