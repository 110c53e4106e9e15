//! Detections: the results of a detector.

use std::fmt;

use super::evidence::EvidenceKind;

/// The result for one observation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Detection {
    /// The forest's score of the observation in its shingle, higher is more anomalous; 0 before the
    /// forest is ready.
    pub score: f64,
    /// What the decision rests on, at least 0, in units of its boundary: an observation with more
    /// than 1 is a candidate. See [`Threshold`](crate::Threshold).
    pub evidence: f64,
    /// How rare evidence of this size is on this stream: the share of its observations with at
    /// least as much, this one among them (a conformal p-value), in (0, 1]. On a calm stream a
    /// share `p` of the observations has a p-value of at most `p`. It ranks. It decides
    /// only where alerts exceed the rate by 64 or more ([`Suppressed::Frequent`]): where events are
    /// frequent, so is their evidence. 1 during the warm-up.
    pub p_value: f64,
    /// The score from which on the observation is a candidate by its score; infinite while too few
    /// scores are known (with the feature `serde`, absent then: JSON has no infinite numbers).
    #[cfg_attr(feature = "serde", serde(with = "finite"))]
    pub threshold: f64,
    /// From 0 to 1: exactly 0.5 at the boundary, above 0.5 if and only if the observation is
    /// anomalous, strictly growing with the evidence. A candidate that was suppressed lies between
    /// 1/3 and 0.5.
    pub severity: f64,
    /// 0 unless the observation is anomalous; else how far beyond the boundary: `2 · severity − 1`.
    pub grade: f64,
    /// From 0 to 1: how far to trust the detection. It grows with the number of observations
    /// learned (`n / (n + sample_size / 4)`) and falls with the share of values in the shingle that
    /// were missing, interpolated, or filled in for a gap. Synthetic observations of a
    /// [bootstrap](crate::AnomalyDetector::bootstrap) do not count.
    pub confidence: f64,
    /// From 0 to 1: which share of what the forest remembers is synthetic, from a
    /// [bootstrap](crate::AnomalyDetector::bootstrap). It fades as observations come; 0 without.
    pub synthetic_fraction: f64,
    /// Observations that are still needed before the first decision; 0 from then on.
    pub warm_up: usize,
    /// Number of values of this observation that were missing and have been filled in.
    pub imputed: usize,
    /// Whether the forest of the shingles passes the observation by, since learning is suspended:
    /// for an unusual stretch, or for good ([`Learning`](crate::Learning)).
    #[cfg_attr(feature = "serde", serde(default))]
    pub unlearned: bool,
    /// Why a candidate is not reported.
    pub suppressed: Option<Suppressed>,
    /// What is known about a candidate, reported or suppressed; `None` for all other observations.
    pub candidate: Option<Box<Candidate>>,
}

/// A number that may be infinite, as one that may be absent.
#[cfg(feature = "serde")]
mod finite {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde calls
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Some(*value)
            .filter(|value| value.is_finite())
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}

impl Detection {
    /// Whether the observation is reported as anomalous.
    #[must_use]
    pub fn is_anomaly(&self) -> bool {
        self.candidate.is_some() && self.suppressed.is_none()
    }

    /// Reports an anomaly that was found among the observations that a gap has lost, so many
    /// observations ago.
    pub(super) fn report_late(&mut self, (found, ago): (Self, i32)) {
        self.evidence = found.evidence;
        self.p_value = found.p_value;
        self.severity = found.severity;
        self.grade = found.grade;
        self.suppressed = None;
        self.candidate = found.candidate.map(|mut candidate| {
            candidate.relative_index += ago;
            candidate
        });
    }
}

/// Where a candidate deviates, and from what.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Candidate {
    /// Which kind of evidence made it a candidate.
    pub kind: EvidenceKind,
    /// Which observation it is about: 0 is the newest one, −k the one k observations before it,
    /// when the observations after it made it clear.
    pub relative_index: i32,
    /// That observation, one value for each input, in the units of the observations.
    pub values: Vec<f64>,
    /// What was expected in its place.
    pub expected: Vec<f64>,
    /// The inputs that deviate, at most five, the one with the most evidence first.
    pub inputs: Vec<usize>,
    /// How much of the score each input explains.
    pub attribution: InputAttribution,
    /// Which way the first of the inputs deviates.
    pub direction: Direction,
}

