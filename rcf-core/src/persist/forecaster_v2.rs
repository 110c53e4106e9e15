//! Format version 2 of a forecaster. Frozen: a change of these structs is a new version in a new
//! file.

use serde::{Deserialize, Serialize};

use super::envelope::Trust;
use super::forecaster_v1::ConfigV1;
use super::forest_v1::ForestV1;
use super::parts_v1::{InputTransformV1, are_values};
use super::{inconsistent, size};
use crate::config::BOX_FRACTION;
use crate::error::StateError;
use crate::forecaster::{Component, Forecaster, ForecasterConfig, Series};

#[derive(Serialize, Deserialize)]
pub(super) struct ForecasterV2 {
    config: ConfigV1,
    /// Which components are mixed: last value, past cycles, smoothing, regression, forest.
    components: [bool; 5],
    inputs: Vec<InputV2>,
    /// The number of missing values in each of the observations of the shingle, the oldest first.
    missing: Vec<u64>,
    /// Missing values so far.
    missing_values: u64,
    forest: ForestV1,
}

/// What is known about one input.
#[derive(Serialize, Deserialize)]
struct InputV2 {
    last: Option<f64>,
    transform: InputTransformV1,
    /// The mixture of its forecasts, as the numbers that docs/state-format.md lists.
    series: Vec<f64>,
}

impl ForecasterV2 {
    pub(super) fn save(forecaster: &Forecaster) -> Self {
        let (horizon, used) = (forecaster.config.horizon, forecaster.config.used());
        let inputs = forecaster.inputs.iter().map(|input| {
            let mut series = Vec::new();
            input.series.save(&mut series);
            // As of the channels of a detector: what is written is read again.
            if Series::restore(horizon, used, &series).is_none() {
                series.clear();
                Series::new(horizon, used).save(&mut series);
            }
            InputV2 {
                last: input.last,
                transform: input.transform.into(),
                series,
            }
        });
        Self {
            config: (&forecaster.config).into(),
            components: forecaster.config.used(),
            inputs: inputs.collect(),
            missing: forecaster
                .missing
                .iter()
                .map(|&count| count as u64)
                .collect(),
            missing_values: forecaster.missing_values,
            forest: ForestV1::save(&forecaster.forest),
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<Forecaster, StateError> {
        let mut config = ForecasterConfig::from(self.config);
        let pairs = Component::ALL.into_iter().zip(self.components);
        config.components = pairs
            .filter(|(_, is_used)| *is_used)
            .map(|(component, _)| component)
            .collect();
        config.check()?;
        let forest = self.forest.restore(trust, BOX_FRACTION)?;
        if *forest.config() != config.forest()? {
            return Err(inconsistent("the forest is not the one of this forecaster"));
        }
        let (width, horizon, used) = (config.input_dimensions, config.horizon, config.used());
        let is_count = |&count: &u64| count <= width as u64;
        if self.missing.len() != config.shingle_size || !self.missing.iter().all(is_count) {
            return Err(inconsistent("the counts of missing values are invalid"));
        }
        if self.inputs.len() != width {
            return Err(inconsistent("the inputs do not match the parameters"));
        }
        let mut forecaster = Forecaster::new(config)?;
        for (input, saved) in forecaster.inputs.iter_mut().zip(self.inputs) {
            if !are_values(&saved.last) || !saved.transform.is_valid() {
                return Err(inconsistent("the statistics of an input are invalid"));
            }
            input.last = saved.last;
            input.transform = saved.transform.into();
            input.series = Series::restore(horizon, used, &saved.series)
                .ok_or_else(|| inconsistent("the forecasts of an input are invalid"))?;
        }
        forecaster.missing = self.missing.into_iter().map(size).collect();
        forecaster.missing_values = self.missing_values;
        forecaster.forest = forest;
        forecaster.recall();
        Ok(forecaster)
    }
}
