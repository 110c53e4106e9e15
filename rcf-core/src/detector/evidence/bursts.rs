//! What lies far beyond the bulk, and yet is found in most stretches: the bursts of a disk, the
//! errors of a prediction at the edges of a cycle that wanders.
//!
//! A robust tail takes them for anomalies again and again. So the stream is cut into stretches of
//! [`STRETCH`] values, of which the largest counts. Bursts are usual, and have a tail of their own,
//!
//! * where more than half of all stretches have one,
//! * where they are alike, and in more than half of the newest [`NEWEST`] stretches one begins,
//! * where the input is [stepwise](super::super::channels), and has had [`FEW`] of them: a switch
//!   or a state has no small errors from which a tail could be read off, and those that it has are
//!   whole steps.

use std::f64::consts::LN_10;

use crate::predictor::numbers::Numbers;

/// Values in a stretch.
const STRETCH: u32 = 100;
/// Bursts are usual where this share of the stretches has one, of all or of the newest. This one
/// and those below were compared with their neighbours by families: `docs/accuracy.md`.
const USUAL: f64 = 0.5;
/// The newest stretches are about so many, …
const NEWEST: f64 = 6.0;
/// … and have alike bursts if the mean deviation of their sizes is at most this share of their
/// mean.
const ALIKE: f64 = 0.25;
/// Values without one before a burst begins: what lasts is one burst in however many stretches.
const QUIET: u32 = 16;
/// Bursts of a stepwise input after which they are usual.
const FEW: f64 = 3.0;
/// Stretches after which the share is known, …
const KNOWN: f64 = 5.0;
/// … and which it remembers.
const MEMORY: f64 = 80.0;

/// The bursts of a sign.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bursts {
    /// Values in the newest stretch, the largest distance beyond the bulk among them, and whether a
    /// burst began.
    pub(crate) values: u32,
    pub(crate) largest: f64,
    pub(crate) begins: bool,
    /// Values without a burst, up to [`QUIET`].
    pub(crate) quiet: u32,
    /// Stretches, the share of them that had a burst, and those that had one.
    pub(crate) stretches: f64,
    pub(crate) share: f64,
    pub(crate) bursts: f64,
    /// The share of the newest stretches in which one began.
    pub(crate) of_late: f64,
    /// Mean of the largest distances, and their mean deviation from it.
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

impl Bursts {
    /// Decades of a distance beyond the bulk (0 is within), if bursts are usual. With `n` of them
    /// the predictive law of an exponential tail is Lomax, as for the [clusters](super::Peaks).
    pub(crate) fn surprise(&self, distance: f64, stepwise: bool) -> Option<f64> {
        if !(self.are_usual() || stepwise && self.bursts >= FEW) {
            return None;
        }
        let base = libm::log10(f64::from(STRETCH) / self.share);
        let excess = (distance / (self.bursts * self.mean)).min(f64::MAX);
        Some(base + self.bursts * libm::log1p(excess) / LN_10)
    }

    fn are_usual(&self) -> bool {
        let are_alike = self.deviation <= ALIKE * self.mean;
        self.stretches >= KNOWN && self.share > USUAL || self.of_late > USUAL && are_alike
    }

    /// Learns a distance beyond the bulk; 0 is within.
    pub(crate) fn push(&mut self, distance: f64) {
        if distance > 0.0 {
            self.largest = self.largest.max(distance);
            self.begins |= self.quiet >= QUIET;
            self.quiet = 0;
        } else {
            self.quiet = (self.quiet + 1).min(QUIET);
        }
        self.values += 1;
        if self.values < STRETCH {
            return;
        }
        let is_burst = self.largest > 0.0;
        self.stretches = (self.stretches + 1.0).min(MEMORY);
        self.share += (f64::from(u8::from(is_burst)) - self.share) / self.stretches;
        self.of_late += (f64::from(u8::from(self.begins)) - self.of_late) / NEWEST;
        if is_burst {
            self.bursts = (self.bursts + 1.0).min(MEMORY);
            let (share, off) = (1.0 / self.bursts, self.largest - self.mean);
            self.mean += share * off;
            self.deviation += share * ((1.0 - share) * off.abs() - self.deviation);
        }
        (self.values, self.largest, self.begins) = (0, 0.0, false);
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([f64::from(self.values), self.largest]);
        numbers.extend([f64::from(u8::from(self.begins)), f64::from(self.quiet)]);
        numbers.extend([self.stretches, self.share, self.bursts, self.of_late]);
        numbers.extend([self.mean, self.deviation]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let bursts = Self {
            values: u32::try_from(numbers.index(STRETCH as usize - 1)?).ok()?,
            largest: numbers.amount()?,
            begins: numbers.index(1)? == 1,
            quiet: u32::try_from(numbers.index(QUIET as usize)?).ok()?,
            stretches: numbers.amount().filter(|&count| count <= MEMORY)?,
            share: numbers.amount().filter(|&share| share <= 1.0)?,
            bursts: numbers.amount().filter(|&count| count <= MEMORY)?,
            of_late: numbers.amount().filter(|&share| share <= 1.0)?,
            mean: numbers.amount()?,
            deviation: numbers.amount()?,
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

    /// Whether a distance of 30 is usual, and one of 300.
    fn usual(bursts: &Bursts, stepwise: bool) -> [bool; 2] {
        let decades = |distance| bursts.surprise(distance, stepwise);
        [30.0, 300.0].map(|distance| decades(distance).is_some_and(|decades| decades < 4.0))
    }

    #[test]
    fn bursts_in_most_stretches_are_usual_and_one_of_another_size_is_not() {
        assert_eq!(usual(&after(0.02, exponential), false), [true, false]);
        assert_eq!(usual(&after(0.004, exponential), false), [false; 2]);
    }

    #[test]
    fn alike_bursts_are_usual_where_there_were_many_of_late() {
        let alike = |random: &mut Random| 20.0 + 15.0 * random.unit();
        let mut bursts = after(0.001, alike);
        assert_eq!(usual(&bursts, false), [false; 2]);
        for t in 0..1_000 {
            bursts.push(if t % 130 == 0 { 30.0 } else { 0.0 });
        }
        assert_eq!(usual(&bursts, false), [true, false]);
        (0..1_000).for_each(|_| bursts.push(0.0));
        assert_eq!(usual(&bursts, false), [false; 2]);
        // One that lasts is one.
        (0..500).for_each(|t| bursts.push(if t % 10 == 0 { 30.0 } else { 0.0 }));
        assert_eq!(usual(&bursts, false), [false; 2]);
        let mut unlike = after(0.001, exponential);
        for t in 0..1_000 {
            let size = [5.0, 5.0, 5.0, 100.0][t / 130 % 4];
            unlike.push(if t % 130 == 0 { size } else { 0.0 });
        }
        assert_eq!(usual(&unlike, false), [false; 2]);
    }

    #[test]
    fn a_few_steps_of_a_stepwise_input_are_usual() {
        let mut bursts = Bursts::default();
        for steps in 0..5 {
            assert_eq!(usual(&bursts, true)[0], steps >= 3, "{steps}");
            assert_eq!(usual(&bursts, false), [false; 2]);
            (0..1_000).for_each(|t| bursts.push(if t == 500 { 30.0 } else { 0.0 }));
        }
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        let mut bursts = Bursts::default();
        for t in 0..10_000 {
            bursts.push(if t % 130 == 0 { f64::MAX } else { 0.0 });
        }
        let mut numbers = Vec::new();
        bursts.save(&mut numbers);
        assert!(numbers.iter().all(|number| number.is_finite()));
    }
}
