//! `rcf.RandomCutForest`.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use numpy::prelude::*;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::sync::{PyOnceLock, RwLockExt};
use pyo3::types::{IntoPyDict, PyBytes, PyType};
use rcf_core::{Config, RandomCutForest};

use crate::errors;
use crate::input::{Point, Rows};
use crate::parameters::{flag, integer, real};

/// Anomaly scores for a stream of points, by a forest of random cut trees.
///
/// Higher scores are more anomalous: about 0.5 to 1 for a normal point, up to
/// ``log2(sample_size + 1)`` for one far away from everything seen.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, default 1
///     Number of values in one observation.
/// shingle_size : int, default 1
///     Number of consecutive observations that make one point of the forest. Above 1, the forest
///     learns the shape of the series and not only its values.
/// number_of_trees : int, default 50
///     More trees give steadier scores and cost time and memory in proportion.
/// sample_size : int, default 256
///     Number of points that each tree keeps.
/// time_decay : float, default 1 / (10 * sample_size)
///     How fast old points lose their place in the samples, per update, in [0, 1]. 0 samples the
///     whole history evenly.
/// output_after : int, default sample_size // 4
///     Number of points to learn before the first score; until then scores are 0.
/// initial_accept_fraction : float, default 0.125
///     Part of its sample, in (0, 1], that a tree fills with the first points it is offered.
/// internal_shingling : bool, default True
///     True: the forest is given single observations and joins `shingle_size` of them itself.
///     False: it is given ready-made points of ``input_dimensions * shingle_size`` values.
/// seed : int, default 0
///     Equal seeds and equal inputs give equal scores, bit for bit, on every machine.
///
/// Raises
/// ------
/// ConfigError
///     If a parameter breaks its rule.
///
/// Notes
/// -----
/// A forest may be shared by threads: scoring runs in parallel, learning waits for its turn.
/// `process` and `score_array` release the GIL and work on an array to its end, also when Ctrl-C is
/// pressed meanwhile. Pickling and copying keep the complete state, also in the middle of warm-up; a
/// subclass keeps the attributes in its ``__dict__`` as well.
///
/// Examples
/// --------
/// >>> import numpy as np
/// >>> import rcf
/// >>> values = np.sin(np.arange(2000) / 10)
/// >>> values[1900] = 3.0
/// >>> forest = rcf.RandomCutForest(seed=7)
/// >>> scores = forest.process(values)
/// >>> int(scores.argmax())
/// 1900
#[pyclass(frozen, subclass, module = "rcf", name = "RandomCutForest")]
pub(crate) struct PyRandomCutForest {
    /// A copy outside the lock, so that looking at a parameter never waits for a long `process`.
    config: Config,
    /// Values in one input: an observation, or a ready-made point without internal shingling.
    width: usize,
    /// Never held while Python code runs, so waiting for it cannot deadlock.
    forest: RwLock<RandomCutForest>,
}

/// What is left of a lock after a panic inside it.
struct Poisoned;

impl<T> From<PoisonError<T>> for Poisoned {
    fn from(_: PoisonError<T>) -> Self {
        Self
    }
}

impl PyRandomCutForest {
    fn from_core(forest: RandomCutForest) -> Self {
        let config = forest.config().clone();
        let width = if config.internal_shingling {
            config.input_dimensions
        } else {
            forest.dimensions()
        };
        Self {
            config,
            width,
            forest: RwLock::new(forest),
        }
    }

