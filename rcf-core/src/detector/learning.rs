//! Policies for learning unusual stretches.
//!
//! A forest that learns everything also learns a long anomaly, and no longer detects it: half of
//! its sample can be anomalous before the anomaly ends. A forest that learns nothing unusual never
//! adapts to a new regime. As a compromise, learning is suspended while scores are *persistently*
//! high, by the cumulative sum (CUSUM) of their standardised values (Page, *Continuous inspection
//! schemes*, 1954); single anomalies hardly change a sample. A regime that lasts longer than the
//! patience is accepted.
//!
//! The sum takes time to grow, and observations that are learned before it is large count as
//! normal. Therefore observations are learned late: the last [`LATE`] of them are held back, and
//! when learning is suspended, they belong to the unusual stretch.
//!
//! The forest of single observations always learns. It detects the end of an event; on NAB,
//! suspending its learning costs more than four points, and so does freezing the tail of the
//! scores.

use super::statistics::Moments;

/// Whether and when the forest of the shingles learns observations of an unusual stretch. The
/// moving statistics of the transform learn the same observations as it does.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Learning {
    /// Always.
    Always,
    /// The first `after` observations, nothing later: for streams with a known good start.
    Frozen {
        /// Number of observations that are learned.
        after: u64,
    },
    /// Nothing of an unusual stretch, until it has lasted for `patience` observations.
    Skip {
        /// The observations after which a new regime is accepted.
        patience: u32,
    },
    /// Unusual stretches are held back: dropped when they end, learned all at once when they have
    /// lasted for `patience` observations.
    Delay {
        /// The observations after which a new regime is accepted.
        patience: u32,
    },
    /// One observation in `one_in` of an unusual stretch, until it has lasted for `patience`
    /// observations.
    DownWeight {
        /// One in how many is learned.
        one_in: u32,
        /// The observations after which a new regime is accepted.
        patience: u32,
    },
}

/// What becomes of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateAction {
    /// It is learned.
    Update,
    /// It is passed by.
    Skip,
    /// It is held back, and learned or dropped later.
    Defer,
}

impl Learning {
    /// The default patience: twice the sample size.
    #[must_use]
    pub fn default_patience(sample_size: usize) -> u32 {
        u32::try_from(sample_size.max(1).saturating_mul(2)).unwrap_or(u32::MAX)
    }

    /// The observations after which a new regime is accepted.
    pub(crate) fn patience(self) -> Option<u32> {
        match self {
            Self::Always | Self::Frozen { .. } => None,
            Self::Skip { patience }
            | Self::Delay { patience }
            | Self::DownWeight { patience, .. } => Some(patience),
        }
    }

    /// Whether observations are held back for a while before they are learned, while learning is
    /// not suspended.
    pub(crate) fn is_late(self, monitor: &LearningMonitor) -> bool {
        self.patience().is_some()
            && monitor.suspended_for == 0
            && monitor.count >= KNOWN
            && !monitor.accepted
    }

    /// What becomes of the `records`-th observation, after learning was suspended for
    /// `suspended_for` observations.
    pub(crate) fn update_action(self, records: u64, suspended_for: u32) -> UpdateAction {
        match self {
            Self::Always => UpdateAction::Update,
            Self::Frozen { after } if records <= after => UpdateAction::Update,
            Self::Frozen { .. } => UpdateAction::Skip,
            _ if suspended_for == 0 => UpdateAction::Update,
            Self::Skip { .. } => UpdateAction::Skip,
            Self::Delay { .. } => UpdateAction::Defer,
            Self::DownWeight { one_in, .. } if suspended_for.is_multiple_of(one_in) => {
                UpdateAction::Update
            }
            Self::DownWeight { .. } => UpdateAction::Skip,
        }
    }
}

/// How many observations are held back before they are learned, with a policy that can suspend
/// learning.
pub(crate) const LATE: usize = 64;

/// The reference value of the CUSUM, and the memory of its usual level.
struct Cusum {
    /// Standardised scores add to the sum what they have above this.
    slack: f64,
    /// The number of scores that estimate the usual level; older ones are forgotten.
    memory: f64,
}

/// For a forest that always learns: only the learning of the tail of the scores is suspended.
const SLOW: Cusum = Cusum {
    slack: 1.0,
    memory: f64::INFINITY,
};
/// A level shift of one deviation in some inputs lifts scores by a deviation or two.
const SENSITIVE: Cusum = Cusum {
    slack: 0.5,
    memory: 256.0,
};
/// The most that a score adds.
const MOST: f64 = 6.0;
/// The decision interval of the CUSUM: learning is suspended while the sum is above it. The sum is
/// at most twice that, so that the end of a stretch is detected soon.
const SUSPEND_ABOVE: f64 = 20.0;
/// The number of scores after which the usual level is known.
const KNOWN: f64 = 200.0;

/// Detects unusual stretches, during which learning is suspended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LearningMonitor {
    pub(crate) sum: f64,
    /// Scores seen while learning was not suspended: how many, and their mean and deviation.
    pub(crate) count: f64,
    pub(crate) usual: Moments,
    /// Observations since learning was suspended; 0 while it is not.
    pub(crate) suspended_for: u32,
    /// Like `suspended_for`, but an observation without suspension only subtracts one.
    pub(crate) patience_used: u32,
    /// A new regime has been accepted: nothing is suspended until its scores are usual.
    pub(crate) accepted: bool,
}

impl LearningMonitor {
    /// Adds the score of an observation. Returns whether a new regime was accepted with this
    /// observation.
    pub(crate) fn push(
        &mut self,
        score: f64,
        is_candidate: bool,
        keep: f64,
        learning: Learning,
    ) -> bool {
        let (patience, Cusum { slack, memory }) = match learning.patience() {
            Some(patience) => (patience, SENSITIVE),
            None => (u32::MAX, SLOW),
        };
        let spread = self.usual.deviation();
        if self.count >= KNOWN && spread > 0.0 {
            let standard = ((score - self.usual.mean) / spread).min(MOST);
            self.sum = (self.sum + standard - slack).clamp(0.0, 2.0 * SUSPEND_ABOVE);
        }
        if self.accepted && self.sum < SUSPEND_ABOVE / 2.0 && !is_candidate {
            (self.accepted, self.patience_used) = (false, 0);
        }
        let mut accepts = false;
        if self.sum > SUSPEND_ABOVE && !self.accepted {
            self.suspended_for = self.suspended_for.saturating_add(1);
            self.patience_used = self.patience_used.saturating_add(1);
            if self.patience_used > patience {
                (accepts, self.accepted) = (true, true);
                self.suspended_for = 0;
            }
        } else {
            self.suspended_for = 0;
            if !self.accepted {
                self.patience_used = self.patience_used.saturating_sub(1);
            }
        }
        if self.suspended_for == 0 {
            self.count += 1.0;
            self.usual.push(score, keep.min(1.0 - 1.0 / memory));
        }
        accepts
    }
}
