//! Which records the forest of the shingles learns.
//!
//! A forest that learns everything learns a long anomaly too, and goes blind to it: half of its
//! sample can be anomalous before the anomaly ends. A forest that learns nothing unusual never
//! gets used to a new regime. A gate is the way between: learning is suspended while scores
//! are *persistently* high, by the cumulative sum of their standardised values (Page, *Continuous
//! inspection schemes*, 1954): single anomalies need no gate, they hardly move a sample. And it
//! accepts a regime that lasts for longer than the patience.
//!
//! The sum takes time to grow, and what is learned meanwhile is normal from then on. So
//! records are learned late, and the last [`LATE`] of them are held back: when learning is
//! suspended, they belong to the unusual stretch.
//!
//! The forest that judges records alone always learns. It is what sees the end of an event, and on
//! NAB a gate before it costs more than four points; so does freezing the tail of the scores.

use super::statistics::Moments;

/// Whether and when the forest of the shingles learns records of an unusual stretch. The moving
/// statistics of the transform learn the same records as it does.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Learning {
    /// Always.
    Always,
    /// The first `after` records, nothing later: for streams with a known good start.
    Frozen {
        /// Number of records that are learned.
        after: u64,
    },
    /// Nothing of an unusual stretch, until it has lasted for `patience` records.
    Skip {
        /// The records after which a new regime is accepted.
        patience: u32,
    },
    /// Unusual stretches are held back: dropped when they end, learned all at once when they have
    /// lasted for `patience` records.
    Delay {
        /// The records after which a new regime is accepted.
        patience: u32,
    },
    /// One record in `one_in` of an unusual stretch, until it has lasted for `patience` records.
    DownWeight {
        /// One in how many is learned.
        one_in: u32,
        /// The records after which a new regime is accepted.
        patience: u32,
    },
}

/// What becomes of a record.
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
    /// The patience where none is set: twice the sample size.
    #[must_use]
    pub fn default_patience(sample_size: usize) -> u32 {
        u32::try_from(sample_size.max(1).saturating_mul(2)).unwrap_or(u32::MAX)
    }

    /// The records after which a new regime is accepted.
    pub(crate) fn patience(self) -> Option<u32> {
        match self {
            Self::Always | Self::Frozen { .. } => None,
            Self::Skip { patience }
            | Self::Delay { patience }
            | Self::DownWeight { patience, .. } => Some(patience),
        }
    }

    /// Whether records are held back for a while before they are learned, while learning is not
    /// suspended.
    pub(crate) fn is_late(self, gate: &Gate) -> bool {
        self.patience().is_some() && gate.closed == 0 && gate.count >= KNOWN && !gate.accepted
    }

    /// What becomes of the `records`-th record, when learning has been suspended for `closed`
    /// records.
    pub(crate) fn update_action(self, records: u64, closed: u32) -> UpdateAction {
        match self {
            Self::Always => UpdateAction::Update,
            Self::Frozen { after } if records <= after => UpdateAction::Update,
            Self::Frozen { .. } => UpdateAction::Skip,
            _ if closed == 0 => UpdateAction::Update,
            Self::Skip { .. } => UpdateAction::Skip,
            Self::Delay { .. } => UpdateAction::Defer,
            Self::DownWeight { one_in, .. } if closed.is_multiple_of(one_in) => {
                UpdateAction::Update
            }
            Self::DownWeight { .. } => UpdateAction::Skip,
        }
    }
}

/// How many records are held back before they are learned, with a policy that can suspend learning.
pub(crate) const LATE: usize = 64;

/// The reference value of the cumulative sum, and what it is compared with.
struct Cusum {
    /// Standardised scores add to the sum what they have above this.
    slack: f64,
    /// Scores by which the usual level is known; older ones are forgotten.
    memory: f64,
}

/// Where the forest learns all the same, and the gate protects the tail of the scores alone.
const SLOW: Cusum = Cusum {
    slack: 1.0,
    memory: f64::INFINITY,
};
/// A level shift of one deviation in some inputs lifts scores by a deviation or two.
const SENSITIVE: Cusum = Cusum {
    slack: 0.5,
    memory: 256.0,
};
/// No score adds more.
const MOST: f64 = 6.0;
/// Learning is suspended while the sum is above this. It grows to twice that, so that an end is
/// seen soon.
const SHUT: f64 = 20.0;
/// Scores that make a usual level.
const KNOWN: f64 = 200.0;

/// Watches for unusual stretches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Gate {
    pub(crate) sum: f64,
    /// Scores seen while learning was not suspended: how many, and their mean and deviation.
    pub(crate) count: f64,
    pub(crate) usual: Moments,
    /// Records since learning was suspended; 0 while it is not.
    pub(crate) closed: u32,
    /// The same, but a record without suspension only takes one off.
    pub(crate) worn: u32,
    /// A new regime has been accepted: nothing is suspended until its scores are usual.
    pub(crate) accepted: bool,
}

impl Gate {
    /// Looks at a score of a record, which is a candidate or not. Returns whether a new regime has
    /// been accepted right now.
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
            self.sum = (self.sum + standard - slack).clamp(0.0, 2.0 * SHUT);
        }
        if self.accepted && self.sum < SHUT / 2.0 && !is_candidate {
            (self.accepted, self.worn) = (false, 0);
        }
        let mut accepts = false;
        if self.sum > SHUT && !self.accepted {
            self.closed = self.closed.saturating_add(1);
            self.worn = self.worn.saturating_add(1);
            if self.worn > patience {
                (accepts, self.accepted) = (true, true);
                self.closed = 0;
            }
        } else {
            self.closed = 0;
            if !self.accepted {
                self.worn = self.worn.saturating_sub(1);
            }
        }
        if self.closed == 0 {
            self.count += 1.0;
            self.usual.push(score, keep.min(1.0 - 1.0 / memory));
        }
        accepts
    }
}
