//! `rcf.DistanceDetector` and `rcf.summarize`: any objects with a distance.

mod measure;
mod state;
mod summary;

pub(crate) use measure::{Object, Space, check_callable};
pub(crate) use summary::{summarize, summarizer};

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::distance::{DistanceDetector, DistanceDetectorConfig};

use crate::parameters::{by_name, differing, flag, integer, items, no_more, real, seed_or_random};
use crate::{answers, errors};

/// Detect anomalies among objects of which only distances are known.
///
/// A sample of the stream that prefers recent objects is clustered. An object far from all
/// clusters, measured by their own extents and by the previous scores, is an anomaly: strings,
/// sets, histograms, or anything that a function can compare.
///
/// Parameters
/// ----------
/// distance : callable (object, object) -> float
///     0 for equal objects, otherwise above 0, the same in both directions.
/// sample_size : int, default 256
///     Number of objects of the stream that are kept; older objects are fewer.
/// time_decay : float, optional
///     How fast old objects leave the sample, per object; 1 / (10 * sample_size) by default. 0
///     forgets nothing.
/// seed : int or "random", default 0
///     Seed of every random choice: the same objects give the same detections.
/// warm_up : int, optional
///     Number of objects before the first clustering; sample_size / 4 by default. The first
///     decision waits for 100 scores more.
/// clusters : int, default 16
///     The largest number of clusters. Overlapping clusters are merged.
/// representatives : int, default 1
///     The largest number of objects that represent a cluster; several for clusters that are long
///     or bent.
/// shrinkage : float, default 0
///     From 0 to 1: how much of the distance to a cluster is that to the object in its middle,
///     instead of the nearest representative.
/// false_alarm_rate : float, default 0.0005
///     The share of a calm stream that may exceed the boundary.
///
/// Raises
/// ------
/// ConfigError
///     If a parameter breaks its rule.
///
/// Notes
/// -----
/// Objects are kept without a copy: do not change an object after passing it. The distance is
/// called by the thread that calls a method; another call meanwhile, even by the distance itself,
/// is rejected with an `InputError`. If the distance raises, the exception is passed on, and the
/// detector is unchanged.
///
/// Examples
/// --------
/// >>> def distance(one, other):
/// ...     one, other = set(one.split()), set(other.split())
/// ...     return 1 - len(one & other) / len(one | other)
/// >>> line = lambda t: f"user {t % 7} logged in" if t % 2 else f"served in {t % 5} ms"
/// >>> lines = [*map(line, range(1000)), "disk sda1 failed"]
/// >>> found = rcf.DistanceDetector(distance).process(lines)
/// >>> [line for line, detection in zip(lines, found) if detection.is_anomaly]
/// ['disk sda1 failed']
#[pyclass(frozen, module = "rcf", name = "DistanceDetector")]
pub(crate) struct PyDistanceDetector {
    distance: Py<PyAny>,
    config: DistanceDetectorConfig,
    /// Empty while a call works on it: no lock is held while the distance runs.
    detector: Mutex<Option<DistanceDetector<Object>>>,
}

/// The arguments of the constructor; the defaults of others follow from the first two.
const PARAMETERS: [&str; 9] = [
    "distance",
    "sample_size",
    "time_decay",
    "seed",
    "warm_up",
    "clusters",
    "representatives",
    "shrinkage",
    "false_alarm_rate",
];

/// The detector during one call, which returns it at its end.
struct Taken<'a> {
    place: &'a Mutex<Option<DistanceDetector<Object>>>,
    detector: Option<DistanceDetector<Object>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *lock(self.place) = self.detector.take();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PyDistanceDetector {
    fn of(distance: Py<PyAny>, detector: DistanceDetector<Object>) -> Self {
        Self {
            distance,
            config: detector.config().clone(),
            detector: Mutex::new(Some(detector)),
        }
    }

    fn with<R>(
        &self,
        body: impl FnOnce(&mut DistanceDetector<Object>) -> PyResult<R>,
    ) -> PyResult<R> {
        let detector = lock(&self.detector).take();
        let mut taken = Taken {
            place: &self.detector,
            detector: match detector {
                None => return Err(errors::input(BUSY)),
                some => some,
            },
        };
        body(taken.detector.as_mut().expect("it was taken"))
    }

    fn judge<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        detector: &mut DistanceDetector<Object>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = object.py();
        let space = Space::new(self.distance.bind(py));
        let found = detector.process(object.clone().unbind(), |a, b| space.between(a, b));
        answers::distance_detection(py, space.refused(found)?)
    }
}

