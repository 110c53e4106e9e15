//! Parameters of a forest: an unchecked builder, and the checked [`Config`] that it builds.

use crate::error::ConfigError;
use crate::parameters::{
    self, BOUNDING_BOX_CACHE_FRACTION, INITIAL_ACCEPT_FRACTION, MAX_DIMENSIONS, MAX_MAGNITUDE,
    MAX_SAMPLE_SIZE, MAX_SAMPLED_POINTS, MAX_TREES, NUMBER_OF_TREES, RELATIVE_NOISE_FLOOR,
    SAMPLE_SIZE, TIME_DECAY,
};

/// The checked parameters of a [`RandomCutForest`](crate::RandomCutForest); every default is
/// resolved.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Config {
    /// Number of values in one observation.
    pub input_dimensions: usize,
    /// Number of consecutive observations that make one point.
    pub shingle_size: usize,
    /// Whether the forest builds the shingles itself (`true`), or is given whole points.
    pub internal_shingling: bool,
    /// Whether an observation keeps its place in the shingle until it leaves it.
    pub shingle_rotation: bool,
    /// Number of trees.
    pub number_of_trees: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// λ in force: a point's weight in the sample falls by `exp(-λ)` with each further observation,
    /// or unit of the time that [`Arrival::at`](crate::Arrival::at) gives; 0 is uniform.
    pub time_decay: f64,
    /// Number of observations before the first score.
    pub output_after: usize,
    /// Fraction of the sample that is filled before trees start to refuse points.
    pub initial_accept_fraction: f64,
    /// Seed of every random choice. Same seed and same observations: same bits.
    pub seed: u64,
    /// Whether the sequence number of each sampled observation is kept.
    pub store_sequence_numbers: bool,
    /// Whether the label of each sampled observation is kept.
    pub store_labels: bool,
    /// For each input dimension, the range below which differences count as noise; empty if
    /// there is none.
    pub noise_floor: Vec<f64>,
    /// The same for all dimensions, as a fraction of the range of a tree's sample.
    pub relative_noise_floor: f64,
    /// Fraction of the nodes of a tree that keep their bounding box. Not part of a saved state.
    pub bounding_box_cache_fraction: f64,
}

impl Config {
    /// Number of coordinates of a point: `input_dimensions × shingle_size`.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.input_dimensions * self.shingle_size
    }

    /// Number of values that one call takes: an observation, or a whole point with external
    /// shingling.
    #[must_use]
    pub fn values_per_call(&self) -> usize {
        if self.internal_shingling {
            self.input_dimensions
        } else {
            self.dimensions()
        }
    }

    pub(crate) fn check(self) -> Result<Self, ConfigError> {
        if self.input_dimensions == 0 {
            return Err(ConfigError::ZeroInputDimensions);
        }
        if self.shingle_size == 0 {
            return Err(ConfigError::ZeroShingleSize);
        }
        match self.input_dimensions.checked_mul(self.shingle_size) {
            Some(dimensions) if dimensions <= MAX_DIMENSIONS => {}
            _ => {
                return Err(ConfigError::TooManyDimensions {
                    input_dimensions: self.input_dimensions,
                    shingle_size: self.shingle_size,
                    max: MAX_DIMENSIONS,
                });
            }
        }
        if !NUMBER_OF_TREES.allows_count(self.number_of_trees) {
            return Err(ConfigError::NumberOfTrees {
                got: self.number_of_trees,
                max: MAX_TREES,
            });
        }
        if !SAMPLE_SIZE.allows_count(self.sample_size) {
            return Err(ConfigError::SampleSize {
                got: self.sample_size,
                max: MAX_SAMPLE_SIZE,
            });
        }
        if self.number_of_trees * self.sample_size > MAX_SAMPLED_POINTS {
            return Err(ConfigError::TooManyPoints {
                number_of_trees: self.number_of_trees,
                sample_size: self.sample_size,
                max: MAX_SAMPLED_POINTS,
            });
        }
        check_time_decay(self.time_decay)?;
        if !INITIAL_ACCEPT_FRACTION.allows(self.initial_accept_fraction) {
            return Err(ConfigError::InitialAcceptFraction {
                got: self.initial_accept_fraction,
            });
        }
        if self.shingle_rotation && !self.internal_shingling {
            return Err(ConfigError::RotationOutside);
        }
        self.check_noise_floors()?;
        check_box_fraction(self.bounding_box_cache_fraction)?;
        Ok(self)
    }

    fn check_noise_floors(&self) -> Result<(), ConfigError> {
        let (expected, got) = (self.input_dimensions, self.noise_floor.len());
        if got != 0 && got != expected {
            return Err(ConfigError::NoiseFloorLength { expected, got });
        }
        let allows = |floor: &f64| parameters::FOREST_NOISE_FLOOR.allows(*floor);
        if let Some(&got) = self.noise_floor.iter().find(|floor| !allows(floor)) {
            let max = MAX_MAGNITUDE;
            return Err(ConfigError::NoiseFloorValue { got, max });
        }
        if !RELATIVE_NOISE_FLOOR.allows(self.relative_noise_floor) {
            return Err(ConfigError::RelativeNoiseFloor {
                got: self.relative_noise_floor,
            });
        }
        Ok(())
    }
}

