//! The keywords of a detector; many are a name, with or without numbers.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use rcf_core::{
    AnomalyDetector, AnomalyDetectorBuilder, ConfigError, DetectorConfig, Imputation, Learning,
    NearExpected, Rule, Threshold, Transform,
};

use super::PyAnomalyDetector;
use crate::answers::Shape;
use crate::errors;
use crate::held::{Model, describe};
use crate::parameters::{
    Parameter, flag, integer, memory_profile, per_input, plain, real, seed_or_random,
};

type Object<'py> = PyResult<Bound<'py, PyAny>>;

describe!(PyAnomalyDetector, "AnomalyDetector", detector);

impl Model for AnomalyDetector {
    const CLASS: &'static str = "AnomalyDetector";
    type Builder = AnomalyDetectorBuilder;
    type Config = DetectorConfig;
    const PARAMETERS: &'static [Parameter<Self::Builder, Self::Config>] = &[
        plain!(shingle_size: integer),
        plain!(number_of_trees: integer),
        plain!(sample_size: integer),
        plain!(time_decay: real),
        plain!(initial_accept_fraction: real),
        plain!(seed: seed_or_random),
        plain!(warm_up: integer),
        plain!(transform: transform => Transform::as_str),
        plain!(transform_decay: real),
        Parameter {
            name: "weights",
            set: |builder, value| {
                let inputs = builder.config().input_dimensions;
                let weights = per_input("weights", Some(value), inputs)?;
                Ok(builder.weights(weights.unwrap_or_default()))
            },
            get: |py, config| config.weights.clone().into_bound_py_any(py),
        },
        Parameter {
            name: "imputation",
            set: |builder, value| Ok(builder.imputation(imputation(value)?)),
            get: |py, config| imputation_in_python(py, &config.imputation),
        },
        plain!(time_gap_input: flag),
        plain!(max_time_jump: real),
        Parameter {
            name: "learning",
            set: |builder, value| {
                let sample_size = builder.config().sample_size;
                Ok(builder.learning(learning(value, sample_size)?))
            },
            get: |py, config| learning_in_python(py, config.learning),
        },
        Parameter {
            name: "false_alarm_rate",
            set: |builder, value| {
                let rate = real("false_alarm_rate", Some(value))?;
                Ok(builder.false_alarm_rate(rate.unwrap_or_default()))
            },
            get: |py, config| match config.threshold {
                Threshold::Calibrated { false_alarm_rate } => {
                    false_alarm_rate.into_bound_py_any(py)
                }
                _ => py.None().into_bound_py_any(py),
            },
        },
        Parameter {
            name: "threshold",
            set: |builder, value| Ok(builder.threshold(threshold(value)?)),
            get: |py, config| threshold_in_python(py, config.threshold),
        },
        Parameter {
            name: "ignore_near_expected",
            set: |builder, value| Ok(builder.ignore_near_expected(near_expected(value)?)),
            get: |py, config| near_in_python(py, config.near_expected),
        },
        Parameter {
            name: "rules",
            set: |builder, value| Ok(builder.rules(rules(value)?)),
            get: |py, config| {
                let texts: Vec<String> = config.rules.iter().map(Rule::to_string).collect();
                let texts = (!texts.is_empty()).then_some(texts);
                texts.into_bound_py_any(py)
            },
        },
        plain!(noise_floor: real),
        plain!(silence: integer),
        plain!(quiet: integer),
        Parameter {
            name: "memory_profile",
            set: |builder, value| Ok(builder.memory_profile(memory_profile(value)?)),
            get: |py, config| config.memory_profile.as_str().into_bound_py_any(py),
        },
    ];

    fn builder(inputs: usize) -> Self::Builder {
        Self::builder(inputs)
    }

    fn build(builder: Self::Builder) -> Result<Self, ConfigError> {
        builder.build()
    }

    fn resolve(builder: Self::Builder) -> Result<DetectorConfig, ConfigError> {
        Ok(builder.config())
    }

    fn parameters(&self) -> &DetectorConfig {
        self.config()
    }

    fn shape(config: &DetectorConfig) -> Shape {
        [config.shingle_size, config.input_dimensions]
    }

    fn has_learned(&self) -> bool {
        self.observations() > 0
    }
}

type Argument<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// The choice of this name among the given ones.
pub(crate) fn choice<T: Copy>(name: &str, given: &str, choices: &[(&str, T)]) -> PyResult<T> {
    let found = choices.iter().find(|(name, _)| *name == given);
    let names = || choices.iter().map(|(name, _)| *name);
    found.map_or_else(|| Err(unknown(name, given, names())), |found| Ok(found.1))
}

fn unknown<'a>(name: &str, given: &str, names: impl IntoIterator<Item = &'a str>) -> PyErr {
    let names: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
    errors::config(format!(
        "{name} must be one of {}, got {given:?}",
        names.join(", ")
    ))
}

fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| {
        let found = value.get_type();
        PyTypeError::new_err(format!("{name} must be a name, got {found}"))
    })
}

pub(crate) fn transform(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Transform>> {
    let Some(value) = value else { return Ok(None) };
    let choices = Transform::ALL.map(|transform| (transform.as_str(), transform));
    choice(name, &text(name, value)?, &choices).map(Some)
}

fn imputation(value: &Bound<'_, PyAny>) -> PyResult<Imputation> {
    let name = "imputation";
    let Ok(given) = value.extract::<String>() else {
        let values = value.extract().map_err(|_| {
            PyTypeError::new_err(format!("{name} must be a name or a sequence of numbers"))
        })?;
        return Ok(Imputation::Fixed(values));
    };
    let names = ["previous", "linear", "zero", "forest"];
    Imputation::named(&given).ok_or_else(|| unknown(name, &given, names))
}

fn imputation_in_python<'py>(py: Python<'py>, imputation: &Imputation) -> Object<'py> {
    match imputation {
        Imputation::Fixed(values) => values.clone().into_bound_py_any(py),
        named => named.as_str().into_bound_py_any(py),
    }
}

