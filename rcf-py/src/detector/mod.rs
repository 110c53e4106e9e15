//! `rcf.AnomalyDetector`.

mod columns;
pub(crate) mod feedback;
pub(crate) mod parameters;
mod process;
mod state;

pub(crate) use columns::{Columns, PyHeldColumns, one};
pub(crate) use process::step;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::AnomalyDetector;

use crate::forest::PyRandomCutForest;
use crate::held::{Held, State};
use crate::parameters::getters;

/// Anomalies in a stream of observations: which, since when, why, and the usual values.
///
/// Give it the observations unchanged, in the order of their time: it scores them with a random cut
/// forest, and decides from the scores before.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, optional
///     Number of values in one observation; by default that of the first data.
/// shingle_size : int, default 8
///     Number of consecutive observations that are judged together; for periodic data, they should
///     cover a quarter of the period or more. Single observations are judged as well; with 1 only
///     they are.
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
/// max_time_jump : float, optional
///     How far a timestamp may be after the last one, in the unit of the timestamps: an observation
///     further ahead is refused, so that one wrong time does not make all correct later ones too
///     early. Default: any distance.
/// learning : str or tuple, optional
///     What is learned while alerting: ``"always"`` everything, ``"skip"`` nothing, ``"delay"``
///     everything but only when the run has become the new normal, ``("down_weight", 10)`` one in
///     ten; ``("frozen", n)`` learns the first n observations and nothing later. The patience,
///     after which the whole run is learned, may follow: ``("skip", 500)``, ``("down_weight", 10,
///     500)``; otherwise it is 2 * sample_size. Default ``"skip"`` for shingles of several inputs
///     (with the calibrated threshold), which keeps long anomalies out, else ``"always"``.
/// false_alarm_rate : float, default 0.0005
///     The share of the observations of a calm stream that may exceed the boundary. There are fewer
///     alerts, since an event has only one. Less means fewer false alarms and more misses.
/// threshold : tuple or float, optional
///     A strategy other than calibrated evidence:
///     ``("extreme_value", decades)``; ``("quantile", decades)``, which one observation in
///     10 ** decades exceeds whatever the scores are; ``("deviations", factor)``; or a fixed
///     boundary for the score.
/// ignore_near_expected : float or dict, optional
///     Ignore values this near to the expected one: a distance in the units of the observations,
///     or a dict of ``absolute_above``, ``absolute_below``, ``relative_above``, ``relative_below``.
/// rules : sequence of str, optional
///     Do not report candidates that these ignore, such as ``"0 within 5% above"`` or ``"1 when
///     0 < 10 and 2 = 1"``, with inputs by number. `Detection.suppressed_by` is the rule.
/// noise_floor : float, optional
///     Changes below this fraction of the signal's magnitude are noise on a stream that is constant
///     otherwise.
/// silence : int, default 50
///     Number of observations after the first alert of an event during which nothing else is
///     reported; 0 reports each candidate.
/// quiet : int, default 50
///     Number of observations below the boundary that end an event.
/// memory_profile : {'fast', 'compact'}, default 'compact'
///     How much memory is spent on speed; results are the same. ``'fast'`` suits few detectors.
///     It is neither saved nor pickled.
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
    pub(crate) detector: Held<AnomalyDetector>,
}

impl PyAnomalyDetector {
    /// A copy of the detector in Rust.
    pub(crate) fn copy(&self, py: Python<'_>) -> PyResult<AnomalyDetector> {
        Ok(self.detector.read(py)?.clone())
    }

    fn in_force(&self) -> rcf_core::DetectorConfig {
        (*self.detector.config()).clone()
    }
}

#[pymethods]
impl PyAnomalyDetector {
    #[new]
    #[pyo3(
        signature = (*, _state=None, **parameters),
        text_signature = "(*, input_dimensions=None, shingle_size=8, number_of_trees=50, \
            sample_size=256, time_decay=None, initial_accept_fraction=0.125, seed=0, \
            warm_up=None, transform=None, transform_decay=None, weights=1.0, \
            imputation='previous', time_gap_input=False, max_time_jump=None, \
            learning=None, false_alarm_rate=0.0005, threshold=None, \
            ignore_near_expected=None, rules=None, noise_floor=0.001, silence=50, quiet=50, \
            memory_profile='compact')"
    )]
    fn new(
        py: Python<'_>,
        _state: Option<State<'_>>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let detector = Held::new(py, parameters, _state)?;
        Ok(Self { detector })
    }

    /// Number of observations that are still needed before decisions; 0 when ready.
    #[getter]
    fn warm_up_left(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.detector.read(py)?.warm_up_left())
    }

    /// Number of observations processed.
    #[getter]
    fn observations(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.detector.read(py)?.observations())
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
        Ok(PyRandomCutForest::from(forest))
    }
}

getters! {
    PyAnomalyDetector, detector:
    /// Number of values in one observation.
    input_dimensions: usize,
    /// Number of consecutive observations that are judged together.
    shingle_size: usize,
    /// Number of trees.
    number_of_trees: usize,
    /// Number of points that each tree keeps.
    sample_size: usize,
    /// How fast old points leave the samples, per observation.
    time_decay: f64,
    /// The seed that the detector was built with.
    seed: u64,
    /// Number of observations before the first decision.
    warm_up: usize,
}
