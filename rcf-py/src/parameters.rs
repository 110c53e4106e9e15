//! Arguments of constructors and calls, with errors that name the argument.
//!
//! By default, Python reports a negative integer as an `OverflowError`, and a wrong type without
//! naming which of nine arguments is meant.

use std::path::PathBuf;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyIterator};

use rcf_core::{MAX_DIMENSIONS, MemoryProfile};

use crate::errors;

/// The value that the caller passed for one argument, if any.
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

/// A number, or `"random"` for one that is drawn: see the property `seed`.
pub(crate) fn seed_or_random(name: &str, value: Argument<'_, '_>) -> PyResult<Option<u64>> {
    match value.map(|value| value.extract::<String>()) {
        Some(Ok(text)) if text == "random" => Ok(Some(rand::random())),
        Some(Ok(text)) => Err(errors::config(format!(
            "{name} must be an integer or \"random\", got {text:?}"
        ))),
        _ => integer(name, value),
    }
}

/// An integer that has no default.
pub(crate) fn required(name: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    integer(name, Some(value))?.ok_or_else(|| wrong_type(name, "an integer", value))
}

pub(crate) fn real(name: &str, value: Argument<'_, '_>) -> PyResult<Option<f64>> {
    convert(name, "a number", value)
}

/// A number that has no default.
pub(crate) fn needed(name: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real(name, Some(value))?.ok_or_else(|| wrong_type(name, "a number", value))
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

/// The name of a memory profile.
pub(crate) fn memory_profile(value: &Bound<'_, PyAny>) -> PyResult<MemoryProfile> {
    let name = "memory_profile";
    let given: String = convert(name, "a name", Some(value))?.unwrap_or_default();
    let mut all = MemoryProfile::ALL.into_iter();
    all.find(|it| it.as_str() == given).ok_or_else(|| {
        let names = MemoryProfile::ALL.map(|it| format!("{:?}", it.as_str()));
        errors::config(format!(
            "{name} must be {}, got {given:?}",
            names.join(" or ")
        ))
    })
}

pub(crate) fn flag(name: &str, value: Argument<'_, '_>) -> PyResult<Option<bool>> {
    convert(name, "True or False", value)
}

/// Whether missing values are filled in.
#[derive(Clone, Copy)]
pub(crate) struct Missing(pub(crate) bool);

impl Missing {
    pub(crate) const RAISE: Self = Self(false);
}

impl<'py> FromPyObject<'_, 'py> for Missing {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let value = value.to_owned();
        match value.extract::<&str>() {
            Ok("raise") => Ok(Self(false)),
            Ok("impute") => Ok(Self(true)),
            Ok(text) => Err(errors::config(format!(
                "missing must be \"raise\" or \"impute\", got {text:?}"
            ))),
            Err(_) => Err(wrong_type("missing", "\"raise\" or \"impute\"", &value)),
        }
    }
}

/// Names of columns.
pub(crate) fn names(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Vec<String>>> {
    convert(name, "a list of names", value)
}

/// One number for each of several things.
pub(crate) fn reals(name: &str, value: Argument<'_, '_>) -> PyResult<Option<Vec<f64>>> {
    convert(name, "a sequence of numbers", value)
}

/// A saved state.
pub(crate) fn data<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    let data = value.extract();
    data.map_err(|_| wrong_type("data", "a bytes-like object", value))
}

/// A function, if one is given.
pub(crate) fn check_callable(name: &str, value: Argument<'_, '_>) -> PyResult<()> {
    match value {
        Some(value) if !value.is_callable() => Err(wrong_type(name, "a function", value)),
        _ => Ok(()),
    }
}

/// A file.
pub(crate) fn path(value: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let path = convert("path", "a path", Some(value))?;
    path.ok_or_else(|| wrong_type("path", "a path", value))
}

/// The objects of an argument that is a collection.
pub(crate) fn items<'py>(
    name: &str,
    kind: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyIterator>> {
    value.try_iter().map_err(|_| wrong_type(name, kind, value))
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

pub(crate) fn wrong_type(name: &str, kind: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.get_type().name() {
        Ok(found) => PyTypeError::new_err(format!("{name} must be {kind}, got {found}")),
        Err(failure) => failure,
    }
}

/// One keyword of a constructor.
pub(crate) struct Parameter<B, C> {
    pub(crate) name: &'static str,
    /// Passes a value other than None to the builder; defaults are only in rcf-core.
    pub(crate) set: for<'a, 'py> fn(B, &'a Bound<'py, PyAny>) -> PyResult<B>,
    /// The current value, as the constructor would take it; None if there is none.
    pub(crate) get: for<'py> fn(Python<'py>, &C) -> PyResult<Bound<'py, PyAny>>,
}

