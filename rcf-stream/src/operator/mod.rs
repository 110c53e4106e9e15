//! The operator: records in, results out, one model per key, and a state that can be kept.
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

mod batch;
mod builder;
#[cfg(feature = "pipeline")]
mod kept;
mod model;
mod named;
mod parameters;
mod seed;
mod snapshot;
mod spill;
mod template;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rcf_core::keyed::{DetectorMap, MapError, Statistics};
use rcf_core::{Attribution, Detection, InputError};
use thiserror::Error;

pub use builder::{OperatorConfigError, RandomCutForestOperatorBuilder};
pub(crate) use model::Model;
#[cfg(feature = "pipeline")]
pub(crate) use model::describe_model;
pub use named::ParameterDifference;
#[cfg(feature = "pipeline")]
pub(crate) use named::{detector_parameters, forest_parameters};
pub use parameters::ForestParameters;
pub use seed::seed_for_key;
pub use snapshot::RestoreError;
pub use spill::{SavedModel, Spill};

use crate::time::OnLate;
use builder::MapSettings;
use template::Template;

/// The name of a model.
pub type ModelKey = Arc<str>;

/// Raised when the same records would give other scores than before. Each result carries it.
pub const MODEL_VERSION: u32 = 1;

type InputMapper<In> = Box<dyn Fn(&In, &mut Vec<f64>) + Send + Sync>;
type KeyMapper<In> = Box<dyn Fn(&In) -> Cow<'_, str> + Send + Sync>;
type TimeMapper<In> = Box<dyn Fn(&In) -> i64 + Send + Sync>;
type EventTimeMapper<In> = Box<dyn Fn(&In) -> Option<f64> + Send + Sync>;
type ResultMapper<In, Out> = Box<dyn Fn(&In, Scored) -> Out + Send + Sync>;

/// What the model says about one record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// The anomaly score, at least 0; higher is more anomalous, and about 1 is normal. It is 0
    /// while the model learns.
    pub score: f64,
    /// The share of each dimension in the score, where the operator was told to compute it:
    /// `shingle_size` blocks of `dimensions` values, the oldest block first.
    pub attribution: Option<Attribution>,
    /// How many records the model has learned, this one included.
    pub updates: u64,
    /// What the detector says, where the operator has one for each key.
    pub detection: Option<Detection>,
    /// Whether its time was before that of the record before, so that the time did not count.
    pub late: bool,
}

/// What is asked for of each record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) attribution: bool,
    pub(crate) on_late: OnLate,
}

/// A record could not be scored. The model is exactly as it was before.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The input mapper gave values that the forest refuses.
    #[error("{0}")]
    Input(#[from] InputError),
    /// The model is in the store of spilled models, and that failed.
    #[error("{0}")]
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
    models: DetectorMap<ModelKey, Model>,
    dimensions: usize,
    asked: Asked,
    input_mapper: InputMapper<In>,
    key_mapper: Option<KeyMapper<In>>,
    time_mapper: Option<TimeMapper<In>>,
    event_time_mapper: Option<EventTimeMapper<In>>,
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
    /// [`OperatorError::Input`] where a value is not finite, out of range, or where there are more
    /// or fewer than `dimensions`. No model is changed or created then.
    pub fn process(&mut self, input: &In) -> Result<Out, OperatorError> {
        self.values.clear();
        (self.input_mapper)(input, &mut self.values);
        let key: ModelKey = self.key_of(input).as_ref().into();
        let (now, time) = (self.time_of(input), self.event_time_of(input));
        let scored = self.models.with(&key, now, |model| {
            model.score(&self.values, time, self.asked)
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

    /// Models that left memory, came back, and were forgotten.
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
    /// A [`RestoreError`] where the bytes are damaged or come from other parameters; the state
    /// is unchanged then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), RestoreError> {
        let saved = snapshot::read(bytes, self.parameters(), &self.template)?;
        self.clear();
        for (key, last_used, model) in saved {
            let restored = self.models.restore(key, last_used, model);
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
