//! The reservoir of one tree, and the clock that all reservoirs of a forest share.
//!
//! Sampling is by exponential keys (Efraimidis and Spirakis, *Weighted random sampling with a
//! reservoir*, 2006) with weights that grow as `exp(λt)`: a point that arrives at time `t` draws
//! `E ~ Exp(1)` and gets the key `ln E − λt`; each tree keeps the `s` points of lowest key. That is
//! the same law as their `u^(1/w)`, in a form that never overflows.
//!
//! **Exponential jumps.** A full reservoir whose worst key is `k` takes the point of time `t` iff
//! `E < exp(k + λt)`. Up to its next acceptance it therefore consumes an `Exp(1)` amount `H` of
//! hazard `Σ exp(k + λt)`. We draw `H` once, right after an acceptance, and turn it into a *target*
//! on a clock `C = Σ exp(λt)` common to all trees. A tree whose target is not reached does no work
//! at all. What was left of `H` before the accepted point is, given acceptance, distributed as the
//! point's `E`: no second draw is needed.

use crate::config::Config;
use crate::index::Index;
use crate::rng::TreeRng;

/// Cumulated weight of the points offered so far, `C = Σ exp(λt)`.
///
/// Time runs from a base that moves along with the stream, so that nothing here, keys included,
/// depends on how long the stream has run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DecayClock {
    /// λ.
    pub(crate) time_decay: f64,
    /// Points offered since the base.
    pub(crate) ticks: u64,
    /// `C` before the current point.
    pub(crate) before: f64,
    /// `C` with the current point.
    pub(crate) now: f64,
}

/// The base moves before weights relative to it exceed `exp(REBASE_DECAY)` …
const REBASE_DECAY: f64 = 8.0;
/// … and, for a λ near 0, before this many points.
const REBASE_TICKS: u64 = 1 << 20;

/// What a move of the base does to keys and targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebase {
    /// Added to every key.
    key_shift: f64,
    /// Taken from every target, …
    elapsed: f64,
    /// … which is then multiplied by this.
    scale: f64,
}

impl DecayClock {
    pub(crate) fn new(time_decay: f64) -> Self {
        Self {
            time_decay,
            ticks: 0,
            before: 0.0,
            now: 0.0,
        }
    }

    /// Whether the parts, which may come from a damaged file, make a clock.
    pub(crate) fn is_valid(&self) -> bool {
        (0.0..=1.0).contains(&self.time_decay)
            && self.ticks <= REBASE_TICKS
            && self.log_weight() <= REBASE_DECAY + self.time_decay
            && self.before >= 0.0
            && self.before <= self.now
            && self.now.is_finite()
    }

    /// `λt` of the current point.
    fn log_weight(&self) -> f64 {
        self.time_decay * self.ticks as f64
    }

    /// Moves on to the next point. Where a [`Rebase`] is returned it must be applied to every
    /// sampler before anything else.
    #[must_use]
    pub(crate) fn tick(&mut self) -> Option<Rebase> {
        let due = self.ticks >= REBASE_TICKS || self.log_weight() >= REBASE_DECAY;
        let rebase = due.then(|| {
            let key_shift = self.log_weight();
            let rebase = Rebase {
                key_shift,
                elapsed: self.now,
                scale: libm::exp(-key_shift),
            };
            *self = Self::new(self.time_decay);
            rebase
        });
        self.ticks += 1;
        self.before = self.now;
        self.now += libm::exp(self.log_weight());
        rebase
    }
}

/// The sample of one tree: a heap of keys, the worst (highest) one on top.
#[derive(Debug, Clone)]
pub(crate) struct Sampler<I> {
    capacity: usize,
    /// Keys relative to the base of the clock, in single precision: the base keeps them small.
    keys: Vec<f32>,
    /// The point of each key.
    points: Vec<I>,
    /// Value of the clock at which the next point is taken; only when full.
    target: f64,
}

/// A place in the sample, and the key that comes with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acceptance {
    key: f32,
    /// Whether the worst point must leave first.
    evicts: bool,
}

