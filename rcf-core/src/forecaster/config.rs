//! Parameters of a forecaster.

use super::Forecaster;
use super::components::{COMPONENTS, Component, Used};
use crate::config::Config;
use crate::detector::Transform;
use crate::error::ConfigError;
use crate::forest::RandomCutForest;

/// The largest supported horizon: the forecasts that wait for their records take up its square.
const MAX_HORIZON: usize = 1_000;

/// The parameters of a [`Forecaster`]; every default is resolved.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecasterConfig {
    /// Number of values in one record.
    pub input_dimensions: usize,
    /// Number of records by which the next one is forecast, and the one itself.
    pub shingle_size: usize,
    /// Number of trees.
    pub number_of_trees: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// What happens to the values before the forest.
    pub transform: Transform,
    /// Number of records that are forecast.
    pub horizon: usize,
    /// Share of values that the intervals shall hold.
    pub coverage: f64,
    /// The least and the greatest possible value of each input; empty without limits.
    pub limits: Vec<(f64, f64)>,
    /// What is mixed.
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

    /// How much more a record weighs in the statistics of the transform than the one before.
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
        if self.horizon == 0 || self.horizon > MAX_HORIZON {
            let (got, max) = (self.horizon, MAX_HORIZON);
            return Err(ConfigError::Horizon { got, max });
        }
        if !(0.01..=0.99).contains(&self.coverage) {
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
                shingle_size: 8,
                number_of_trees: 50,
                sample_size: 256,
                seed: 0,
                transform: if input_dimensions == 1 {
                    Transform::None
                } else {
                    Transform::Normalize
                },
                horizon: 1,
                coverage: 0.8,
                limits: Vec::new(),
                components: Component::ALL.to_vec(),
            },
        }
    }

    /// Number of records by which the next one is forecast, and the one itself; default 8.
    pub fn shingle_size(mut self, shingle_size: usize) -> Self {
        self.config.shingle_size = shingle_size;
        self
    }

    /// Number of trees; default 50.
    pub fn number_of_trees(mut self, number_of_trees: usize) -> Self {
        self.config.number_of_trees = number_of_trees;
        self
    }

    /// Number of points that each tree keeps; default 256.
    pub fn sample_size(mut self, sample_size: usize) -> Self {
        self.config.sample_size = sample_size;
        self
    }

    /// Seed of every random choice; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// What happens to the values before the forest; default `None` for one input, `Normalize` for
    /// several, so that each counts on its own scale. The other components see the values as they
    /// are.
    pub fn transform(mut self, transform: Transform) -> Self {
        self.config.transform = transform;
        self
    }

    /// Number of records that are forecast, from 1 to 1,000; default 1.
    pub fn horizon(mut self, horizon: usize) -> Self {
        self.config.horizon = horizon;
        self
    }

    /// Share of values that the intervals shall hold, from 0.01 to 0.99; default 0.8.
    pub fn coverage(mut self, coverage: f64) -> Self {
        self.config.coverage = coverage;
        self
    }

    /// The least and the greatest possible value, a pair for each input, infinite where there is
    /// none: forecasts and intervals end there. Default none.
    pub fn limits(mut self, limits: Vec<(f64, f64)>) -> Self {
        self.config.limits = limits;
        self
    }

    /// What is mixed, at least one component; default all of them.
    pub fn components(mut self, components: &[Component]) -> Self {
        let all = Component::ALL.into_iter();
        self.config.components = all.filter(|one| components.contains(one)).collect();
        self
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
