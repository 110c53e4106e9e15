//! The keywords of a forest.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{Config, ConfigError, MemoryProfile, RandomCutForest, RandomCutForestBuilder};

use super::PyRandomCutForest;
use crate::answers::Shape;
use crate::errors;
use crate::held::{Model, describe};
use crate::parameters::{
    Parameter, flag, integer, memory_profile, per_input, plain, real, seed_or_random,
};

describe!(PyRandomCutForest, "RandomCutForest", forest);

impl Model for RandomCutForest {
    const CLASS: &'static str = "RandomCutForest";
    type Builder = RandomCutForestBuilder;
    type Config = Config;
    const PARAMETERS: &'static [Parameter<Self::Builder, Self::Config>] = &[
        plain!(shingle_size: integer),
        plain!(number_of_trees: integer),
        plain!(sample_size: integer),
        plain!(time_decay: real),
        plain!(output_after: integer),
        plain!(initial_accept_fraction: real),
        plain!(internal_shingling: flag),
        plain!(seed: seed_or_random),
        plain!(shingle_rotation: flag),
        plain!(store_sequence_numbers: flag),
        plain!(store_labels: flag),
        Parameter {
            name: "noise_floor",
            set: |builder, value| {
                let inputs = builder
                    .clone()
                    .config()
                    .map_err(errors::config)?
                    .input_dimensions;
                let floor = per_input("noise_floor", Some(value), inputs)?;
                Ok(builder.noise_floor(floor.unwrap_or_default()))
            },
            get: |py, config| match config.noise_floor.is_empty() {
                true => py.None().into_bound_py_any(py),
                false => config.noise_floor.clone().into_bound_py_any(py),
            },
        },
        plain!(relative_noise_floor: real),
        Parameter {
            name: "memory_profile",
            set: |builder, value| Ok(builder.memory_profile(memory_profile(value)?)),
            get: |py, config| {
                let fraction = config.bounding_box_cache_fraction;
                let all = MemoryProfile::ALL.into_iter();
                let profile = all.filter(|it| it.bounding_box_cache_fraction() == fraction);
                let name = profile.map(MemoryProfile::as_str).next();
                name.into_bound_py_any(py)
            },
        },
        plain!(bounding_box_cache_fraction: real),
    ];

    fn builder(inputs: usize) -> Self::Builder {
        Self::builder(inputs)
    }

    fn build(builder: Self::Builder) -> Result<Self, ConfigError> {
        builder.build()
    }

    fn resolve(builder: Self::Builder) -> Result<Config, ConfigError> {
        builder.config()
    }

    fn parameters(&self) -> &Config {
        self.config()
    }

    fn shape(config: &Config) -> Shape {
        [config.shingle_size, config.input_dimensions]
    }

    fn width(config: &Config) -> usize {
        config.values_per_call()
    }

    fn has_learned(&self) -> bool {
        self.updates() > 0
    }
}
