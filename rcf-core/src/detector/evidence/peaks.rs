//! The tail of a sign that grows with what is unusual, from peaks over a running quantile.
//!
//! Beyond a high quantile `u`, excesses follow a generalised Pareto law (Pickands, Balkema, de
//! Haan). What is done about three facts of streams:
//!
//! * **Excesses come in clusters.** An excess counts once, by the peak of its cluster, as extreme
//!   value theory has it for dependent series (Coles, *An Introduction to Statistical Modeling of
//!   Extreme Values*, chapter 5).
//! * **Few clusters are known at first.** With `n` of them, and an exponential tail of unknown
//!   mean, the predictive law of the next is Lomax: `P(X > x) = (1 + x / (n · mean))^(−n)`. A young
//!   tail is therefore a heavy one, and no separate warm-up constant is needed. What is known
//!   beforehand counts as this many clusters more: that the tail of errors continues as their bulk
//!   begins. Then a mean excess is the distance between the quantiles 0.5 and 0.9 by `ln 5`, as of
//!   an exponential law.
//! * **Anomalies are frequent in some streams.** They must not define the tail, so the quantile is
//!   not higher than 0.9, excesses are learned as at most [`CLIP`] mean ones (the mean of an
//!   exponential law is corrected for that), and those beyond [`OUTLYING`] decades hardly count.
//!   Whether the tail is heavier than an exponential one is read off the bulk, which no anomaly
//!   reaches: from the ratio of the distances between the quantiles 0.5, 0.75, 0.9 and 0.97.

use std::f64::consts::{LN_2, LN_10};

use super::bursts::Bursts;
use crate::predictor::numbers::Numbers;

/// The quantile beyond which the tail begins.
const QUANTILE: f64 = 0.9;
/// Decades at that quantile.
const BASE: f64 = 1.0;
/// Values from which the tail is first estimated. The first third of them is left out: predictor
/// and forest are still learning.
const START: usize = 400;
/// What the first estimate counts for.
const KNOWN: f64 = 400.0;
/// A value moves the statistics by one in this many.
const MEMORY: f64 = 4000.0;
/// Excesses are learned as at most this many mean ones.
const CLIP: f64 = 2.5;
/// What surprises by more decades counts as an anomaly when the tail is learned, …
const OUTLYING: f64 = 4.0;
/// … and has this weight.
const OUTLIER_WEIGHT: f64 = 0.02;
/// Excesses are never larger, in mean ones.
const MOST: f64 = 1e300;
/// Clusters that the bulk is worth, for errors whose tail continues as their bulk begins: distances
/// to past cycles, and errors of a regression on other inputs, which are sums of many small ones.
/// Errors of a prediction from the newest values come in bursts: there the bulk is worth nothing.
pub(crate) const OF_BULK: f64 = 20.0;
/// The quantiles from which the shape is read; the third is [`QUANTILE`].
const SHAPE_QUANTILES: [f64; 4] = [0.5, 0.75, QUANTILE, 0.97];

/// Calibrates a sign: how many decades is a value out?
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peaks {
    /// Values until the tail is first estimated; empty from then on.
    pub(crate) head: Vec<f64>,
    /// Excesses this far apart belong to different clusters.
    pub(crate) spacing: u32,
    /// This many clusters of the mean that the bulk says are known beforehand.
    pub(crate) prior: f64,
    pub(crate) quantiles: [f64; 4],
    /// Size of the steps of the quantiles, before their share; 0 until the first estimate.
    pub(crate) step: f64,
    /// Values since the first estimate, up to the memory.
    pub(crate) seen: f64,
    /// Mean excess of clusters.
    pub(crate) mean: f64,
    /// Number of clusters that the mean rests on.
    pub(crate) clusters: f64,
    /// Clusters per value.
    pub(crate) rate: f64,
    /// The newest cluster: values since its last excess, its peak, the least weight in it.
    pub(crate) since: u32,
    pub(crate) peak: f64,
    pub(crate) weight: f64,
    /// Values far beyond the bulk, which may be usual.
    pub(crate) bursts: Bursts,
}

impl Peaks {
    pub(crate) fn new(spacing: u32, prior: f64) -> Self {
        Self {
            head: Vec::new(),
            spacing,
            prior,
            quantiles: [0.0; 4],
            step: 0.0,
            seen: 0.0,
            mean: 0.0,
            clusters: 0.0,
            rate: 0.0,
            since: u32::MAX,
            peak: 0.0,
            weight: 1.0,
            bursts: Bursts::default(),
        }
    }

