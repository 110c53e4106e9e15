//! The public methods of a detector, except those in the file of their topic.

use std::collections::VecDeque;
use std::iter;

use super::bootstrap::Synthetic;
use super::budget::Budget;
use super::channels::Channels;
use super::event::Event;
use super::evidence::{Conformal, EvidenceKind, Scores};
use super::feedback::Marks;
use super::learning::LearningMonitor;
use super::transform::Affine;
use super::window::Window;
use super::{
    AnomalyDetector, AnomalyDetectorBuilder, Buffers, Clock, Detection, DetectorConfig, Imputation,
    Input, check_record, check_time, rules,
};
use crate::config::MemoryProfile;
use crate::error::{ConfigError, InputError};
use crate::forest::RandomCutForest;
use crate::real::Real;

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
            held: VecDeque::new(),
            clock: Clock::default(),
            buffers: Buffers::default(),
            config,
        }
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
            late,
        } = &self.buffers;
        let fixed = match &self.config.imputation {
            Imputation::Fixed(values) => values.capacity(),
            _ => 0,
        };
        let floats = values.capacity()
            + transformed.capacity()
            + late.capacity()
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

    pub(super) fn check(&self, values: &[f64], may_miss: bool) -> Result<(), InputError> {
        check_record(values, self.config.input_dimensions, may_miss)
    }
}
