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
pub use suggest::{Suggestion, suggest};
pub use suppression::NearExpected;
pub use transform::Transform;

use std::collections::VecDeque;
use std::iter;

use crate::config::MemoryProfile;
use crate::error::{ConfigError, InputError};
use crate::forest::RandomCutForest;
use crate::parameters::MAX_MAGNITUDE;
use crate::real::Real;
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
    pub(crate) held: Vec<f64>,
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
}

impl AnomalyDetector {
    /// Starts the configuration of a detector over observations of `input_dimensions` values.
    pub fn builder(input_dimensions: usize) -> AnomalyDetectorBuilder {
        AnomalyDetectorBuilder::new(input_dimensions)
    }

    /// A new detector.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn new(config: DetectorConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let forest = RandomCutForest::new(config.forest()?);
        let point_forest = config.point_forest()?.map(RandomCutForest::new);
        Ok(Self::around(config, forest, point_forest))
    }

    /// A detector that has seen nothing, around forests that are those of its parameters.
    pub(crate) fn around(
        config: DetectorConfig,
        forest: RandomCutForest,
        point_forest: Option<RandomCutForest>,
    ) -> Self {
        Self {
            forest,
            point_forest,
            records: 0,
            synthetic: Synthetic::default(),
            inputs: vec![Input::default(); config.input_dimensions],
            window: Window::new(config.shingle_size),
            channels: Channels::new(config.input_dimensions),
            scores: Scores::default(),
            history: Conformal::default(),
            recent: VecDeque::with_capacity(config.shingle_size + 1),
            monitor: LearningMonitor::default(),
            event: Event::default(),
            budget: Budget::default(),
            marks: Marks::default(),
            ignored: None,
            held: Vec::new(),
            clock: Clock::default(),
            buffers: Buffers::default(),
            config,
        }
    }

    /// The parameters, with every default resolved.
    #[must_use]
    pub fn config(&self) -> &DetectorConfig {
        &self.config
    }

    /// The forest inside: it sees transformed observations.
    #[must_use]
    pub fn forest(&self) -> &RandomCutForest {
        &self.forest
    }

    /// Number of observations taken so far, without the synthetic ones of
    /// [`bootstrap`](Self::bootstrap).
    #[must_use]
    pub fn observations(&self) -> u64 {
        self.records
    }

    /// What was expected of an input in place of the newest observation, from the past of this
    /// input alone: its newest values, and those of its periods. `None` while too little is known,
    /// and after restoring until the next observation.
    #[must_use]
    pub fn predicted(&self, input: usize) -> Option<f64> {
        (input < self.config.input_dimensions)
            .then(|| self.channels.expected(EvidenceKind::Change, input))?
    }

    /// Observations that are still needed before the first decision.
    #[must_use]
    pub fn warm_up_left(&self) -> usize {
        let known = self.records.saturating_add(self.synthetic.count);
        let left = (self.config.warm_up as u64).saturating_sub(known) as usize;
        left.max(usize::from(
            !self.forest.is_ready() || !self.window.is_full(),
        ))
    }

    /// Judges an observation, then learns from it.
    ///
    /// # Errors
    /// The observation has the wrong length, or a value that is not finite or out of range. The
    /// detector is unchanged then.
    pub fn process<T: Real>(&mut self, values: &[T]) -> Result<Detection, InputError> {
        T::with(values, |values| {
            self.check(values, false)?;
            Ok(self.step(None, values))
        })
    }

    /// [`process`](Self::process), where NaN is a missing value.
    ///
    /// # Errors
    /// As for `process`, but for NaN.
    pub fn process_with_missing<T: Real>(&mut self, values: &[T]) -> Result<Detection, InputError> {
        T::with(values, |values| {
            self.check(values, true)?;
            Ok(self.step(None, values))
        })
    }

    /// [`process`](Self::process) for an observation at a point of time, in any unit. Where
    /// observations are missing, judged by the mean gap, the [policy for missing
    /// values](Imputation) fills them in.
    ///
    /// # Errors
    /// As for `process`, and a timestamp that is not finite or not after the one before.
    pub fn process_at<T: Real>(
        &mut self,
        timestamp: f64,
        values: &[T],
    ) -> Result<Detection, InputError> {
        T::with(values, |values| {
            self.check(values, false)?;
            check_time(self.clock.last, timestamp, self.config.max_time_jump)?;
            Ok(self.step(Some(timestamp), values))
        })
    }

    /// [`process_at`](Self::process_at), where NaN is a missing value.
    ///
    /// # Errors
    /// As for `process_at`, but for NaN.
    pub fn process_at_with_missing<T: Real>(
        &mut self,
        timestamp: f64,
        values: &[T],
    ) -> Result<Detection, InputError> {
        T::with(values, |values| {
            self.check(values, true)?;
            check_time(self.clock.last, timestamp, self.config.max_time_jump)?;
            Ok(self.step(Some(timestamp), values))
        })
    }

    /// Changes the memory profile. Takes about as long as loading the detector; results are the
    /// same to the bit.
    pub fn set_memory_profile(&mut self, profile: MemoryProfile) {
        self.config.memory_profile = profile;
        for forest in iter::once(&mut self.forest).chain(&mut self.point_forest) {
            forest.set_memory_profile(profile);
        }
    }

    /// The memory of the detector in bytes, including the heap.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        let Buffers {
            values,
            transformed,
            maps,
        } = &self.buffers;
        let fixed = match &self.config.imputation {
            Imputation::Fixed(values) => values.capacity(),
            _ => 0,
        };
        let floats = values.capacity()
            + transformed.capacity()
            + self.held.capacity()
            + self.config.weights.capacity()
            + fixed;
        size_of::<Self>() - size_of::<RandomCutForest>()
            + self.forest.size_in_bytes()
            + self.point_forest.as_ref().map_or(0, |forest| {
                forest.size_in_bytes() - size_of::<RandomCutForest>()
            })
            + self.inputs.capacity() * size_of::<Input>()
            + self.window.heap_bytes()
            + self.channels.heap_bytes()
            + self.history.heap_bytes()
            + self.scores.heights.heap_bytes()
            + rules::heap_bytes(&self.config.rules)
            + self.marks.heap_bytes()
            + self.ignored.as_ref().map_or(0, |ignored| {
                ignored.deviations.capacity() * size_of::<(usize, f64)>()
            })
            + maps.capacity() * size_of::<Affine>()
            + self.recent.capacity() * size_of::<(f64, bool)>()
            + 8 * floats
    }

    fn check(&self, values: &[f64], may_miss: bool) -> Result<(), InputError> {
        check_record(values, self.config.input_dimensions, may_miss)
    }
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
