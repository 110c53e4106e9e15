//! The detector: from observations to decisions.
//!
//! ```text
//! observation ─► gaps, missing ─► transform ─► forests ──┐
//!                filled in                     channels ─┴► evidence ─► event ─► report, or why not
//!                                                              └► learn ◄─┘
//! ```
//!
//! Each file answers one question; [`pipeline`] brings the answers together in the order of the
//! picture, and nothing goes back up.

// First, so that the page of `AnomalyDetector` begins with `builder` and `process`.
mod methods;

mod arrays;
pub(crate) mod bootstrap;
pub(crate) mod budget;
mod candidate;
pub(crate) mod channels;
mod choices;
mod config;
mod detection;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod feedback;
mod gaps;
pub(crate) mod imputation;
mod learn;
pub(crate) mod learning;
mod pipeline;
pub(crate) mod rules;
pub(crate) mod severity;
pub(crate) mod statistics;
mod suggest;
pub(crate) mod suppression;
pub(crate) mod transform;
pub(crate) mod window;

pub use config::{AnomalyDetectorBuilder, DetectorConfig};
pub use detection::{Candidate, Detection, Direction, InputAttribution, Suppressed};
pub use evidence::{EvidenceKind, Threshold};
pub use feedback::NormalMark;

pub use imputation::Imputation;
pub use learning::Learning;
pub use rules::{Comparison, Condition, Ignore, Rule};
pub use suggest::{Suggestion, check_history, suggest, suggest_while};
pub use suppression::NearExpected;
pub use transform::Transform;

use std::collections::VecDeque;

use crate::error::InputError;
use crate::forest::RandomCutForest;
use crate::parameters::MAX_MAGNITUDE;
use bootstrap::Synthetic;
use budget::Budget;
use channels::Channels;
use event::Event;
use evidence::{Conformal, Range, Scores};
use feedback::Marks;
use imputation::Known;
use learning::LearningMonitor;
use rules::Ignored;
use statistics::Moments;
use suppression::Constancy;
use transform::{Affine, InputState};
use window::Window;

/// Detects anomalies in a stream of observations, one decision for each.
///
/// Build it with [`builder`](Self::builder), pass it observations in the order of their time with
/// [`process`](Self::process), and read the returned [`Detection`].
///
/// ```
/// use rcf_core::AnomalyDetector;
///
/// let mut detector = AnomalyDetector::builder(1).shingle_size(4).seed(7).build()?;
/// for t in 0..1000 {
///     let x = (f64::from(t) / 8.0).sin() + if t == 700 { 4.0 } else { 0.0 };
///     let detection = detector.process(&[x])?;
///     assert_eq!(detection.is_anomaly(), t == 700);
///     if let Some(candidate) = detection.candidate.filter(|_| t == 700) {
///         assert!((candidate.values[0] - candidate.expected[0] - 4.0).abs() < 0.5);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AnomalyDetector {
    pub(crate) config: DetectorConfig,
    pub(crate) forest: RandomCutForest,
    /// Judges observations alone; with a shingle size of 1 the forest does.
    pub(crate) point_forest: Option<RandomCutForest>,
    /// Observations taken, without those that were filled in for gaps.
    pub(crate) records: u64,
    pub(crate) synthetic: Synthetic,
    pub(crate) inputs: Vec<Input>,
    pub(crate) window: Window,
    pub(crate) channels: Channels,
    pub(crate) scores: Scores,
    /// The evidence of the observations so far.
    pub(crate) history: Conformal,
    /// Scores of the newest shingles, the oldest first, judged and not learned yet; and whether
    /// they lay beyond the boundary then.
    pub(crate) recent: VecDeque<(f64, bool)>,
    pub(crate) monitor: LearningMonitor,
    pub(crate) event: Event,
    pub(crate) budget: Budget,
    pub(crate) marks: Marks,
    /// The last candidate that a condition or a mark has ignored.
    pub(crate) ignored: Option<Ignored>,
    /// Points held back from learning, one after the other.
    pub(crate) held: VecDeque<f64>,
    pub(crate) clock: Clock,
    /// Working memory: the observation as the forest sees it.
    buffers: Buffers,
}

/// The statistics of scores forget this much more slowly than the forest.
const FORGETTING: f64 = 0.1;

/// What is known about one input.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Input {
    pub(crate) known: Known,
    pub(crate) transform: InputState,
    pub(crate) still: Constancy,
    pub(crate) range: Range,
}

impl Input {
    /// The value whose range is watched.
    fn watched(&self, transform: Transform, value: f64) -> f64 {
        self.transform.relative(transform, self.known.last, value)
    }
}

/// The rhythm of the timestamps.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    pub(crate) last: Option<f64>,
    pub(crate) gaps: Moments,
}

#[derive(Debug, Clone, Default)]
struct Buffers {
    values: Vec<f64>,
    transformed: Vec<f64>,
    maps: Vec<Affine>,
    /// A point that is learned late.
    late: Vec<f64>,
}

/// Whether a timestamp may follow the last one; `limit` is the longest jump ahead.
fn check_time(last: Option<f64>, got: f64, limit: Option<f64>) -> Result<(), InputError> {
    if let (Some(last), Some(limit)) = (last, limit)
        && got.is_finite()
        && got - last > limit
    {
        return Err(InputError::TimeJump { got, last, limit });
    }
    let last = last.unwrap_or(f64::NEG_INFINITY);
    if got.is_finite() && got > last && got.abs() <= MAX_MAGNITUDE {
        Ok(())
    } else {
        Err(InputError::Timestamp { got, last })
    }
}

/// Whether an observation is one of so many values, all of them numbers in range.
pub(crate) fn check_record(
    values: &[f64],
    expected: usize,
    may_miss: bool,
) -> Result<(), InputError> {
    if values.len() != expected {
        let got = values.len();
        return Err(InputError::WrongLength { expected, got });
    }
    for (index, &value) in values.iter().enumerate() {
        if value.is_infinite() || value.is_nan() && !may_miss {
            return Err(InputError::NotFinite { index, value });
        }
        if value.abs() > MAX_MAGNITUDE {
            let limit = MAX_MAGNITUDE;
            return Err(InputError::OutOfRange {
                index,
                value,
                limit,
            });
        }
    }
    Ok(())
}
