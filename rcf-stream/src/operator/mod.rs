//! The operator: records in, results out, one model per key, and a state that can be saved.
//!
//! It needs no runtime and no stream, so it can be called from any loop:
//!
//! ```
//! use rcf_stream::operator::RandomCutForestOperator;
//!
//! struct Reading { sensor: String, celsius: f64 }
//!
//! let mut operator = RandomCutForestOperator::<Reading, (String, f64)>::builder()
//!     .dimensions(1)
//!     .shingle_size(4)
//!     .seed(7)
//!     .input_mapper(|reading| vec![reading.celsius])
//!     .key_mapper(|reading| reading.sensor.as_str().into())
//!     .result_mapper(|reading, scored| (reading.sensor.clone(), scored.score))
//!     .build()?;
//!
//! let (sensor, score) = operator.process(&Reading { sensor: "a".into(), celsius: 21.5 })?;
//! assert_eq!((sensor.as_str(), score), ("a", 0.0)); // 0 while the forest learns
//!
//! let state = operator.snapshot();
//! operator.restore(&state)?; // continues bit by bit as if nothing had happened
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With a detector for each key it also decides, and says why:
//!
//! ```
//! use rcf_core::AnomalyDetector;
//! use rcf_stream::operator::RandomCutForestOperator;
//!
//! let mut operator = RandomCutForestOperator::<f64, bool>::builder()
//!     .dimensions(1)
//!     .detector(AnomalyDetector::builder(1))
//!     .input_mapper(|value| vec![*value])
//!     .result_mapper(|_, scored| scored.detection.is_some_and(|it| it.is_anomaly()))
//!     .build()?;
//!
//! let mut values: Vec<f64> = (0..1000).map(|n| (f64::from(n) / 10.0).sin()).collect();
//! values.push(50.0);
//! let decisions: Result<Vec<bool>, _> = operator.process_batch(&values)?.into_iter().collect();
//! assert_eq!(decisions?.last(), Some(&true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | see |
//! |---|---|
//! | score or decide one record, or many on all cores | [`process`], [`process_batch`] |
//! | give some keys other parameters | [`override_for`] |
//! | forget keys that are silent | [`time_to_live`] and [`time_mapper`] |
//! | see gaps in the times of a key | [`event_time_mapper`], [`on_late`] |
//! | save the state, and continue with it | [`snapshot`], [`restore`] |
//! | name models by shard and key | [`ModelName`], [`name_mapper`] |
//!
//! # Errors
//! A record that is refused leaves every model as it was: [`OperatorError`]. Parameters are checked
//! when the operator is built: [`OperatorConfigError`]. A state that does not fit is refused as a
//! whole: [`RestoreError`].
//!
//! [`process`]: RandomCutForestOperator::process
//! [`process_batch`]: RandomCutForestOperator::process_batch
//! [`override_for`]: RandomCutForestOperatorBuilder::override_for
//! [`time_to_live`]: RandomCutForestOperatorBuilder::time_to_live
//! [`time_mapper`]: RandomCutForestOperatorBuilder::time_mapper
//! [`event_time_mapper`]: RandomCutForestOperatorBuilder::event_time_mapper
//! [`on_late`]: RandomCutForestOperatorBuilder::on_late
//! [`name_mapper`]: RandomCutForestOperatorBuilder::name_mapper
//! [`snapshot`]: RandomCutForestOperator::snapshot
//! [`restore`]: RandomCutForestOperator::restore

mod batch;
mod builder;
#[cfg(feature = "pipeline")]
mod kept;
mod model;
mod name;
mod named;
mod parameters;
mod snapshot;
mod spill;
mod template;

use std::fmt;
use std::sync::Arc;

use rcf_core::keyed::{DetectorMap, MapError, Statistics};
use rcf_core::{Attribution, Detection, InputError};
use thiserror::Error;

pub use builder::{OperatorConfigError, RandomCutForestOperatorBuilder};
pub(crate) use model::Model;
#[cfg(feature = "pipeline")]
pub(crate) use model::describe_model;
pub use name::{ModelName, ModelNaming};
pub use named::ParameterDifference;
#[cfg(feature = "pipeline")]
pub(crate) use named::{detector_parameters, forest_parameters};
pub use parameters::ForestParameters;
pub use rcf_core::keyed::seed_for_key;
pub use snapshot::RestoreError;
pub use spill::{SavedModel, Spill};

use crate::time::OnLate;
use builder::MapSettings;
use template::Template;

/// Raised when the same records would give different scores. Each result includes it.
pub const MODEL_VERSION: u32 = 1;

type InputMapper<In> = Box<dyn Fn(&In, &mut Vec<f64>) + Send + Sync>;
type NameMapper<In> = Box<dyn Fn(&In) -> ModelName + Send + Sync>;
type TimeMapper<In> = Box<dyn Fn(&In) -> i64 + Send + Sync>;
type EventTimeMapper<In> = Box<dyn Fn(&In) -> Option<f64> + Send + Sync>;
type CategoriesMapper<In> = Box<dyn Fn(&In) -> &[Option<String>] + Send + Sync>;
type ResultMapper<In, Out> = Box<dyn Fn(&In, Scored) -> Out + Send + Sync>;

