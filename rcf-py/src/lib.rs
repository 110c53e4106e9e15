//! The compiled half of the Python package `rcf`.
//!
//! It contains no algorithm: it converts Python values to slices ([`input`]), calls `rcf-core`
//! ([`forest`], [`detector`], [`forecaster`], [`keyed`], [`distance`], [`categories`]), and
//! converts results to named tuples ([`answers`]) and errors to the exceptions of `rcf._errors`
//! ([`errors`]). A model is [`shared`] by threads and [`saved`] like any other.

mod answers;
mod categories;
mod detector;
mod distance;
mod errors;
mod events;
mod forecaster;
mod forest;
mod held;
mod input;
mod jobs;
mod keyed;
mod parameters;
mod saved;
mod shared;
mod slices;
mod suggest;

/// The module `rcf._rcf`. Everything in it guards its own state, so it needs no GIL.
#[pyo3::pymodule(gil_used = false)]
mod _rcf {
    #[pymodule_export]
    use super::categories::PyCategoryEncoder;

    #[pymodule_export]
    use super::detector::PyAnomalyDetector;

    #[pymodule_export]
    use super::detector::PyHeldColumns;

    #[pymodule_export]
    use super::distance::{PyDistanceDetector, summarize};

    #[pymodule_export]
    use super::forecaster::PyForecaster;

    #[pymodule_export]
    use super::forest::PyRandomCutForest;

    #[pymodule_export]
    use super::keyed::PyKeyedDetectors;

    #[pymodule_export]
    use super::events::_correlate;

    #[pymodule_export]
    use super::suggest::suggest;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
