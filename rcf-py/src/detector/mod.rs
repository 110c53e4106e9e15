//! `rcf.AnomalyDetector`.

mod columns;
pub(crate) mod parameters;
pub(crate) mod process;
mod state;

pub(crate) use columns::{Columns, one};
pub(crate) use process::{may_miss, step};

use pyo3::prelude::*;
use pyo3::types::PyBytesMethods;
use rcf_core::{AnomalyDetector, DetectorConfig};

use crate::errors;
use crate::forest::PyRandomCutForest;
use crate::parameters::{flag, getters, integer, per_input, real, seed_or_random, set};
use crate::saved::{Saved, State};
use crate::shared::Shared;

/// Anomalies in a stream of observations: which, since when, why, and what would have been usual.
///
/// Give it the observations as they are, in the order of their time: it scores them with a random
/// cut forest, decides from the scores before, and says nothing where there is nothing to say.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, default 1
///     Number of values in one observation.
/// shingle_size : int, default 8
///     Number of consecutive observations that are judged together; of a rhythm, they should see a
///     quarter or more. Single observations are judged as well; with 1 only they are.
/// number_of_trees, sample_size, time_decay, initial_accept_fraction, seed : optional
///     As for `RandomCutForest`.
/// warm_up : int, default sample_size // 4 + shingle_size - 1
///     Number of observations before the first decision.
/// transform : str, optional
///     What is done to values before the forest sees them: ``"none"`` (default for one input),
///     ``"normalize"`` (default for several), ``"subtract_moving_average"``, ``"difference"`` for
///     counters, ``"normalized_difference"``.
/// transform_decay : float, optional
///     How fast the moving statistics of the transform forget, per observation, in (0, 0.1).
/// weights : float or sequence of float, default 1
///     The importance of each input, from 1e-6 to 1e6.
/// imputation : str or sequence of float, default "previous"
///     What replaces a missing value: ``"previous"``, ``"linear"``, ``"zero"``, ``"forest"`` for
///     what the forest expects, or a value for each input. See `process` for when.
/// time_gap_input : bool, default False
///     Whether the gap between timestamps is one more input: for events whose rhythm matters.
/// learning : str or tuple, optional
///     What is learned while alerting: ``"always"`` everything, ``"skip"`` nothing, ``"delay"``
///     everything but only when the run has become the new normal, ``("down_weight", 10)`` one in
///     ten; ``("frozen", n)`` learns the first n observations and nothing later. The patience,
///     after how long a run everything is learned, may follow: ``("skip", 500)``, ``("down_weight",
///     10, 500)``; else it is 2 * sample_size. Default ``"always"``.
/// false_alarm_rate : float, default 0.0005
///     The one knob: the share of the observations of a calm stream that may exceed the boundary.
///     Alerts are fewer, since one stands for an event. Less means fewer false alarms and more
///     misses.
/// threshold : tuple or float, optional
///     Another way from scores to decisions, instead of calibrated evidence:
///     ``("extreme_value", decades)``; ``("quantile", decades)``, which one observation in
///     10 ** decades exceeds whatever the scores are; ``("deviations", factor)``; or a fixed
///     boundary for the score.
/// ignore_near_expected : float or dict, optional
///     Ignore what is so near to the expected value: a distance in the units of the observations,
///     or a dict of ``absolute_above``, ``absolute_below``, ``relative_above``, ``relative_below``.
/// noise_floor : float, optional
///     Changes below this fraction of the signal's magnitude are noise on a stream that is constant
///     otherwise.
/// silence : int, default 50
///     Number of observations after the first alert of an event during which nothing else is
///     reported; 0 reports each candidate.
/// quiet : int, default 50
///     Number of observations below the boundary that end an event.
///
/// Raises
/// ------
/// ConfigError
///     If a parameter breaks its rule.
///
/// Notes
/// -----
/// Threads, pickling, copying and saving are as for `RandomCutForest`.
///
/// Examples
/// --------
/// >>> values = np.sin(np.arange(2000) / 10)
/// >>> values[1900] = 3.0
/// >>> result = rcf.AnomalyDetector(seed=7).process(values)
/// >>> np.flatnonzero(result.is_anomaly)
/// array([1900])
#[pyclass(frozen, subclass, module = "rcf", name = "AnomalyDetector")]
pub(crate) struct PyAnomalyDetector {
    /// A copy outside the lock: parameters do not change.
    config: DetectorConfig,
    detector: Shared<AnomalyDetector>,
}

impl PyAnomalyDetector {
    pub(crate) fn from_core(detector: AnomalyDetector) -> Self {
        Self {
            config: detector.config().clone(),
            detector: Shared::new(detector),
        }
    }

    /// A detector of Rust's own that goes on like this one.
    pub(crate) fn copy(&self, py: Python<'_>) -> PyResult<AnomalyDetector> {
        Ok(self.detector.read(py)?.clone())
    }
}