pub(crate) fn check_time_decay(time_decay: f64) -> Result<(), ConfigError> {
    if TIME_DECAY.allows(time_decay) {
        Ok(())
    } else {
        Err(ConfigError::TimeDecay { got: time_decay })
    }
}

/// How many nodes of a tree keep their bounding box: speed against memory. Results are the same to
/// the bit; `docs/performance.md` has the figures of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum MemoryProfile {
    /// All nodes but pairs of points: the default of a forest.
    Fast,
    /// A quarter of the nodes: the default of a detector, and what models of a keyed map have.
    Compact,
}

impl MemoryProfile {
    /// All profiles.
    pub const ALL: [Self; 2] = [Self::Fast, Self::Compact];

    /// The [`bounding_box_cache_fraction`](RandomCutForestBuilder::bounding_box_cache_fraction)
    /// that it represents.
    #[must_use]
    pub const fn bounding_box_cache_fraction(self) -> f64 {
        match self {
            Self::Fast => BOUNDING_BOX_CACHE_FRACTION.real(),
            Self::Compact => 0.25,
        }
    }

    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Compact => "compact",
        }
    }
}

/// Fraction of the nodes that have a cached bounding box by default.
pub(crate) const BOX_FRACTION: f64 = MemoryProfile::Fast.bounding_box_cache_fraction();

pub(crate) fn check_box_fraction(fraction: f64) -> Result<(), ConfigError> {
    if BOUNDING_BOX_CACHE_FRACTION.allows(fraction) {
        Ok(())
    } else {
        Err(ConfigError::BoundingBoxCacheFraction { got: fraction })
    }
}

/// Builds a [`RandomCutForest`](crate::RandomCutForest); made by
/// [`RandomCutForest::builder`](crate::RandomCutForest::builder).
#[derive(Debug, Clone)]
#[must_use]
pub struct RandomCutForestBuilder {
    input_dimensions: usize,
    shingle_size: usize,
    internal_shingling: bool,
    number_of_trees: usize,
    sample_size: usize,
    // `None` if the default depends on another parameter.
    time_decay: Option<f64>,
    output_after: Option<usize>,
    initial_accept_fraction: f64,
    seed: u64,
    shingle_rotation: bool,
    store_sequence_numbers: bool,
    store_labels: bool,
    noise_floor: Vec<f64>,
    relative_noise_floor: f64,
    bounding_box_cache_fraction: f64,
}

impl RandomCutForestBuilder {
    pub(crate) fn new(input_dimensions: usize) -> Self {
        Self {
            input_dimensions,
            shingle_size: parameters::FOREST_SHINGLE_SIZE.count(),
            internal_shingling: parameters::INTERNAL_SHINGLING.flag(),
            number_of_trees: NUMBER_OF_TREES.count(),
            sample_size: SAMPLE_SIZE.count(),
            time_decay: None,
            output_after: None,
            initial_accept_fraction: INITIAL_ACCEPT_FRACTION.real(),
            seed: parameters::SEED.count() as u64,
            shingle_rotation: parameters::SHINGLE_ROTATION.flag(),
            store_sequence_numbers: parameters::STORE_SEQUENCE_NUMBERS.flag(),
            store_labels: parameters::STORE_LABELS.flag(),
            noise_floor: Vec::new(),
            relative_noise_floor: RELATIVE_NOISE_FLOOR.real(),
            bounding_box_cache_fraction: BOX_FRACTION,
        }
    }

