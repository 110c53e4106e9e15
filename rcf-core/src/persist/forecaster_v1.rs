//! Format version 1 of a forecaster: a forest without other components. Frozen, and only read: it
//! is saved as version 2.

use serde::{Deserialize, Serialize};

use super::envelope::Trust;
use super::forest_v1::ForestV1;
use super::parts_v1::{InputTransformV1, TransformV1, are_amounts, are_values};
use super::{inconsistent, size};
use crate::config::BOX_FRACTION;
use crate::error::StateError;
use crate::forecaster::{Component, Forecaster, ForecasterConfig, Input, Interval, Step};
use crate::predictor::numbers::COUNT;

#[derive(Deserialize)]
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
pub(super) struct ConfigV1 {
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
#[derive(Deserialize)]
struct InputV1 {
    last: Option<f64>,
    transform: InputTransformV1,
}

/// The errors of one step ahead and input: mean absolute error and quantiles.
#[derive(Deserialize)]
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
            && self.compared <= COUNT
    }
}

impl ForecasterV1 {
    pub(super) fn restore(self, trust: Trust) -> Result<Forecaster, StateError> {
        let config = ForecasterConfig::from(self.config);
        config.check()?;
        let forest = self.forest.restore(trust, BOX_FRACTION)?;
        if *forest.config() != config.forest()? {
            return Err(inconsistent("the forest is not the one of this forecaster"));
        }
        let width = config.input_dimensions;
        if self.inputs.len() != width || !self.inputs.iter().all(InputV1::is_valid) {
            return Err(inconsistent(
                "the inputs do not match the parameters, or their statistics are invalid",
            ));
        }
        if self.errors.len() != config.horizon * width
            || !self.errors.iter().all(ErrorsV1::is_valid)
        {
            return Err(inconsistent("the statistics of the errors are invalid"));
        }
        let is_pending = |(age, intervals): (usize, &Vec<[f64; 3]>)| {
            intervals.len() == (config.horizon - age) * width
                && intervals.iter().all(|[expected, lower, upper]| {
                    lower <= upper && expected.is_finite() && (upper - lower).is_finite()
                })
        };
        if self.pending.len() > config.horizon || !self.pending.iter().enumerate().all(is_pending) {
            return Err(inconsistent("a pending forecast is invalid"));
        }
        let mut forecaster = Forecaster::new(config)?;
        forecaster.forest = forest;
        for (i, (input, saved)) in forecaster.inputs.iter_mut().zip(self.inputs).enumerate() {
            let errors = self.errors.iter().skip(i).step_by(width);
            resume(input, saved, errors);
            input.series.made = self.pending.len() as u64;
            for (age, intervals) in self.pending.iter().enumerate() {
                let intervals = intervals.iter().skip(i).step_by(width);
                for (step, interval) in (age + 1..).zip(intervals) {
                    input.series.await_interval(age, step, *interval);
                }
            }
        }
        forecaster.recall();
        Ok(forecaster)
    }
}

/// Lets an input continue with what was saved; components that the format lacks start in warm-up.
fn resume<'a>(input: &mut Input, saved: InputV1, errors: impl Iterator<Item = &'a ErrorsV1>) {
    input.last = saved.last;
    input.transform = saved.transform.into();
    if let Some(last) = saved.last {
        input.series.start(last);
    }
    for (step, errors) in input.series.steps.iter_mut().zip(errors) {
        *step = Step::of_forest(Interval {
            count: errors.count,
            size: errors.size,
            low: errors.low,
            high: errors.high,
            compared: errors.compared,
            held: errors.held,
        });
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
            components: Component::ALL.to_vec(),
        }
    }
}
