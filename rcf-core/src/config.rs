//! Parameters of a forest: an unchecked builder, and the checked [`Config`] it becomes.

use crate::error::ConfigError;
use crate::forest::RandomCutForest;

/// The largest supported `input_dimensions × shingle_size`.
pub const MAX_DIMENSIONS: usize = 65_535;
/// The largest supported `number_of_trees`.
pub const MAX_TREES: usize = 65_535;
/// The largest supported `sample_size`.
pub const MAX_SAMPLE_SIZE: usize = 1 << 24;

/// The largest supported `number_of_trees × sample_size`.
pub const MAX_SAMPLED_POINTS: usize = 1 << 30;

/// The checked parameters of a [`RandomCutForest`]; every default is resolved.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Number of values in one record.
    pub input_dimensions: usize,
    /// Number of consecutive records that make one point.
    pub shingle_size: usize,
    /// Whether the forest builds the shingles itself (`true`), or is given whole points.
    pub internal_shingling: bool,
    /// Number of trees.
    pub number_of_trees: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// λ: a point's weight in the sample falls by `exp(-λ)` with each further record; 0 is uniform.
    pub time_decay: f64,
    /// Number of records before the first score.
    pub output_after: usize,
    /// Fraction of the sample that is filled before trees start to refuse points.
    pub initial_accept_fraction: f64,
    /// Seed of every random choice. Same seed and same records: same bits.
    pub seed: u64,
}

impl Config {
    /// Number of coordinates of a point: `input_dimensions × shingle_size`.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.input_dimensions * self.shingle_size
    }

    /// Number of values that one call takes: a record, or a whole point with external shingling.
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
        if !(1..=MAX_TREES).contains(&self.number_of_trees) {
            return Err(ConfigError::NumberOfTrees {
                got: self.number_of_trees,
                max: MAX_TREES,
            });
        }
        if !(1..=MAX_SAMPLE_SIZE).contains(&self.sample_size) {
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
        if !(0.0..=1.0).contains(&self.time_decay) {
            return Err(ConfigError::TimeDecay {
                got: self.time_decay,
            });
        }
        if !(self.initial_accept_fraction > 0.0 && self.initial_accept_fraction <= 1.0) {
            return Err(ConfigError::InitialAcceptFraction {
                got: self.initial_accept_fraction,
            });
        }
        Ok(self)
    }
}

/// Builds a [`RandomCutForest`]; made by [`RandomCutForest::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct RandomCutForestBuilder {
    input_dimensions: usize,
    shingle_size: usize,
    internal_shingling: bool,
    number_of_trees: usize,
    sample_size: usize,
    // `None` where the default depends on another parameter.
    time_decay: Option<f64>,
    output_after: Option<usize>,
    initial_accept_fraction: f64,
    seed: u64,
}

impl RandomCutForestBuilder {
    pub(crate) fn new(input_dimensions: usize) -> Self {
        Self {
            input_dimensions,
            shingle_size: 1,
            internal_shingling: true,
            number_of_trees: 50,
            sample_size: 256,
            time_decay: None,
            output_after: None,
            initial_accept_fraction: 0.125,
            seed: 0,
        }
    }

    /// Number of consecutive records that make one point; default 1.
    pub fn shingle_size(mut self, shingle_size: usize) -> Self {
        self.shingle_size = shingle_size;
        self
    }

    /// Whether the forest builds the shingles from single records (default), or is given whole
    /// points of `input_dimensions × shingle_size` values, oldest record first.
    pub fn internal_shingling(mut self, internal_shingling: bool) -> Self {
        self.internal_shingling = internal_shingling;
        self
    }

    /// Number of trees; default 50. More trees: less noise in the score, more time and memory.
    pub fn number_of_trees(mut self, number_of_trees: usize) -> Self {
        self.number_of_trees = number_of_trees;
        self
    }

    /// Number of points that each tree keeps; default 256.
    pub fn sample_size(mut self, sample_size: usize) -> Self {
        self.sample_size = sample_size;
        self
    }

    /// λ, the decay of a point's weight per record; default `1 / (10 × sample_size)`.
    /// The mean age of a sampled point is about `1/λ` records. 0 samples uniformly.
    pub fn time_decay(mut self, time_decay: f64) -> Self {
        self.time_decay = Some(time_decay);
        self
    }

    /// Number of records before the first score; default `sample_size / 4`, at least 1.
    pub fn output_after(mut self, output_after: usize) -> Self {
        self.output_after = Some(output_after);
        self
    }

    /// Fraction of the sample that each tree fills with every point it is offered, before it
    /// starts to refuse some; default 0.125. Small values make the trees differ early.
    pub fn initial_accept_fraction(mut self, initial_accept_fraction: f64) -> Self {
        self.initial_accept_fraction = initial_accept_fraction;
        self
    }

    /// Seed of every random choice; default 0, so that runs repeat unless told otherwise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the parameters and builds an empty forest.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn build(self) -> Result<RandomCutForest, ConfigError> {
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
        };
        // A default that depends on a broken parameter must not hide that parameter's error.
        Ok(RandomCutForest::new(config.check()?))
    }
}
