//! The reservoir of one tree.
//!
//! Sampling is by exponential keys (Efraimidis and Spirakis, *Weighted random sampling with a
//! reservoir*, 2006) with weights that grow as `exp(λt)`: a point of weight `w` that arrives at
//! time `t` draws `E ~ Exp(1)` and gets the key `ln E − λt − ln w`; each tree keeps the `s` points
//! of lowest key. That is the same law as their `u^(1/w)`, in a form that never overflows.
//!
//! **Exponential jumps.** A full reservoir whose worst key is `k` takes the point of time `t` iff
//! `E < w exp(k + λt)`. Up to its next acceptance it therefore consumes an `Exp(1)` amount `H` of
//! hazard `Σ w exp(k + λt)`. We draw `H` once, right after an acceptance, and wait until a clock
//! `C = Σ w exp(λt)` common to all trees has advanced by `H exp(−k)`. A tree that still waits does
//! no work at all. What was left of `H` before the accepted point is, given acceptance, distributed
//! as the point's `E`: no second draw is needed.

mod arrival;
mod clock;
mod tags;

use crate::config::Config;
use crate::layout::{Index, size_of_val_capacity};
use crate::rng::TreeRng;
pub use arrival::Arrival;
pub(crate) use arrival::NO_LABEL;
pub(crate) use clock::{ClockParts, DecayClock, Rebase};
pub(crate) use tags::{Tag, Tags};

/// The sample of one tree: a heap of keys, the worst (highest) one on top.
#[derive(Debug, Clone)]
pub(crate) struct Sampler<I> {
    capacity: usize,
    /// Keys relative to the base of the clock, in single precision: the base keeps them small.
    keys: Vec<f32>,
    /// The point of each key.
    points: Vec<I>,
    /// Few samples have tags.
    tags: Option<Box<Tags>>,
    wait: Wait,
}

/// How long a full sample waits for the next point that it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wait {
    /// The hazard that passes until then; +∞ while the sample is not full.
    pub(crate) hazard: f64,
    /// What the clock showed when the waiting began, …
    pub(crate) since: f64,
    /// … and by how much it continues until then: `hazard · exp(−worst key)`.
    reach: f64,
}

impl Wait {
    const NOT_FULL: Self = Self {
        hazard: f64::INFINITY,
        since: 0.0,
        reach: f64::INFINITY,
    };

    pub(crate) fn new(hazard: f64, since: f64, worst_key: f32) -> Self {
        Self {
            hazard,
            since,
            reach: hazard * libm::exp(-f64::from(worst_key)),
        }
    }

    /// What is left of the hazard when the clock shows `now`: it was not enough to end the wait.
    fn left(&self, now: f64, worst_key: f32) -> f64 {
        let passed = if now > self.since {
            (now - self.since) * libm::exp(f64::from(worst_key))
        } else {
            // Not 0 · ∞, for keys so high that any point ends the wait.
            0.0
        };
        (self.hazard - passed).max(f64::MIN_POSITIVE)
    }
}

/// A place in the sample, and the key that comes with it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Acceptance {
    key: f32,
    /// Whether the worst point must leave first.
    evicts: bool,
}