    /// Whether surprises mean something.
    pub(crate) fn is_known(&self) -> bool {
        self.step > 0.0
    }

    /// Decades of surprise of a positive value, growing with it; 0 while the tail is unknown.
    pub(crate) fn surprise(&self, value: f64) -> f64 {
        self.surprise_of(value, false)
    }

    /// The same of an input that may be stepwise.
    pub(crate) fn surprise_of(&self, value: f64, stepwise: bool) -> f64 {
        let surprise = self.beyond_the_bulk(value);
        let of_burst = self.bursts.surprise(self.far(value), stepwise);
        of_burst.map_or(surprise, |of_burst| surprise.min(of_burst))
    }

    /// How far a value lies beyond what the bulk alone makes of [`OUTLYING`] decades; 0 within.
    fn far(&self, value: f64) -> f64 {
        let mut excesses = (OUTLYING - BASE) * LN_10;
        let shape = self.shape();
        if shape > 0.0 {
            excesses = libm::expm1(shape * excesses) / shape;
        }
        (value - self.quantiles[2] - excesses * self.of_bulk()).max(0.0)
    }

    /// The mean excess if the tail continues as the bulk begins.
    fn of_bulk(&self) -> f64 {
        (self.quantiles[2] - self.quantiles[0]) / libm::log(5.0)
    }

    /// Decades by the tail of the peaks.
    fn beyond_the_bulk(&self, value: f64) -> f64 {
        let tail = self.quantiles[2];
        if !self.is_known() {
            0.0
        } else if value > tail {
            let (clusters, mean) = self.law();
            let mut excess = ((value - tail) / mean).min(MOST);
            let shape = self.shape();
            if shape > 0.0 {
                excess = libm::log1p(shape * excess) / shape;
            }
            let base = (-libm::log10(self.rate)).max(BASE);
            base + clusters * libm::log1p(excess / clusters) / LN_10
        } else if tail > 0.0 {
            BASE * (value / tail)
        } else {
            0.0
        }
    }

    /// The clusters that the tail rests on, and their mean excess: those seen, and what the bulk
    /// says beforehand, as far as the two agree. A bulk without spread says nothing.
    fn law(&self) -> (f64, f64) {
        let of_bulk = self.of_bulk();
        let beforehand = self.prior * (of_bulk / self.mean).clamp(0.0, 1.0);
        let clusters = self.clusters + beforehand;
        let mean = (self.clusters * self.mean + beforehand * of_bulk) / clusters;
        (clusters, mean)
    }

    /// Shape of the generalised Pareto law, 0 where the bulk is no heavier than an exponential law.
    ///
    /// Distances of the quantiles at probabilities `a < b < c` have the ratio
    /// `((1 − c)^−ξ − (1 − b)^−ξ) / ((1 − b)^−ξ − (1 − a)^−ξ)`, for both triples about 1.32 at ξ =
    /// 0 and 3 at ξ = 1. The smaller of two ratios decides, so that neither a mixture of quiet and
    /// busy stretches nor frequent anomalies look like a heavy tail.
    fn shape(&self) -> f64 {
        let [half, three_quarters, tail, far] = self.quantiles;
        let (inner, middle) = (three_quarters - half, tail - three_quarters);
        if inner <= 0.0 || middle <= 0.0 {
            return 0.0;
        }
        let exponential = libm::log(2.5) / LN_2;
        let ratio = (middle / inner).min((far - tail).max(0.0) / middle);
        let whole = libm::log(3.0 / exponential);
        (libm::log(ratio.max(f64::MIN_POSITIVE) / exponential) / whole).clamp(0.0, 1.0)
    }

