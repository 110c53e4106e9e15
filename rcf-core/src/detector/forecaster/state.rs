//! A saved forecaster.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::errors::Errors;
use super::{Forecaster, ForecasterConfig, Input, IntervalForecast};
use crate::detector::Transform;
use crate::detector::state::TransformV1;
use crate::error::StateError;
use crate::state::v1::{ForestV1, inconsistent};
use crate::state::{codec, envelope, envelope::Trust};

const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct ForecasterV1 {
    #[serde(with = "ConfigV1")]
    config: ForecasterConfig,
    inputs: Vec<Input>,
    /// The newest forecast first: of each the steps that no record has been compared with yet, an
    /// expected value, a lower and an upper end for each input.
    pending: Vec<Vec<[f64; 3]>>,
    /// One for each step ahead and input.
    errors: Vec<Errors>,
    forest: ForestV1,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ForecasterConfig")]
struct ConfigV1 {
    input_dimensions: usize,
    shingle_size: usize,
    number_of_trees: usize,
    sample_size: usize,
    seed: u64,
    #[serde(with = "TransformV1")]
    transform: Transform,
    horizon: usize,
    coverage: f64,
    limits: Vec<(f64, f64)>,
}

impl Forecaster {
    /// Saves the whole state: what [`from_bytes`](Self::from_bytes) makes of it continues exactly
    /// as this forecaster would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let inputs = self.config.input_dimensions;
        let pending = self.pending.iter().enumerate().map(|(age, forecast)| {
            let parts = forecast.expected.iter().zip(&forecast.lower);
            let intervals = parts.zip(&forecast.upper);
            intervals
                .skip(age * inputs)
                .map(|((&expected, &lower), &upper)| [expected, lower, upper])
                .collect()
        });
        let state = ForecasterV1 {
            config: self.config.clone(),
            inputs: self.inputs.clone(),
            pending: pending.collect(),
            errors: self.errors.clone(),
            forest: ForestV1::save(&self.forest),
        };
        envelope::seal(envelope::Kind::Forecaster, VERSION, &codec::encode(&state))
    }

    /// Restores a saved forecaster.
    ///
    /// # Errors
    /// The bytes are no state of a forecaster, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing)
    }

    /// Restores a saved forecaster from bytes that are known to be those written, as
    /// [`from_trusted_bytes`](crate::RandomCutForest::from_trusted_bytes) does for its forest.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the faults are looked for.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes)
    }

    fn decode(bytes: &[u8], trust: Trust) -> Result<Self, StateError> {
        let (_, body) = envelope::open(envelope::Kind::Forecaster, VERSION, bytes, trust)?;
        codec::decode::<ForecasterV1>(body)?.restore(trust)
    }
}

impl ForecasterV1 {
    fn restore(self, trust: Trust) -> Result<Forecaster, StateError> {
        let config = self.config;
        config.check()?;
        let forest = self.forest.restore(trust)?;
        if *forest.config() != config.forest()? {
            return Err(inconsistent("the forest is not the one of this forecaster"));
        }
        let width = config.input_dimensions;
        if self.inputs.len() != width || !self.inputs.iter().all(Input::is_valid) {
            return Err(inconsistent(
                "the inputs do not match the parameters, or their statistics are broken",
            ));
        }
        if self.errors.len() != config.horizon * width || !self.errors.iter().all(Errors::is_valid)
        {
            return Err(inconsistent("the statistics of the errors are broken"));
        }
        let is_pending = |(age, intervals): (usize, &Vec<[f64; 3]>)| {
            intervals.len() == (config.horizon - age) * width
                && intervals.iter().all(|[expected, lower, upper]| {
                    lower <= upper && expected.is_finite() && (upper - lower).is_finite()
                })
        };
        if self.pending.len() > config.horizon || !self.pending.iter().enumerate().all(is_pending) {
            return Err(inconsistent(
                "a forecast that waits for its records is broken",
            ));
        }
        let pending = self.pending.iter().enumerate().map(|(age, intervals)| {
            // What has been compared is not read again.
            let part = |part: usize| {
                Array2::from_shape_fn((config.horizon, width), |(step, input)| {
                    let at = (step * width + input).checked_sub(age * width);
                    at.map_or(0.0, |at| intervals[at][part])
                })
            };
            IntervalForecast {
                expected: part(0),
                lower: part(1),
                upper: part(2),
            }
        });
        Ok(Forecaster {
            pending: pending.collect(),
            forest,
            inputs: self.inputs,
            errors: self.errors,
            config,
        })
    }
}
