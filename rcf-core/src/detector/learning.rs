//! Which records the forest learns.
//!
//! A forest that learns everything learns a long anomaly too, and goes blind to it: half of its
//! sample can be anomalous before the anomaly ends. A forest that learns nothing unusual never
//! gets used to a new regime. Between them stands a gate: it closes while the *smoothed* score is
//! far above its usual level (single anomalies need no gate, they hardly move a sample), and it
//! opens again when the score comes back, or for good when a regime lasts.

use super::statistics::Moments;

/// Whether and when the forest learns records of an unusual stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
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
pub(crate) enum Lesson {
    Learn,
    Pass,
    Hold,
}

impl Learning {
    /// The records after which a new regime is accepted.
    pub(crate) fn patience(self) -> Option<u32> {
        match self {
            Self::Always | Self::Frozen { .. } => None,
            Self::Skip { patience }
            | Self::Delay { patience }
            | Self::DownWeight { patience, .. } => Some(patience),
        }
    }

    /// What becomes of the `records`-th record, when the gate has been closed for `closed` records.
    pub(crate) fn lesson(self, records: u64, closed: u32) -> Lesson {
        match self {
            Self::Always => Lesson::Learn,
            Self::Frozen { after } if records <= after => Lesson::Learn,
            Self::Frozen { .. } => Lesson::Pass,
            _ if closed == 0 => Lesson::Learn,
            Self::Skip { .. } => Lesson::Pass,
            Self::Delay { .. } => Lesson::Hold,
            Self::DownWeight { one_in, .. } if closed.is_multiple_of(one_in) => Lesson::Learn,
            Self::DownWeight { .. } => Lesson::Pass,
        }
    }
}

/// Weight of the newest score in the smoothed one.
const SMOOTHING: f64 = 0.1;
/// Deviations above the mean from which on the smoothed score closes the gate, …
const CLOSES: f64 = 5.0;
/// … and below which it opens again.
const OPENS: f64 = 2.5;
/// Scores that make a usual level.
const KNOWN: f64 = 200.0;

/// Watches for unusual stretches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Gate {
    pub(crate) smoothed: f64,
    /// Smoothed scores while the gate was open.
    pub(crate) usual: Moments,
    /// Records for which it has been closed, fewer again while it is open; 0 if it is open.
    pub(crate) closed: u32,
    pub(crate) worn: u32,
    /// A new regime has been accepted: it stays open until the score comes back.
    pub(crate) accepted: bool,
}

impl Gate {
    /// Looks at a score. Returns whether a new regime has been accepted right now.
    pub(crate) fn push(&mut self, score: f64, keep: f64, patience: u32) -> bool {
        if self.usual.weight == 0.0 {
            self.smoothed = score;
        }
        self.smoothed += SMOOTHING * (score - self.smoothed);
        let distance = self.smoothed - self.usual.mean;
        let spread = self.usual.deviation();
        let known = self.usual.weight >= KNOWN;
        let unusual = known && distance > CLOSES * spread;
        if self.accepted && distance < OPENS * spread {
            self.accepted = false;
            self.worn = 0;
        }
        let mut accepts = false;
        if unusual && !self.accepted {
            self.closed = self.closed.saturating_add(1);
            self.worn = self.worn.saturating_add(1);
            if self.worn > patience {
                accepts = true;
                self.accepted = true;
                self.closed = 0;
            }
        } else {
            self.closed = 0;
            self.worn = self.worn.saturating_sub(1);
        }
        if self.closed == 0 {
            self.usual.push(self.smoothed, keep);
        }
        accepts
    }
}
