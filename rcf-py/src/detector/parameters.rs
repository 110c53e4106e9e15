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
        Parameter {
            name: "transform",
            set: |builder, value| {
                Ok(match transform("transform", Some(value))? {
                    Some(transform) => builder.transform(transform),
                    None => builder,
                })
            },
            get: |py, config| name_of(config.transform).into_bound_py_any(py),
        },
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
        self.records() > 0
    }
}

type Argument<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// The choice of this name, of those that there are.
pub(crate) fn choice<T: Copy>(name: &str, given: &str, choices: &[(&str, T)]) -> PyResult<T> {
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == given) {
        return Ok(*choice);
    }
    let names: Vec<String> = choices
        .iter()
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    Err(errors::config(format!(
        "{name} must be one of {}, got {given:?}",
        names.join(", ")
    )))
}

fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| {
        let found = value.get_type();
        PyTypeError::new_err(format!("{name} must be a name, got {found}"))
    })
}

const TRANSFORMS: [(&str, Transform); 5] = [
    ("none", Transform::None),
    ("subtract_moving_average", Transform::SubtractMovingAverage),
    ("normalize", Transform::Normalize),
    ("difference", Transform::Difference),
    ("normalized_difference", Transform::NormalizedDifference),
];

pub(crate) fn transform(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Transform>> {
    let Some(value) = value else { return Ok(None) };
    choice(name, &text(name, value)?, &TRANSFORMS).map(Some)
}

/// What Python calls a transform; none for one that is newer than this table.
pub(crate) fn name_of(transform: Transform) -> Option<&'static str> {
    let mut names = TRANSFORMS.into_iter();
    Some(names.find(|(_, other)| *other == transform)?.0)
}

fn imputation(value: &Bound<'_, PyAny>) -> PyResult<Imputation> {
    let name = "imputation";
    let Ok(given) = value.extract::<String>() else {
        let values = value.extract().map_err(|_| {
            PyTypeError::new_err(format!("{name} must be a name or a sequence of numbers"))
        })?;
        return Ok(Imputation::Fixed(values));
    };
    let choices = [("previous", 0), ("linear", 1), ("zero", 2), ("forest", 3)];
    Ok(match choice(name, &given, &choices)? {
        0 => Imputation::Previous,
        1 => Imputation::Linear,
        2 => Imputation::Zero,
        _ => Imputation::Forest,
    })
}

fn imputation_in_python<'py>(py: Python<'py>, imputation: &Imputation) -> Object<'py> {
    match imputation {
        Imputation::Fixed(values) => values.clone().into_bound_py_any(py),
        Imputation::Linear => "linear".into_bound_py_any(py),
        Imputation::Zero => "zero".into_bound_py_any(py),
        Imputation::Forest => "forest".into_bound_py_any(py),
        _ => "previous".into_bound_py_any(py),
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
    let number = |at: usize| -> PyResult<Option<u32>> {
        match numbers.get_item(at) {
            Ok(number) => integer(name, Some(&number)),
            Err(_) => Ok(None),
        }
    };
    let usual = Learning::default_patience(sample_size);
    let patience = |at| number(at).map(|patience| patience.unwrap_or(usual));
    let needed = |at| {
        number(at)?.ok_or_else(|| {
            errors::config(format!("{name} {given:?} needs a number: ({given:?}, 10)"))
        })
    };
    let choices = [
        ("always", 0),
        ("frozen", 1),
        ("skip", 2),
        ("delay", 3),
        ("down_weight", 4),
    ];
    let (learning, most) = match choice(name, &given, &choices)? {
        0 => (Learning::Always, 0),
        1 => (
            Learning::Frozen {
                after: needed(0)?.into(),
            },
            1,
        ),
        2 => (
            Learning::Skip {
                patience: patience(0)?,
            },
            1,
        ),
        3 => (
            Learning::Delay {
                patience: patience(0)?,
            },
            1,
        ),
        _ => {
            let (one_in, patience) = (needed(0)?, patience(1)?);
            (Learning::DownWeight { one_in, patience }, 2)
        }
    };
    if numbers.len() > most {
        return Err(errors::config(format!(
            "{name} {given:?} takes {most} numbers at most, got {}",
            numbers.len()
        )));
    }
    Ok(learning)
}

fn learning_in_python(py: Python<'_>, learning: Learning) -> Object<'_> {
    match learning {
        Learning::Frozen { after } => ("frozen", after).into_bound_py_any(py),
        Learning::Skip { patience } => ("skip", patience).into_bound_py_any(py),
        Learning::Delay { patience } => ("delay", patience).into_bound_py_any(py),
        Learning::DownWeight { one_in, patience } => {
            ("down_weight", one_in, patience).into_bound_py_any(py)
        }
        _ => "always".into_bound_py_any(py),
    }
}

/// A number for a fixed boundary, or a tuple of a name and a number.
fn threshold(value: &Bound<'_, PyAny>) -> PyResult<Threshold> {
    let name = "threshold";
    if value.cast::<PyDict>().is_ok() {
        return Err(errors::config(format!(
            "{name} takes no dict any more: its margin, height and decades have become \
             false_alarm_rate, for example false_alarm_rate=0.0005"
        )));
    }
    if let Ok((given, number)) = value.extract::<(String, f64)>() {
        let choices = [
            ("extreme_value", Threshold::ExtremeValue { decades: number }),
            ("deviations", Threshold::Deviations { factor: number }),
            ("quantile", Threshold::Quantile { decades: number }),
        ];
        return choice(name, &given, &choices);
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
        Threshold::ExtremeValue { decades } => ("extreme_value", decades).into_bound_py_any(py),
        Threshold::Deviations { factor } => ("deviations", factor).into_bound_py_any(py),
        Threshold::Quantile { decades } => ("quantile", decades).into_bound_py_any(py),
        Threshold::Fixed { score } => score.into_bound_py_any(py),
        _ => py.None().into_bound_py_any(py),
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
