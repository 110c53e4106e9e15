//! `rcf.Forecaster`.

mod state;

use numpy::prelude::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytesMethods, PyDict};
use rcf_core::{Component, Forecaster, ForecasterConfig};

use crate::detector::parameters::{choice, transform};
use crate::detector::process::may_miss;
use crate::input::{Point, Rows, with_rows};
use crate::parameters::{getters, integer, real, seed_or_random, set};
use crate::saved::{Saved, State};
use crate::shared::Shared;
use crate::{answers, errors};

/// The next observations of a stream, each time one arrives, with intervals that keep their
/// promise.
///
/// Expected values come from a mixture of a random cut forest and of cheap components for each
/// input: the last value, past cycles, exponential smoothing, and a regression on recent and
/// seasonal lags. Each step ahead of each input weighs them by their past errors. The intervals are
/// made of past errors, too, by online conformal prediction (Angelopoulos, Candès, Tibshirani,
/// 2023): whatever the stream does, the share of values that they hold tends to `coverage`, and
/// `measured_coverage` tells what it was.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, default 1
///     Number of values in one observation.
/// shingle_size : int, default 8
///     Number of observations by which the next one is forecast, and the one itself.
/// number_of_trees, sample_size, seed : optional
///     As for `RandomCutForest`.
/// transform : str, optional
///     What is done to values before the forest sees them, as for `AnomalyDetector`. The other
///     components see values as they are.
/// horizon : int, default 1
///     Number of observations that are forecast, up to 1,000.
/// coverage : float, default 0.8
///     Fraction of values that the intervals should hold, from 0.01 to 0.99.
/// limits : tuple of float, or sequence of such tuples, optional
///     The least and the greatest possible value, ``None`` where there is none: for each input, or
///     one pair for all. Forecasts and intervals end there.
/// components : sequence of str, optional
///     What is mixed, at least one of ``"last_value"``, ``"past_cycles"``, ``"smoothing"``,
///     ``"regression"``, ``"forest"``; default all.
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
/// >>> forecaster = rcf.Forecaster(shingle_size=16, horizon=3, seed=1)
/// >>> _ = forecaster.process(np.sin(np.arange(2000) / 10))
/// >>> ahead = forecaster.newest
/// >>> ahead.expected.shape, bool(abs(ahead.expected[0, 0] - np.sin(200)) < 0.1)
/// ((3, 1), True)
/// >>> 0.7 < forecaster.measured_coverage() < 0.9
/// True
#[pyclass(frozen, subclass, module = "rcf", name = "Forecaster")]
pub(crate) struct PyForecaster {
    /// A copy outside the lock: parameters do not change.
    config: ForecasterConfig,
    forecaster: Shared<Forecaster>,
}

impl PyForecaster {
    fn from_core(forecaster: Forecaster) -> Self {
        Self {
            config: forecaster.config().clone(),
            forecaster: Shared::new(forecaster),
        }
    }
}

/// A pair for each input, or one for all of them.
fn limits(value: &Bound<'_, PyAny>, inputs: usize) -> PyResult<Vec<(f64, f64)>> {
    type Pair = (Option<f64>, Option<f64>);
    let ends = |(least, greatest): Pair| {
        let least = least.unwrap_or(f64::NEG_INFINITY);
        (least, greatest.unwrap_or(f64::INFINITY))
    };
    if let Ok(pair) = value.extract::<Pair>() {
        return Ok(vec![ends(pair); inputs]);
    }
    let pairs: Vec<Pair> = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "limits must be a pair (least, greatest) or one for each input, got {value}"
        ))
    })?;
    Ok(pairs.into_iter().map(ends).collect())
}

fn components(value: &Bound<'_, PyAny>) -> PyResult<Vec<Component>> {
    let names: Vec<String> = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "components must be a sequence of names, got {value}"
        ))
    })?;
    let choices = Component::ALL.map(|component| (component.as_str(), component));
    let one = |name: &String| choice("components", name, &choices);
    names.iter().map(one).collect()
}

