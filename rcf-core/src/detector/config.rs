//! Parameters of a detector: an unchecked builder, and the checked [`DetectorConfig`] it becomes.

use super::AnomalyDetector;
use super::evidence::Threshold;
use super::imputation::Imputation;
use super::learning::Learning;
use super::rules::{self, Rule};
use super::suppression::NearExpected;
use super::transform::Transform;
use crate::config::{Config, MemoryProfile};
use crate::error::ConfigError;
use crate::forest::RandomCutForest;
use crate::parameters::{self, MAX_DIMENSIONS, MAX_MAGNITUDE};

/// The parameters of an [`AnomalyDetector`]; every default is resolved.
///
/// A template: a copy with another `seed` makes another detector of the same kind.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DetectorConfig {
    /// Number of values in one observation.
    pub input_dimensions: usize,
    /// Number of consecutive observations that are judged together.
    pub shingle_size: usize,
    /// Number of trees.
    pub number_of_trees: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// λ: a point's weight in the sample falls by `exp(-λ)` with each further observation.
    pub time_decay: f64,
    /// Fraction of the sample that is filled before trees start to refuse points.
    pub initial_accept_fraction: f64,
    /// Seed of every random choice.
    pub seed: u64,
    /// Observations before the first decision.
    pub warm_up: usize,
    /// What happens to the values before the forest.
    pub transform: Transform,
    /// How much less an observation weighs in the statistics of the transform than the next one.
    pub transform_decay: f64,
    /// Importance of each input.
    pub weights: Vec<f64>,
    /// How missing values are filled in.
    pub imputation: Imputation,
    /// Whether the gap between timestamps is a separate input.
    pub time_gap_input: bool,
    /// Which observations the forest learns.
    pub learning: Learning,
    /// How scores become decisions.
    pub threshold: Threshold,
    /// What is ignored.
    pub near_expected: NearExpected,
    /// The change of an otherwise constant input that is ignored, as a fraction of its level.
    pub noise_floor: f64,
    /// Observations after the first alert of an event during which nothing else is reported; 0
    /// reports each candidate.
    pub silence: u32,
    /// Observations below the boundary that end an event.
    pub quiet: u32,
    /// How far a timestamp may be after the last one, in the unit of the timestamps; `None`: any
    /// distance.
    pub max_time_jump: Option<f64>,
    /// Which candidates are nothing to report.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rules: Vec<Rule>,
    /// How much memory the forests spend on speed. Not part of a saved state.
    #[cfg_attr(feature = "serde", serde(default = "compact"))]
    pub memory_profile: MemoryProfile,
}

#[cfg(feature = "serde")]
fn compact() -> MemoryProfile {
    MemoryProfile::Compact
}

impl DetectorConfig {
    /// Number of values that the forest takes for each observation.
    pub(crate) fn forest_inputs(&self) -> usize {
        self.input_dimensions + usize::from(self.time_gap_input)
    }

    /// The highest possible score.
    pub(crate) fn highest_score(&self) -> f64 {
        libm::log2(self.sample_size as f64 + 1.0)
    }

    /// The forest of the shingles.
    pub(crate) fn forest(&self) -> Result<Config, ConfigError> {
        self.forest_of(self.shingle_size, self.number_of_trees)
    }

    /// The forest that judges observations alone, if that is another one. It has fewer trees:
    /// decisions are as good with 20, 30 or 50 of 50 (docs/accuracy.md).
    pub(crate) fn point_forest(&self) -> Result<Option<Config>, ConfigError> {
        let trees = (3 * self.number_of_trees).div_ceil(5);
        self.judges_alone()
            .then(|| self.forest_of(1, trees))
            .transpose()
    }

    /// Whether observations are judged alone besides as shingles.
    fn judges_alone(&self) -> bool {
        self.shingle_size > 1 && matches!(self.threshold, Threshold::Calibrated { .. })
    }

    /// Long anomalies of several inputs stay out of the sample; what comes back is known to the
    /// forest of single observations. On one input regimes change too often (docs/accuracy.md).
    fn default_learning(&self) -> Learning {
        if self.input_dimensions > 1 && self.judges_alone() {
            let patience = Learning::default_patience(self.sample_size);
            Learning::Skip { patience }
        } else {
            Learning::Always
        }
    }

    fn forest_of(&self, shingle_size: usize, trees: usize) -> Result<Config, ConfigError> {
        RandomCutForest::builder(self.forest_inputs())
            .shingle_size(shingle_size)
            .number_of_trees(trees)
            .sample_size(self.sample_size)
            .time_decay(self.time_decay)
            .initial_accept_fraction(self.initial_accept_fraction)
            .output_after(self.warm_up.div_ceil(2).max(1))
            .seed(self.seed)
            .memory_profile(self.memory_profile)
            .config()
    }

