//! Policies for learning unusual stretches.
//!
//! A forest that learns everything also learns a long anomaly, and no longer detects it: half of
//! its sample can be anomalous before the anomaly ends. A forest that learns nothing unusual never
//! adapts to a new regime. As a compromise, learning is suspended during stretches that are unusual
//! and *new* ([`monitor`]); single anomalies hardly change a sample. A regime that lasts longer
//! than the patience is accepted.
//!
//! A stretch is known to be unusual only after some observations, and if those were learned, they
//! would count as normal. Therefore observations are learned late: the last [`LATE`] of them are
//! held back, and when learning is suspended, they belong to the unusual stretch.
//!
//! The forest of single observations always learns. It detects the end of an event (on NAB,
//! suspending its learning costs more than four points, and so does freezing the tail of the
//! scores), and it knows what has been there before.

mod monitor;

pub(crate) use monitor::{Cusum, LearningMonitor};

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
            && monitor.shingle.is_known()
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
