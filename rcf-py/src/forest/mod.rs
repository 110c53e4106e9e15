//! `rcf.RandomCutForest`. One file for each topic, as in `rcf-core`.

mod explain;
mod impute;
mod neighbors;
mod parameters;
mod paths;
mod sampling;
mod scoring;
mod state;
mod stream;

pub(crate) use paths::TreePath;

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{Config, RandomCutForest};

use crate::answers::Shape;
use crate::errors;
use crate::held::{Held, State};
use crate::parameters::{getters, real};

/// Anomaly scores for a stream of points, by a forest of random cut trees.
///
/// Higher scores are more anomalous: about 0.5 to 1 for a normal point, up to
/// ``log2(sample_size + 1)`` for one far away from everything seen.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, optional
///     Number of values in one observation; by default that of the first data.
/// shingle_size : int, default 1
///     Number of consecutive observations that make one point of the forest. Above 1, the forest
///     learns the shape of the series and not only its values.
/// number_of_trees : int, default 50
///     More trees give steadier scores and cost time and memory in proportion.
/// sample_size : int, default 256
///     Number of points that each tree keeps.
/// time_decay : float, default 1 / (10 * sample_size)
///     How fast old points leave the samples, per update, in [0, 1]. 0 samples the
///     whole history evenly.
/// output_after : int, default sample_size // 4
///     Number of points to learn before the first score; until then scores are 0.
/// initial_accept_fraction : float, default 0.125
///     Part of its sample, in (0, 1], that a tree fills with the first points it is offered.
/// internal_shingling : bool, default True
///     True: the forest is given single observations and joins `shingle_size` of them itself.
///     False: it is given ready-made points of ``input_dimensions * shingle_size`` values.
/// seed : int or "random", default 0
///     Equal seeds and equal inputs give equal scores, bit for bit, on every machine. ``"random"``
///     draws one; the property `seed` returns it, so that a run can be repeated.
/// shingle_rotation : bool, default False
///     True: an observation keeps its place in the point until it leaves it, so that consecutive
///     points differ in one block only. The observation after n others is in row
///     ``n % shingle_size`` of points and attributions.
/// store_sequence_numbers : bool, default False
///     Keep the time or sequence number of each sampled observation, for `near_neighbors` and
///     `sample`: 8 bytes for each sampled point of each tree.
/// store_labels : bool, default False
///     Keep the label of each sampled observation, likewise.
/// noise_floor : float or sequence of float, optional
///     For each value of an observation, or for all, the range below which differences count as
///     noise, in the units of the observations. Without one, the smallest step of a constant signal
///     scores like the largest.
/// relative_noise_floor : float, default 0
///     The same as a fraction, from 0 to 1, of the range that a tree's sample has.
/// memory_profile : {'fast', 'compact'}, default 'fast'
///     How much memory is spent on speed, by name: ``'compact'`` takes half the memory and, with
///     short rows, up to a half more time. The next parameter is the fine control, and applies if
///     both are given.
/// bounding_box_cache_fraction : float, default 0.6
///     Fraction of the nodes of a tree, from 0.125 to 1, that keep their bounding box. More is
///     faster and takes more memory; all results stay the same. It is not saved, nor pickled.
///
/// Raises
/// ------
/// ConfigError
///     If a parameter breaks its rule.
///
/// Notes
/// -----
/// A forest may be shared by threads: scoring runs in parallel, learning waits for its turn.
/// `process` and `score_array` release the GIL, and release the forest every few milliseconds, so
/// that Ctrl-C gets a response and calls of other threads take turns. Pickling and copying keep the
/// complete state, also during warm-up; a subclass keeps the attributes in its ``__dict__`` as
/// well.
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
    /// The bits of the current decay and fraction of cached boxes, the only parameters that can
    /// change.
    time_decay: AtomicU64,
    boxes: AtomicU64,
    forest: Held<RandomCutForest>,
}

impl From<RandomCutForest> for PyRandomCutForest {
    fn from(forest: RandomCutForest) -> Self {
        Self::hold(Held::from(forest))
    }
}

impl PyRandomCutForest {
    fn hold(forest: Held<RandomCutForest>) -> Self {
        let config = forest.config();
        Self {
            time_decay: AtomicU64::new(config.time_decay.to_bits()),
            boxes: AtomicU64::new(config.bounding_box_cache_fraction.to_bits()),
            forest,
        }
    }