    /// Learns a positive value.
    pub(crate) fn push(&mut self, value: f64) {
        if !self.is_known() {
            self.head.push(value);
            if self.head.len() == START {
                self.estimate();
            }
            return;
        }
        self.seen = (self.seen + 1.0).min(MEMORY);
        // A value counts as one of those so far, until it counts as one of the memory.
        let share = 1.0 / (KNOWN + self.seen).min(MEMORY);
        let step = self.step * share;
        let tail = self.quantiles[2];
        let outlying = self.beyond_the_bulk(value) >= OUTLYING;
        self.bursts.push(self.far(value));
        let weight = if outlying { OUTLIER_WEIGHT } else { 1.0 };
        self.since = self.since.saturating_add(1);
        let is_excess = value > tail;
        if is_excess {
            if self.since > self.spacing {
                self.close_cluster();
                self.clusters = (self.clusters + 1.0).min((MEMORY * self.rate).max(5.0));
                self.rate += share;
            }
            self.peak = self.peak.max(value - tail);
            self.weight = self.weight.min(weight);
            self.since = 0;
        }
        self.rate -= self.rate * share;
        for (quantile, below) in self.quantiles.iter_mut().zip(SHAPE_QUANTILES) {
            if value > *quantile {
                let is_tail = below == QUANTILE;
                *quantile += step * below * if is_tail { weight } else { 1.0 };
            } else {
                *quantile -= step * (1.0 - below);
            }
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * self.head.capacity()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(self.head.len() as f64);
        numbers.extend(&self.head);
        numbers.extend(self.quantiles);
        numbers.extend([self.step, self.seen, self.mean, self.clusters, self.rate]);
        numbers.extend([f64::from(self.since), self.peak, self.weight]);
        self.bursts.save(numbers);
    }

    pub(crate) fn restore(spacing: u32, prior: f64, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut peaks = Self::new(spacing, prior);
        for _ in 0..numbers.index(START - 1)? {
            peaks.head.push(numbers.amount()?);
        }
        numbers.fill(&mut peaks.quantiles)?;
        peaks.step = numbers.amount()?;
        peaks.seen = numbers.amount().filter(|&seen| seen <= MEMORY)?;
        peaks.mean = numbers.amount()?;
        peaks.clusters = numbers.amount()?;
        peaks.rate = numbers.amount()?;
        peaks.since = u32::try_from(numbers.index(u32::MAX as usize)?).ok()?;
        peaks.peak = numbers.amount()?;
        peaks.weight = numbers.amount().filter(|&weight| weight <= 1.0)?;
        peaks.bursts = Bursts::restore(numbers)?;
        let is_whole = [peaks.mean, peaks.clusters, peaks.rate]
            .iter()
            .all(|&x| x > 0.0);
        (is_whole || !peaks.is_known()).then_some(peaks)
    }

    /// Learns the peak of the newest cluster, and begins another one.
    fn close_cluster(&mut self) {
        if self.peak > 0.0 {
            // Of exponential excesses the part beyond the clip makes up exp(−clip) of the mean.
            let kept = -libm::expm1(-CLIP);
            let excess = self.peak.min(CLIP * self.mean) / kept;
            let count = (self.clusters + 1.0).min(MEMORY * self.rate + 1.0);
            self.mean += self.weight * (excess - self.mean) / count;
        }
        (self.peak, self.weight) = (0.0, 1.0);
    }

    /// First estimate of everything, from the values so far.
    fn estimate(&mut self) {
        let values = std::mem::take(&mut self.head);
        let values = &values[START / 3..];
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len() as f64;
        self.quantiles = SHAPE_QUANTILES.map(|share| sorted[(share * (count - 1.0)) as usize]);
        let tail = self.quantiles[2];
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean) * (value - mean));
        let deviation = (squares.sum::<f64>() / count).sqrt();

