//! Steps that come again and again: a counter that restarts, memory that is freed, a switch.
//!
//! A prediction from the newest values misses each of them by the whole step, and the next values,
//! too. Such errors would define the tail and hide everything smaller. So a large error is a usual
//! step if half of the newest large ones of its sign ended at the same value.

use crate::predictor::numbers::Numbers;

/// An error is large from this many mean errors on, and counts as one of so many in their mean.
const LARGE: f64 = 5.0;
/// Errors over which the mean is taken, and by which it is known.
const MEMORY: f64 = 100.0;
/// The newest large errors of a sign are kept; half of them must be alike, …
const NEWEST: usize = 8;
/// … and at least so many.
const ALIKE: usize = 2;
/// Steps are forgotten after this many values, as the tail of errors forgets what it has seen: a
/// fault that comes back every few thousand values is no habit.
const REMEMBERED: u32 = 4000;
/// Two steps are alike if they end this close to each other, in units of the smaller one.
const NEAR: f64 = 0.1;

/// The steps of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Steps {
    /// Upwards and downwards.
    signs: [Newest; 2],
    /// Mean absolute error, and the number of errors in it.
    size: f64,
    count: f64,
}

/// The newest steps of one sign.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Newest {
    /// Where they ended, and their sizes; a ring.
    ends: [f64; NEWEST],
    sizes: [f64; NEWEST],
    /// Values until each is forgotten; 0 for none.
    left: [u32; NEWEST],
    next: usize,
}

impl Steps {
    /// Takes a value, how far it moved from the one before, and its error; whether it is a usual
    /// step.
    pub(crate) fn is_usual(&mut self, value: f64, moved: f64, error: f64) -> bool {
        let size = error.abs();
        for newest in &mut self.signs {
            newest.tick();
        }
        let large = LARGE * self.size;
        let is_large = self.count == MEMORY && size > large && large > 0.0;
        self.count = (self.count + 1.0).min(MEMORY);
        let counted = if is_large { large } else { size };
        self.size += (counted - self.size) / self.count;
        // A value that stays where an earlier one went is no step, however wrong predictions are.
        is_large
            && moved * error.signum() > large
            && self.signs[usize::from(error < 0.0)].push(value, size)
    }

    /// Mean absolute error, in which large ones count little.
    pub(crate) fn mean_error(&self) -> f64 {
        self.size
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([self.size, self.count]);
        for newest in &self.signs {
            numbers.push(newest.next as f64);
            numbers.extend(newest.left.map(f64::from));
            numbers.extend(newest.ends);
            numbers.extend(newest.sizes);
        }
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut steps = Self {
            size: numbers.amount()?,
            count: numbers.amount().filter(|&count| count <= MEMORY)?,
            ..Self::default()
        };
        for newest in &mut steps.signs {
            newest.next = numbers.index(NEWEST - 1)?;
            for left in &mut newest.left {
                *left = u32::try_from(numbers.index(REMEMBERED as usize)?).ok()?;
            }
            for end in &mut newest.ends {
                *end = numbers.value()?;
            }
            for size in &mut newest.sizes {
                *size = numbers.amount()?;
            }
        }
        Some(steps)
    }
}

impl Newest {
    /// A value passes.
    fn tick(&mut self) {
        for left in &mut self.left {
            *left = left.saturating_sub(1);
        }
    }

    /// Takes a step; whether enough of those before are like it.
    fn push(&mut self, end: f64, size: f64) -> bool {
        let (mut known, mut alike) = (0, 0);
        for at in (0..NEWEST).filter(|&at| self.left[at] > 0) {
            let near = NEAR * f64::min(size, self.sizes[at]);
            known += 1;
            alike += usize::from((end - self.ends[at]).abs() <= near);
        }
        (self.ends[self.next], self.sizes[self.next]) = (end, size);
        self.left[self.next] = REMEMBERED;
        self.next = (self.next + 1) % NEWEST;
        alike >= ALIKE && 2 * alike >= known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// A hundred usual values.
    fn calm(steps: &mut Steps, random: &mut Random) {
        (0..100).for_each(|_| {
            let error = random.normal();
            assert!(!steps.is_usual(error, error, error));
        });
    }

    #[test]
    fn steps_to_the_same_value_are_usual_from_the_third_on() {
        let (mut steps, mut random) = (Steps::default(), Random::new(1));
        calm(&mut steps, &mut random);
        for i in 0..20 {
            let end = 10.0 + random.unit();
            assert_eq!(steps.is_usual(end, -90.0, -90.0), i >= 2, "{i}");
            calm(&mut steps, &mut random);
            // Steps of the other sign to elsewhere are not.
            let end = 100.0 + 20.0 * f64::from(i);
            assert!(!steps.is_usual(end, 90.0, 90.0));
            calm(&mut steps, &mut random);
        }
        assert!(!steps.is_usual(40.0, -60.0, -60.0));
    }

    #[test]
    fn a_lasting_error_is_one_step_and_rare_ones_are_forgotten() {
        let (mut steps, mut random) = (Steps::default(), Random::new(4));
        calm(&mut steps, &mut random);
        for _ in 0..5 {
            for moved in [-17.0, 0.0, 0.0, 0.0, 0.0] {
                assert!(!steps.is_usual(-17.0, moved, -17.0));
            }
            (0..41).for_each(|_| calm(&mut steps, &mut random));
        }
    }

    #[test]
    fn errors_of_heavy_tails_are_rarely_usual_steps() {
        let (mut steps, mut random, mut usual) = (Steps::default(), Random::new(2), 0);
        for _ in 0..100_000 {
            let error = libm::pow(random.unit(), -1.0 / 1.5);
            usual += usize::from(steps.is_usual(error, error, error));
        }
        assert!(usual < 1_000, "{usual}");
    }

    #[test]
    fn what_is_saved_goes_on() {
        let (mut steps, mut random) = (Steps::default(), Random::new(3));
        calm(&mut steps, &mut random);
        for i in 0..11 {
            steps.is_usual(50.0 + f64::from(i % 3), 50.0, 50.0);
            calm(&mut steps, &mut random);
        }
        let mut saved = Vec::new();
        steps.save(&mut saved);
        let mut numbers = Numbers::new(&saved);
        assert_eq!(Steps::restore(&mut numbers), Some(steps));
        assert_eq!(numbers.end(), Some(()));
    }
}