/// How much of a score each input explains; all parts are at least 0. For evidence about the
/// observation alone ([`EvidenceKind::Range`], [`EvidenceKind::Score`]) that is the score of the
/// observation alone, else the score of the shingle, over all of its observations, in which
/// candidates before the newest observation are replaced by what was expected of them.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct InputAttribution {
    /// The part due to the input being higher than usual.
    pub high: Vec<f64>,
    /// The part due to the input being lower than usual.
    pub low: Vec<f64>,
}

impl InputAttribution {
    /// The sum of all parts.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.high.iter().sum::<f64>() + self.low.iter().sum::<f64>()
    }

    /// The inputs, the one that explains most first.
    #[must_use]
    pub fn ranked(&self) -> Vec<usize> {
        let part = |input: &usize| self.high[*input] + self.low[*input];
        let mut inputs: Vec<usize> = (0..self.high.len()).collect();
        inputs.sort_by(|a, b| part(b).total_cmp(&part(a)));
        inputs
    }
}

/// Above or below what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Direction {
    /// Above.
    High,
    /// Below.
    Low,
}

/// Why a candidate is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Suppressed {
    /// The detector is still in warm-up.
    WarmUp,
    /// The value is as near to the expected one as
    /// [`ignore_near_expected`](crate::AnomalyDetectorBuilder::ignore_near_expected) asks.
    NearExpected,
    /// On a stream that was constant until now, the value moved by less than the noise floor.
    NoiseFloor,
    /// Values that were missing and have been filled in are part of what is unusual.
    Imputed,
    /// Earlier observations of the shingle, reported already, explain it.
    Explained,
    /// The event to which it belongs has been reported.
    AlreadyAlerted,
    /// Alerts have been more frequent than the false alarm rate asks for, by 64 and more, and this
    /// one is not among the rarest of this stream: its p-value exceeds the rate.
    Frequent,
    /// A new regime has just been accepted as the new normal.
    Drift,
    /// A [rule](crate::Rule) ignores it.
    Rule {
        /// Its place among the rules of the detector, from 0: the first that ignores an input that
        /// deviates.
        rule: usize,
    },
    /// An alike event has been [marked as normal](crate::AnomalyDetector::mark_normal).
    MarkedNormal {
        /// The number of that mark.
        mark: u64,
    },
}

impl Suppressed {
    /// One word for machines: the name in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WarmUp => "warm_up",
            Self::NearExpected => "near_expected",
            Self::NoiseFloor => "noise_floor",
            Self::Imputed => "imputed",
            Self::Explained => "explained",
            Self::AlreadyAlerted => "already_alerted",
            Self::Frequent => "frequent",
            Self::Drift => "drift",
            Self::Rule { .. } => "rule",
            Self::MarkedNormal { .. } => "marked_normal",
        }
    }

    /// Which rule, or which mark.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Rule { rule } => Some(rule as u64),
            Self::MarkedNormal { mark } => Some(mark),
            _ => None,
        }
    }
}

impl fmt::Display for Suppressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WarmUp => "the detector is still warming up",
            Self::NearExpected => "the value is near the expected one",
            Self::NoiseFloor => "the change is below the noise floor of a constant stream",
            Self::Imputed => "filled-in values are part of what is unusual",
            Self::Explained => "an anomaly reported before explains it",
            Self::AlreadyAlerted => "the event has been reported",
            Self::Frequent => "events like it are frequent in this stream",
            Self::Drift => "a new regime has been accepted as the normal",
            Self::Rule { rule } => return write!(f, "rule {rule} ignores it"),
            Self::MarkedNormal { mark } => {
                return write!(f, "an alike event has been marked as normal (mark {mark})");
            }
        })
    }
}
