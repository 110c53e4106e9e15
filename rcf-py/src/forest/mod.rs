//! `rcf.RandomCutForest`. One file for each topic, as in `rcf-core`.

mod explain;
mod impute;
mod neighbors;
mod sampling;
mod scoring;
mod state;
mod stream;

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyBytesMethods;
use rcf_core::{Config, RandomCutForest};

use crate::answers::Shape;
use crate::errors;
use crate::parameters::{flag, getters, integer, per_input, real, seed_or_random, set};
use crate::saved::{Saved, State};
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
/// seed : int or "random", default 0
///     Equal seeds and equal inputs give equal scores, bit for bit, on every machine. ``"random"``
///     draws one; the property `seed` has it, so that a run can be repeated.
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
///     For each value of an observation, or for all, the range below which differences are taken
///     for noise, in the units of the observations. Without one, the smallest step of a constant
///     signal scores like the largest.
/// relative_noise_floor : float, default 0
///     The same as a fraction, from 0 to 1, of the range that a tree's sample has.
/// bounding_box_cache_fraction : float, default 0.5
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
/// `process` and `score_array` release the GIL and work on an array to its end, also when Ctrl-C is
/// pressed meanwhile. Pickling and copying keep the complete state, also in the middle of warm-up;
/// a subclass keeps the attributes in its ``__dict__`` as well.
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
    /// The bits of the decay and of the fraction of boxes in force, which alone of all parameters
    /// can change.
    time_decay: AtomicU64,
    boxes: AtomicU64,
    /// Values in one input: an observation, or a ready-made point without internal shingling.
    width: usize,
    forest: Shared<RandomCutForest>,
}

impl PyRandomCutForest {
    pub(crate) fn from_core(forest: RandomCutForest) -> Self {
        let config = forest.config().clone();
        let width = config.values_per_call();
        Self {
            time_decay: AtomicU64::new(config.time_decay.to_bits()),
            boxes: AtomicU64::new(config.bounding_box_cache_fraction.to_bits()),
            config,
            width,
            forest: Shared::new(forest),
        }
    }

    /// Observations × values of one, in a point.
    fn shape(&self) -> Shape {
        [self.config.shingle_size, self.config.input_dimensions]
    }
}

#[pymethods]
impl PyRandomCutForest {
    #[new]
    #[pyo3(
        signature = (*, input_dimensions=None, shingle_size=None, number_of_trees=None,
            sample_size=None, time_decay=None, output_after=None, initial_accept_fraction=None,
            internal_shingling=None, seed=None, shingle_rotation=None, store_sequence_numbers=None,
            store_labels=None, noise_floor=None, relative_noise_floor=None,
            bounding_box_cache_fraction=None, _state=None),
        text_signature = "(*, input_dimensions=None, shingle_size=None, number_of_trees=None, \
            sample_size=None, time_decay=None, output_after=None, initial_accept_fraction=None, \
            internal_shingling=None, seed=None, shingle_rotation=None, \
            store_sequence_numbers=None, store_labels=None, noise_floor=None, \
            relative_noise_floor=None, bounding_box_cache_fraction=None)"
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
        shingle_rotation: Option<&Bound<'_, PyAny>>,
        store_sequence_numbers: Option<&Bound<'_, PyAny>>,
        store_labels: Option<&Bound<'_, PyAny>>,
        noise_floor: Option<&Bound<'_, PyAny>>,
        relative_noise_floor: Option<&Bound<'_, PyAny>>,
        bounding_box_cache_fraction: Option<&Bound<'_, PyAny>>,
        _state: State<'_>,
    ) -> PyResult<Self> {
        if let Some((bytes, trusted)) = _state {
            let model = RandomCutForest::from_state(bytes.as_bytes(), trusted);
            return model.map(Self::from_core).map_err(errors::state);
        }
        let input_dimensions = integer("input_dimensions", input_dimensions)?.unwrap_or(1);
        let mut builder = RandomCutForest::builder(input_dimensions);
        set! {
            builder:
            shingle_size: integer,
            number_of_trees: integer,
            sample_size: integer,
            time_decay: real,
            output_after: integer,
            initial_accept_fraction: real,
            internal_shingling: flag,
            seed: seed_or_random,
            shingle_rotation: flag,
            store_sequence_numbers: flag,
            store_labels: flag,
            relative_noise_floor: real,
            bounding_box_cache_fraction: real,
        }
        if let Some(floor) = per_input("noise_floor", noise_floor, input_dimensions)? {
            builder = builder.noise_floor(floor);
        }
        builder.build().map(Self::from_core).map_err(errors::config)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let name = slf.get_type().name()?;
        let config = &slf.get().config;
        let flag = |flag| if flag { "True" } else { "False" };
        let mut text = format!(
            "{name}(input_dimensions={}, shingle_size={}, number_of_trees={}, sample_size={}, \
             time_decay={:?}, output_after={}, initial_accept_fraction={:?}, \
             internal_shingling={}, seed={}",
            config.input_dimensions,
            config.shingle_size,
            config.number_of_trees,
            config.sample_size,
            slf.get().time_decay(),
            config.output_after,
            config.initial_accept_fraction,
            flag(config.internal_shingling),
            config.seed,
        );
        // The rest where it is used.
        for (name, set) in [
            ("shingle_rotation", config.shingle_rotation),
            ("store_sequence_numbers", config.store_sequence_numbers),
            ("store_labels", config.store_labels),
        ] {
            if set {
                text.push_str(&format!(", {name}=True"));
            }
        }
        if !config.noise_floor.is_empty() {
            text.push_str(&format!(", noise_floor={:?}", config.noise_floor));
        }
        if config.relative_noise_floor > 0.0 {
            let floor = config.relative_noise_floor;
            text.push_str(&format!(", relative_noise_floor={floor:?}"));
        }
        let boxes = slf.get().bounding_box_cache_fraction();
        if boxes != 0.5 {
            text.push_str(&format!(", bounding_box_cache_fraction={boxes:?}"));
        }
        text.push(')');
        Ok(text)
    }

    /// Number of values in one point of the forest: ``input_dimensions * shingle_size``.
    #[getter]
    fn dimensions(&self) -> usize {
        self.config.input_dimensions * self.config.shingle_size
    }

    /// How fast old points lose their place in the samples, per update or unit of time.
    ///
    /// Can be set at any time; the sample follows with the observations to come.
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

    /// Number of observations learned.
    #[getter]
    fn updates(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.forest.read(py)?.updates())
    }

    /// Memory that a forest of these parameters takes once it is full, in bytes, but for a few per
    /// cent.
    #[getter]
    fn estimated_bytes(&self) -> usize {
        let mut config = self.config.clone();
        config.bounding_box_cache_fraction = self.bounding_box_cache_fraction();
        config.estimate_bytes()
    }

    /// Memory that the forest takes, in bytes.
    #[getter]
    fn size_in_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.forest.read(py)?.size_in_bytes())
    }
}

getters! {
    PyRandomCutForest:
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
    /// For each value of an observation, the range taken for noise; empty without a floor.
    noise_floor: Vec<f64>,
    /// The same as a fraction of the range of a tree's sample; 0 without a floor.
    relative_noise_floor: f64,
}
