//! `rcf._rcf.KeyedDetectors`, which `rcf.DetectorMap` gives a Mapping's manners.

mod key;
mod process;
mod state;
mod store;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use rcf_core::AnomalyDetector;
use rcf_core::keyed::{DetectorMap, MapError};

use crate::detector::PyAnomalyDetector;
use crate::errors;
use crate::parameters::{integer, real};
use key::Key;
use store::SavedDetectors;

/// Detectors by key, all like the one that is given.
///
/// Parameters
/// ----------
/// template : AnomalyDetector
///     One that has seen nothing.
/// budget : int, optional
///     Bytes for detectors in use.
/// time_to_live : float, optional
///     For how long a key may be silent.
#[pyclass(frozen, module = "rcf._rcf", name = "KeyedDetectors")]
pub(crate) struct PyKeyedDetectors {
    /// What new keys begin with: it knows the rules that do not depend on the past.
    template: Arc<AnomalyDetector>,
    budget: Option<usize>,
    time_to_live: Option<f64>,
    saved_bytes: Arc<AtomicUsize>,
    inner: Mutex<Keyed>,
}

/// What calls change.
struct Keyed {
    map: DetectorMap<Key, AnomalyDetector>,
    /// The number of rows taken.
    rows: u64,
    /// Whether rows come with timestamps; unknown before the first.
    is_timed: Option<bool>,
}

/// The map counts in whole numbers: thousandths of the caller's unit.
fn ticks(time: f64) -> i64 {
    (time * 1000.0).floor() as i64
}

impl PyKeyedDetectors {
    /// Works on the map without the GIL: nobody who holds the lock waits for Python.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Keyed) -> R + Send,
    ) -> PyResult<R> {
        py.detach(|| self.inner.lock().map(|mut inner| work(&mut inner)).ok())
            .ok_or_else(errors::poisoned)
    }

    fn build(
        template: AnomalyDetector,
        budget: Option<usize>,
        time_to_live: Option<f64>,
    ) -> PyResult<Self> {
        if time_to_live.is_some_and(|time| time.is_nan() || time <= 0.0) {
            return Err(errors::config("time_to_live must be above 0"));
        }
        let template = Arc::new(template);
        let new = Arc::clone(&template);
        let store = SavedDetectors::default();
        let saved_bytes = store.bytes();
        let mut map = DetectorMap::builder(move |_: &Key| AnomalyDetector::clone(&new));
        if let Some(bytes) = budget {
            map = map.budget(bytes, store);
        }
        if let Some(time) = time_to_live {
            map = map.time_to_live(ticks(time).unsigned_abs());
        }
        Ok(Self {
            template,
            budget,
            time_to_live,
            saved_bytes,
            inner: Mutex::new(Keyed {
                map: map.build(),
                rows: 0,
                is_timed: None,
            }),
        })
    }
}

impl Keyed {
    /// A copy of the detector of a key, which stays as it is.
    fn copy(&mut self, key: &Key) -> Result<Option<AnomalyDetector>, MapError> {
        if !self.map.contains(key) {
            return Ok(None);
        }
        // Looked at in the distant past it has not expired, and what fails changes nothing.
        let look = |detector: &mut AnomalyDetector| Err::<(), _>(Box::new(detector.clone()));
        let copy = self.map.with(key, i64::MIN, look)?.err();
        Ok(copy.map(|detector| *detector))
    }
}

#[pymethods]
impl PyKeyedDetectors {
    #[new]
    #[pyo3(signature = (template, *, budget=None, time_to_live=None))]
    fn new(
        py: Python<'_>,
        template: &PyAnomalyDetector,
        budget: Option<&Bound<'_, PyAny>>,
        time_to_live: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let budget = integer("budget", budget)?;
        let time_to_live = real("time_to_live", time_to_live)?;
        Self::build(template.copy(py)?, budget, time_to_live)
    }

    /// A copy of the detector of a key, or None.
    fn get(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Option<PyAnomalyDetector>> {
        let key = Key::extract(key)?;
        let found = self.with(py, |inner| inner.copy(&key))?;
        let found = found.map_err(|error| errors::map(&error))?;
        Ok(found.map(PyAnomalyDetector::from_core))
    }

    /// Forget a key; tells whether it was known.
    fn forget(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let key = Key::extract(key)?;
        self.with(py, |inner| inner.map.remove(&key))
    }

    /// All keys.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let list = |inner: &mut Keyed| inner.map.keys().map(|(key, _)| key.clone()).collect();
        let keys: Vec<Key> = self.with(py, list)?;
        keys.into_iter().map(|key| key.into_pyobject(py)).collect()
    }

    fn __contains__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(key) = Key::extract(key) else {
            return Ok(false);
        };
        self.with(py, |inner| inner.map.contains(&key))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |inner| inner.map.len())
    }

    /// Bytes of the map: detectors in use, keys and tables.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |inner| inner.map.size_in_bytes())
    }

    /// Number of detectors that are saved since they exceed the budget.
    #[getter]
    fn saved(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |inner| inner.map.spilled())
    }

    /// Bytes of those that are saved.
    #[getter]
    fn saved_bytes(&self) -> usize {
        self.saved_bytes.load(Ordering::Relaxed)
    }

    /// Number of keys that were forgotten for their silence.
    #[getter]
    fn expirations(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |inner| inner.map.statistics().expirations)
    }
}
