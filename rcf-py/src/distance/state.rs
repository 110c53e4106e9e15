//! Keeping a detector of objects: bytes and pickle.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyType};
use rcf_core::distance::DistanceDetector;

use super::{Object, PyDistanceDetector, measure};
use crate::errors;
use crate::parameters::{self, check_callable};

/// The bytes of an object that is a string, as Rust's `String` is encoded: the length, then UTF-8.
fn of_string(py: Python<'_>, object: &Object) -> PyResult<Vec<u8>> {
    let text = object.bind(py).cast::<PyString>().map_err(|_| {
        PyTypeError::new_err(
            "objects that are not strings need `encode` and `decode`, such as pickle.dumps and \
             pickle.loads",
        )
    })?;
    let text = text.to_cow()?;
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    Ok(bytes)
}

fn string_of(py: Python<'_>, bytes: &[u8]) -> PyResult<Object> {
    let text = bytes
        .split_first_chunk::<8>()
        .filter(|(length, text)| u64::from_le_bytes(**length) == text.len() as u64);
    let text = text.and_then(|(_, text)| std::str::from_utf8(text).ok());
    match text {
        Some(text) => Ok(PyString::new(py, text).into_any().unbind()),
        None => Err(PyTypeError::new_err(
            "it is not a string: restore it with the `decode` that matches its `encode`",
        )),
    }
}

/// What `__reduce__` returns: the function that restores, and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>, Py<PyAny>));

#[pymethods]
impl PyDistanceDetector {
    /// The complete state, except for the distance.
    ///
    /// The same format as in Rust, with a version and a checksum; there, a detector of strings can
    /// be read as a ``DistanceDetector<String>``.
    ///
    /// Parameters
    /// ----------
    /// encode : callable (object) -> bytes, optional
    ///     How an object is written; not needed for strings.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     What `from_bytes` restores.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If an object is not a string, and there is no `encode`.
    #[pyo3(signature = (encode=None))]
    fn to_bytes<'py>(
        &self,
        py: Python<'py>,
        encode: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        check_callable("encode", encode)?;
        let bytes = self.with(|detector| {
            detector.to_bytes_by(|object| match encode {
                None => of_string(py, object),
                Some(encode) => encode.call1((object,))?.extract::<Vec<u8>>(),
            })
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Restore a detector from the result of `to_bytes`; it continues exactly as the saved one
    /// would.
    ///
    /// Parameters
    /// ----------
    /// data : bytes
    ///     A saved state.
    /// distance : callable (object, object) -> float
    ///     The same as before: it is not part of the state.
    /// decode : callable (bytes) -> object, optional
    ///     How an object is read; not needed for strings. ``pickle.loads`` runs code that the bytes
    ///     name: use it only for your own bytes.
    ///
    /// Returns
    /// -------
    /// DistanceDetector
    ///     The restored detector.
    ///
    /// Raises
    /// ------
    /// StateError
    ///     If the bytes are damaged, truncated, or not a saved detector of objects. Exceptions of
    ///     `decode` are passed on.
    ///
    /// Examples
    /// --------
    /// >>> detector = rcf.DistanceDetector(lambda one, other: abs(len(one) - len(other)))
    /// >>> _ = detector.process(["a", "bb", "ccc"] * 100)
    /// >>> again = rcf.DistanceDetector.from_bytes(detector.to_bytes(), detector.distance)
    /// >>> again.to_bytes() == detector.to_bytes()
    /// True
    #[classmethod]
    #[pyo3(signature = (data, distance, decode=None))]
    fn from_bytes(
        cls: &Bound<'_, PyType>,
        data: &Bound<'_, PyAny>,
        distance: &Bound<'_, PyAny>,
        decode: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = cls.py();
        measure::check_callable(distance)?;
        check_callable("decode", decode)?;
        let data = parameters::data(data)?;
        let mut raised = None;
        let restored = DistanceDetector::from_bytes_by(data, |bytes| {
            let object = match decode {
                None => return string_of(py, bytes).map_err(|error| error.value(py).to_string()),
                Some(decode) => decode.call1((PyBytes::new(py, bytes),)),
            };
            object.map(Bound::unbind).map_err(|error| {
                let reason = error.value(py).to_string();
                raised = Some(error);
                reason
            })
        });
        match (raised, restored) {
            (Some(raised), _) => Err(raised),
            (None, restored) => {
                let detector = restored.map_err(errors::state)?;
                Ok(Self::of(distance.clone().unbind(), detector))
            }
        }
    }

    /// Pickle, copy and deepcopy use the saved state, with objects by pickle.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        let pickle = py.import("pickle")?;
        let bytes = slf.get().to_bytes(py, Some(&pickle.getattr("dumps")?))?;
        let keywords = PyDict::new(py);
        keywords.set_item("decode", pickle.getattr("loads")?)?;
        let restore = py
            .import("functools")?
            .getattr("partial")?
            .call((slf.get_type().getattr("from_bytes")?,), Some(&keywords))?;
        Ok((restore, (bytes, slf.get().distance.clone_ref(py))))
    }
}
