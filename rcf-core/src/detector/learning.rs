//! Which records the forest learns.
//!
//! A forest that learns everything learns a long anomaly too, and goes blind to it: half of its
//! sample can be anomalous before the anomaly ends. A forest that learns nothing unusual never
//! gets used to a new regime. Between them: what is learned while the detector is alerting, and
//! after how long a run the new regime counts as normal.

/// Whether and when the forest learns records in a run of anomalous ones.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Learning {
    /// Always.
    Always,
    /// All of the first `after` records, nothing later: for streams with a known good start.
    Frozen {
        /// Number of records that are learned.
        after: u64,
    },
    /// Not while alerting; after a run of `patience` records everything again.
    Skip {
        /// The run after which the new regime is accepted.
        patience: u32,
    },
    /// Held back while alerting: learned all at once when the run reaches `patience` records,
    /// dropped when it ends before.
    Delay {
        /// The run after which the new regime is accepted.
        patience: u32,
    },
    /// One record in `one_in` while alerting; after a run of `patience` records everything.
    DownWeight {
        /// One in how many is learned.
        one_in: u32,
        /// The run after which the new regime is accepted.
        patience: u32,
    },
}

impl Learning {
    /// The run after which a new regime is accepted.
    pub(crate) fn patience(self) -> Option<u32> {
        match self {
            Self::Always | Self::Frozen { .. } => None,
            Self::Skip { patience }
            | Self::Delay { patience }
            | Self::DownWeight { patience, .. } => Some(patience),
        }
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lesson {
    Learn,
    Pass,
    Hold,
}

impl Learning {
    /// The lesson from a record: the `records`-th taken, number `run` (from 1) of a run of anomalous
    /// ones, or 0 outside of one.
    pub(crate) fn lesson(self, records: u64, run: u32) -> Lesson {
        match self {
            Self::Always => Lesson::Learn,
            Self::Frozen { after } if records < after => Lesson::Learn,
            Self::Frozen { .. } => Lesson::Pass,
            _ if run == 0 || self.patience().is_some_and(|patience| run > patience) => {
                Lesson::Learn
            }
            Self::Skip { .. } => Lesson::Pass,
            Self::Delay { .. } => Lesson::Hold,
            Self::DownWeight { one_in, .. } if run.is_multiple_of(one_in) => Lesson::Learn,
            Self::DownWeight { .. } => Lesson::Pass,
        }
    }
}
