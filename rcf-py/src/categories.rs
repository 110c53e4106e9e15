//! `rcf.CategoryEncoder`.

use std::time::Instant;

use numpy::PyArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyType};
use rcf_core::categories::CategoryEncoder;

use crate::errors;
use crate::parameters::{self, by_name, differing, flag, integer, items, no_more, real};
use crate::shared::Shared;
use crate::slices::{Progress, until_moments};

/// Signals are looked for after so many categories were read.
const HEARD_EVERY: usize = 1 << 12;

/// Turn categories into numbers that a detector can judge: how surprising each is.
///
/// That is ``-log(p)``, where p is its share of the recent stream: new and rare categories have
/// large values, common ones small values. Use it as one more input next to the numbers, with an
/// encoder for each column of categories.
///
/// Parameters
/// ----------
/// capacity : int, default 1024
///     The largest number of categories; beyond it the rarest one is forgotten.
/// time_decay : float, default 0.0001
///     How fast counts decay, per observation; 0 forgets nothing.
///
/// Raises
/// ------
/// ConfigError
///     If a parameter breaks its rule.
///
/// Notes
/// -----
/// Only the frequency of a category counts: two equally frequent categories are not distinguished,
/// and a common category next to an unusual number is not detected. Among very many categories of
/// equal frequency a new one is hardly more surprising than any other. Categories are distinguished
/// by a hash of 64 bits.
///
/// Examples
/// --------
/// >>> generator = np.random.default_rng(1)
/// >>> methods = generator.choice(["GET", "POST", "PUT"], p=[0.7, 0.2, 0.1], size=3000)
/// >>> methods = methods.astype(object)
/// >>> methods[2500] = "TRACE"
/// >>> milliseconds = generator.normal(20, 3, size=3000)
/// >>> surprise = rcf.CategoryEncoder().process(methods)
/// >>> detector = rcf.AnomalyDetector(shingle_size=1)
/// >>> result = detector.process(np.column_stack([milliseconds, surprise]))
/// >>> bool(result.is_anomaly[2500])
/// True
#[pyclass(frozen, module = "rcf", name = "CategoryEncoder")]
pub(crate) struct PyCategoryEncoder {
    encoder: Shared<CategoryEncoder>,
}

/// The arguments of the constructor.
const PARAMETERS: [&str; 2] = ["capacity", "time_decay"];

/// A category as bytes.
fn category(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(text.to_cow()?.as_bytes().to_vec());
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let found = object.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a category must be a str, got {found}: use str(…), and a separate category for missing \
         values"
    )))
}

