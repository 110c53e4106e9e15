//! The template of models.

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Config, ConfigError, RandomCutForest};

use super::model::{Model, Scorer};
use super::parameters::ForestParameters;
use super::{ModelName, seed_for_key};

/// The keys that an override is for.
pub(crate) type KeyFilter = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The parameters of all models, and those of some keys that differ.
pub(crate) struct Template {
    dimensions: usize,
    /// How many of the dimensions, the last ones, are surprises of categories.
    categories: usize,
    /// The parameters of a model without a key, with all defaults filled in.
    pub(super) config: Config,
    base: ForestParameters,
    detector: Option<AnomalyDetectorBuilder>,
    overrides: Vec<(KeyFilter, ForestParameters)>,
}

impl Template {
    /// Checks all parameters by building a model with each set of them.
    pub(super) fn new(
        dimensions: usize,
        categories: usize,
        base: ForestParameters,
        detector: Option<AnomalyDetectorBuilder>,
        overrides: Vec<(KeyFilter, ForestParameters)>,
    ) -> Result<Self, ConfigError> {
        let forest = base.forest(dimensions).build()?;
        let template = Self {
            dimensions,
            categories,
            config: forest.config().clone(),
            base,
            detector,
            overrides,
        };
        let changed = template.overrides.iter().map(|(_, it)| template.merged(it));
        for parameters in changed.chain([template.base.clone()]) {
            template.build(&parameters)?;
        }
        Ok(template)
    }

    /// A new model.
    pub(super) fn model(&self, name: &ModelName) -> Model {
        let key = name.key().or(name.shard()).unwrap_or_default();
        let found = self.overrides.iter().find(|(filter, _)| filter(key));
        let mut parameters = match found {
            Some((_, parameters)) => self.merged(parameters),
            None => self.base.clone(),
        };
        parameters.seed = seed_for_key(parameters.seed, name.saved());
        let scorer = self.build(&parameters);
        let scorer = scorer.expect("these parameters were accepted before, and the seed is free");
        Model::new(scorer, self.categories)
    }

    fn merged(&self, over: &ForestParameters) -> ForestParameters {
        let base = &self.base;
        ForestParameters {
            shingle_size: over.shingle_size.or(base.shingle_size),
            number_of_trees: over.number_of_trees.or(base.number_of_trees),
            sample_size: over.sample_size.or(base.sample_size),
            time_decay: over.time_decay.or(base.time_decay),
            output_after: over.output_after.or(base.output_after),
            initial_accept_fraction: over
                .initial_accept_fraction
                .or(base.initial_accept_fraction),
            seed: base.seed,
        }
    }

    fn build(&self, parameters: &ForestParameters) -> Result<Scorer, ConfigError> {
        let Some(detector) = &self.detector else {
            let forest: RandomCutForest = parameters.forest(self.dimensions).build()?;
            return Ok(Scorer::Forest(Box::new(forest)));
        };
        let mut builder = detector.clone().seed(parameters.seed);
        if let Some(records) = parameters.shingle_size {
            builder = builder.shingle_size(records);
        }
        if let Some(trees) = parameters.number_of_trees {
            builder = builder.number_of_trees(trees);
        }
        if let Some(points) = parameters.sample_size {
            builder = builder.sample_size(points);
        }
        if let Some(rate) = parameters.time_decay {
            builder = builder.time_decay(rate);
        }
        if let Some(records) = parameters.output_after {
            builder = builder.warm_up(records);
        }
        if let Some(fraction) = parameters.initial_accept_fraction {
            builder = builder.initial_accept_fraction(fraction);
        }
        let detector: AnomalyDetector = builder.build()?;
        Ok(Scorer::Detector(Box::new(detector)))
    }
}
