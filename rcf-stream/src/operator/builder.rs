//! The builder of the operator.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rcf_core::keyed::DetectorMap;
use rcf_core::{AnomalyDetectorBuilder, ConfigError};
use thiserror::Error;

use super::model::Model;
use super::parameters::ForestParameters;
use super::spill::Spill;
use super::template::{KeyFilter, Template};
use super::{
    Asked, CategoriesMapper, EventTimeMapper, InputMapper, ModelName, ModelNaming, NameMapper,
    RandomCutForestOperator, ResultMapper, Scored, TimeMapper,
};
use crate::time::OnLate;

/// The operator cannot be built.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OperatorConfigError {
    /// A parameter of the forest breaks its rule.
    #[error(transparent)]
    Forest(#[from] ConfigError),
    /// There is no input mapper.
    #[error("the operator needs an input_mapper, which converts a record to its values")]
    MissingInputMapper,
    /// There is no result mapper.
    #[error(
        "the operator needs a result_mapper, which converts a record and its score to a result"
    )]
    MissingResultMapper,
}

/// Builds a [`RandomCutForestOperator`].
///
/// What is not set has the default of
/// [`RandomCutForest::builder`](rcf_core::RandomCutForest::builder).
#[must_use]
pub struct RandomCutForestOperatorBuilder<In, Out> {
    dimensions: usize,
    parameters: ForestParameters,
    asked: Asked,
    detector: Option<AnomalyDetectorBuilder>,
    overrides: Vec<(KeyFilter, ForestParameters)>,
    map: MapSettings,
    input_mapper: Option<InputMapper<In>>,
    naming: ModelNaming,
    name_mapper: Option<NameMapper<In>>,
    time_mapper: Option<TimeMapper<In>>,
    event_time_mapper: Option<EventTimeMapper<In>>,
    categories: usize,
    categories_mapper: Option<CategoriesMapper<In>>,
    result_mapper: Option<ResultMapper<In, Out>>,
}

/// How models are held.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MapSettings {
    pub(super) time_to_live: Option<u64>,
    pub(super) track_changes: bool,
}

impl MapSettings {
    pub(super) fn build(
        self,
        template: &Arc<Template>,
        spill: Option<(usize, Box<dyn Spill>)>,
    ) -> DetectorMap<ModelName, Model> {
        let template = Arc::clone(template);
        let mut builder = DetectorMap::builder(move |name: &ModelName| template.model(name))
            .track_changes(self.track_changes);
        if let Some((budget, store)) = spill {
            builder = builder.budget(budget, store);
        }
        if let Some(time) = self.time_to_live {
            builder = builder.time_to_live(time);
        }
        builder.build()
    }
}

impl<In, Out> RandomCutForestOperatorBuilder<In, Out> {
    /// How many values the input mapper returns for each record, plus
    /// [categories](Self::categories); required.
    pub fn dimensions(mut self, dimensions: usize) -> Self {
        self.dimensions = dimensions;
        self
    }

    /// How many consecutive records of a key form one point of its forest.
    pub fn shingle_size(mut self, records: usize) -> Self {
        self.parameters.shingle_size = Some(records);
        self
    }

    /// How many points each tree holds.
    pub fn sample_size(mut self, points: usize) -> Self {
        self.parameters.sample_size = Some(points);
        self
    }

    /// How many trees each forest has.
    pub fn number_of_trees(mut self, trees: usize) -> Self {
        self.parameters.number_of_trees = Some(trees);
        self
    }

    /// How fast old points leave the samples, per record; 0 keeps all equally likely.
    pub fn time_decay(mut self, rate: f64) -> Self {
        self.parameters.time_decay = Some(rate);
        self
    }

    /// After how many points a forest starts to score; the score is 0 before.
    pub fn output_after(mut self, points: usize) -> Self {
        self.parameters.output_after = Some(points);
        self
    }

    /// Up to which fraction of `sample_size` every point is accepted at the start.
    pub fn initial_accept_fraction(mut self, fraction: f64) -> Self {
        self.parameters.initial_accept_fraction = Some(fraction);
        self
    }

    /// The seed from which the seed of each model is [derived](super::seed_for_key).
    pub fn seed(mut self, seed: u64) -> Self {
        self.parameters.seed = seed;
        self
    }

