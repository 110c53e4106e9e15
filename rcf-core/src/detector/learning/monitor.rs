//! Which stretches are unusual and new.
//!
//! A stretch is unusual while scores are *persistently* high, by the cumulative sum (CUSUM) of
//! their standardised values (Page, *Continuous inspection schemes*, 1954). The shingles of a phase
//! that comes back, such as a nightly job or a weekend, are unusual at each visit as long as they
//! are not learned, and each visit is shorter than the patience. Two laws keep such phases from
//! starving:
//!
//! - Learning is suspended only if the scores of *single* observations are raised, too, when the
//!   stretch begins. The forest of single observations always learns, so it knows what has been
//!   there before. Later it is not asked, since it learns the stretch while that lasts.
//! - No further stretch is skipped while more than a sixteenth of the observations that the sample
//!   remembers were: what is so frequent is usual.

use super::Learning;
use crate::detector::FORGETTING;
use crate::detector::evidence::Pair;
use crate::detector::statistics::Moments;

/// The most that a score adds.
const MOST: f64 = 6.0;
/// The decision interval of the CUSUM: scores are persistently high while the sum is above it. The
/// sum is at most twice that, so that the end of a stretch is detected soon.
const HIGH: f64 = 20.0;
/// The number of scores after which the usual level is known.
const KNOWN: f64 = 200.0;
/// The share of the observations that may be skipped before the next stretch is learned.
const ALLOWED: f64 = 1.0 / 16.0;
/// The least weight of an observation in that share, for samples that hardly forget.
const LEAST_WEIGHT: f64 = 1e-4;

/// The cumulative sum of the standardised scores of one forest.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cusum {
    pub(crate) sum: f64,
    /// Scores seen while learning was not suspended: how many, and their mean and deviation.
    pub(crate) count: f64,
    pub(crate) usual: Moments,
}

impl Cusum {
    /// Adds what a score has above the reference value, in deviations.
    fn add(&mut self, score: f64, reference: f64) {
        let spread = self.usual.deviation();
        if self.is_known() && spread > 0.0 {
            let standard = ((score - self.usual.mean) / spread).min(MOST);
            self.sum = (self.sum + standard - reference).clamp(0.0, 2.0 * HIGH);
        }
    }

    fn learn(&mut self, score: f64, keep: f64) {
        self.count += 1.0;
        self.usual.push(score, keep);
    }

    pub(crate) fn is_known(&self) -> bool {
        self.count >= KNOWN
    }

    /// Whether scores are persistently high.
    fn is_high(&self) -> bool {
        self.sum > HIGH
    }

    /// Whether they are on the way to it, or not yet back from it.
    fn is_raised(&self) -> bool {
        self.sum > HIGH / 2.0
    }
}

/// How soon scores are persistently high.
struct Sensitivity {
    /// The reference value of the CUSUM, in deviations.
    reference: f64,
    /// How fast the usual level is forgotten, compared with the points of the sample.
    forgetting: f64,
}

/// For a forest that always learns: only the learning of the tail of the scores is suspended.
const SLOW: Sensitivity = Sensitivity {
    reference: 1.0,
    forgetting: FORGETTING,
};
/// A level shift of one deviation in some inputs lifts scores by a deviation or two.
const SENSITIVE: Sensitivity = Sensitivity {
    reference: 0.5,
    forgetting: 1.0,
};

/// Detects unusual stretches, during which learning is suspended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LearningMonitor {
    /// Of the scores of shingles.
    pub(crate) shingle: Cusum,
    /// Of the scores of single observations.
    pub(crate) alone: Cusum,
    /// The share of the newest observations that were skipped, with the memory of the sample.
    pub(crate) skipped: f64,
    /// Observations since learning was suspended; 0 while it is not.
    pub(crate) suspended_for: u32,
    /// Like `suspended_for`, but an observation without suspension only subtracts one.
    pub(crate) patience_used: u32,
    /// A new regime has been accepted: nothing is suspended until its scores are usual.
    pub(crate) accepted: bool,
}

