//! A distance that is a Python function.

use std::cell::RefCell;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rcf_core::InputError;

use crate::errors;

/// The objects that are compared.
pub(crate) type Object = Py<PyAny>;

/// The function, and the exception that it has raised.
pub(crate) struct Space<'a, 'py> {
    distance: &'a Bound<'py, PyAny>,
    raised: RefCell<Option<PyErr>>,
}

impl<'a, 'py> Space<'a, 'py> {
    pub(crate) fn new(distance: &'a Bound<'py, PyAny>) -> Self {
        Self {
            distance,
            raised: RefCell::new(None),
        }
    }

    /// The distance; NaN, which ends the call, if the function raises.
    pub(crate) fn between(&self, a: &Object, b: &Object) -> f64 {
        let measured = self.distance.call1((a, b)).and_then(|found| {
            let number = found.extract::<f64>();
            number.or_else(|_| Err(not_a_number(&found)?))
        });
        measured.unwrap_or_else(|error| {
            self.raised.replace(Some(error));
            f64::NAN
        })
    }

    /// The result of the core, or the exception of the function.
    pub(crate) fn refused<R>(self, answer: Result<R, InputError>) -> PyResult<R> {
        match self.raised.into_inner() {
            Some(raised) => Err(raised),
            None => answer.map_err(errors::refused),
        }
    }
}

fn not_a_number(found: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let found = found.get_type().name()?;
    Ok(PyTypeError::new_err(format!(
        "the distance must be a number, got {found}"
    )))
}

pub(crate) fn check_callable(distance: &Bound<'_, PyAny>) -> PyResult<()> {
    if distance.is_callable() {
        return Ok(());
    }
    let found = distance.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "distance must be a function of two objects, got {found}"
    )))
}