    parameters::setters! {
        FOREST:
        /// Number of consecutive observations that make one point; default 1.
        shingle_size: usize, in shingle_size;

        /// Whether the forest builds the shingles from single observations; default `true`.
        /// Otherwise it is given whole points of `input_dimensions × shingle_size` values, oldest
        /// observation first.
        internal_shingling: bool, in internal_shingling;

        /// Number of trees; default 50. More trees: less noise in the score, more time and memory.
        number_of_trees: usize, in number_of_trees;

        /// Number of points that each tree keeps; default 256.
        sample_size: usize, in sample_size;

        /// λ, the decay of a point's weight per observation, or per unit of the times given by
        /// [`Arrival::at`](crate::Arrival::at); default `1 / (10 × sample_size)`. The mean age of a
        /// sampled point is about `1/λ`. 0 samples uniformly.
        time_decay: f64 => Some, in time_decay;

        /// Number of observations before the first score; default `sample_size / 4`, at least 1.
        output_after: usize => Some, in output_after;

        /// Fraction of the sample that each tree fills with every point it is offered, before it
        /// starts to refuse some; default 0.125. Small values make the trees differ early.
        initial_accept_fraction: f64, in initial_accept_fraction;

        /// Seed of every random choice; default 0, so that runs are reproducible.
        seed: u64, in seed;

        /// Whether an observation keeps its place in the shingle until it leaves it, so that
        /// consecutive points differ in one block only; default `false`: the oldest observation is
        /// always first. With rotation the observation after `n` others is at block `n mod
        /// shingle_size` of points and attributions.
        shingle_rotation: bool, in shingle_rotation;

        /// Whether to keep the time or sequence number of each sampled observation, for
        /// [neighbours](crate::RandomCutForest::near_neighbors) and
        /// [samples](crate::RandomCutForest::sample); default `false`. 8 bytes for each sampled
        /// point of each tree.
        store_sequence_numbers: bool, in store_sequence_numbers;

        /// Whether to keep the [label](crate::Arrival::label) of each sampled observation; default
        /// `false`. 8 bytes for each sampled point of each tree.
        store_labels: bool, in store_labels;

        /// For each input dimension, the range below which differences count as noise, in the
        /// units of the observations; default none. See
        /// [`RandomCutForest`](crate::RandomCutForest#noise-floor) for what it does to scores, and
        /// `docs/noise-floor.md` for a picture.
        noise_floor: impl Into<Vec<f64>> => Into::into, in noise_floor;

        /// The same as a fraction, from 0 to 1, of the range that a tree's sample has in each
        /// dimension; default 0. Where both floors are set the larger one counts.
        relative_noise_floor: f64, in relative_noise_floor;

        /// How much memory is spent on speed; default fast. Sets
        /// [`bounding_box_cache_fraction`](Self::bounding_box_cache_fraction), which is the fine
        /// control: the one that is set later applies.
        memory_profile: MemoryProfile => MemoryProfile::bounding_box_cache_fraction,
            in bounding_box_cache_fraction;

        /// Fraction of the nodes of a tree that keep their bounding box, from 0.125 to 1; default
        /// 0.6. The boxes of the other nodes, those with the fewest points, are computed from their
        /// points on demand, which saves memory and costs time: see `docs/performance.md`. If
        /// thousands of forests share the memory, 0.25 works well ([`MemoryProfile::Compact`]). All
        /// results are the same to the bit. In one dimension only samples of more than 2,048 points
        /// have boxes, where (trees + 1) × sample size exceeds 65,532. It is not part of a saved
        /// state: [set](crate::RandomCutForest::set_bounding_box_cache_fraction) it again after
        /// loading.
        bounding_box_cache_fraction: f64, in bounding_box_cache_fraction;
    }

    /// The parameters with every default resolved, checked.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn config(self) -> Result<Config, ConfigError> {
        let config = Config {
            input_dimensions: self.input_dimensions,
            shingle_size: self.shingle_size,
            internal_shingling: self.internal_shingling,
            number_of_trees: self.number_of_trees,
            sample_size: self.sample_size,
            time_decay: self.time_decay.unwrap_or(0.1 / self.sample_size as f64),
            output_after: self.output_after.unwrap_or((self.sample_size / 4).max(1)),
            initial_accept_fraction: self.initial_accept_fraction,
            seed: self.seed,
            shingle_rotation: self.shingle_rotation,
            store_sequence_numbers: self.store_sequence_numbers,
            store_labels: self.store_labels,
            noise_floor: self.noise_floor,
            relative_noise_floor: self.relative_noise_floor,
            bounding_box_cache_fraction: self.bounding_box_cache_fraction,
        };
        // A default that depends on a broken parameter must not hide that parameter's error.
        config.check()
    }
}
