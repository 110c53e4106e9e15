//! `rcf._rcf.KeyedDetectors`, on which `rcf.DetectorMap` builds a Mapping.

mod key;
mod process;
mod state;
mod store;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pyo3::prelude::*;
use rcf_core::AnomalyDetector;
use rcf_core::keyed::{DetectorMap, MapError};

use crate::detector::PyAnomalyDetector;
use crate::detector::feedback::{Marked, number};
use crate::errors;
use crate::held::Held;
use crate::parameters::{integer, real};
use key::Key;
use store::SavedDetectors;

/// Detectors by key, all like the given one.
///
/// Parameters
/// ----------
/// template : AnomalyDetector
///     A new detector.
/// budget : int, optional
///     Bytes for detectors in use.
/// time_to_live : float, optional
///     How long a key may be silent.
#[pyclass(frozen, module = "rcf._rcf", name = "KeyedDetectors")]
pub(crate) struct PyKeyedDetectors {
    /// It never learns, and defines the inputs: their number, their names, and what is rejected.
    template: Py<PyAnomalyDetector>,
    /// The copy that new keys begin with.
    new: Arc<RwLock<AnomalyDetector>>,
    budget: Option<usize>,
    time_to_live: Option<f64>,
    saved_bytes: Arc<AtomicUsize>,
    inner: Mutex<Keyed>,
}

/// The mutable part.
struct Keyed {
    map: DetectorMap<Key, AnomalyDetector>,
    /// The number of rows taken.
    rows: u64,
    /// Whether rows come with timestamps; unknown before the first.
    is_timed: Option<bool>,
    /// The time of the newest row of any key.
    newest: i64,
    /// How long a key may be silent, in ticks.
    time_to_live: Option<i64>,
}

/// The map counts in whole numbers: thousandths of the caller's unit.
fn ticks(time: f64) -> i64 {
    (time * 1000.0).floor() as i64
}

impl PyKeyedDetectors {
    /// Works on the map without the GIL: a thread that holds the lock never waits for Python.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Keyed) -> R + Send,
    ) -> PyResult<R> {
        py.detach(|| self.inner.lock().map(|mut inner| work(&mut inner)).ok())
            .ok_or_else(errors::poisoned)
    }

    /// The template takes on the number of inputs of the first rows; new keys follow.
    fn follow_template(&self, py: Python<'_>) -> PyResult<()> {
        let mut new = self.new.write().unwrap_or_else(PoisonError::into_inner);
        let template = self.template.get();
        if new.config().input_dimensions != template.detector.width() {
            *new = template.copy(py)?;
        }
        Ok(())
    }

    fn build(
        py: Python<'_>,
        template: Py<PyAnomalyDetector>,
        budget: Option<usize>,
        time_to_live: Option<f64>,
    ) -> PyResult<Self> {
        if time_to_live.is_some_and(|time| time.is_nan() || time <= 0.0) {
            return Err(errors::config("time_to_live must be above 0"));
        }
        let new = Arc::new(RwLock::new(template.get().copy(py)?));
        let model = Arc::clone(&new);
        let store = SavedDetectors::default();
        let saved_bytes = store.bytes();
        let mut map = DetectorMap::builder(move |_: &Key| {
            let model = model.read().unwrap_or_else(PoisonError::into_inner);
            AnomalyDetector::clone(&model)
        });
        if let Some(bytes) = budget {
            map = map.budget(bytes, store);
        }
        if let Some(time) = time_to_live {
            map = map.time_to_live(ticks(time).unsigned_abs());
        }
        Ok(Self {
            template,
            new,
            budget,
            time_to_live,
            saved_bytes,
            inner: Mutex::new(Keyed {
                map: map.build(),
                rows: 0,
                is_timed: None,
                newest: i64::MIN,
                time_to_live: time_to_live.map(ticks),
            }),
        })
    }
}

impl Keyed {
    /// Forgets the keys that were silent for longer than the time to live, as of the newest row.
    fn sweep(&mut self) {
        if let Some(time_to_live) = self.time_to_live {
            self.map
                .remove_unused_since(self.newest.saturating_sub(time_to_live));
        }
    }

    /// A copy of the detector of a key; the original does not change.
    fn copy(&mut self, key: &Key) -> Result<Option<AnomalyDetector>, MapError> {
        if !self.map.contains(key) {
            return Ok(None);
        }
        // As of the distant past it has not expired, and a failure changes nothing.
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
        template: Py<PyAnomalyDetector>,
        budget: Option<&Bound<'_, PyAny>>,
        time_to_live: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let budget = integer("budget", budget)?;
        let time_to_live = real("time_to_live", time_to_live)?;
        Self::build(py, template, budget, time_to_live)
    }

    /// A copy of the detector of a key, or None.
    fn get(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Option<PyAnomalyDetector>> {
        let key = Key::extract(key)?;
        let found = self.with(py, |inner| inner.copy(&key))?;
        let found = found.map_err(|error| errors::map(&error))?;
        let names = self.template.get().detector.names();
        found
            .map(|found| {
                let detector = Held::from(found);
                detector.set_names(names)?;
                Ok(PyAnomalyDetector { detector })
            })
            .transpose()
    }

    /// Forget a key; returns whether it was known.
    fn forget(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let key = Key::extract(key)?;
        self.with(py, |inner| inner.map.remove(&key))
    }

    /// Mark a detection of a key as normal; the number of the mark, or None without such a key.
    fn mark_normal(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        detection: &Bound<'_, PyAny>,
    ) -> PyResult<Option<u64>> {
        let key = Key::extract(key)?;
        let mark = Marked::of(detection)?.mark(self.template.get().detector.width())?;
        let marked = self.with(py, |inner| inner.map.add_mark(&key, mark))?;
        marked.map_err(|error| match error {
            MapError::Mark(refused) => errors::input(refused),
            other => errors::map(&other),
        })
    }

    /// Remove a mark of a key; returns whether there was one.
    fn unmark_normal(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        mark: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let key = Key::extract(key)?;
        let Some(mark) = number(mark)? else {
            return Ok(false);
        };
        let removed = self.with(py, |inner| inner.map.unmark_normal(&key, mark))?;
        Ok(removed.map_err(|error| errors::map(&error))?.is_some())
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

    /// The detector that new keys begin with, which never learns.
    #[getter]
    fn template(&self, py: Python<'_>) -> Py<PyAnomalyDetector> {
        self.template.clone_ref(py)
    }

    /// Bytes for detectors in use.
    #[getter]
    fn budget(&self) -> Option<usize> {
        self.budget
    }

    /// How long a key may be silent.
    #[getter]
    fn time_to_live(&self) -> Option<f64> {
        self.time_to_live
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