    /// Observations × values of one, in a point.
    fn shape(&self) -> Shape {
        self.forest.shape()
    }

    fn in_force(&self) -> Config {
        let mut config = (*self.forest.config()).clone();
        config.time_decay = self.time_decay();
        config.bounding_box_cache_fraction = self.bounding_box_cache_fraction();
        config
    }
}

#[pymethods]
impl PyRandomCutForest {
    #[new]
    #[pyo3(
        signature = (*, _state=None, **parameters),
        text_signature = "(*, input_dimensions=None, shingle_size=1, number_of_trees=50, \
            sample_size=256, time_decay=None, output_after=None, initial_accept_fraction=0.125, \
            internal_shingling=True, seed=0, shingle_rotation=False, \
            store_sequence_numbers=False, store_labels=False, noise_floor=None, \
            relative_noise_floor=0.0, memory_profile='fast', \
            bounding_box_cache_fraction=0.6)"
    )]
    fn new(
        py: Python<'_>,
        _state: Option<State<'_>>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self::hold(Held::new(py, parameters, _state)?))
    }

    /// Number of values in one point of the forest: ``input_dimensions * shingle_size``.
    #[getter]
    fn dimensions(&self) -> usize {
        self.forest.config().dimensions()
    }

    /// How fast old points leave the samples, per update or unit of time.
    ///
    /// Can be set at any time; the sample adapts with further observations.
    #[getter]
    fn time_decay(&self) -> f64 {
        f64::from_bits(self.time_decay.load(Ordering::Relaxed))
    }

    #[setter]
    fn set_time_decay(&self, py: Python<'_>, time_decay: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(decay) = real("time_decay", Some(time_decay))? else {
            return Ok(());
        };
        let mut forest = self.forest.write(py)?;
        forest.set_time_decay(decay).map_err(errors::config)?;
        self.time_decay.store(decay.to_bits(), Ordering::Relaxed);
        Ok(())
    }

    /// Fraction of the nodes of a tree that keep their bounding box.
    ///
    /// Can be set at any time: more is faster and takes more memory, all results stay the same.
    #[getter]
    fn bounding_box_cache_fraction(&self) -> f64 {
        f64::from_bits(self.boxes.load(Ordering::Relaxed))
    }

    #[setter]
    fn set_bounding_box_cache_fraction(
        &self,
        py: Python<'_>,
        fraction: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let Some(fraction) = real("bounding_box_cache_fraction", Some(fraction))? else {
            return Ok(());
        };
        let mut forest = self.forest.write(py)?;
        let set = forest.set_bounding_box_cache_fraction(fraction);
        set.map_err(errors::config)?;
        self.boxes.store(fraction.to_bits(), Ordering::Relaxed);
        Ok(())
    }

    /// Whether enough has been learned for scores above 0.
    #[getter]
    fn is_ready(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.forest.read(py)?.is_ready())
    }

    /// Number of updates so far.
    #[getter]
    fn updates(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.forest.read(py)?.updates())
    }

    /// Memory that a forest of these parameters takes once it is full, in bytes, within a few per
    /// cent.
    #[getter]
    fn estimated_bytes(&self) -> usize {
        self.in_force().estimate_bytes()
    }

    /// Memory that the forest takes, in bytes.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.forest.read(py)?.size_in_bytes())
    }
}

getters! {
    PyRandomCutForest, forest:
    /// Number of values in one observation.
    input_dimensions: usize,
    /// Number of consecutive observations in one point.
    shingle_size: usize,
    /// Number of trees.
    number_of_trees: usize,
    /// Number of points that each tree keeps.
    sample_size: usize,
    /// Number of points to learn before the first score.
    output_after: usize,
    /// Part of its sample that a tree fills with the first points it is offered.
    initial_accept_fraction: f64,
    /// Whether the forest joins single observations to points itself.
    internal_shingling: bool,
    /// The seed that the forest was built with.
    seed: u64,
    /// Whether an observation keeps its place in the point until it leaves it.
    shingle_rotation: bool,
    /// Whether the time or sequence number of each sampled observation is kept.
    store_sequence_numbers: bool,
    /// Whether the label of each sampled observation is kept.
    store_labels: bool,
    /// For each value of an observation, the range that counts as noise; empty without a floor.
    noise_floor: Vec<f64>,
    /// The same as a fraction of the range of a tree's sample; 0 without a floor.
    relative_noise_floor: f64,
}
