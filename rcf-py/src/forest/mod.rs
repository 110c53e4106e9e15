//! `rcf.RandomCutForest`. One file for each topic, as in `rcf-core`.

mod answers;
mod explain;
mod impute;
mod neighbors;
mod scoring;
mod state;
mod stream;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rcf_core::{Config, RandomCutForest};

use crate::errors;
use crate::parameters::{flag, integer, real};
use crate::shared::Shared;

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
    forest: Shared<RandomCutForest>,
}

impl PyRandomCutForest {
    fn from_core(forest: RandomCutForest) -> Self {
        let config = forest.config().clone();
        let width = config.values_per_call();
        Self {
            config,
            width,
            forest: Shared::new(forest),
        }
    }

    /// Observations × values of one, in a point.
    fn shape(&self) -> answers::Shape {
        [self.config.shingle_size, self.config.input_dimensions]
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
        Ok(self.forest.read(py)?.is_ready())
    }

    /// Number of observations learned.
    #[getter]
    fn updates(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.forest.read(py)?.updates())
    }

    /// Memory that the forest takes, in bytes.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.forest.read(py)?.size_in_bytes())
    }
}
