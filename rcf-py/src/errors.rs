//! Conversion of the errors of `rcf-core` to the exceptions in `rcf/_errors.py`.

use std::fmt::Display;
use std::io;
use std::path::Path;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use rcf_core::keyed::MapError;
use rcf_core::{ArrayError, InputError as Refused, StateError as BadState};

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

/// The exception for an input, or for a call that comes too early.
pub(crate) fn refused(error: Refused) -> PyErr {
    match error {
        Refused::NotReady { updates } => NotReadyError::new_err(format!(
            "the forest is not ready after {updates} observations; let it learn until is_ready"
        )),
        _ => input(in_python(&error, None)),
    }
}

/// The same for an observation whose values have these names.
pub(crate) fn refused_by_name(error: Refused, names: Option<&[String]>) -> PyErr {
    match (&error, names) {
        (Refused::NotFinite { .. } | Refused::OutOfRange { .. }, Some(_)) => {
            input(in_python(&error, names))
        }
        _ => refused(error),
    }
}

/// The remedy, in the terms of Python; a value by its name, if there are names.
fn in_python(error: &Refused, names: Option<&[String]>) -> String {
    let message = match error {
        Refused::NotFinite { index, .. } | Refused::OutOfRange { index, .. } => {
            let said = error.to_string();
            // A point of several observations has their values one after the other.
            let name = names.and_then(|names| names.get(index.checked_rem(names.len())?));
            match (name, said.strip_prefix(&format!("value {index}"))) {
                (Some(name), Some(rest)) => format!("{name:?}{rest}"),
                _ => said,
            }
        }
        _ => error.to_string(),
    };
    match error {
        Refused::NotFinite { value, .. } if value.is_nan() => {
            format!("{message}; a detector fills in what is missing with missing=\"impute\"")
        }
        Refused::SequenceNumbersNotStored => {
            "the forest does not store sequence numbers; build it with store_sequence_numbers=True"
                .to_owned()
        }
        Refused::LabelsNotStored => {
            "the forest does not store labels; build it with store_labels=True".to_owned()
        }
        _ => message,
    }
}

pub(crate) fn state(error: BadState) -> PyErr {
    const CLASSES: [&str; 5] = [
        "RandomCutForest",
        "AnomalyDetector",
        "Forecaster",
        "DistanceDetector",
        "CategoryEncoder",
    ];
    if let BadState::WrongKind { found, .. } = error
        && let Some(class) = CLASSES.get(usize::from(found).wrapping_sub(1))
    {
        return StateError::new_err(format!(
            "these are bytes of another kind: {class}.from_bytes restores them"
        ));
    }
    StateError::new_err(error.to_string())
}

/// The map of the core fails only if its store does, and our store holds only bytes that we wrote.
pub(crate) fn map(error: &MapError) -> PyErr {
    StateError::new_err(error.to_string())
}

/// A file that could not be used, with its name.
pub(crate) fn file(path: &Path, error: &io::Error) -> PyErr {
    match error.raw_os_error() {
        // Python converts it to a FileNotFoundError if appropriate.
        Some(number) => PyOSError::new_err((number, error.to_string(), path.to_path_buf())),
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}

/// An `InputError` whose attribute `row` is the position of the refused point in the array, whose
/// columns have these names.
pub(crate) fn array(py: Python<'_>, error: &ArrayError, names: Option<&[String]>) -> PyErr {
    let reason = in_python(&error.source, names);
    at_row(py, input(format!("row {}: {reason}", error.row)), error.row)
}

/// The same for one of several keys.
pub(crate) fn array_of_keys(
    py: Python<'_>,
    error: &ArrayError,
    key: &impl Display,
    names: Option<&[String]>,
) -> PyErr {
    let reason = in_python(&error.source, names);
    at_row(
        py,
        input(format!("key {key}, row {}: {reason}", error.row)),
        error.row,
    )
}

fn at_row(py: Python<'_>, exception: PyErr, row: usize) -> PyErr {
    match exception.value(py).setattr("row", row) {
        Ok(()) => exception,
        Err(failure) => failure,
    }
}

/// A panic of an earlier call left the model half changed: no later call may trust it.
pub(crate) fn poisoned() -> PyErr {
    InternalError::new_err(
        "an earlier call ended in an internal error and left this model unusable: \
         restore it from saved bytes or build a new one",
    )
}