#[pymethods]
impl PyCategoryEncoder {
    #[new]
    #[pyo3(
        signature = (*, capacity=None, time_decay=None, **more),
        text_signature = "(*, capacity=1024, time_decay=0.0001)"
    )]
    fn new(
        capacity: Option<&Bound<'_, PyAny>>,
        time_decay: Option<&Bound<'_, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        no_more("CategoryEncoder", &["capacity", "time_decay"], more)?;
        let default = CategoryEncoder::default();
        let capacity = integer("capacity", capacity)?.unwrap_or(default.capacity());
        let time_decay = real("time_decay", time_decay)?.unwrap_or(default.time_decay());
        let encoder = CategoryEncoder::new(capacity, time_decay).map_err(errors::config)?;
        Ok(Self::from(encoder))
    }

    /// Return the surprise of each category given those before it, and learn it.
    ///
    /// Parameters
    /// ----------
    /// categories : iterable of str
    ///     Oldest first; a column of a table also works.
    /// progress : bool or callable, optional
    ///     True shows it; a callable is called with how many are done, and how many there are.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (n,)
    ///     ``-log(p)`` of each, 0 or more.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If one is not a string. Nothing has been learned.
    #[pyo3(signature = (categories, *, progress=None))]
    fn process<'py>(
        &self,
        py: Python<'py>,
        categories: &Bound<'py, PyAny>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        if categories.is_instance_of::<PyString>() || categories.is_instance_of::<PyBytes>() {
            return Err(PyTypeError::new_err(
                "categories must be a sequence of texts, got one text: process_one takes it",
            ));
        }
        let mut texts = Vec::new();
        for object in items("categories", "a sequence of texts", categories)? {
            texts.push(category(&object?)?);
            if texts.len() % HEARD_EVERY == 0 {
                py.check_signals()?;
            }
        }
        let progress = Progress::new(progress, texts.len())?;
        let mut surprises = Vec::with_capacity(texts.len());
        // Beyond the capacity a new category takes a thousand times as long.
        let done = until_moments(py, &progress, |from, end| {
            self.encoder.write_detached(py, |encoder| {
                for text in &texts[from..] {
                    surprises.push(encoder.process(text));
                    if Instant::now() >= end {
                        break;
                    }
                }
            })?;
            Ok(surprises.len())
        });
        let surprises = PyArray1::from_vec(py, surprises);
        match done {
            Ok(()) => Ok(surprises),
            Err(stopped) => Err(stopped.with(py, surprises.into_any())),
        }
    }

    /// Return the surprise of one category, and learn it.
    ///
    /// Parameters
    /// ----------
    /// category : str
    ///     The category.
    ///
    /// Returns
    /// -------
    /// float
    ///     ``-log(p)``, 0 or more.
    #[pyo3(name = "process_one", signature = (category))]
    fn process_one(&self, py: Python<'_>, category: &Bound<'_, PyAny>) -> PyResult<f64> {
        let category = self::category(category)?;
        Ok(self.encoder.write(py)?.process(category))
    }

    /// Return the surprise of a category without learning it.
    ///
    /// Parameters
    /// ----------
    /// category : str
    ///     The category; one that is not known has the surprise of any new one.
    ///
    /// Returns
    /// -------
    /// float
    ///     ``-log(p)``, 0 or more.
    fn surprise(&self, py: Python<'_>, category: &Bound<'_, PyAny>) -> PyResult<f64> {
        let category = self::category(category)?;
        Ok(self.encoder.read(py)?.surprise(category))
    }

    /// All parameters by name, as the constructor takes them.
    ///
    /// Parameters
    /// ----------
    /// deep : bool, default True
    ///     Without effect: no parameter has parameters.
    ///
    /// Returns
    /// -------
    /// dict of str
    ///     The current values.
    ///
    /// Examples
    /// --------
    /// >>> rcf.CategoryEncoder(capacity=64).get_params()
    /// {'capacity': 64, 'time_decay': 0.0001}
    #[pyo3(signature = (deep=None), text_signature = "($self, deep=True)")]
    fn get_params<'py>(
        slf: &Bound<'py, Self>,
        deep: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        flag("deep", deep)?;
        by_name(slf.as_any(), &PARAMETERS)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let usual = slf.get_type().call0()?;
        let shown = differing(slf.as_any(), &usual, &PARAMETERS)?;
        Ok(format!("CategoryEncoder({})", shown.join(", ")))
    }

    /// Number of categories that are remembered.
    #[getter]
    fn categories(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.encoder.read(py)?.categories())
    }

    /// Number of observations learned so far.
    #[getter]
    fn observations(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.encoder.read(py)?.observations())
    }

    /// The largest number of categories that are remembered.
    #[getter]
    fn capacity(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.encoder.read(py)?.capacity())
    }

    /// How fast counts decay, per observation.
    #[getter]
    fn time_decay(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.encoder.read(py)?.time_decay())
    }

    /// The complete state, in the same format as in Rust. Save it together with that of the
    /// detector.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     What `from_bytes` restores.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.encoder.read(py)?.to_bytes()))
    }

    /// Restore an encoder from the result of `to_bytes`; it continues exactly as the saved one
    /// would.
    ///
    /// Parameters
    /// ----------
    /// data : bytes
    ///     A saved state.
    ///
    /// Returns
    /// -------
    /// CategoryEncoder
    ///     The restored encoder.
    ///
    /// Raises
    /// ------
    /// StateError
    ///     If the bytes are damaged, truncated, or not a saved encoder.
    #[classmethod]
    fn from_bytes(_cls: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let data = parameters::data(data)?;
        let encoder = CategoryEncoder::from_bytes(data).map_err(errors::state)?;
        Ok(Self::from(encoder))
    }

    /// Pickle, copy and deepcopy use the saved state.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let restore = slf.get_type().getattr("from_bytes")?;
        Ok((restore, (slf.get().to_bytes(slf.py())?,)))
    }
}

impl From<CategoryEncoder> for PyCategoryEncoder {
    fn from(encoder: CategoryEncoder) -> Self {
        Self {
            encoder: Shared::new(encoder),
        }
    }
}