impl<I: Index> Sampler<I> {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            capacity: config.sample_size,
            keys: Vec::new(),
            points: Vec::new(),
            tags: Tags::new(config).boxed(),
            wait: Wait::NOT_FULL,
        }
    }

    /// The sample of a restored forest; whether it [is one](Self::is_valid) is not looked at. There
    /// are as many points and tags as keys, and no more than fit.
    pub(crate) fn restore(
        config: &Config,
        keys: Vec<f32>,
        points: Vec<I>,
        tags: Tags,
        hazard: f64,
        since: f64,
    ) -> Self {
        Self {
            capacity: config.sample_size,
            wait: match keys.first() {
                Some(&worst) if hazard.is_finite() => Wait::new(hazard, since, worst),
                _ => Wait::NOT_FULL,
            },
            keys,
            points,
            tags: tags.boxed(),
        }
    }

    /// Whether the parts, which may come from a damaged file, make a sample.
    pub(crate) fn is_valid(&self) -> bool {
        let Wait { hazard, since, .. } = self.wait;
        self.keys.len() == self.points.len()
            && self.tags().have_length(self.keys.len())
            && self.keys.len() <= self.capacity
            && hazard.is_finite() == self.is_full()
            && hazard > 0.0
            && since >= 0.0
            && self.keys.iter().all(|key| key.is_finite())
            && (1..self.keys.len()).all(|child| self.keys[child] <= self.keys[(child - 1) / 2])
    }

    /// Whether its wait began before what the clock shows.
    pub(crate) fn waits_on(&self, clock: &DecayClock) -> bool {
        self.wait.since <= clock.now()
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

    /// What is known of the sampled observations, in the order of [`Self::points`].
    pub(crate) fn tags(&self) -> &Tags {
        self.tags.as_deref().unwrap_or(&Tags::NONE)
    }

    pub(crate) fn wait(&self) -> Wait {
        self.wait
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
        (clock.now() - self.wait.since >= self.wait.reach).then(|| {
            let exponential = self.wait.left(clock.before(), self.keys[0]);
            let key = (libm::log(exponential) - clock.log_weight()) as f32;
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

    /// Takes the point, in place of the one that [`Self::evicted`] returned.
    pub(crate) fn accept(
        &mut self,
        acceptance: Acceptance,
        point: I,
        tag: Tag,
        clock: &DecayClock,
        rng: &mut TreeRng,
    ) {
        if acceptance.evicts {
            self.replace_worst(acceptance.key, point, tag);
        } else {
            self.push(acceptance.key, point, tag);
        }
        if self.is_full() {
            self.wait = Wait::new(rng.exponential(), clock.now(), self.keys[0]);
        }
    }

    pub(crate) fn rebase(&mut self, rebase: Rebase) {
        let left = self
            .is_full()
            .then(|| self.wait.left(rebase.elapsed, self.keys[0]));
        for key in &mut self.keys {
            *key = (f64::from(*key) + rebase.key_shift) as f32;
        }
        if let Some(left) = left {
            self.wait = Wait::new(left, 0.0, self.keys[0]);
        }
    }

    /// Removes the points whose sequence number and label are named, and returns them. What remains
    /// is a sample of the remaining stream: the lowest keys without those. Free places are filled
    /// by the rule of a sample that is not full.
    pub(crate) fn remove(
        &mut self,
        is_removed: impl Fn(Option<i64>, Option<i64>) -> bool,
    ) -> Vec<I> {
        let removes = |&slot: &usize| {
            let (sequence_number, label) = self.tags().get(slot);
            is_removed(sequence_number, label)
        };
        let (removed, mut kept): (Vec<usize>, Vec<usize>) = (0..self.keys.len()).partition(removes);
        if removed.is_empty() {
            return Vec::new();
        }
        let removed = removed.iter().map(|&slot| self.points[slot]).collect();
        // Sorted from the worst key on, they are a heap.
        kept.sort_by(|&a, &b| self.keys[b].total_cmp(&self.keys[a]));
        self.keys = kept.iter().map(|&slot| self.keys[slot]).collect();
        self.points = kept.iter().map(|&slot| self.points[slot]).collect();
        if let Some(tags) = &mut self.tags {
            tags.select(&kept);
        }
        self.wait = Wait::NOT_FULL;
        removed
    }

    fn push(&mut self, key: f32, point: I, tag: Tag) {
        if self.keys.len() == self.keys.capacity() {
            let more = self.keys.len().max(8).min(self.capacity - self.keys.len());
            self.keys.reserve_exact(more);
            self.points.reserve_exact(more);
            if let Some(tags) = &mut self.tags {
                tags.reserve_exact(more);
            }
        }
        self.keys.push(key);
        self.points.push(point);
        if let Some(tags) = &mut self.tags {
            tags.push(tag);
        }
        let mut child = self.keys.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 2;
            if self.keys[child] <= self.keys[parent] {
                break;
            }
            self.keys.swap(child, parent);
            self.points.swap(child, parent);
            if let Some(tags) = &mut self.tags {
                tags.swap(child, parent);
            }
            child = parent;
        }
    }

    fn replace_worst(&mut self, key: f32, point: I, tag: Tag) {
        let keys = &mut self.keys[..];
        let points = &mut self.points[..keys.len()];
        let mut tags = self.tags.as_deref_mut();
        let mut hole = 0;
        loop {
            let left = 2 * hole + 1;
            if left >= keys.len() {
                break;
            }
            // Which child is the worse one is unpredictable.
            let right = (left + 1).min(keys.len() - 1);
            let child = left + usize::from(keys[right] > keys[left]);
            if keys[child] <= key {
                break;
            }
            keys[hole] = keys[child];
            points[hole] = points[child];
            if let Some(tags) = &mut tags {
                tags.copy(child, hole);
            }
            hole = child;
        }
        keys[hole] = key;
        points[hole] = point;
        if let Some(tags) = tags {
            tags.set(hole, tag);
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.keys)
            + size_of_val_capacity(&self.points)
            + self.tags.as_ref().map_or(0, |tags| tags.heap_bytes())
    }
}

/// The number of distinct points in all samples of a forest that has run for long, with a margin
/// that it is most unlikely to exceed.
///
/// A point of age `a` is in a sample with probability `sλ·exp(−λa)`; the expectation is the
/// integral over `a` of the probability to be in any of the `T` samples, `Σ (1 − (1−sλ)ᵏ) / (kλ)`
/// for `k` up to `T`. The number varies less than a Poisson variable of that mean.
pub(crate) fn expected_points(config: &Config) -> usize {
    expected(config, config.number_of_trees, 1)
}

/// The same of the observations in the points of all samples, where each is in a shingle of points.
pub(crate) fn expected_observations(config: &Config) -> usize {
    let shingle = config.shingle_size;
    expected(config, config.number_of_trees * shingle, shingle)
}

/// The number of items that each have this many chances to be in a sample, and that enter and leave
/// this many `together`, which increases the variance of their number.
fn expected(config: &Config, chances: usize, together: usize) -> usize {
    let most = chances * config.sample_size;
    let newest = (config.sample_size as f64 * config.time_decay).min(1.0);
    let mut in_none = 1.0;
    let mut sum = 0.0;
    for k in 1..=chances {
        in_none *= 1.0 - newest;
        sum += (1.0 - in_none) / k as f64;
    }
    let mean = sum / config.time_decay;
    // A λ of 0 has no long run: all places may be taken.
    if mean.is_finite() {
        most.min((mean + 6.0 * (mean * together as f64).sqrt()) as usize + 1)
    } else {
        most
    }
}

#[cfg(test)]
mod tests;
