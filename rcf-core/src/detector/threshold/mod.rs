//! From a score to evidence: how surprising is it, given the scores before?
//!
//! Evidence is *surprise*: `−ln p`, where `p` is the estimated probability that a usual record
//! scores as high. It adds up over independent sources, and the boundary has a meaning: with a
//! false alarm rate of 10⁻⁴ it is `ln 10⁴ ≈ 9.2`, about one alert in 10,000 usual records.
//!
//! Scores above the boundary count as the boundary in the statistics: a run of anomalies raises
//! it slowly, and neither destroys it nor leaves it behind for ever.

mod range;
mod tail;

pub(crate) use range::RangeBreak;
pub(crate) use tail::Tail;

/// How scores become evidence, and where the boundary is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// Scores above their 90th percentile are taken to have an exponential tail, as extreme value
    /// theory has it (peaks over threshold, with shape 0 as scores are bounded). Evidence is `−ln p`.
    ExtremeValue {
        /// The share of usual records that may be reported.
        false_alarms: f64,
    },
    /// Scores are taken to be normal: mean and deviation. Evidence is `−ln p`.
    Normal {
        /// The share of usual records that may be reported.
        false_alarms: f64,
    },
    /// A fixed boundary for the score itself, which is the evidence.
    Fixed {
        /// The score above which a record is a candidate.
        score: f64,
    },
}

impl Default for Threshold {
    fn default() -> Self {
        Self::ExtremeValue { false_alarms: 1e-4 }
    }
}

impl Threshold {
    /// The evidence from which on a record is a candidate.
    pub(crate) fn boundary(self) -> f64 {
        match self {
            Self::ExtremeValue { false_alarms } | Self::Normal { false_alarms } => {
                -libm::log(false_alarms)
            }
            Self::Fixed { score } => score,
        }
    }

    pub(crate) fn is_valid(self) -> bool {
        match self {
            Self::ExtremeValue { false_alarms } | Self::Normal { false_alarms } => {
                false_alarms > 0.0 && false_alarms <= 0.1
            }
            Self::Fixed { score } => score > 0.0 && score.is_finite(),
        }
    }
}