impl LearningMonitor {
    /// Adds the scores of an observation, in a sample with this decay. Returns whether a new
    /// regime was accepted with this observation.
    pub(crate) fn push(
        &mut self,
        scores: Pair,
        is_candidate: bool,
        time_decay: f64,
        learning: Learning,
    ) -> bool {
        let suspends = learning.patience();
        let Sensitivity {
            reference,
            forgetting,
        } = match suspends {
            Some(_) => SENSITIVE,
            None => SLOW,
        };
        self.shingle.add(scores.shingle, reference);
        self.alone.add(scores.alone, reference);
        if self.accepted && !self.shingle.is_raised() && !is_candidate {
            (self.accepted, self.patience_used) = (false, 0);
        }
        let begins = self.suspended_for == 0 && suspends.is_some();
        let is_usual = begins && (!self.alone.is_raised() || self.skipped > ALLOWED);
        let mut accepts = false;
        if self.shingle.is_high() && !self.accepted && !is_usual {
            self.suspended_for = self.suspended_for.saturating_add(1);
            self.patience_used = self.patience_used.saturating_add(1);
            if self.patience_used > suspends.unwrap_or(u32::MAX) {
                (accepts, self.accepted) = (true, true);
                self.suspended_for = 0;
            }
        } else {
            self.suspended_for = 0;
            if !self.accepted {
                self.patience_used = self.patience_used.saturating_sub(1);
            }
        }
        let is_skipped = f64::from(u8::from(self.suspended_for > 0));
        self.skipped += (is_skipped - self.skipped) * time_decay.clamp(LEAST_WEIGHT, 1.0);
        if self.suspended_for == 0 {
            let keep = 1.0 - forgetting * time_decay;
            self.shingle.learn(scores.shingle, keep);
            self.alone.learn(scores.alone, keep);
        }
        accepts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const DECAY: f64 = 1.0 / 2560.0;
    const SKIP: Learning = Learning::Skip { patience: 100 };

    /// A monitor that knows usual scores around 1, with a deviation of 0.1.
    fn monitor(random: &mut Random) -> LearningMonitor {
        let mut monitor = LearningMonitor::default();
        (0..1000).for_each(|_| push(&mut monitor, 0.0, 0.0, random));
        monitor
    }

    /// Scores that are so many deviations higher than usual.
    fn push(monitor: &mut LearningMonitor, shingle: f64, alone: f64, random: &mut Random) {
        let mut score = |by: f64| 1.0 + 0.1 * (random.normal() + by);
        let scores = Pair {
            shingle: score(shingle),
            alone: score(alone),
            highest: 8.0,
        };
        monitor.push(scores, false, DECAY, SKIP);
    }

    #[test]
    fn a_new_stretch_is_suspended_and_accepted_after_the_patience() {
        let random = &mut Random::new(3);
        let mut monitor = monitor(random);
        assert_eq!(monitor.suspended_for, 0);
        (0..40).for_each(|_| push(&mut monitor, 3.0, 3.0, random));
        assert!(monitor.suspended_for > 0);
        // The forest of single observations has learned it: it is suspended all the same.
        (0..40).for_each(|_| push(&mut monitor, 3.0, 0.0, random));
        assert!(monitor.suspended_for > 40);
        (0..60).for_each(|_| push(&mut monitor, 3.0, 0.0, random));
        assert!(monitor.accepted && monitor.suspended_for == 0);
    }

    #[test]
    fn a_stretch_of_known_observations_is_learned() {
        let random = &mut Random::new(4);
        let mut monitor = monitor(random);
        for _ in 0..200 {
            push(&mut monitor, 3.0, 0.0, random);
            assert_eq!(monitor.suspended_for, 0);
        }
        // What is unusual later is new.
        (0..40).for_each(|_| push(&mut monitor, 6.0, 6.0, random));
        assert!(monitor.suspended_for > 0);
    }

    #[test]
    fn frequent_stretches_are_learned() {
        let random = &mut Random::new(5);
        let mut monitor = monitor(random);
        let mut skipped = 0;
        for t in 0..30_000 {
            let height = if t % 500 < 80 { 3.0 } else { 0.0 };
            push(&mut monitor, height, height, random);
            skipped += u32::from(t >= 10_000 && monitor.suspended_for > 0);
        }
        assert!(
            skipped > 0 && f64::from(skipped) < 1.5 * ALLOWED * 20_000.0,
            "{skipped}"
        );
    }
}
