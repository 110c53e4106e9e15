//! Arguments of the constructor, with errors that name the argument.
//!
//! Left to itself, Python reports a negative integer as an `OverflowError` and a wrong type without
//! saying which of nine arguments is meant.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use rcf_core::MAX_DIMENSIONS;

use crate::errors;

/// What the caller passed for one argument, if anything.
type Argument<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

pub(crate) fn integer<T>(name: &str, value: Argument<'_, '_>) -> PyResult<Option<T>>
where
    T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    let kind = "an integer";
    match value {
        Some(value) if value.is_instance_of::<PyBool>() => Err(wrong_type(name, kind, value)),
        _ => convert(name, kind, value),
    }
}

/// A number, or `"random"` for one that is drawn: the property `seed` tells which.
pub(crate) fn seed_or_random(name: &str, value: Argument<'_, '_>) -> PyResult<Option<u64>> {
    match value.map(|value| value.extract::<String>()) {
        Some(Ok(text)) if text == "random" => Ok(Some(rand::random())),
        Some(Ok(text)) => Err(errors::config(format!(
            "{name} must be an integer or \"random\", got {text:?}"
        ))),
        _ => integer(name, value),
    }
}

pub(crate) fn real(name: &str, value: Argument<'_, '_>) -> PyResult<Option<f64>> {
    convert(name, "a number", value)
}

/// One number for each input, or one for all of them.
pub(crate) fn per_input(
    name: &str,
    value: Argument<'_, '_>,
    inputs: usize,
) -> PyResult<Option<Vec<f64>>> {
    let Some(value) = value else { return Ok(None) };
    if let Ok(number) = value.extract::<f64>() {
        return Ok(Some(vec![number; inputs.min(MAX_DIMENSIONS)]));
    }
    convert(name, "a number or a sequence of numbers", Some(value))
}

pub(crate) fn flag(name: &str, value: Argument<'_, '_>) -> PyResult<Option<bool>> {
    convert(name, "True or False", value)
}

fn convert<T>(name: &str, kind: &str, value: Argument<'_, '_>) -> PyResult<Option<T>>
where
    T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    let Some(value) = value else { return Ok(None) };
    let py = value.py();
    value.extract().map(Some).map_err(|error: PyErr| {
        if error.is_instance_of::<PyTypeError>(py) {
            wrong_type(name, kind, value)
        } else if error.is_instance_of::<PyOverflowError>(py) {
            errors::config(format!(
                "{name} must be at least 0 and fit into 64 bits, got {value}"
            ))
        } else {
            error
        }
    })
}

fn wrong_type(name: &str, kind: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.get_type().name() {
        Ok(found) => PyTypeError::new_err(format!("{name} must be {kind}, got {found}")),
        Err(failure) => failure,
    }
}

/// Hands arguments to a builder. What is left out stays out: the defaults live in rcf-core alone.
macro_rules! set {
    ($builder:ident: $($parameter:ident: $kind:expr),+ $(,)?) => {$(
        if let Some(value) = $kind(stringify!($parameter), $parameter)? {
            $builder = $builder.$parameter(value);
        }
    )+};
}
pub(crate) use set;

/// Properties for parameters, read from the copy in the field `config`.
macro_rules! getters {
    ($class:ident: $($(#[$doc:meta])+ $parameter:ident: $type:ty),+ $(,)?) => {
        #[pymethods]
        impl $class {$(
            $(#[$doc])+
            #[getter]
            fn $parameter(&self) -> $type {
                self.config.$parameter.clone()
            }
        )+}
    };
}
pub(crate) use getters;
