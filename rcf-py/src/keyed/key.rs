//! Keys: their form in Python, and their form in the map of the core.

use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use rcf_core::keyed;

use crate::errors;

/// A key of Python that has the same hash and the same bytes everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Integer(i64),
    Text(Arc<str>),
    Tuple(Arc<[Key]>),
}

impl Key {
    pub(super) fn extract(key: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = key.cast::<PyString>() {
            return Ok(Self::Text(text.to_cow()?.as_ref().into()));
        }
        if let Ok(tuple) = key.cast::<PyTuple>() {
            let parts = tuple.iter().map(|part| Self::extract(&part));
            return Ok(Self::Tuple(parts.collect::<PyResult<_>>()?));
        }
        // Also NumPy's integers; floats are none.
        if let Ok(integer) = key.extract() {
            return Ok(Self::Integer(integer));
        }
        let found = key.get_type().name()?;
        Err(errors::input(format!(
            "keys must be str, int of 64 bits, or tuples of these, got {found} {key}: convert \
             them to text with str(key) or keys.astype(str)"
        )))
    }

    /// Bytes on the heap, which all clones share.
    fn shared_bytes(&self) -> usize {
        const COUNTERS: usize = 2 * size_of::<usize>();
        match self {
            Self::Integer(_) => 0,
            Self::Text(text) => COUNTERS + text.len(),
            Self::Tuple(parts) => {
                let inside: usize = parts.iter().map(Self::shared_bytes).sum();
                COUNTERS + size_of_val::<[Self]>(parts) + inside
            }
        }
    }
}

/// As displayed in Python.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Text(text) => write!(f, "'{}'", text.escape_debug()),
            Self::Tuple(parts) => {
                f.write_str("(")?;
                for part in &**parts {
                    write!(f, "{part}, ")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl keyed::Key for Key {
    /// The map holds two copies.
    fn heap_bytes(&self) -> usize {
        self.shared_bytes().div_ceil(2)
    }
}

impl<'py> IntoPyObject<'py> for &Key {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(match self {
            Key::Integer(integer) => integer.into_pyobject(py)?.into_any(),
            Key::Text(text) => PyString::new(py, text).into_any(),
            Key::Tuple(parts) => PyTuple::new(py, &**parts)?.into_any(),
        })
    }
}
