//! The keywords of a forecaster.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{
    Component, ConfigError, Forecaster, ForecasterBuilder, ForecasterConfig, Transform,
};

use super::PyForecaster;
use crate::answers::Shape;
use crate::detector::parameters::{choice, transform};
use crate::held::{Model, describe};
use crate::parameters::{Parameter, integer, plain, real, seed_or_random};

type Pair = (Option<f64>, Option<f64>);

describe!(PyForecaster, "Forecaster", forecaster);

impl Model for Forecaster {
    const CLASS: &'static str = "Forecaster";
    type Builder = ForecasterBuilder;
    type Config = ForecasterConfig;
    const PARAMETERS: &'static [Parameter<Self::Builder, Self::Config>] = &[
        plain!(shingle_size: integer),
        plain!(number_of_trees: integer),
        plain!(sample_size: integer),
        plain!(seed: seed_or_random),
        plain!(transform: transform => Transform::as_str),
        plain!(horizon: integer),
        plain!(coverage: real),
        Parameter {
            name: "limits",
            set: |builder, value| {
                let inputs = builder
                    .config()
                    .input_dimensions
                    .min(rcf_core::MAX_DIMENSIONS);
                Ok(builder.limits(limits(value, inputs)?))
            },
            get: |py, config| {
                let end = |end: f64| end.is_finite().then_some(end);
                let pairs = config.limits.iter();
                let pairs: Vec<Pair> = pairs
                    .map(|&(least, most)| (end(least), end(most)))
                    .collect();
                match pairs.is_empty() {
                    true => py.None().into_bound_py_any(py),
                    false => pairs.into_bound_py_any(py),
                }
            },
        },
        Parameter {
            name: "components",
            set: |builder, value| Ok(builder.components(&components(value)?)),
            get: |py, config| {
                let names: Vec<&str> = config.components.iter().map(|one| one.as_str()).collect();
                names.into_bound_py_any(py)
            },
        },
    ];

    fn builder(inputs: usize) -> Self::Builder {
        Self::builder(inputs)
    }

    fn build(builder: Self::Builder) -> Result<Self, ConfigError> {
        builder.build()
    }

    fn resolve(builder: Self::Builder) -> Result<ForecasterConfig, ConfigError> {
        Ok(builder.config())
    }

    fn parameters(&self) -> &ForecasterConfig {
        self.config()
    }

    fn shape(config: &ForecasterConfig) -> Shape {
        [config.shingle_size, config.input_dimensions]
    }

    fn has_learned(&self) -> bool {
        self.forest().updates() > 0
    }
}

/// A pair for each input, or one for all of them.
fn limits(value: &Bound<'_, PyAny>, inputs: usize) -> PyResult<Vec<(f64, f64)>> {
    let ends = |(least, greatest): Pair| {
        let least = least.unwrap_or(f64::NEG_INFINITY);
        (least, greatest.unwrap_or(f64::INFINITY))
    };
    if let Ok(pair) = value.extract::<Pair>() {
        return Ok(vec![ends(pair); inputs]);
    }
    let pairs: Vec<Pair> = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "limits must be a pair (least, greatest) or one for each input, got {value}"
        ))
    })?;
    Ok(pairs.into_iter().map(ends).collect())
}

fn components(value: &Bound<'_, PyAny>) -> PyResult<Vec<Component>> {
    let names: Vec<String> = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "components must be a sequence of names, got {value}"
        ))
    })?;
    let choices = Component::ALL.map(|component| (component.as_str(), component));
    let one = |name: &String| choice("components", name, &choices);
    names.iter().map(one).collect()
}
