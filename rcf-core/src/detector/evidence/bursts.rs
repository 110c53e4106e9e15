//! What lies far beyond the bulk, and yet is found in most stretches: the bursts of a disk, the
//! errors of a prediction at the edges of a cycle that wanders.
//!
//! A robust tail takes them for anomalies again and again. So the stream is cut into stretches of
//! [`STRETCH`] values, of which the largest counts. Where more than half of the newest stretches
//! have a burst, bursts are usual, and have a tail of their own.

use std::f64::consts::LN_10;

use crate::predictor::numbers::Numbers;

/// Values in a stretch.
const STRETCH: u32 = 100;
/// Bursts are usual where this share of the stretches has one.
const USUAL: f64 = 0.5;
/// Stretches after which the share is known, …
const KNOWN: f64 = 5.0;
/// … and which it remembers.
const MEMORY: f64 = 80.0;

/// The bursts of a sign.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bursts {
    /// Values in the newest stretch, and the largest distance beyond the bulk among them.
    pub(crate) values: u32,
    pub(crate) largest: f64,
    /// Stretches, the share that had a burst, and those that had one.
    pub(crate) stretches: f64,
    pub(crate) share: f64,
    pub(crate) bursts: f64,
    /// The mean of the largest distances.
    pub(crate) mean: f64,
}

impl Bursts {
    /// Decades of a distance beyond the bulk (0 is within), if bursts are usual. With `n` of them
    /// the predictive law of an exponential tail is Lomax, as for the [clusters](super::Peaks).
    pub(crate) fn surprise(&self, distance: f64) -> Option<f64> {
        if self.stretches < KNOWN || self.share <= USUAL {
            return None;
        }
        let base = libm::log10(f64::from(STRETCH) / self.share);
        let excess = (distance / (self.bursts * self.mean)).min(f64::MAX);
        Some(base + self.bursts * libm::log1p(excess) / LN_10)
    }

    /// Learns a distance beyond the bulk; 0 is within.
    pub(crate) fn push(&mut self, distance: f64) {
        self.largest = self.largest.max(distance);
        self.values += 1;
        if self.values < STRETCH {
            return;
        }
        let is_burst = self.largest > 0.0;
        self.stretches = (self.stretches + 1.0).min(MEMORY);
        self.share += (f64::from(u8::from(is_burst)) - self.share) / self.stretches;
        if is_burst {
            self.bursts = (self.bursts + 1.0).min(MEMORY);
            self.mean += (self.largest - self.mean) / self.bursts;
        }
        (self.values, self.largest) = (0, 0.0);
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([f64::from(self.values), self.largest, self.stretches]);
        numbers.extend([self.share, self.bursts, self.mean]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let bursts = Self {
            values: u32::try_from(numbers.index(STRETCH as usize - 1)?).ok()?,
            largest: numbers.amount()?,
            stretches: numbers.amount().filter(|&count| count <= MEMORY)?,
            share: numbers.amount().filter(|&share| share <= 1.0)?,
            bursts: numbers.amount().filter(|&count| count <= MEMORY)?,
            mean: numbers.amount()?,
        };
        let is_whole = bursts.bursts == 0.0 || bursts.mean > 0.0;
        is_whole.then_some(bursts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// After distances that come with this probability, and are as large as `size` makes them.
    fn after(probability: f64, size: impl Fn(&mut Random) -> f64) -> Bursts {
        let (mut bursts, mut random) = (Bursts::default(), Random::new(5));
        for _ in 0..10_000 {
            let is_burst = random.unit() < probability;
            bursts.push(if is_burst { size(&mut random) } else { 0.0 });
        }
        bursts
    }

    fn exponential(random: &mut Random) -> f64 {
        -10.0 * libm::log(1.0 - random.unit())
    }

    #[test]
    fn bursts_in_most_stretches_are_usual_and_one_of_another_size_is_not() {
        let bursts = after(0.02, exponential);
        let [usual, large] = [30.0, 300.0].map(|distance| bursts.surprise(distance).unwrap());
        assert!(usual < 3.5 && large > 7.0, "{usual} {large}");
        assert_eq!(after(0.004, exponential).surprise(30.0), None);
    }
}
