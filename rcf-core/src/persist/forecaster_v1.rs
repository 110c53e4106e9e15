//! Format version 1 of a forecaster. Frozen: a change of these structs is a new version in a new file.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::envelope::Trust;
use super::forest_v1::ForestV1;
use super::parts_v1::{InputTransformV1, TransformV1, are_amounts, are_values};
use super::{inconsistent, same_fields, size};
use crate::detector::forecaster::errors::Errors;
use crate::detector::forecaster::{Forecaster, ForecasterConfig, Input, IntervalForecast};
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct ForecasterV1 {
    config: ConfigV1,
    inputs: Vec<InputV1>,
    /// The newest forecast first: of each the steps that no observation has been compared with yet,
    /// an expected value, a lower and an upper end for each input.
    pending: Vec<Vec<[f64; 3]>>,
    /// One for each step ahead and input.
    errors: Vec<ErrorsV1>,
    forest: ForestV1,
}

#[derive(Serialize, Deserialize)]
struct ConfigV1 {
    input_dimensions: u64,
    shingle_size: u64,
    number_of_trees: u64,
    sample_size: u64,
    seed: u64,
    transform: TransformV1,
    horizon: u64,
    coverage: f64,
    limits: Vec<(f64, f64)>,
}

/// What is known about one input.
#[derive(Serialize, Deserialize)]
struct InputV1 {
    last: Option<f64>,
    transform: InputTransformV1,
}

/// The errors of one step ahead and input: mean absolute error and quantiles.
#[derive(Serialize, Deserialize)]
struct ErrorsV1 {
    count: f64,
    size: f64,
    low: f64,
    high: f64,
    compared: u64,
    held: u64,
}

impl InputV1 {
    fn is_valid(&self) -> bool {
        are_values(&self.last) && self.transform.is_valid()
    }
}

impl ErrorsV1 {
    fn is_valid(&self) -> bool {
        are_amounts(&[self.count, self.size])
            && self.low.is_finite()
            && self.high.is_finite()
            && self.held <= self.compared
    }
}

impl ForecasterV1 {
    pub(super) fn save(forecaster: &Forecaster) -> Self {
        let inputs = forecaster.config.input_dimensions;
        let pending = forecaster
            .pending
            .iter()
            .enumerate()
            .map(|(age, forecast)| {
                let parts = forecast.expected.iter().zip(&forecast.lower);
                let intervals = parts.zip(&forecast.upper);
                intervals
                    .skip(age * inputs)
                    .map(|((&expected, &lower), &upper)| [expected, lower, upper])
                    .collect()
            });
        Self {
            config: (&forecaster.config).into(),
            inputs: forecaster
                .inputs
                .iter()
                .map(|&input| input.into())
                .collect(),
            pending: pending.collect(),
            errors: forecaster
                .errors
                .iter()
                .map(|&errors| errors.into())
                .collect(),
            forest: ForestV1::save(&forecaster.forest),
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<Forecaster, StateError> {
        let config = ForecasterConfig::from(self.config);
        config.check()?;
        let forest = self.forest.restore(trust)?;
        if *forest.config() != config.forest()? {
            return Err(inconsistent("the forest is not the one of this forecaster"));
        }
        let width = config.input_dimensions;
        if self.inputs.len() != width || !self.inputs.iter().all(InputV1::is_valid) {
            return Err(inconsistent(
                "the inputs do not match the parameters, or their statistics are broken",
            ));
        }
        if self.errors.len() != config.horizon * width
            || !self.errors.iter().all(ErrorsV1::is_valid)
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
            inputs: self.inputs.into_iter().map(Input::from).collect(),
            errors: self.errors.into_iter().map(Errors::from).collect(),
            config,
        })
    }
}

impl From<&ForecasterConfig> for ConfigV1 {
    fn from(live: &ForecasterConfig) -> Self {
        Self {
            input_dimensions: live.input_dimensions as u64,
            shingle_size: live.shingle_size as u64,
            number_of_trees: live.number_of_trees as u64,
            sample_size: live.sample_size as u64,
            seed: live.seed,
            transform: live.transform.into(),
            horizon: live.horizon as u64,
            coverage: live.coverage,
            limits: live.limits.clone(),
        }
    }
}

impl From<ConfigV1> for ForecasterConfig {
    /// Not checked yet.
    fn from(saved: ConfigV1) -> Self {
        Self {
            input_dimensions: size(saved.input_dimensions),
            shingle_size: size(saved.shingle_size),
            number_of_trees: size(saved.number_of_trees),
            sample_size: size(saved.sample_size),
            seed: saved.seed,
            transform: saved.transform.into(),
            horizon: size(saved.horizon),
            coverage: saved.coverage,
            limits: saved.limits,
        }
    }
}

same_fields!(InputV1, Input { last, transform });
same_fields!(
    ErrorsV1,
    Errors {
        count,
        size,
        low,
        high,
        compared,
        held
    }
);