#[pymethods]
impl PyAnomalyDetector {
    #[new]
    #[pyo3(
        signature = (*, input_dimensions=None, shingle_size=None, number_of_trees=None,
            sample_size=None, time_decay=None, initial_accept_fraction=None, seed=None, warm_up=None,
            transform=None, transform_decay=None, weights=None, imputation=None,
            time_gap_input=None, learning=None, false_alarm_rate=None, threshold=None, ignore_near_expected=None,
            noise_floor=None, silence=None, quiet=None, _state=None),
        text_signature = "(*, input_dimensions=None, shingle_size=None, number_of_trees=None, \
            sample_size=None, time_decay=None, initial_accept_fraction=None, seed=None, \
            warm_up=None, transform=None, transform_decay=None, weights=None, imputation=None, \
            time_gap_input=None, learning=None, false_alarm_rate=None, threshold=None, ignore_near_expected=None, \
            noise_floor=None, silence=None, quiet=None)"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "keywords of a Python constructor"
    )]
    fn new(
        input_dimensions: Option<&Bound<'_, PyAny>>,
        shingle_size: Option<&Bound<'_, PyAny>>,
        number_of_trees: Option<&Bound<'_, PyAny>>,
        sample_size: Option<&Bound<'_, PyAny>>,
        time_decay: Option<&Bound<'_, PyAny>>,
        initial_accept_fraction: Option<&Bound<'_, PyAny>>,
        seed: Option<&Bound<'_, PyAny>>,
        warm_up: Option<&Bound<'_, PyAny>>,
        transform: Option<&Bound<'_, PyAny>>,
        transform_decay: Option<&Bound<'_, PyAny>>,
        weights: Option<&Bound<'_, PyAny>>,
        imputation: Option<&Bound<'_, PyAny>>,
        time_gap_input: Option<&Bound<'_, PyAny>>,
        learning: Option<&Bound<'_, PyAny>>,
        false_alarm_rate: Option<&Bound<'_, PyAny>>,
        threshold: Option<&Bound<'_, PyAny>>,
        ignore_near_expected: Option<&Bound<'_, PyAny>>,
        noise_floor: Option<&Bound<'_, PyAny>>,
        silence: Option<&Bound<'_, PyAny>>,
        quiet: Option<&Bound<'_, PyAny>>,
        _state: State<'_>,
    ) -> PyResult<Self> {
        if let Some((bytes, trusted)) = _state {
            let model = AnomalyDetector::from_state(bytes.as_bytes(), trusted);
            return model.map(Self::from_core).map_err(errors::state);
        }
        let input_dimensions = integer("input_dimensions", input_dimensions)?.unwrap_or(1);
        let mut builder = AnomalyDetector::builder(input_dimensions);
        set! {
            builder:
            shingle_size: integer,
            number_of_trees: integer,
            sample_size: integer,
            time_decay: real,
            initial_accept_fraction: real,
            seed: seed_or_random,
            warm_up: integer,
            transform_decay: real,
            time_gap_input: flag,
            noise_floor: real,
            silence: integer,
            quiet: integer,
            false_alarm_rate: real,
            threshold: parameters::threshold,
            transform: parameters::transform,
            ignore_near_expected: parameters::near_expected,
        }
        if let Some(weights) = per_input("weights", weights, input_dimensions)? {
            builder = builder.weights(weights);
        }
        if let Some(policy) = parameters::imputation("imputation", imputation)? {
            builder = builder.imputation(policy);
        }
        let sample_size = builder.config().sample_size;
        if let Some(learning) = parameters::learning("learning", learning, sample_size)? {
            builder = builder.learning(learning);
        }
        builder.build().map(Self::from_core).map_err(errors::config)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let name = slf.get_type().name()?;
        let config = &slf.get().config;
        Ok(format!(
            "{name}(input_dimensions={}, shingle_size={}, number_of_trees={}, sample_size={}, \
             time_decay={:?}, seed={}, warm_up={}, ...)",
            config.input_dimensions,
            config.shingle_size,
            config.number_of_trees,
            config.sample_size,
            config.time_decay,
            config.seed,
            config.warm_up,
        ))
    }

    /// Number of observations still needed before decisions; 0 when ready.
    #[getter]
    fn warm_up_left(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.detector.read(py)?.warm_up_left())
    }

    /// Number of observations taken.
    #[getter]
    fn records(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.detector.read(py)?.records())
    }

    /// Memory that the detector takes, in bytes.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.detector.read(py)?.size_in_bytes())
    }

    /// A copy of the forest inside, which sees transformed values.
    #[getter]
    fn forest(&self, py: Python<'_>) -> PyResult<PyRandomCutForest> {
        let forest = self.detector.read(py)?.forest().clone();
        Ok(PyRandomCutForest::from_core(forest))
    }
}

getters! {
    PyAnomalyDetector:
    /// Number of values in one observation.
    input_dimensions: usize,
    /// Number of consecutive observations that are judged together.
    shingle_size: usize,
    /// Number of trees.
    number_of_trees: usize,
    /// Number of points that each tree keeps.
    sample_size: usize,
    /// How fast old points lose their place in the samples, per observation.
    time_decay: f64,
    /// The seed that the detector was built with.
    seed: u64,
    /// Number of observations before the first decision.
    warm_up: usize,
}
