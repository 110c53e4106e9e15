//! `rcf.Forecaster`.

mod parameters;
mod state;

use ndarray::s;
use numpy::prelude::*;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{Component, Forecaster, ForecasterConfig};

use crate::held::{Held, State};
use crate::input::with_rows;
use crate::parameters::{Missing, getters, integer, no_more};
use crate::slices::{Progress, check_in_slices, in_slices};
use crate::{answers, errors};

/// The next observations of a stream, each time one arrives, with calibrated intervals.
///
/// Expected values come from a mixture of a random cut forest and of cheap components for each
/// input: the last value, past cycles, exponential smoothing, and a regression on recent and
/// seasonal lags. Each step ahead of each input weighs them by their past errors. The intervals are
/// computed from past errors, too, by online conformal prediction (Angelopoulos, Candès,
/// Tibshirani, 2023): whatever the stream does, the fraction of values inside them tends to
/// `coverage`, and `measured_coverage` is its measured value.
///
/// All parameters are keywords; ``None`` means the default.
///
/// Parameters
/// ----------
/// input_dimensions : int, optional
///     Number of values in one observation; by default that of the first data.
/// shingle_size : int, default 8
///     Length of the shingle: the observations that the next one is forecast from, and the next one
///     itself.
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
///     The least and the greatest possible value, ``None`` if there is none: for each input, or
///     one pair for all. Forecasts and intervals end there.
/// components : sequence of str, optional
///     The components that are mixed, at least one of ``"last_value"``, ``"past_cycles"``,
///     ``"smoothing"``,
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
    forecaster: Held<Forecaster>,
}

impl PyForecaster {
    fn in_force(&self) -> ForecasterConfig {
        (*self.forecaster.config()).clone()
    }
}

#[pymethods]
impl PyForecaster {
    #[new]
    #[pyo3(
        signature = (*, _state=None, **parameters),
        text_signature = "(*, input_dimensions=None, shingle_size=8, number_of_trees=50, \
            sample_size=256, seed=0, transform=None, horizon=1, coverage=0.8, limits=None, \
            components=None)"
    )]
    fn new(
        py: Python<'_>,
        _state: Option<State<'_>>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let forecaster = Held::new(py, parameters, _state)?;
        Ok(Self { forecaster })
    }

    /// Learn each observation of an array in turn, and forecast after each.
    ///
    /// The same forecasts, bit for bit, as `process_one` on one row after the other. The GIL is
    /// released; do not write to `points` during the call. Ctrl-C ends the call within a fraction
    /// of a second, with the effects that it has on `AnomalyDetector.process`.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first, as for `RandomCutForest.process`.
    /// missing : {"raise", "impute"}, default "raise"
    ///     Whether a NaN is an error, or a missing value, which is replaced by its prediction.
    /// progress : bool or callable, optional
    ///     As for `AnomalyDetector.process`.
    ///
    /// Returns
    /// -------
    /// IntervalForecast
    ///     With arrays of shape (n, horizon, input_dimensions): the forecast after each row,
    ///     NaN until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row`
    ///     names the row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> forecaster = rcf.Forecaster(horizon=5, seed=1)
    /// >>> forecaster.process(np.sin(np.arange(500) / 10)).lower.shape
    /// (500, 5, 1)
    #[pyo3(
        signature = (points, *, missing=Missing::RAISE, progress=None, **more),
        text_signature = "($self, points, *, missing='raise', progress=None)"
    )]
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        missing: Missing,
        progress: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Missing(may_miss) = missing;
        no_more("Forecaster.process", &["missing", "progress"], more)?;
        let (forecaster, table) = (&self.forecaster, self.forecaster.rows(points)?);
        let progress = Progress::new(progress, table.rows.len())?;
        let mut forecasts = Vec::new();
        let stopped = with_rows!(table.rows, view => {
            check_in_slices(py, view.nrows(), |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let check = |model: &Forecaster| model.check_rows(part, may_miss);
                let checked = forecaster.read_detached(py, check)?;
                checked.map_err(|error| table.refused(error, slice.start))
            })?;
            forecaster.remember(&table);
            in_slices(py, &progress, |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let taken = forecaster.write_detached(py, |model| if may_miss {
                    model.process_array_with_missing(part)
                } else {
                    model.process_array(part)
                })?;
                forecasts.extend(taken.map_err(|error| table.refused(error, slice.start))?);
                Ok(())
            })
        });
        let config = forecaster.config();
        let shape = [config.horizon, config.input_dimensions];
        let result = answers::interval_forecasts(py, &forecasts, shape)?;
        match stopped {
            Ok(()) => Ok(result),
            Err(stopped) => Err(stopped.with(py, result)),
        }
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
    #[pyo3(
        signature = (point, *, missing=Missing::RAISE, **more),
        text_signature = "($self, point, *, missing='raise')"
    )]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        missing: Missing,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Missing(may_miss) = missing;
        no_more("Forecaster.process_one", &["missing"], more)?;
        let point = self.forecaster.point(point)?;
        let (mut forecaster, values) = (self.forecaster.write(py)?, point.values()?);
        let forecast = if may_miss {
            forecaster.process_with_missing(values)
        } else {
            forecaster.process(values)
        };
        drop(forecaster);
        let forecast = forecast.map_err(|error| self.forecaster.refused(error))?;
        forecast
            .map(|forecast| answers::interval_forecast(py, forecast))
            .transpose()
    }

    /// Share of the intervals for a step ahead that contained the value, over all inputs.
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
        let horizon = self.forecaster.config().horizon;
        if step == 0 || step > horizon {
            return Err(errors::config(format!(
                "step must be in 1..={horizon}, got {step}"
            )));
        }
        Ok(self.forecaster.read(py)?.measured_coverage(step))
    }

    /// Errors of the forecasts, over the last thousand or so.
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
    /// if there is none.
    #[getter]
    fn periods(&self, py: Python<'_>) -> PyResult<Vec<Option<usize>>> {
        let forecaster = self.forecaster.read(py)?;
        let inputs = 0..self.forecaster.config().input_dimensions;
        Ok(inputs.map(|input| forecaster.period(input)).collect())
    }

    /// Missing values so far, over all inputs.
    #[getter]
    fn missing_values(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.forecaster.read(py)?.missing_values())
    }

    /// The components that are mixed.
    #[getter]
    fn components(&self) -> Vec<&'static str> {
        let config = self.forecaster.config();
        config
            .components
            .iter()
            .map(|component| component.as_str())
            .collect()
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
    PyForecaster, forecaster:
    /// Number of values in one observation.
    input_dimensions: usize,
    /// Length of the shingle: the observations that the next one is forecast from, and the next one
    /// itself.
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