    /// Refuses what cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.input_dimensions == 0 {
            return Err(ConfigError::ZeroInputDimensions);
        }
        self.forest()?;
        if !parameters::WARM_UP.allows_count(self.warm_up) {
            return Err(ConfigError::ZeroWarmUp);
        }
        if !parameters::TRANSFORM_DECAY.allows(self.transform_decay) {
            let got = self.transform_decay;
            return Err(ConfigError::TransformDecay { got });
        }
        let per_input = |name, values: &[f64]| {
            let (expected, got) = (self.input_dimensions, values.len());
            if expected == got {
                Ok(())
            } else {
                Err(ConfigError::PerInput {
                    name,
                    expected,
                    got,
                })
            }
        };
        per_input("weights", &self.weights)?;
        if let Some(&got) = self
            .weights
            .iter()
            .find(|weight| !parameters::WEIGHTS.allows(**weight))
        {
            return Err(ConfigError::Weight { got });
        }
        if let Imputation::Fixed(values) = &self.imputation {
            per_input("the fixed values for missing ones", values)?;
            if let Some(&got) = values
                .iter()
                .find(|value| value.is_nan() || value.abs() > MAX_MAGNITUDE)
            {
                return Err(ConfigError::FixedValue { got });
            }
        }
        let zero_in_learning = match self.learning {
            Learning::Always => false,
            Learning::Frozen { after } => after == 0,
            Learning::Skip { patience } | Learning::Delay { patience } => patience == 0,
            Learning::DownWeight { one_in, patience } => one_in == 0 || patience == 0,
        };
        if zero_in_learning {
            return Err(ConfigError::ZeroInLearning);
        }
        if let Some(got) = self.threshold.invalid() {
            return Err(match self.threshold {
                Threshold::Calibrated { .. } => ConfigError::FalseAlarmRate { got },
                _ => ConfigError::Threshold { got },
            });
        }
        if !self.near_expected.is_valid() {
            return Err(ConfigError::NearExpected);
        }
        if let Some(got) = self.max_time_jump
            && !(parameters::MAX_TIME_JUMP.allows(got) && got.is_finite())
        {
            return Err(ConfigError::MaxTimeJump { got });
        }
        if !parameters::NOISE_FLOOR.allows(self.noise_floor) {
            let got = self.noise_floor;
            return Err(ConfigError::NoiseFloor { got });
        }
        rules::check(&self.rules, self.input_dimensions)
    }
}

/// Builds an [`AnomalyDetector`]; made by [`AnomalyDetector::builder`]. Nothing has to be set for a
/// first use.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct AnomalyDetectorBuilder {
    config: DetectorConfig,
    // `None` where the default depends on another parameter.
    time_decay: Option<f64>,
    warm_up: Option<usize>,
    transform: Option<Transform>,
    transform_decay: Option<f64>,
    learning: Option<Learning>,
}

impl AnomalyDetectorBuilder {
    pub(crate) fn new(input_dimensions: usize) -> Self {
        Self {
            config: DetectorConfig {
                input_dimensions,
                shingle_size: parameters::SHINGLE_SIZE.count(),
                number_of_trees: parameters::NUMBER_OF_TREES.count(),
                sample_size: parameters::SAMPLE_SIZE.count(),
                time_decay: 0.0,
                initial_accept_fraction: parameters::INITIAL_ACCEPT_FRACTION.real(),
                seed: parameters::SEED.count() as u64,
                warm_up: 0,
                transform: Transform::None,
                transform_decay: 0.0,
                weights: vec![1.0; input_dimensions.min(MAX_DIMENSIONS + 1)],
                imputation: Imputation::default(),
                time_gap_input: parameters::TIME_GAP_INPUT.flag(),
                learning: Learning::Always,
                threshold: Threshold::default(),
                near_expected: NearExpected::default(),
                noise_floor: parameters::NOISE_FLOOR.real(),
                silence: parameters::SILENCE.count() as u32,
                quiet: parameters::QUIET.count() as u32,
                max_time_jump: None,
                rules: Vec::new(),
                memory_profile: MemoryProfile::Compact,
            },
            time_decay: None,
            warm_up: None,
            transform: None,
            transform_decay: None,
            learning: None,
        }
    }

    /// Number of values in one observation, where it is known only after the builder was made.
    /// Weights for another number of values are dropped.
    pub fn input_dimensions(mut self, dimensions: usize) -> Self {
        if dimensions != self.config.input_dimensions {
            self.config.input_dimensions = dimensions;
            self.config.weights = Self::new(dimensions).config.weights;
        }
        self
    }

