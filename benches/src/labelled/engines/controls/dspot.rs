//! DSPOT: streaming peaks over threshold with drift (Siffer, Fouque, Termier, Largouët, *Anomaly
//! Detection in Streams with Extreme Value Theory*, KDD 2017), on both sides of each input.

use std::collections::VecDeque;

use super::{Answers, input, largest};
use crate::labelled::Stream;

/// A usual value exceeds the boundary with this probability.
const RISK: f64 = 1e-4;
/// Values whose mean is subtracted.
const DEPTH: usize = 10;
/// Values for the first fit.
const FIRST: usize = 300;
/// Quantile beyond which values are peaks. The paper uses 98 % of 1,000 values; with 300, as in
/// the shortest series, that leaves too few peaks for a fit.
const QUANTILE: f64 = 0.95;
/// The tail is fitted again when there are this many times as many peaks.
const MORE_PEAKS: f64 = 1.02;

pub(super) fn run(stream: &Stream, _: u64) -> anyhow::Result<Answers> {
    let inputs: Vec<Vec<f64>> = (0..stream.dimensions)
        .map(|i| decades(input(stream, i)))
        .collect();
    let scores = (0..stream.len()).map(|row| largest(inputs.iter().map(|input| input[row])));
    let boundary = -libm::log10(RISK);
    Ok(Answers::by_threshold("dspot", scores.collect(), boundary))
}

/// The rarity of each value: the larger of both sides.
fn decades(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut recent = VecDeque::with_capacity(DEPTH);
    let mut sides = [Spot::default(), Spot::default()];
    let one = |value: f64| {
        if recent.len() < DEPTH {
            recent.push_back(value);
            return 0.0;
        }
        let residual = value - recent.iter().sum::<f64>() / DEPTH as f64;
        let [above, below] = &mut sides;
        let decades = above.judge(residual).max(below.judge(-residual));
        // Anomalous values do not change the mean, as in the paper.
        if decades <= -libm::log10(RISK) {
            recent.pop_front();
            recent.push_back(value);
        }
        decades
    };
    values.map(one).collect()
}

/// One side.
#[derive(Debug, Clone, Default)]
struct Spot {
    first: Vec<f64>,
    /// Values judged so far, except the anomalous ones.
    count: f64,
    threshold: f64,
    excesses: Vec<f64>,
    /// Number of excesses at the last fit.
    fitted: usize,
    tail: Pareto,
}

impl Spot {
    /// Returns `−log₁₀` of the probability of such a value, then learns it unless it is anomalous.
    /// Below the threshold it grows with the value, up to that of the threshold.
    fn judge(&mut self, value: f64) -> f64 {
        if self.first.len() < FIRST {
            self.first.push(value);
            if self.first.len() == FIRST {
                self.fit_first();
            }
            return 0.0;
        }
        let share = self.excesses.len().max(1) as f64 / self.count;
        let at_threshold = -libm::log10(share);
        let excess = value - self.threshold;
        if excess <= 0.0 {
            self.count += 1.0;
            return if self.threshold > 0.0 {
                at_threshold * (value / self.threshold).max(0.0)
            } else {
                0.0
            };
        }
        let decades = at_threshold - libm::log10(self.tail.exceeded(excess));
        if decades <= -libm::log10(RISK) {
            self.count += 1.0;
            self.excesses.push(excess);
            if self.excesses.len() as f64 >= MORE_PEAKS * self.fitted as f64 {
                self.fit();
            }
        }
        decades.min(300.0)
    }

    fn fit_first(&mut self) {
        let mut sorted = self.first.clone();
        sorted.sort_by(f64::total_cmp);
        self.threshold = sorted[(QUANTILE * (FIRST - 1) as f64) as usize];
        self.excesses = sorted
            .iter()
            .map(|value| value - self.threshold)
            .filter(|excess| *excess > 0.0)
            .collect();
        self.count = FIRST as f64;
        self.fit();
    }

    fn fit(&mut self) {
        self.fitted = self.excesses.len();
        self.tail = Pareto::fit(&self.excesses);
    }
}

/// A generalised Pareto distribution of excesses.
#[derive(Debug, Clone, Copy, Default)]
struct Pareto {
    shape: f64,
    scale: f64,
}