/// A keyword that the builder and the configuration name and store in the same way.
macro_rules! plain {
    ($name:ident: $kind:expr) => {
        $crate::parameters::plain!($name: $kind => std::convert::identity)
    };
    ($name:ident: $kind:expr => $shown:expr) => {
        $crate::parameters::Parameter {
            name: stringify!($name),
            set: |builder, value| {
                Ok(match $kind(stringify!($name), Some(value))? {
                    Some(value) => builder.$name(value),
                    None => builder,
                })
            },
            get: |py, config| {
                pyo3::IntoPyObjectExt::into_bound_py_any($shown(config.$name.clone()), py)
            },
        }
    };
}
pub(crate) use plain;

/// The arguments of the constructor, each a known keyword.
pub(crate) struct Keywords<'py>(Option<Bound<'py, PyDict>>);

impl<'py> Keywords<'py> {
    pub(crate) fn check<B, C>(
        class: &str,
        table: &[Parameter<B, C>],
        given: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let Some(given) = given else {
            return Ok(Self(None));
        };
        let names = || {
            ["input_dimensions"]
                .into_iter()
                .chain(table.iter().map(|known| known.name))
        };
        for key in given.keys() {
            let key: String = key.extract()?;
            if !names().any(|name| name == key) {
                return Err(unknown(given.py(), class, &key, names().collect()));
            }
        }
        Ok(Self(Some(given.clone())))
    }

    /// The value of a keyword, unless it is None.
    pub(crate) fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(given) = &self.0 else {
            return Ok(None);
        };
        Ok(given.get_item(name)?.filter(|value| !value.is_none()))
    }

    /// Passes everything except the number of inputs to a builder, in the order of the table.
    pub(crate) fn apply<B, C>(&self, table: &[Parameter<B, C>], mut builder: B) -> PyResult<B> {
        for parameter in table {
            if let Some(value) = self.get(parameter.name)? {
                builder = (parameter.set)(builder, &value)?;
            }
        }
        Ok(builder)
    }

    /// A copy to keep.
    pub(crate) fn keep(&self, py: Python<'py>) -> PyResult<Py<PyDict>> {
        Ok(match &self.0 {
            Some(given) => given.copy()?.unbind(),
            None => PyDict::new(py).unbind(),
        })
    }
}

/// Python's error for unknown keywords, with the name that was probably meant.
fn unknown(py: Python<'_>, class: &str, key: &str, names: Vec<&str>) -> PyErr {
    let close = || -> PyResult<Vec<String>> {
        let difflib = py.import("difflib")?;
        difflib
            .call_method1("get_close_matches", (key, names, 1))?
            .extract()
    };
    let hint = match close() {
        Ok(close) => close
            .first()
            .map(|name| format!("; did you mean '{name}'?")),
        Err(failure) => return failure,
    };
    let hint = hint.unwrap_or_else(|| format!("; help(rcf.{class}) names all"));
    PyTypeError::new_err(format!(
        "{class}() got an unexpected keyword argument '{key}'{hint}"
    ))
}

/// Refuses the keywords that a call does not have; PyO3 would not say which was meant.
pub(crate) fn no_more(
    call: &str,
    names: &[&str],
    given: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let Some((key, _)) = given.and_then(|given| given.iter().next()) else {
        return Ok(());
    };
    Err(unknown(
        key.py(),
        call,
        &key.extract::<String>()?,
        names.to_vec(),
    ))
}

/// All parameters of a model by name, from the properties of these names.
pub(crate) fn by_name<'py>(
    model: &Bound<'py, PyAny>,
    names: &[&str],
) -> PyResult<Bound<'py, PyDict>> {
    let parameters = PyDict::new(model.py());
    for name in names {
        parameters.set_item(name, model.getattr(*name)?)?;
    }
    Ok(parameters)
}

/// Those of these parameters that differ from the ones of a usual model, as arguments of a call.
pub(crate) fn differing(
    model: &Bound<'_, PyAny>,
    usual: &Bound<'_, PyAny>,
    names: &[&str],
) -> PyResult<Vec<String>> {
    let mut shown = Vec::new();
    for name in names {
        let value = model.getattr(*name)?;
        if !value.eq(usual.getattr(*name)?)? {
            shown.push(format!("{name}={}", value.repr()?));
        }
    }
    Ok(shown)
}

/// Properties for parameters, read from the configuration of the model in the field `$model`.
macro_rules! getters {
    ($class:ident, $model:ident: $($(#[$doc:meta])+ $parameter:ident: $type:ty),+ $(,)?) => {
        #[pymethods]
        impl $class {$(
            $(#[$doc])+
            #[getter]
            fn $parameter(&self) -> $type {
                self.$model.config().$parameter.clone()
            }
        )+}
    };
}
pub(crate) use getters;