impl<I: Index> Sampler<I> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            keys: Vec::new(),
            points: Vec::new(),
            target: f64::INFINITY,
        }
    }

    /// The sample of a restored forest, or `None` if the parts contradict each other.
    pub(crate) fn restore(
        capacity: usize,
        keys: Vec<f32>,
        points: Vec<I>,
        target: f64,
    ) -> Option<Self> {
        let sampler = Self {
            capacity,
            keys,
            points,
            target,
        };
        sampler.is_valid().then_some(sampler)
    }

    fn is_valid(&self) -> bool {
        self.keys.len() == self.points.len()
            && self.keys.len() <= self.capacity
            && self.target.is_finite() == self.is_full()
            && self.keys.iter().all(|key| key.is_finite())
            && (1..self.keys.len()).all(|child| self.keys[child] <= self.keys[(child - 1) / 2])
    }

    pub(crate) fn keys(&self) -> &[f32] {
        &self.keys
    }

    /// The sampled points, in heap order.
    pub(crate) fn points(&self) -> &[I] {
        &self.points
    }

    /// The same, to rename points that have become equal to others.
    pub(crate) fn points_mut(&mut self) -> &mut [I] {
        &mut self.points
    }

    pub(crate) fn target(&self) -> f64 {
        self.target
    }

    fn is_full(&self) -> bool {
        self.keys.len() == self.capacity
    }

    /// Decides about the clock's current point. The common answer, `None`, costs one comparison.
    #[inline(always)]
    pub(crate) fn offer(
        &self,
        clock: &DecayClock,
        accept_fraction: f64,
        rng: &mut TreeRng,
    ) -> Option<Acceptance> {
        if !self.is_full() {
            return self.offer_while_filling(clock, accept_fraction, rng);
        }
        (self.target <= clock.now).then(|| {
            let left = (self.target - clock.before).max(f64::MIN_POSITIVE);
            let worst = f64::from(self.keys[0]);
            // E = left · exp(worst), and the key is ln E − λt.
            let key = (libm::log(left) + worst - clock.log_weight()) as f32;
            Acceptance {
                key: key.min(self.keys[0]),
                evicts: true,
            }
        })
    }

    /// Takes every point up to `accept_fraction` of the capacity, then with a probability that
    /// falls to 0 at the full sample; a point refused that way still competes by its key.
    fn offer_while_filling(
        &self,
        clock: &DecayClock,
        accept_fraction: f64,
        rng: &mut TreeRng,
    ) -> Option<Acceptance> {
        let key = (libm::log(rng.exponential()) - clock.log_weight()) as f32;
        let filled = self.keys.len() as f64 / self.capacity as f64;
        let accepted = filled < accept_fraction
            || rng.unit() < 1.0 - (filled - accept_fraction) / (1.0 - accept_fraction);
        if accepted {
            Some(Acceptance { key, evicts: false })
        } else {
            let evicts = key < *self.keys.first()?;
            evicts.then_some(Acceptance { key, evicts })
        }
    }

    /// The point that must leave for this acceptance, if any.
    pub(crate) fn evicted(&self, acceptance: Acceptance) -> Option<I> {
        if acceptance.evicts {
            self.points.first().copied()
        } else {
            None
        }
    }

    /// Takes the point, in place of the one that [`Self::evicted`] told.
    pub(crate) fn accept(
        &mut self,
        acceptance: Acceptance,
        point: I,
        clock: &DecayClock,
        rng: &mut TreeRng,
    ) {
        if acceptance.evicts {
            self.replace_worst(acceptance.key, point);
        } else {
            self.push(acceptance.key, point);
        }
        if self.is_full() {
            // `min`: a target beyond the largest float is as good as never.
            let hazard = rng.exponential() * libm::exp(-f64::from(self.keys[0]));
            self.target = (clock.now + hazard).min(f64::MAX);
        }
    }

    pub(crate) fn rebase(&mut self, rebase: Rebase) {
        for key in &mut self.keys {
            *key = (f64::from(*key) + rebase.key_shift) as f32;
        }
        self.target = (self.target - rebase.elapsed) * rebase.scale;
    }

    fn push(&mut self, key: f32, point: I) {
        if self.keys.len() == self.keys.capacity() {
            let more = self.keys.len().max(8).min(self.capacity - self.keys.len());
            self.keys.reserve_exact(more);
            self.points.reserve_exact(more);
        }
        self.keys.push(key);
        self.points.push(point);
        let mut child = self.keys.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 2;
            if self.keys[child] <= self.keys[parent] {
                break;
            }
            self.swap(child, parent);
            child = parent;
        }
    }

    fn replace_worst(&mut self, key: f32, point: I) {
        let len = self.keys.len();
        let mut hole = 0;
        loop {
            let left = 2 * hole + 1;
            if left >= len {
                break;
            }
            let right = left + 1;
            let child = if right < len && self.keys[right] > self.keys[left] {
                right
            } else {
                left
            };
            if self.keys[child] <= key {
                break;
            }
            self.keys[hole] = self.keys[child];
            self.points[hole] = self.points[child];
            hole = child;
        }
        self.keys[hole] = key;
        self.points[hole] = point;
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.keys.swap(a, b);
        self.points.swap(a, b);
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.keys) + size_of_val_capacity(&self.points)
    }
}

/// The number of distinct points in all samples of a forest that has run for long, with a margin
/// that it is most unlikely to exceed.
///
/// A point of age `a` is in a sample with probability `sλ·exp(−λa)`; the expectation is the integral
/// over `a` of the probability to be in any of the `T` samples, `Σ (1 − (1−sλ)ᵏ) / (kλ)` for `k` up
/// to `T`. The number varies less than a Poisson variable of that mean.
pub(crate) fn expected_points(config: &Config) -> usize {
    let most = config.number_of_trees * config.sample_size;
    let newest = (config.sample_size as f64 * config.time_decay).min(1.0);
    let mut in_none = 1.0;
    let mut sum = 0.0;
    for k in 1..=config.number_of_trees {
        in_none *= 1.0 - newest;
        sum += (1.0 - in_none) / k as f64;
    }
    let mean = sum / config.time_decay;
    // A λ of 0 has no long run: all places may be taken.
    if mean.is_finite() {
        most.min((mean + 6.0 * mean.sqrt()) as usize + 1)
    } else {
        most
    }
}

/// Bytes that a vector holds on the heap.
pub(crate) fn size_of_val_capacity<T>(vector: &Vec<T>) -> usize {
    vector.capacity() * size_of::<T>()
}

#[cfg(test)]
mod tests;