const BUSY: &str = "another call is at work on this detector: share one between threads with a \
    lock, and do not call it from its distance";

#[pymethods]
impl PyDistanceDetector {
    #[new]
    #[pyo3(
        signature = (distance, *, sample_size=None, time_decay=None, seed=None, warm_up=None,
            clusters=None, representatives=None, shrinkage=None, false_alarm_rate=None, **more),
        text_signature = "(distance, *, sample_size=256, time_decay=None, seed=0, warm_up=None, \
            clusters=16, representatives=1, shrinkage=0.0, false_alarm_rate=0.0005)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn new(
        distance: Bound<'_, PyAny>,
        sample_size: Option<&Bound<'_, PyAny>>,
        time_decay: Option<&Bound<'_, PyAny>>,
        seed: Option<&Bound<'_, PyAny>>,
        warm_up: Option<&Bound<'_, PyAny>>,
        clusters: Option<&Bound<'_, PyAny>>,
        representatives: Option<&Bound<'_, PyAny>>,
        shrinkage: Option<&Bound<'_, PyAny>>,
        false_alarm_rate: Option<&Bound<'_, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        const NAMES: [&str; 8] = [
            "sample_size",
            "time_decay",
            "seed",
            "warm_up",
            "clusters",
            "representatives",
            "shrinkage",
            "false_alarm_rate",
        ];
        no_more("DistanceDetector", &NAMES, more)?;
        check_callable(&distance)?;
        let mut builder = DistanceDetector::builder();
        if let Some(sample_size) = integer("sample_size", sample_size)? {
            builder = builder.sample_size(sample_size);
        }
        if let Some(time_decay) = real("time_decay", time_decay)? {
            builder = builder.time_decay(time_decay);
        }
        if let Some(seed) = seed_or_random("seed", seed)? {
            builder = builder.seed(seed);
        }
        if let Some(warm_up) = integer("warm_up", warm_up)? {
            builder = builder.warm_up(warm_up);
        }
        if let Some(clusters) = integer("clusters", clusters)? {
            builder = builder.clusters(clusters);
        }
        if let Some(representatives) = integer("representatives", representatives)? {
            builder = builder.representatives(representatives);
        }
        if let Some(shrinkage) = real("shrinkage", shrinkage)? {
            builder = builder.shrinkage(shrinkage);
        }
        if let Some(rate) = real("false_alarm_rate", false_alarm_rate)? {
            builder = builder.false_alarm_rate(rate);
        }
        Ok(Self::of(
            distance.unbind(),
            builder.build().map_err(errors::config)?,
        ))
    }

    /// Judge one object against those before it, then learn it.
    ///
    /// Parameters
    /// ----------
    /// object : object
    ///     An object that the distance can compare.
    ///
    /// Returns
    /// -------
    /// DistanceDetection
    ///     Higher numbers are more anomalous.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the distance returns NaN, infinity or a number below 0. Its own exceptions are passed
    ///     on unchanged. The detector is unchanged.
    fn process_one<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(|detector| self.judge(object, detector))
    }

    /// Judge and learn object by object.
    ///
    /// Parameters
    /// ----------
    /// objects : iterable
    ///     The stream, oldest first.
    ///
    /// Returns
    /// -------
    /// list of DistanceDetection
    ///     One for each object.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process_one`. The objects before the rejected one have been learned:
    ///     `updates` is their number.
    fn process<'py>(&self, objects: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        // The iterator is Python code, which may access the detector.
        let objects = items("objects", "a list of objects", objects)?;
        objects.map(|object| self.process_one(&object?)).collect()
    }

    /// Score an object without learning it.
    ///
    /// Parameters
    /// ----------
    /// object : object
    ///     An object that the distance can compare.
    ///
    /// Returns
    /// -------
    /// float
    ///     The distance to the nearest cluster in units of its radius: about 1 is usual, higher is
    ///     more anomalous; 0 in warm-up.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process_one`.
    fn score(&self, object: &Bound<'_, PyAny>) -> PyResult<f64> {
        self.with(|detector| {
            let space = Space::new(self.distance.bind(object.py()));
            let score = detector.score(object.as_unbound(), |a, b| space.between(a, b));
            space.refused(score)
        })
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
    /// >>> detector = rcf.DistanceDetector(max, sample_size=64, seed=7)
    /// >>> detector, detector.get_params()["warm_up"]
    /// (DistanceDetector(<built-in function max>, sample_size=64, seed=7), 16)
    #[pyo3(signature = (deep=None), text_signature = "($self, deep=True)")]
    fn get_params<'py>(
        slf: &Bound<'py, Self>,
        deep: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        flag("deep", deep)?;
        by_name(slf.as_any(), &PARAMETERS)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (py, this) = (slf.py(), slf.get());
        let (_, following) = PARAMETERS.split_at(2);
        let (class, distance) = (slf.get_type(), this.distance.bind(py));
        let size = PyDict::new(py);
        size.set_item("sample_size", this.sample_size())?;
        let plain = class.call1((distance,))?;
        let alike = class.call((distance,), Some(&size))?;
        let mut shown = vec![distance.repr()?.to_string()];
        shown.extend(differing(slf.as_any(), &plain, &["sample_size"])?);
        shown.extend(differing(slf.as_any(), &alike, following)?);
        Ok(format!("DistanceDetector({})", shown.join(", ")))
    }

    /// The current clusters, the heaviest first; none in warm-up.
    ///
    /// They are those of the sample when a quarter of it had last changed.
    #[getter]
    fn found_clusters<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.with(|detector| {
            let clusters = detector.clusters().iter();
            clusters
                .map(|cluster| answers::distance_cluster(py, cluster))
                .collect()
        })
    }

    /// The objects in the sample, in no order.
    #[getter]
    fn sample(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.with(|detector| {
            Ok(detector
                .sample()
                .map(|object| object.clone_ref(py))
                .collect())
        })
    }

    /// Number of objects learned so far.
    #[getter]
    fn updates(&self) -> PyResult<u64> {
        self.with(|detector| Ok(detector.updates()))
    }

    /// Whether there are clusters, so that scores mean something.
    #[getter]
    fn is_ready(&self) -> PyResult<bool> {
        self.with(|detector| Ok(detector.is_ready()))
    }

    /// The function that compares two objects.
    #[getter]
    fn distance(&self, py: Python<'_>) -> Py<PyAny> {
        self.distance.clone_ref(py)
    }

    /// Number of objects that are kept.
    #[getter]
    fn sample_size(&self) -> usize {
        self.config.sample_size
    }

    /// How fast old objects leave the sample, per object.
    #[getter]
    fn time_decay(&self) -> f64 {
        self.config.time_decay
    }

    /// The seed that the detector was built with.
    #[getter]
    fn seed(&self) -> u64 {
        self.config.seed
    }

    /// Number of objects before the first clustering.
    #[getter]
    fn warm_up(&self) -> usize {
        self.config.warm_up
    }

    /// The largest number of clusters.
    #[getter]
    fn clusters(&self) -> usize {
        self.config.clusters
    }

    /// The largest number of objects that represent a cluster.
    #[getter]
    fn representatives(&self) -> usize {
        self.config.representatives
    }

    /// How much of the distance to a cluster is that to the object in its middle.
    #[getter]
    fn shrinkage(&self) -> f64 {
        self.config.shrinkage
    }

    /// The share of a calm stream that may exceed the boundary.
    #[getter]
    fn false_alarm_rate(&self) -> f64 {
        self.config.false_alarm_rate
    }
}
