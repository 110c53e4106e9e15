//! Categorical inputs, as numbers that a detector can judge.
//!
//! A forest cuts the ranges of numbers, and categories (a status, a country, a user agent) have
//! none. What can be judged is how surprising a category is: `−ln p`, where `p` is its share of the
//! recent stream. A [`CategoryEncoder`] keeps decayed counts and returns that number, which is an
//! input like any other: new and rare categories have large values, common ones small values.
//!
//! ```
//! use rand::{RngExt, SeedableRng};
//! use rand_xoshiro::SplitMix64;
//! use rcf_core::AnomalyDetector;
//! use rcf_core::categories::CategoryEncoder;
//!
//! let mut encoder = CategoryEncoder::default();
//! let mut detector = AnomalyDetector::builder(2).shingle_size(1).build()?;
//! let mut random = SplitMix64::seed_from_u64(1);
//! for t in 0..3_000 {
//!     let method = match random.random_range(0..3) {
//!         _ if t == 2_500 => "TRACE",
//!         0 => "POST",
//!         _ => "GET",
//!     };
//!     let observation = [random.random_range(20.0..25.0), encoder.process(method)];
//!     let detection = detector.process(&observation)?;
//!     assert!(t != 2_500 || detection.is_anomaly());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! Only the frequency of a category counts: two equally frequent categories are not distinguished,
//! and a common category next to an unusual number is not detected. With very many categories of
//! equal frequency, a new one is hardly more surprising than any other: `−ln p` of one in a
//! thousand is 6.9, of a new one 9.9 at most with the default decay. Categories are distinguished
//! by a hash of 64 bits, which is no defence against an attacker who searches for collisions.
//! Beyond the [capacity](CategoryEncoder::new) the rarest category is forgotten, and would be new
//! again.

use std::collections::BTreeMap;

use crate::error::ConfigError;

/// The largest capacity.
pub(crate) const MAX_CAPACITY: usize = 1 << 24;
/// Default of the number of categories that are counted.
const CAPACITY: usize = 1024;
/// Default of λ.
const TIME_DECAY: f64 = 1e-4;

/// Counts categories with decay, and computes how surprising each is.
///
/// The probabilities of all categories and of a new one add up to 1. A new one has the probability
/// of Krichevsky and Trofimov, `(u + ½) / (n + 1)`, with `u` new ones among `n` (both decayed): if
/// every category is new, as with identifiers, a new one is no surprise. The rest is shared in
/// proportion to the counts.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryEncoder {
    pub(crate) capacity: usize,
    pub(crate) time_decay: f64,
    /// Observations so far.
    pub(crate) observations: u64,
    /// Decayed counts: of all, of the new ones among them, …
    pub(crate) total: f64,
    pub(crate) new: f64,
    /// … and of those that are remembered.
    pub(crate) known: f64,
    /// By hash, `ln count + λ · observations` as of its last observation. It does not change by
    /// decay.
    pub(crate) counts: BTreeMap<u64, f64>,
}

impl Default for CategoryEncoder {
    /// 1,024 categories, and a decay of 0.0001: a memory of 10,000 observations.
    fn default() -> Self {
        Self::of(CAPACITY, TIME_DECAY)
    }
}

impl CategoryEncoder {
    /// Remembers up to `capacity` categories, each of which takes about 40 bytes. Counts decay by
    /// `exp(-time_decay)` with each observation; 0 forgets nothing.
    ///
    /// # Errors
    /// A capacity that is not from 1 to 2²⁴, or a decay that is not from 0 to 1.
    pub fn new(capacity: usize, time_decay: f64) -> Result<Self, ConfigError> {
        if !(1..=MAX_CAPACITY).contains(&capacity) {
            return Err(ConfigError::Capacity {
                got: capacity,
                max: MAX_CAPACITY,
            });
        }
        crate::config::check_time_decay(time_decay)?;
        Ok(Self::of(capacity, time_decay))
    }

    fn of(capacity: usize, time_decay: f64) -> Self {
        Self {
            capacity,
            time_decay,
            observations: 0,
            total: 0.0,
            new: 0.0,
            known: 0.0,
            counts: BTreeMap::new(),
        }
    }

    /// The surprise of a category given those before it, in nats: `−ln p`, 0 or more. Learns it.
    pub fn process(&mut self, category: impl AsRef<[u8]>) -> f64 {
        let hash = hash(category.as_ref());
        let surprise = self.surprise_of(hash);
        self.learn(hash);
        surprise
    }

    /// The surprise of a category, without learning it.
    #[must_use]
    pub fn surprise(&self, category: impl AsRef<[u8]>) -> f64 {
        self.surprise_of(hash(category.as_ref()))
    }

    /// The surprise of any category that is not remembered.
    #[must_use]
    pub fn surprise_of_new(&self) -> f64 {
        -libm::log(self.probability_of_new())
    }

    /// Categories that are remembered, at most [`capacity`](Self::capacity).
    #[must_use]
    pub fn categories(&self) -> usize {
        self.counts.len()
    }

    /// Categories that are remembered at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// λ, the decay of a count per observation.
    #[must_use]
    pub fn time_decay(&self) -> f64 {
        self.time_decay
    }

    /// Observations learned so far.
    #[must_use]
    pub fn observations(&self) -> u64 {
        self.observations
    }

    fn probability_of_new(&self) -> f64 {
        (self.new + 0.5) / (self.total + 1.0)
    }

    fn surprise_of(&self, hash: u64) -> f64 {
        let Some(&weight) = self.counts.get(&hash) else {
            return self.surprise_of_new();
        };
        let share = (self.count(weight) / self.known).min(1.0);
        // A category whose count has almost decayed is no more surprising than a new one.
        let probability = share * (1.0 - self.probability_of_new());
        let surprise = -libm::log(probability.max(f64::MIN_POSITIVE));
        surprise.max(0.0)
    }

    /// The count as it is now.
    fn count(&self, weight: f64) -> f64 {
        libm::exp(weight - self.age())
    }

    fn age(&self) -> f64 {
        self.time_decay * self.observations as f64
    }

    fn learn(&mut self, hash: u64) {
        let keep = libm::exp(-self.time_decay);
        self.observations += 1;
        for count in [&mut self.total, &mut self.new, &mut self.known] {
            *count *= keep;
        }
        let before = match self.counts.get(&hash) {
            Some(&weight) => self.count(weight),
            None => {
                self.new += 1.0;
                if self.counts.len() >= self.capacity {
                    self.forget_the_rarest();
                }
                0.0
            }
        };
        self.total += 1.0;
        self.known += 1.0;
        let weight = libm::log(before + 1.0) + self.age();
        self.counts.insert(hash, weight);
    }

    fn forget_the_rarest(&mut self) {
        let weights = self.counts.iter().map(|(&hash, &weight)| (weight, hash));
        let rarest = weights.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((weight, hash)) = rarest {
            self.counts.remove(&hash);
            self.known = (self.known - self.count(weight)).max(0.0);
        }
    }
}

/// FNV-1a, and the finalizer of SplitMix64 so that all bits depend on all bytes. It is part of the
/// saved state: never to be changed.
fn hash(category: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in category {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
