//! Saving a map: the parts of its pickle.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rcf_core::AnomalyDetector;
use rcf_core::keyed::MapError;

use super::key::Key;
use super::{Keyed, PyKeyedDetectors};
use crate::detector::PyAnomalyDetector;
use crate::errors;

/// Rows taken, whether they had timestamps, the newest time, and for each key its last use and its
/// saved detector.
type Contents<'py> = (
    u64,
    Option<bool>,
    i64,
    Vec<(Bound<'py, PyAny>, i64, Bound<'py, PyBytes>)>,
);
/// The template, the budget and the time to live.
type Parameters<'py> = (Bound<'py, PyAnomalyDetector>, Option<usize>, Option<f64>);

impl Keyed {
    /// Each key, the time of its last use, and its saved detector.
    fn entries(&mut self) -> Result<Vec<(Key, i64, Vec<u8>)>, MapError> {
        let keys = self
            .map
            .keys()
            .map(|(key, last_used)| (key.clone(), last_used));
        let keys: Vec<(Key, i64)> = keys.collect();
        let mut entries = Vec::with_capacity(keys.len());
        for (key, last_used) in keys {
            if let Some(detector) = self.copy(&key)? {
                entries.push((key, last_used, detector.to_bytes()));
            }
        }
        Ok(entries)
    }
}

#[pymethods]
impl PyKeyedDetectors {
    /// The parts from which `restore` makes a map.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Parameters<'py>, Contents<'py>))> {
        let (py, map) = (slf.py(), slf.get());
        let content = map.with(py, |inner| {
            Ok::<_, MapError>((inner.rows, inner.is_timed, inner.newest, inner.entries()?))
        })?;
        let (rows, is_timed, newest, entries) = content.map_err(|error| errors::map(&error))?;
        let entries = entries.into_iter().map(|(key, last_used, state)| {
            Ok((key.into_pyobject(py)?, last_used, PyBytes::new(py, &state)))
        });
        let contents = (rows, is_timed, newest, entries.collect::<PyResult<_>>()?);
        let template = map.template.bind(py).clone();
        let parameters = (template, map.budget, map.time_to_live);
        let restore = slf.get_type().getattr("restore")?;
        Ok((restore, (parameters, contents)))
    }

    /// Make a map from the parts of `__reduce__`.
    ///
    /// Parameters
    /// ----------
    /// parameters : tuple
    ///     Template, budget and time to live.
    /// contents : tuple
    ///     The state of the keys.
    ///
    /// Returns
    /// -------
    /// KeyedDetectors
    ///     The map.
    #[staticmethod]
    fn restore(
        py: Python<'_>,
        parameters: Parameters<'_>,
        contents: Contents<'_>,
    ) -> PyResult<Self> {
        let (template, budget, time_to_live) = parameters;
        let map = Self::build(py, template.unbind(), budget, time_to_live)?;
        let (rows, is_timed, newest, entries) = contents;
        map.with(py, |inner| {
            (inner.rows, inner.is_timed, inner.newest) = (rows, is_timed, newest);
        })?;
        for (key, last_used, state) in entries {
            let key = Key::extract(&key)?;
            let detector = AnomalyDetector::from_bytes(state.as_bytes()).map_err(errors::state)?;
            map.with(py, |inner| inner.map.restore(key, last_used, detector))?
                .map_err(|error| errors::map(&error))?;
        }
        Ok(map)
    }
}