#[pymethods]
impl PyForecaster {
    #[new]
    #[pyo3(
        signature = (*, input_dimensions=None, shingle_size=None, number_of_trees=None,
            sample_size=None, seed=None, transform=None, horizon=None, coverage=None, limits=None,
            components=None, _state=None),
        text_signature = "(*, input_dimensions=None, shingle_size=None, number_of_trees=None, \
            sample_size=None, seed=None, transform=None, horizon=None, coverage=None, limits=None, \
            components=None)"
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
        seed: Option<&Bound<'_, PyAny>>,
        transform: Option<&Bound<'_, PyAny>>,
        horizon: Option<&Bound<'_, PyAny>>,
        coverage: Option<&Bound<'_, PyAny>>,
        limits: Option<&Bound<'_, PyAny>>,
        components: Option<&Bound<'_, PyAny>>,
        _state: State<'_>,
    ) -> PyResult<Self> {
        if let Some((bytes, trusted)) = _state {
            let model = Forecaster::from_state(bytes.as_bytes(), trusted);
            return model.map(Self::from_core).map_err(errors::state);
        }
        let input_dimensions = integer("input_dimensions", input_dimensions)?.unwrap_or(1);
        let mut builder = Forecaster::builder(input_dimensions);
        set! {
            builder:
            shingle_size: integer,
            number_of_trees: integer,
            sample_size: integer,
            seed: seed_or_random,
            transform: self::transform,
            horizon: integer,
            coverage: real,
        }
        if let Some(given) = limits {
            let inputs = input_dimensions.min(rcf_core::MAX_DIMENSIONS);
            builder = builder.limits(self::limits(given, inputs)?);
        }
        if let Some(given) = components {
            builder = builder.components(&self::components(given)?);
        }
        builder.build().map(Self::from_core).map_err(errors::config)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let name = slf.get_type().name()?;
        let config = &slf.get().config;
        Ok(format!(
            "{name}(input_dimensions={}, shingle_size={}, number_of_trees={}, sample_size={}, \
             horizon={}, coverage={:?}, seed={}, ...)",
            config.input_dimensions,
            config.shingle_size,
            config.number_of_trees,
            config.sample_size,
            config.horizon,
            config.coverage,
            config.seed,
        ))
    }

    /// Learn each observation of an array in turn, and forecast after each.
    ///
    /// The same forecasts, bit for bit, as `process_one` on one row after the other. The GIL is
    /// released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first, as for `RandomCutForest.process`.
    /// missing : {"raise", "impute"}, default "raise"
    ///     Whether a NaN is an error, or a missing value: what was expected replaces it.
    ///
    /// Returns
    /// -------
    /// IntervalForecast
    ///     With arrays of shape (n, horizon, input_dimensions): what was forecast after each row,
    ///     NaN until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row`
    ///     tells which row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> forecaster = rcf.Forecaster(horizon=5, seed=1)
    /// >>> forecaster.process(np.sin(np.arange(500) / 10)).lower.shape
    /// (500, 5, 1)
    #[pyo3(signature = (points, *, missing="raise"))]
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        missing: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let may_miss = may_miss(missing)?;
        let inputs = self.config.input_dimensions;
        let rows = Rows::extract(points, inputs)?;
        let forecaster = &self.forecaster;
        let forecasts = with_rows!(rows, view => {
            forecaster.write_detached(py, |model| if may_miss {
                model.process_array_with_missing(view)
            } else {
                model.process_array(view)
            })
        })?
        .map_err(|error| errors::array(py, &error))?;
        answers::interval_forecasts(py, &forecasts, [self.config.horizon, inputs])
    }

    /// Learn one observation, and forecast the next ones.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation.
    /// missing : {"raise", "impute"}, default "raise"
    ///     As for `process`.
    ///
    /// Returns
    /// -------
    /// IntervalForecast or None
    ///     With arrays of shape (horizon, input_dimensions); None until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite. The forecaster is
    ///     unchanged.
    #[pyo3(signature = (point, *, missing="raise"))]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        missing: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let may_miss = may_miss(missing)?;
        let point = Point::extract(point, self.config.input_dimensions)?;
        let (mut forecaster, values) = (self.forecaster.write(py)?, point.values()?);
        let forecast = if may_miss {
            forecaster.process_with_missing(values)
        } else {
            forecaster.process(values)
        };
        drop(forecaster);
        let forecast = forecast.map_err(errors::refused)?;
        forecast
            .map(|forecast| answers::interval_forecast(py, forecast))
            .transpose()
    }

    /// Share of the intervals for a step ahead that held what came, over all inputs.
    ///
    /// Parameters
    /// ----------
    /// step : int, default 1
    ///     Which step, from 1 to `horizon`.
    ///
    /// Returns
    /// -------
    /// float
    ///     From 0 to 1; NaN before any interval has been compared.
    ///
    /// Raises
    /// ------
    /// ConfigError
    ///     If there is no such step.
    #[pyo3(signature = (step=None))]
    fn measured_coverage(&self, py: Python<'_>, step: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        let step = integer("step", step)?.unwrap_or(1);
        let horizon = self.config.horizon;
        if step == 0 || step > horizon {
            return Err(errors::config(format!(
                "step must be in 1..={horizon}, got {step}"
            )));
        }
        Ok(self.forecaster.read(py)?.measured_coverage(step))
    }

    /// How far forecasts were off, over the last thousand or so.
    ///
    /// Returns
    /// -------
    /// ForecastErrors
    ///     With arrays of shape (horizon, input_dimensions); NaN before any forecast has been
    ///     compared.
    ///
    /// Examples
    /// --------
    /// >>> forecaster = rcf.Forecaster(horizon=2, seed=1)
    /// >>> _ = forecaster.process(np.sin(np.arange(1000) / 10))
    /// >>> bool(forecaster.errors().mean_absolute[0, 0] < 0.05)
    /// True
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let errors = self.forecaster.read(py)?.errors();
        answers::forecast_errors(py, errors)
    }

    /// The weights of the components in the next forecast.
    ///
    /// Returns
    /// -------
    /// dict of str to ndarray of shape (horizon, input_dimensions)
    ///     From 0 to 1; all components together weigh 1.
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let forecaster = self.forecaster.read(py)?;
        let weights = PyDict::new(py);
        for component in Component::ALL {
            let weight = forecaster.weight_of(component);
            weights.set_item(component.as_str(), weight.into_pyarray(py))?;
        }
        Ok(weights)
    }

    /// The period of each input, in observations, by which the seasonal components forecast; None
    /// where there is none.
    #[getter]
    fn periods(&self, py: Python<'_>) -> PyResult<Vec<Option<usize>>> {
        let forecaster = self.forecaster.read(py)?;
        let inputs = 0..self.config.input_dimensions;
        Ok(inputs.map(|input| forecaster.period(input)).collect())
    }

    /// Missing values so far, over all inputs.
    #[getter]
    fn missing_values(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.forecaster.read(py)?.missing_values())
    }

    /// What is mixed.
    #[getter]
    fn components(&self) -> Vec<&'static str> {
        let components = self.config.components.iter();
        components.map(|component| component.as_str()).collect()
    }

    /// The forecast that came with the newest observation; None until the forest is ready.
    #[getter]
    fn newest<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let newest = self.forecaster.read(py)?.newest().cloned();
        newest
            .map(|forecast| answers::interval_forecast(py, forecast))
            .transpose()
    }
}

getters! {
    PyForecaster:
    /// Number of values in one observation.
    input_dimensions: usize,
    /// Number of observations by which the next one is forecast, and the one itself.
    shingle_size: usize,
    /// Number of trees.
    number_of_trees: usize,
    /// Number of points that each tree keeps.
    sample_size: usize,
    /// The seed that the forecaster was built with.
    seed: u64,
    /// Number of observations that are forecast.
    horizon: usize,
    /// Fraction of values that the intervals should hold.
    coverage: f64,
}