    parameters::setters! {
        DETECTOR:
        /// Number of consecutive observations that are judged together; default 8. Single
        /// observations are judged besides; with a size of 1 only they are. Of a rhythm, a shingle
        /// should see a quarter or more.
        shingle_size: usize, in config.shingle_size;
        /// Number of trees; default 50. More trees: less noise, more time and memory.
        number_of_trees: usize, in config.number_of_trees;
        /// Number of points that each tree keeps; default 256.
        sample_size: usize, in config.sample_size;
        /// λ, the decay of a point's weight per observation; default `1 / (10 × sample_size)`: the
        /// model remembers about ten samples' worth of observations. 0 forgets nothing.
        time_decay: f64 => Some, in time_decay;
        /// Fraction of the sample that each tree fills with every point; default 0.125.
        initial_accept_fraction: f64, in config.initial_accept_fraction;
        /// Seed of every random choice; default 0, so that runs are reproducible.
        seed: u64, in config.seed;
        /// Observations before the first decision; default `sample_size / 4 + shingle_size − 1`.
        /// Scores are given after half of them.
        warm_up: usize => Some, in warm_up;
        /// What happens to the values before the forest; default none for one input, else
        /// normalize, since a forest compares their sizes.
        transform: Transform => Some, in transform;
        /// How much less an observation weighs than the next one in the moving statistics of the
        /// transform; default `1 / (4 × sample_size)`, in (0, 0.1).
        transform_decay: f64 => Some, in transform_decay;
        /// Importance of each input, from 10⁻⁶ to 10⁶; default all 1. An input of twice the weight
        /// is cut twice as often.
        weights: Vec<f64>, in config.weights;
        /// How missing values are filled in; default previous, the last known value.
        imputation: Imputation, in config.imputation;
        /// Whether the gap between timestamps is one more input of the forest, in units of the mean
        /// gap; default `false`. For events whose rhythm matters.
        time_gap_input: bool, in config.time_gap_input;
        /// How far a timestamp may be after the last one, in the unit of the timestamps; default
        /// any distance. An observation further ahead is refused
        /// ([`InputError::TimeJump`](crate::InputError::TimeJump)), so that one wrong time does not
        /// make all right ones after it too early.
        max_time_jump: f64 => Some, in config.max_time_jump;
        /// Which observations the forest of the shingles learns; default skip for shingles of
        /// several inputs, else always. Skipping keeps long anomalies out; with a threshold other
        /// than the calibrated one the default is always.
        learning: Learning => Some, in learning;
        /// How scores become decisions; default calibrated.
        threshold: Threshold, in config.threshold;
        /// What is near enough to the expected value to be ignored; default 0.
        ignore_near_expected: NearExpected, in config.near_expected;
        /// Rules that say of which candidates nothing is to be heard; default none.
        ///
        /// ```
        /// use rcf_core::{AnomalyDetector, Rule};
        ///
        /// let names = ["speed", "load"];
        /// let rules = ["load within 5%", "when speed < 10"].map(|text| Rule::parse(text, &names));
        /// let rules = rules.into_iter().collect::<Result<_, _>>()?;
        /// let detector = AnomalyDetector::builder(2).rules(rules).build()?;
        /// # Ok::<(), rcf_core::ConfigError>(())
        /// ```
        rules: Vec<Rule>, in config.rules;
        /// The change of an otherwise constant input that is ignored, as a fraction of its level;
        /// default 0.001. On a constant stream every change is infinitely unusual to the forest.
        noise_floor: f64, in config.noise_floor;
        /// Observations after the first alert of an event during which nothing else is reported;
        /// default 50. Nothing extends it. 0 reports each candidate.
        silence: u32, in config.silence;
        /// Observations below the boundary that end an event; default 50. Until then candidates
        /// belong to it and are suppressed, but for clearly stronger ones, or ones of another
        /// input, after the `silence`.
        quiet: u32, in config.quiet;
        /// How much memory the forests spend on speed; default compact, since detectors are often
        /// many. It is not part of a saved state:
        /// [set](crate::AnomalyDetector::set_memory_profile) it again after loading.
        memory_profile: MemoryProfile, in config.memory_profile;
        /// The main parameter of decisions: the share of the observations of a calm stream that may
        /// exceed the boundary; default 0.0005, from 10⁻¹² to 0.5. There are fewer alerts, since an
        /// event has only one. Sets [`Threshold::Calibrated`].
        false_alarm_rate: f64 => calibrated, in config.threshold;
    }

    /// The parameters with every default resolved, not checked yet.
    #[must_use]
    pub fn config(&self) -> DetectorConfig {
        let mut config = self.config.clone();
        let sample_size = config.sample_size.max(1);
        config.time_decay = self.time_decay.unwrap_or(0.1 / sample_size as f64);
        let warm_up = (sample_size / 4)
            .max(1)
            .saturating_add(config.shingle_size)
            .saturating_sub(1);
        config.warm_up = self.warm_up.unwrap_or(warm_up);
        config.transform = self.transform.unwrap_or(if config.input_dimensions == 1 {
            Transform::None
        } else {
            Transform::Normalize
        });
        config.transform_decay = self
            .transform_decay
            .unwrap_or((0.25 / sample_size as f64).min(0.05));
        config.learning = self.learning.unwrap_or_else(|| config.default_learning());
        config
    }

    /// Checks the parameters and builds a detector that has seen nothing.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn build(self) -> Result<AnomalyDetector, ConfigError> {
        AnomalyDetector::new(self.config())
    }
}

fn calibrated(false_alarm_rate: f64) -> Threshold {
    Threshold::Calibrated { false_alarm_rate }
}
