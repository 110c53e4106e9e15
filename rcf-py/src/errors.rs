//! From the errors of `rcf-core` to the exceptions defined in `rcf/_errors.py`.

use pyo3::prelude::*;
use rcf_core::{ArrayError, InputError as Refused};

mod exceptions {
    pyo3::import_exception!(rcf, ConfigError);
    pyo3::import_exception!(rcf, InputError);
    pyo3::import_exception!(rcf, InternalError);
    pyo3::import_exception!(rcf, NotReadyError);
    pyo3::import_exception!(rcf, StateError);
}
use exceptions::{ConfigError, InputError, InternalError, NotReadyError, StateError};

pub(crate) fn config(rule: impl ToString) -> PyErr {
    ConfigError::new_err(rule.to_string())
}

pub(crate) fn input(rule: impl ToString) -> PyErr {
    InputError::new_err(rule.to_string())
}

/// What the core says to an input, or to a question that comes too early.
pub(crate) fn refused(error: Refused) -> PyErr {
    match error {
        Refused::NotReady { .. } => NotReadyError::new_err(error.to_string()),
        _ => input(error),
    }
}

pub(crate) fn state(rule: impl ToString) -> PyErr {
    StateError::new_err(rule.to_string())
}

/// An `InputError` whose attribute `row` tells where in the array the refused point is.
pub(crate) fn array(py: Python<'_>, error: &ArrayError) -> PyErr {
    let exception = input(error);
    match exception.value(py).setattr("row", error.row) {
        Ok(()) => exception,
        Err(failure) => failure,
    }
}

/// A panic of an earlier call left the forest half changed: no later call may trust it.
pub(crate) fn poisoned() -> PyErr {
    InternalError::new_err(
        "an earlier call ended in an internal error and left this forest unusable: \
         restore it from saved bytes or build a new one",
    )
}