impl Pareto {
    /// Maximum likelihood by Grimshaw's reduction to one unknown `x = shape / scale`: the roots of
    /// `mean(1/(1+xY)) · (1 + mean(ln(1+xY))) = 1`, and the exponential (`x → 0`).
    fn fit(excesses: &[f64]) -> Self {
        let n = excesses.len() as f64;
        if excesses.is_empty() {
            return Self::default();
        }
        let mean = excesses.iter().sum::<f64>() / n;
        let highest = excesses.iter().copied().fold(0.0, f64::max);
        let lowest = excesses.iter().copied().fold(f64::INFINITY, f64::min);
        let mean_log = |x: f64| excesses.iter().map(|y| libm::log1p(x * y)).sum::<f64>() / n;
        let equation = |x: f64| {
            let inverse = excesses.iter().map(|y| 1.0 / (1.0 + x * y)).sum::<f64>() / n;
            inverse * (1.0 + mean_log(x)) - 1.0
        };
        let likelihood = |x: f64| {
            let shape = mean_log(x);
            -(libm::log(shape / x) + 1.0 + shape)
        };
        let mut best = Self {
            shape: 0.0,
            scale: mean,
        };
        let mut highest_likelihood = -(libm::log(mean) + 1.0);
        // 0 is a root that does not belong to the distribution, so both sides exclude it.
        let near = 1e-4 / mean;
        let far = (2.0 * (mean - lowest) / (lowest * lowest)).clamp(2.0 * near, 1e3 / mean);
        for (from, to) in [(-1.0 / highest * (1.0 - 1e-6), -near), (near, far)] {
            for x in roots(equation, from, to) {
                let likelihood = likelihood(x);
                if likelihood > highest_likelihood {
                    highest_likelihood = likelihood;
                    let shape = mean_log(x);
                    best = Self {
                        shape,
                        scale: shape / x,
                    };
                }
            }
        }
        best
    }

    /// The probability of a larger excess.
    fn exceeded(self, excess: f64) -> f64 {
        if self.scale <= 0.0 {
            return 0.0; // no value has been above the threshold
        }
        if self.shape.abs() < 1e-9 {
            return libm::exp(-excess / self.scale);
        }
        let base = (1.0 + self.shape * excess / self.scale).max(0.0);
        libm::pow(base, -1.0 / self.shape).min(1.0)
    }
}

/// Roots by a change of sign between ten points, bisected until they are exact enough.
fn roots(f: impl Fn(f64) -> f64, from: f64, to: f64) -> Vec<f64> {
    const PARTS: usize = 10;
    let mut roots = Vec::new();
    if from >= to {
        return roots;
    }
    // Points are denser near the end that is closer to 0: roots span orders of magnitude.
    let (low, high) = (from.abs().min(to.abs()), from.abs().max(to.abs()));
    let sign = if from < 0.0 { -1.0 } else { 1.0 };
    let at = |i: usize| sign * low * libm::pow(high / low, i as f64 / PARTS as f64);
    let (mut left, mut f_left) = (at(0), f(at(0)));
    for i in 1..=PARTS {
        let (right, f_right) = (at(i), f(at(i)));
        if f_left * f_right < 0.0 {
            let (mut a, mut b, f_a) = (left, right, f_left);
            for _ in 0..30 {
                let middle = f64::midpoint(a, b);
                if f_a * f(middle) > 0.0 {
                    a = middle;
                } else {
                    b = middle;
                }
            }
            roots.push(f64::midpoint(a, b));
        }
        (left, f_left) = (right, f_right);
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accuracy::synthetic::Noise;

    #[test]
    fn the_fit_finds_the_distribution_that_was_drawn_from() {
        for (shape, scale) in [(0.3, 2.0), (-0.3, 0.5), (1e-12, 1.0)] {
            let mut noise = Noise::new(1);
            let excesses: Vec<f64> = (0..5000)
                .map(|_| scale * (libm::pow(noise.uniform(), -shape) - 1.0) / shape)
                .collect();
            let fit = Pareto::fit(&excesses);
            assert!((fit.shape - shape).abs() < 0.07, "{shape}: {fit:?}");
            assert!((fit.scale / scale - 1.0).abs() < 0.1, "{scale}: {fit:?}");
        }
    }

    #[test]
    fn usual_values_rarely_exceed_the_boundary() {
        let mut noise = Noise::new(2);
        let values: Vec<f64> = (0..30_000).map(|_| noise.gaussian()).collect();
        let beyond = decades(values.into_iter())
            .into_iter()
            .filter(|decades| *decades > -libm::log10(RISK));
        // Two sides of 1e-4 each: 6 of 30,000 by the fit. A first fit that ends too early is only
        // slowly corrected, since values beyond the boundary are not learned: 74 here.
        let beyond = beyond.count();
        assert!((1..=100).contains(&beyond), "{beyond}");
    }

    #[test]
    fn a_spike_is_found_and_a_constant_raises_nothing() {
        let mut noise = Noise::new(3);
        let mut values: Vec<f64> = (0..2000).map(|_| noise.gaussian()).collect();
        values[1500] = 20.0;
        assert!(decades(values.into_iter())[1500] > 6.0);
        assert_eq!(
            largest(decades(vec![5.0; 1000].into_iter()).into_iter()),
            0.0
        );
    }
}