/// A name, or a tuple of a name and numbers. Without a patience it has that of rcf-core.
fn learning(value: &Bound<'_, PyAny>, sample_size: usize) -> PyResult<Learning> {
    let name = "learning";
    let (given, numbers) = match value.cast::<PyTuple>() {
        Ok(tuple) if !tuple.is_empty() => {
            let first = tuple.get_item(0)?;
            (text(name, &first)?, tuple.get_slice(1, tuple.len()))
        }
        _ => (text(name, value)?, PyTuple::empty(value.py())),
    };
    let numbers = numbers.iter().map(|number| integer(name, Some(&number)));
    let numbers: Vec<u32> = numbers
        .filter_map(Result::transpose)
        .collect::<PyResult<_>>()?;
    let patience = Learning::default_patience(sample_size);
    Learning::named(&given, &numbers, patience).ok_or_else(|| {
        let most = match given.as_str() {
            "frozen" | "down_weight" if numbers.is_empty() => {
                let needed = format!("{name} {given:?} needs a number: ({given:?}, 10)");
                return errors::config(needed);
            }
            "always" => 0,
            "frozen" | "skip" | "delay" => 1,
            "down_weight" => 2,
            _ => {
                let names = ["always", "frozen", "skip", "delay", "down_weight"];
                return unknown(name, &given, names);
            }
        };
        errors::config(format!(
            "{name} {given:?} takes at most {most} numbers, got {}",
            numbers.len()
        ))
    })
}

fn learning_in_python(py: Python<'_>, learning: Learning) -> Object<'_> {
    let name = learning.as_str().into_bound_py_any(py)?;
    let numbers = learning.numbers();
    if numbers.is_empty() {
        return Ok(name);
    }
    let mut parts = vec![name];
    for number in numbers {
        parts.push(number.into_bound_py_any(py)?);
    }
    Ok(PyTuple::new(py, parts)?.into_any())
}

/// A number for a fixed boundary, or a tuple of a name and a number.
fn threshold(value: &Bound<'_, PyAny>) -> PyResult<Threshold> {
    let name = "threshold";
    if value.cast::<PyDict>().is_ok() {
        return Err(errors::config(format!(
            "{name} can no longer be a dict: its margin, height and decades were replaced by \
             false_alarm_rate, for example false_alarm_rate=0.0005"
        )));
    }
    if let Ok((given, number)) = value.extract::<(String, f64)>() {
        let names = ["extreme_value", "deviations", "quantile"];
        let threshold = Threshold::named(&given, number);
        let threshold = threshold.filter(|it| names.contains(&it.as_str()));
        return threshold.ok_or_else(|| unknown(name, &given, names));
    }
    let score = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "{name} must be a number, (\"extreme_value\", decades), (\"quantile\", decades) or \
             (\"deviations\", factor), got {value}"
        ))
    })?;
    Ok(Threshold::Fixed { score })
}

fn threshold_in_python(py: Python<'_>, threshold: Threshold) -> Object<'_> {
    match threshold {
        Threshold::Calibrated { .. } => py.None().into_bound_py_any(py),
        Threshold::Fixed { score } => score.into_bound_py_any(py),
        named => (named.as_str(), named.number()).into_bound_py_any(py),
    }
}

fn near_expected(value: &Bound<'_, PyAny>) -> PyResult<NearExpected> {
    let name = "ignore_near_expected";
    let mut near = NearExpected::default();
    let Ok(parts) = value.cast::<PyDict>() else {
        let distance = real(name, Some(value))?.unwrap_or_default();
        (near.absolute_above, near.absolute_below) = (distance, distance);
        return Ok(near);
    };
    for (key, value) in parts {
        let key = text(name, &key)?;
        let value = real(&key, Some(&value))?.unwrap_or_default();
        let choices = [
            ("absolute_above", 0),
            ("absolute_below", 1),
            ("relative_above", 2),
            ("relative_below", 3),
        ];
        match choice(name, &key, &choices)? {
            0 => near.absolute_above = value,
            1 => near.absolute_below = value,
            2 => near.relative_above = value,
            _ => near.relative_below = value,
        }
    }
    Ok(near)
}

fn rules(value: &Bound<'_, PyAny>) -> PyResult<Vec<Rule>> {
    let wrong = || PyTypeError::new_err("rules must be a sequence of texts");
    if value.is_instance_of::<PyString>() {
        return Err(wrong());
    }
    let texts: Vec<String> = value.extract().map_err(|_| wrong())?;
    let read = |text: &String| Rule::parse::<&str>(text, &[]).map_err(errors::config);
    texts.iter().map(read).collect()
}

fn near_in_python(py: Python<'_>, near: NearExpected) -> Object<'_> {
    if near == NearExpected::default() {
        return py.None().into_bound_py_any(py);
    }
    let parts = PyDict::new(py);
    parts.set_item("absolute_above", near.absolute_above)?;
    parts.set_item("absolute_below", near.absolute_below)?;
    parts.set_item("relative_above", near.relative_above)?;
    parts.set_item("relative_below", near.relative_below)?;
    Ok(parts.into_any())
}
