//! Arguments that are a name, with or without numbers.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rcf_core::{Imputation, Learning, NearExpected, Threshold, Transform};

use crate::errors;
use crate::parameters::{integer, real};

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

pub(super) fn imputation(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Imputation>> {
    let Some(value) = value else { return Ok(None) };
    let Ok(given) = value.extract::<String>() else {
        let values = value.extract().map_err(|_| {
            PyTypeError::new_err(format!("{name} must be a name or a sequence of numbers"))
        })?;
        return Ok(Some(Imputation::Fixed(values)));
    };
    let choices = [("previous", 0), ("linear", 1), ("zero", 2), ("forest", 3)];
    Ok(Some(match choice(name, &given, &choices)? {
        0 => Imputation::Previous,
        1 => Imputation::Linear,
        2 => Imputation::Zero,
        _ => Imputation::Forest,
    }))
}

/// A name, or a tuple of a name and numbers. Without a patience it has that of rcf-core.
pub(super) fn learning(
    name: &str,
    value: Argument<'_, '_>,
    sample_size: usize,
) -> PyResult<Option<Learning>> {
    let Some(value) = value else { return Ok(None) };
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
    Ok(Some(learning))
}

/// A number for a fixed boundary, or a tuple of a name and a number.
pub(super) fn threshold(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Threshold>> {
    let Some(value) = value else { return Ok(None) };
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
        return choice(name, &given, &choices).map(Some);
    }
    let score = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "{name} must be a number, (\"extreme_value\", decades), (\"quantile\", decades) or \
             (\"deviations\", factor), got {value}"
        ))
    })?;
    Ok(Some(Threshold::Fixed { score }))
}

pub(super) fn near_expected(name: &str, value: Argument<'_, '_>) -> PyResult<Option<NearExpected>> {
    let Some(value) = value else { return Ok(None) };
    let mut near = NearExpected::default();
    let Ok(parts) = value.cast::<PyDict>() else {
        let distance = real(name, Some(value))?.unwrap_or_default();
        (near.absolute_above, near.absolute_below) = (distance, distance);
        return Ok(Some(near));
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
    Ok(Some(near))
}
