//! Parameters of a forecaster.

use super::Forecaster;
use super::components::{COMPONENTS, Component, Used};
use crate::config::Config;
use crate::detector::Transform;
use crate::error::ConfigError;
use crate::forest::RandomCutForest;
use crate::parameters::{self, COVERAGE, HORIZON, MAX_HORIZON};

/// The parameters of a [`Forecaster`]; every default is resolved.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ForecasterConfig {
    /// Number of values in one observation.
    pub input_dimensions: usize,
    /// Length of the shingle: the observations that the next one is forecast from, and the next one
    /// itself.
    pub shingle_size: usize,
    /// Number of trees.
    pub number_of_trees: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// The transform of the values before the forest.
    pub transform: Transform,
    /// Number of observations that are forecast.
    pub horizon: usize,
    /// Fraction of values that the intervals should hold.
    pub coverage: f64,
    /// The least and the greatest possible value of each input; empty without limits.
    pub limits: Vec<(f64, f64)>,
    /// The components that are mixed.
    pub components: Vec<Component>,
}

impl ForecasterConfig {
    pub(crate) fn forest(&self) -> Result<Config, ConfigError> {
        RandomCutForest::builder(self.input_dimensions)
            .shingle_size(self.shingle_size)
            .number_of_trees(self.number_of_trees)
            .sample_size(self.sample_size)
            .seed(self.seed)
            .config()
    }

    /// How much more an observation weighs in the statistics of the transform than the one before.
    pub(super) fn keep(&self) -> f64 {
        1.0 - (0.25 / self.sample_size as f64).min(0.05)
    }

    /// Which components are mixed.
    pub(crate) fn used(&self) -> Used {
        let mut used = [false; COMPONENTS];
        for &component in &self.components {
            used[component as usize] = true;
        }
        used
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.forest()?;
        if self.components.is_empty() {
            return Err(ConfigError::NoComponents);
        }
        if !HORIZON.allows_count(self.horizon) {
            let (got, max) = (self.horizon, MAX_HORIZON);
            return Err(ConfigError::Horizon { got, max });
        }
        if !COVERAGE.allows(self.coverage) {
            let got = self.coverage;
            return Err(ConfigError::Coverage { got });
        }
        if !self.limits.is_empty() && self.limits.len() != self.input_dimensions {
            return Err(ConfigError::PerInput {
                name: "limits",
                expected: self.input_dimensions,
                got: self.limits.len(),
            });
        }
        for &(least, greatest) in &self.limits {
            if least.is_nan() || greatest.is_nan() || least >= greatest {
                return Err(ConfigError::Limits { least, greatest });
            }
        }
        Ok(())
    }
}

/// Builds a [`Forecaster`]; made by [`Forecaster::builder`].
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct ForecasterBuilder {
    config: ForecasterConfig,
}

impl ForecasterBuilder {
    pub(super) fn new(input_dimensions: usize) -> Self {
        Self {
            config: ForecasterConfig {
                input_dimensions,
                shingle_size: parameters::SHINGLE_SIZE.count(),
                number_of_trees: parameters::NUMBER_OF_TREES.count(),
                sample_size: parameters::SAMPLE_SIZE.count(),
                seed: parameters::SEED.count() as u64,
                transform: if input_dimensions == 1 {
                    Transform::None
                } else {
                    Transform::Normalize
                },
                horizon: HORIZON.count(),
                coverage: COVERAGE.real(),
                limits: Vec::new(),
                components: Component::ALL.to_vec(),
            },
        }
    }

    parameters::setters! {
        FORECASTER:
        /// Length of the shingle: the observations that the next one is forecast from, and the next
        /// one itself; default 8.
        shingle_size: usize, in config.shingle_size;
        /// Number of trees; default 50.
        number_of_trees: usize, in config.number_of_trees;
        /// Number of points that each tree keeps; default 256.
        sample_size: usize, in config.sample_size;
        /// Seed of every random choice; default 0.
        seed: u64, in config.seed;
        /// The transform of the values before the forest; default none for one input, else
        /// normalize, so that each counts on its own scale. The other components see the values as
        /// they are.
        transform: Transform, in config.transform;
        /// Number of observations that are forecast, from 1 to 1,000; default 1.
        horizon: usize, in config.horizon;
        /// Fraction of values that the intervals should hold, from 0.01 to 0.99; default 0.8.
        coverage: f64, in config.coverage;
        /// The least and the greatest possible value, a pair for each input, infinite if there
        /// is none: forecasts and intervals end there; default none.
        limits: Vec<(f64, f64)>, in config.limits;
        /// The components that are mixed, at least one; default all.
        components: &[Component] => in_order, in config.components;
    }

    /// The parameters, not checked yet.
    #[must_use]
    pub fn config(&self) -> ForecasterConfig {
        self.config.clone()
    }

    /// Checks the parameters and builds a forecaster that has seen nothing.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn build(self) -> Result<Forecaster, ConfigError> {
        Forecaster::new(self.config)
    }
}

fn in_order(components: &[Component]) -> Vec<Component> {
    let all = Component::ALL.into_iter();
    all.filter(|one| components.contains(one)).collect()
}