    /// All parameters of the forests at once.
    pub fn parameters(mut self, parameters: ForestParameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Whether results carry the attribution of the score to the dimensions.
    pub fn attribution(mut self, on: bool) -> Self {
        self.asked.attribution = on;
        self
    }

    /// Makes decisions instead of only scoring: each key has a detector, built by this builder with
    /// the parameters of the forests. NaN is then a missing value.
    pub fn detector(mut self, detector: AnomalyDetectorBuilder) -> Self {
        self.detector = Some(detector);
        self
    }

    /// Gives keys that match the filter other parameters, as far as they are set; the seed is that
    /// of the operator. The first filter that matches a key applies. A model without a key is
    /// matched by its shard.
    pub fn override_for(
        mut self,
        filter: impl Fn(&str) -> bool + Send + Sync + 'static,
        parameters: ForestParameters,
    ) -> Self {
        self.overrides.push((Box::new(filter), parameters));
        self
    }

    /// Forgets a key that was silent for longer than this, in the unit of the
    /// [time mapper](Self::time_mapper).
    pub fn time_to_live(mut self, time: u64) -> Self {
        self.map.time_to_live = Some(time);
        self
    }

    /// The time by which keys are forgotten. It must not run backwards for a key.
    pub fn time_mapper(mut self, mapper: impl Fn(&In) -> i64 + Send + Sync + 'static) -> Self {
        self.time_mapper = Some(Box::new(mapper));
        self
    }

    /// The time at which detectors see gaps. A record before the newest of its key is [handled as
    /// configured](Self::on_late).
    pub fn event_time_mapper(
        mut self,
        mapper: impl Fn(&In) -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        self.event_time_mapper = Some(Box::new(mapper));
        self
    }

    /// What happens to a record whose event time is before that of the record before.
    pub fn on_late(mut self, policy: OnLate) -> Self {
        self.asked.on_late = policy;
        self
    }

    /// Remembers which models have changed, for incremental checkpoints.
    pub(crate) fn track_changes(mut self) -> Self {
        self.map.track_changes = true;
        self
    }

    /// Converts categories of a record to values: how surprising each is, given what its model has
    /// seen ([`CategoryEncoder`](rcf_core::categories::CategoryEncoder)). They are the last
    /// `count` of the [dimensions](Self::dimensions); `None` is a missing value.
    pub fn categories(
        mut self,
        count: usize,
        mapper: impl Fn(&In) -> &[Option<String>] + Send + Sync + 'static,
    ) -> Self {
        self.categories = count;
        self.categories_mapper = (count > 0).then(|| Box::new(mapper) as _);
        self
    }

    /// Converts a record to its values; required.
    pub fn input_mapper(self, mapper: impl Fn(&In) -> Vec<f64> + Send + Sync + 'static) -> Self {
        self.input_mapper_into(move |input, values| values.extend(mapper(input)))
    }

    /// As [`input_mapper`](Self::input_mapper), but pushes the values into an empty buffer that
    /// is reused for each record.
    pub fn input_mapper_into(
        mut self,
        mapper: impl Fn(&In, &mut Vec<f64>) + Send + Sync + 'static,
    ) -> Self {
        self.input_mapper = Some(Box::new(mapper));
        self
    }

    /// Names the model that a record belongs to. Without it there is one model, of the empty key.
    pub fn key_mapper(
        mut self,
        mapper: impl Fn(&In) -> Cow<'_, str> + Send + Sync + 'static,
    ) -> Self {
        self.naming = ModelNaming::Key;
        self.name_mapper = Some(Box::new(move |input| ModelName::of_key(&mapper(input))));
        self
    }

    /// As [`key_mapper`](Self::key_mapper), for models that may belong to a shard. All names have
    /// the parts that `naming` says.
    pub fn name_mapper(
        mut self,
        naming: ModelNaming,
        mapper: impl Fn(&In) -> ModelName + Send + Sync + 'static,
    ) -> Self {
        self.naming = naming;
        self.name_mapper = Some(Box::new(mapper));
        self
    }

    /// Makes the result from a record and the model's output; required.
    pub fn result_mapper(
        mut self,
        mapper: impl Fn(&In, Scored) -> Out + Send + Sync + 'static,
    ) -> Self {
        self.result_mapper = Some(Box::new(mapper));
        self
    }

    /// Checks everything and builds the operator.
    ///
    /// # Errors
    /// One variant of [`OperatorConfigError`] for each rule.
    pub fn build(self) -> Result<RandomCutForestOperator<In, Out>, OperatorConfigError> {
        let template = Template::new(
            self.dimensions,
            self.categories,
            self.parameters,
            self.detector,
            self.overrides,
        )?;
        let template = Arc::new(template);
        Ok(RandomCutForestOperator {
            models: self.map.build(&template, None),
            template,
            map: self.map,
            spill: None,
            dimensions: self.dimensions,
            asked: self.asked,
            values: Vec::with_capacity(self.dimensions),
            input_mapper: self
                .input_mapper
                .ok_or(OperatorConfigError::MissingInputMapper)?,
            naming: self.naming,
            name_mapper: self.name_mapper,
            time_mapper: self.time_mapper,
            event_time_mapper: self.event_time_mapper,
            categories_mapper: self.categories_mapper,
            result_mapper: self
                .result_mapper
                .ok_or(OperatorConfigError::MissingResultMapper)?,
        })
    }
}

impl<In, Out> Default for RandomCutForestOperatorBuilder<In, Out> {
    fn default() -> Self {
        Self {
            dimensions: 0,
            parameters: ForestParameters::default(),
            asked: Asked::default(),
            detector: None,
            overrides: Vec::new(),
            map: MapSettings::default(),
            input_mapper: None,
            naming: ModelNaming::default(),
            name_mapper: None,
            time_mapper: None,
            event_time_mapper: None,
            categories: 0,
            categories_mapper: None,
            result_mapper: None,
        }
    }
}

impl<In, Out> fmt::Debug for RandomCutForestOperatorBuilder<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomCutForestOperatorBuilder")
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}