        let (mut clusters, mut peaks, mut peak, mut last) = (0.0, 0.0, 0.0f64, None);
        for (i, value) in values
            .iter()
            .enumerate()
            .filter(|(_, value)| **value > tail)
        {
            if last.is_none_or(|last| i - last > self.spacing as usize) {
                clusters += 1.0;
                peaks += std::mem::take(&mut peak);
            }
            last = Some(i);
            peak = peak.max(value - tail);
        }
        peaks += peak;
        let clusters = f64::max(clusters, 1.0);
        // A constant sign has no spread at all; what counts then is its own size.
        let least = (1e-9 * tail).max(f64::MIN_POSITIVE);
        self.mean = (peaks / clusters).max(0.25 * deviation).max(least);
        self.clusters = clusters;
        self.rate = clusters / count;
        self.step = 4.0 * deviation.max(least);
        for &value in values {
            self.bursts.push(self.far(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// Share of values whose surprise is at least this many decades, once the tail is known.
    fn share(prior: f64, values: impl Iterator<Item = f64>, decades: f64) -> f64 {
        let (mut peaks, mut beyond, mut count) = (Peaks::new(8, prior), 0.0, 0.0);
        for value in values {
            if peaks.is_known() {
                count += 1.0;
                beyond += f64::from(u8::from(peaks.surprise(value) >= decades));
            }
            peaks.push(value);
        }
        beyond / count
    }

    fn exponential(random: &mut Random) -> f64 {
        -libm::log(1.0 - random.unit())
    }

    #[test]
    fn surprises_are_as_rare_as_they_say() {
        let laws = [
            ("exponential", 0.0, 0.0),
            ("Pareto", 0.5, 0.0),
            ("exponential, bulk known", 0.0, OF_BULK),
        ];
        for (name, heavy, prior) in laws {
            let mut random = Random::new(3);
            let values = (0..300_000).map(|_| {
                let e = exponential(&mut random);
                if heavy > 0.0 {
                    libm::expm1(heavy * e)
                } else {
                    e
                }
            });
            let share = share(prior, values, 3.0);
            assert!((1e-4..2e-3).contains(&share), "{name}: {share}");
        }
    }

    #[test]
    fn a_tail_of_few_scores_is_sharper_with_the_bulk_and_keeps_its_rate() {
        // The value that is 4 decades out, and the share of 3 decades, while few clusters are
        // known.
        let young = |prior: f64| {
            let (mut boundary, mut beyond) = (0.0, 0.0);
            for seed in 0..200 {
                let (mut random, mut peaks) = (Random::new(seed), Peaks::new(8, prior));
                (0..450).for_each(|_| peaks.push(exponential(&mut random)));
                let at = (0..400).map(|i| f64::from(i) / 10.0);
                boundary += at.take_while(|&x| peaks.surprise(x) < 4.0).count() as f64 / 2_000.0;
                let values = (0..1_000).map(|_| exponential(&mut random));
                beyond += values.filter(|&x| peaks.surprise(x) >= 3.0).count() as f64 / 2e5;
            }
            (boundary, beyond)
        };
        let ((wide, _), (sharp, beyond)) = (young(0.0), young(OF_BULK));
        // 9.2 is the truth.
        assert!(sharp < 0.9 * wide && sharp > 8.5, "{sharp} {wide}");
        assert!((3e-4..2e-3).contains(&beyond), "{beyond}");
    }

    #[test]
    fn frequent_anomalies_do_not_hide_each_other() {
        // One value in 250, in no regular order, is ten to thirty times the mean of the others.
        let mut random = Random::new(4);
        let mut peaks = Peaks::new(8, 0.0);
        let (mut found, mut events) = (0.0, 0.0);
        for t in 0..30_000 {
            let is_event = random.below(250) == 0;
            let size = 10.0 + 20.0 * random.unit();
            let value = exponential(&mut random) + if is_event { size } else { 0.0 };
            if is_event && t > 5_000 {
                events += 1.0;
                found += f64::from(u8::from(peaks.surprise(value) > 3.5));
            }
            peaks.push(value);
        }
        assert!(found / events > 0.8, "{}", found / events);
    }

    #[test]
    fn a_constant_sign_is_surprised_by_any_other_value() {
        let mut peaks = Peaks::new(8, 0.0);
        (0..1_000).for_each(|_| peaks.push(2.0));
        assert!(peaks.surprise(2.0) < 3.0);
        assert!(peaks.surprise(2.001) > 4.0);
        assert!(peaks.surprise(f64::MAX).is_finite());
    }

    #[test]
    fn surprise_grows_and_does_not_depend_on_the_unit() {
        let mut random = Random::new(5);
        let values: Vec<f64> = (0..5_000).map(|_| exponential(&mut random)).collect();
        let trained = |unit: f64| {
            let mut peaks = Peaks::new(8, 0.0);
            values.iter().for_each(|value| peaks.push(unit * value));
            peaks
        };
        let (one, small) = (trained(1.0), trained(2f64.powi(-40)));
        let mut last = 0.0;
        for i in 0..100 {
            let value = f64::from(i) / 4.0;
            let surprise = one.surprise(value);
            assert!(surprise >= last);
            assert_eq!(surprise, small.surprise(value * 2f64.powi(-40)));
            last = surprise;
        }
    }
}