    fn read(&self, py: Python<'_>) -> PyResult<RwLockReadGuard<'_, RandomCutForest>> {
        self.forest
            .read_py_attached(py)
            .map_err(|_| errors::poisoned())
    }

    fn write(&self, py: Python<'_>) -> PyResult<RwLockWriteGuard<'_, RandomCutForest>> {
        self.forest
            .write_py_attached(py)
            .map_err(|_| errors::poisoned())
    }
}

#[pymethods]
impl PyRandomCutForest {
    #[new]
    #[pyo3(
        signature = (*, input_dimensions=None, shingle_size=None, number_of_trees=None,
            sample_size=None, time_decay=None, output_after=None, initial_accept_fraction=None,
            internal_shingling=None, seed=None, _state=None),
        text_signature = "(*, input_dimensions=None, shingle_size=None, number_of_trees=None, \
            sample_size=None, time_decay=None, output_after=None, initial_accept_fraction=None, \
            internal_shingling=None, seed=None)"
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
        output_after: Option<&Bound<'_, PyAny>>,
        initial_accept_fraction: Option<&Bound<'_, PyAny>>,
        internal_shingling: Option<&Bound<'_, PyAny>>,
        seed: Option<&Bound<'_, PyAny>>,
        _state: Option<&Bound<'_, PyBytes>>,
    ) -> PyResult<Self> {
        if let Some(bytes) = _state {
            let forest = RandomCutForest::from_bytes(bytes.as_bytes()).map_err(errors::state)?;
            return Ok(Self::from_core(forest));
        }
        let input_dimensions = integer("input_dimensions", input_dimensions)?.unwrap_or(1);
        let mut builder = RandomCutForest::builder(input_dimensions);
        // What is left out stays out, so that the defaults live in rcf-core alone.
        macro_rules! set {
            ($($parameter:ident: $kind:ident),+ $(,)?) => {$(
                if let Some(value) = $kind(stringify!($parameter), $parameter)? {
                    builder = builder.$parameter(value);
                }
            )+};
        }
        set! {
            shingle_size: integer,
            number_of_trees: integer,
            sample_size: integer,
            time_decay: real,
            output_after: integer,
            initial_accept_fraction: real,
            internal_shingling: flag,
            seed: integer,
        }
        builder.build().map(Self::from_core).map_err(errors::config)
    }

    /// Learn one point.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation. Without internal shingling, a point of `dimensions` values.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite. The forest is unchanged.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2)
    /// >>> forest.update([20.5, 0.98])
    /// >>> forest.updates
    /// 1
    fn update(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<()> {
        let point = Point::extract(point, self.width)?;
        self.write(py)?
            .update(point.values()?)
            .map_err(errors::input)
    }

    /// Score one point without learning it.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The observation to judge, as the next one of the stream. Without internal shingling, a
    ///     point of `dimensions` values.
    ///
    /// Returns
    /// -------
    /// float
    ///     The anomaly score; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest()
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> forest.score(5.0) > 2 * forest.score(0.5)
    /// True
    fn score(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<f64> {
        let point = Point::extract(point, self.width)?;
        self.read(py)?.score(point.values()?).map_err(errors::input)
    }

    /// Score, then learn, each point of an array in turn.
    ///
    /// The same numbers, bit for bit, as calling `score` and `update` on one point after the other.
    /// The GIL is released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first. C-contiguous float64 arrays are read in place;
    ///     other layouts and dtypes are converted. Without internal shingling, rows hold
    ///     `dimensions` values.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (n,), float64
    ///     The anomaly score of each point; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row` tells
    ///     which row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, sample_size=64)
    /// >>> forest.process(np.ones((500, 2))).shape
    /// (500,)
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let rows = Rows::extract(points, self.width)?;
        let view = rows.view()?;
        py.detach(|| Ok(self.forest.write()?.process_array(view)))
            .map_err(|_: Poisoned| errors::poisoned())?
            .map(|scores| scores.into_pyarray(py))
            .map_err(|error| errors::array(py, &error))
    }

    /// Score each point of an array without learning any.
    ///
    /// Each row is judged by itself as the next observation of the stream, as `score` does it. The
    /// GIL is released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The points to judge, as for `process`.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (n,), float64
    ///     The anomaly score of each point; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest()
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> near, far = forest.score_array([0.5, 5.0])
    /// >>> bool(near < far)
    /// True
    fn score_array<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let rows = Rows::extract(points, self.width)?;
        let view = rows.view()?;
        py.detach(|| Ok(self.forest.read()?.score_array(view)))
            .map_err(|_: Poisoned| errors::poisoned())?
            .map(|scores| scores.into_pyarray(py))
            .map_err(|error| errors::array(py, &error))
    }

    /// Tell which values make the score of one point high, and in which direction.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to explain, as for `score`.
    ///
    /// Returns
    /// -------
    /// Attribution
    ///     The arrays `high` and `low`, both of shape (shingle_size, input_dimensions), oldest
    ///     observation first: the parts of the score that are due to values higher, or lower, than
    ///     usual. Their `total` is the score.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    /// >>> _ = forest.process(np.random.default_rng(1).normal(size=(1000, 2)))
    /// >>> high, low = forest.attribution([0.1, -9.0])
    /// >>> bool(low[0, 1] > 0.8 * (high.sum() + low.sum()))
    /// True
    fn attribution<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static ATTRIBUTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let point = Point::extract(point, self.width)?;
        let parts = self
            .read(py)?
            .attribution(point.values()?)
            .map_err(errors::input)?;
        let shape = [self.config.shingle_size, self.config.input_dimensions];
        let shaped = |part| -> PyResult<Bound<'py, PyArray2<f64>>> {
            PyArray1::from_vec(py, part).reshape(shape)
        };
        ATTRIBUTION
            .import(py, "rcf", "Attribution")?
            .call1((shaped(parts.high)?, shaped(parts.low)?))
    }

    /// The complete state of the forest.
    ///
    /// The same format as in Rust and in the stream programs, with a version and a checksum.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     What `from_bytes` restores.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py
            .detach(|| Ok(self.forest.read()?.to_bytes()))
            .map_err(|_: Poisoned| errors::poisoned())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Restore a forest from the result of `to_bytes`.
    ///
    /// It continues exactly as the saved one would have. In a subclass neither ``__new__`` nor
    /// ``__init__`` of the subclass is called.
    ///
    /// Parameters
    /// ----------
    /// data : bytes-like
    ///     A saved state.
    ///
    /// Returns
    /// -------
    /// RandomCutForest
    ///     The restored forest.
    ///
    /// Raises
    /// ------
    /// StateError
    ///     If the bytes are damaged, cut short, or no saved forest.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest()
    /// >>> _ = forest.process(np.sin(np.arange(100) / 10))
    /// >>> again = rcf.RandomCutForest.from_bytes(forest.to_bytes())
    /// >>> again.score(0.5) == forest.score(0.5)
    /// True
    #[classmethod]
    fn from_bytes<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let builtins = py.import("builtins")?;
        // memoryview first: bytes(3) would be three zeros.
        let view = builtins.call_method1("memoryview", (data,))?;
        let state = [("_state", builtins.call_method1("bytes", (view,))?)].into_py_dict(py)?;
        py.get_type::<Self>()
            .call_method("__new__", (cls,), Some(&state))
    }

    /// Pickle, copy and deepcopy by way of the saved state.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let restore = slf.get_type().getattr("from_bytes")?;
        let attributes = slf.getattr_opt("__dict__")?;
        Ok((restore, (slf.get().to_bytes(slf.py())?,), attributes))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let Config {
            input_dimensions,
            shingle_size,
            number_of_trees,
            sample_size,
            time_decay,
            output_after,
            initial_accept_fraction,
            internal_shingling,
            seed,
            ..
        } = slf.get().config;
        let name = slf.get_type().name()?;
        let internal_shingling = if internal_shingling { "True" } else { "False" };
        Ok(format!(
            "{name}(input_dimensions={input_dimensions}, shingle_size={shingle_size}, \
             number_of_trees={number_of_trees}, sample_size={sample_size}, \
             time_decay={time_decay:?}, output_after={output_after}, \
             initial_accept_fraction={initial_accept_fraction:?}, \
             internal_shingling={internal_shingling}, seed={seed})"
        ))
    }

    /// Number of values in one observation.
    #[getter]
    fn input_dimensions(&self) -> usize {
        self.config.input_dimensions
    }

    /// Number of consecutive observations in one point.
    #[getter]
    fn shingle_size(&self) -> usize {
        self.config.shingle_size
    }

    /// Number of values in one point of the forest: ``input_dimensions * shingle_size``.
    #[getter]
    fn dimensions(&self) -> usize {
        self.config.input_dimensions * self.config.shingle_size
    }

    /// Number of trees.
    #[getter]
    fn number_of_trees(&self) -> usize {
        self.config.number_of_trees
    }

    /// Number of points that each tree keeps.
    #[getter]
    fn sample_size(&self) -> usize {
        self.config.sample_size
    }

    /// How fast old points lose their place in the samples, per update.
    #[getter]
    fn time_decay(&self) -> f64 {
        self.config.time_decay
    }

    /// Number of points to learn before the first score.
    #[getter]
    fn output_after(&self) -> usize {
        self.config.output_after
    }

    /// Part of its sample that a tree fills with the first points it is offered.
    #[getter]
    fn initial_accept_fraction(&self) -> f64 {
        self.config.initial_accept_fraction
    }

    /// Whether the forest joins single observations to points itself.
    #[getter]
    fn internal_shingling(&self) -> bool {
        self.config.internal_shingling
    }

    /// The seed that the forest was built with.
    #[getter]
    fn seed(&self) -> u64 {
        self.config.seed
    }

    /// Whether enough has been learned for scores above 0.
    #[getter]
    fn is_ready(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.read(py)?.is_ready())
    }

    /// Number of observations learned.
    #[getter]
    fn updates(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.read(py)?.updates())
    }

    /// Memory that the forest takes, in bytes.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.read(py)?.size_in_bytes())
    }
}

/// What `__reduce__` returns: the function that restores, its arguments, and other attributes.
type Reduced<'py> = (
    Bound<'py, PyAny>,
    (Bound<'py, PyBytes>,),
    Option<Bound<'py, PyAny>>,
);