/// The model's output for one record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// The anomaly score, at least 0; higher is more anomalous, and about 1 is normal. It is 0
    /// while the model learns.
    pub score: f64,
    /// The share of each dimension in the score, if the operator is configured to compute it:
    /// `shingle_size` blocks of `dimensions` values, the oldest block first.
    pub attribution: Option<Attribution>,
    /// How many records the model has learned, this one included.
    pub updates: u64,
    /// The detection, if the operator has a detector for each key.
    pub detection: Option<Detection>,
    /// The predicted value of each input, from its own past, as far as known; empty without a
    /// detector.
    pub predicted: Vec<Option<f64>>,
    /// How surprising each category of the record was, in nats; NaN where it is missing.
    pub surprises: Vec<f64>,
    /// Whether its time was before that of the previous record, so that the time was ignored.
    pub late: bool,
}

/// What is computed for each record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) attribution: bool,
    pub(crate) on_late: OnLate,
}

/// A record could not be scored. The model is exactly as it was before.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The input mapper returned values that the forest rejects.
    #[error("{0}")]
    Input(#[from] InputError),
    /// The model is in the store of spilled models, which failed.
    #[error("cannot load the spilled model: {0}")]
    Store(String),
}

impl From<MapError> for OperatorError {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Input(error) => Self::Input(error),
            error => Self::Store(error.to_string()),
        }
    }
}

/// Scores records, and learns from them, with one Random Cut Forest per key.
///
/// Deterministic: the same parameters and the same records in the same order of each key give the
/// same bits, whatever happens between the records of other keys, and across
/// [`snapshot`](Self::snapshot) and [`restore`](Self::restore).
pub struct RandomCutForestOperator<In, Out> {
    template: Arc<Template>,
    map: MapSettings,
    spill: Option<(usize, Box<dyn Spill>)>,
    models: DetectorMap<ModelName, Model>,
    dimensions: usize,
    asked: Asked,
    input_mapper: InputMapper<In>,
    naming: ModelNaming,
    name_mapper: Option<NameMapper<In>>,
    time_mapper: Option<TimeMapper<In>>,
    event_time_mapper: Option<EventTimeMapper<In>>,
    categories_mapper: Option<CategoriesMapper<In>>,
    result_mapper: ResultMapper<In, Out>,
    values: Vec<f64>, // scratch, so that the mapper need not allocate
}

impl<In, Out> RandomCutForestOperator<In, Out> {
    /// Starts a builder. Dimensions, input mapper and result mapper are required.
    pub fn builder() -> RandomCutForestOperatorBuilder<In, Out> {
        RandomCutForestOperatorBuilder::default()
    }

    /// Scores one record against the model of its key, then learns it.
    ///
    /// # Errors
    /// [`OperatorError::Input`] if a value is not finite or out of range, or if there are more or
    /// fewer than `dimensions`. Then no model is changed or created.
    pub fn process(&mut self, input: &In) -> Result<Out, OperatorError> {
        self.values.clear();
        (self.input_mapper)(input, &mut self.values);
        let name = self.name_of(input);
        let (now, time) = (self.time_of(input), self.event_time_of(input));
        let categories = self.categories_mapper.as_ref().map(|it| it(input));
        let categories = categories.unwrap_or_default();
        let scored = self.models.with(&name, now, |model| {
            model.score(&self.values, categories, time, self.asked)
        })??;
        Ok((self.result_mapper)(input, scored))
    }

    /// The number of models, which is the number of keys seen.
    #[must_use]
    pub fn models(&self) -> usize {
        self.models.len()
    }

    /// How many of them are not in memory.
    #[must_use]
    pub fn spilled_models(&self) -> usize {
        self.models.spilled()
    }

    /// The numbers of models that were spilled, loaded, and forgotten.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.models.statistics()
    }

    /// The memory of all models, in bytes.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.models.size_in_bytes()
    }

    /// The parameters of the models, with all defaults filled in.
    #[must_use]
    pub fn parameters(&self) -> &rcf_core::Config {
        &self.template.config
    }

    /// The whole state: parameters and models. Equal states give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::write(self.parameters(), &self.models)
    }

    /// Replaces the state by a [`snapshot`](Self::snapshot) of an operator with the same
    /// parameters. The mappers stay.
    ///
    /// # Errors
    /// A [`RestoreError`] if the bytes are damaged or come from other parameters; the state
    /// is unchanged then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), RestoreError> {
        let saved = snapshot::read(bytes, self.naming, self.parameters(), &self.template)?;
        self.clear();
        for (name, last_used, model) in saved {
            let restored = self.models.restore(name, last_used, model);
            restored.map_err(|error| RestoreError::Store {
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }
}

impl<In, Out> fmt::Debug for RandomCutForestOperator<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomCutForestOperator")
            .field("parameters", self.parameters())
            .field("models", &self.models.len())
            .finish_non_exhaustive()
    }
}
