//! Integer arguments of the constructor, with errors that name the argument.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors;

/// The integer `value` as a `T`, or `None` where the caller left it out.
///
/// Left to itself, Python reports a negative number as an `OverflowError` that names no argument.
pub(crate) fn integer<'py, T>(name: &str, value: Option<Bound<'py, PyAny>>) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    let Some(value) = value else { return Ok(None) };
    let not_an_integer = || match value.get_type().name() {
        Ok(kind) => PyTypeError::new_err(format!("{name} must be an integer, got {kind}")),
        Err(failure) => failure,
    };
    if value.is_instance_of::<PyBool>() {
        return Err(not_an_integer());
    }
    match value.extract::<T>() {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Err(errors::config(
            format!("{name} must be at least 0 and fit into 64 bits, got {value}"),
        )),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => Err(not_an_integer()),
        Err(error) => Err(error),
    }
}
