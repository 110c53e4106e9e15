//! Missing values, and those to come.

use numpy::prelude::*;
use numpy::{PyArray1, PyArray2, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use super::PyRandomCutForest;
use crate::input::{in_shape, positions};
use crate::parameters::{integer, real};
use crate::{answers, errors};

/// A limit, so that the result fits into memory and is computed in reasonable time.
const MAX_HORIZON: usize = 1_000_000;

impl PyRandomCutForest {
    fn observation_or_point<'py>(
        &self,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
        let point = self.forest.config().dimensions();
        let values = &self.forest.named(values)?;
        in_shape(values, &[&[self.forest.width()], &[point], &self.shape()])
    }
}

#[pymethods]
impl PyRandomCutForest {
    /// Fill in missing values with what the forest expects there.
    ///
    /// Each tree gives one candidate, the most usual one given the other values; their median is
    /// taken. Learns nothing.
    ///
    /// Parameters
    /// ----------
    /// values : array_like of shape (input_dimensions,) or (shingle_size, input_dimensions)
    ///     An observation, as the next one of the stream, or a whole point, oldest observation
    ///     first (flat if you like).
    /// missing : sequence of int, optional
    ///     Positions of the missing values among all of them, counted row by row from 0; their
    ///     values are not read. Default: the values that are NaN.
    ///
    /// Returns
    /// -------
    /// ndarray of the shape of `values`, float64
    ///     The values, with the missing ones filled in.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the shape is wrong, a known value is not finite, or a position does not exist or is
    ///     named twice.
    /// NotReadyError
    ///     If the forest has learned too little.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    /// >>> x = np.arange(1000.0) % 100
    /// >>> _ = forest.process(np.column_stack([x, 1000 - 3 * x]))
    /// >>> filled = forest.impute([50.0, np.nan])
    /// >>> bool(abs(filled[1] - 850) < 20)
    /// True
    #[pyo3(signature = (values, missing=None))]
    fn impute<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        missing: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let values = self.observation_or_point(values)?;
        let known = values.as_slice()?;
        let missing = positions(known, missing)?;
        let filled = self
            .forest
            .read_detached(py, |forest| forest.impute(known, &missing))?
            .map_err(|error| self.forest.refused(error))?;
        Ok(PyArray1::from_vec(py, filled)
            .reshape(values.shape())?
            .into_any())
    }

    /// How missing values are distributed, given the others.
    ///
    /// Parameters
    /// ----------
    /// values : array_like of shape (input_dimensions,) or (shingle_size, input_dimensions)
    ///     An observation or a whole point, as for `impute`.
    /// missing : sequence of int, optional
    ///     Positions of the missing values, as for `impute`.
    /// centrality : float, default 1
    ///     1: each tree gives its most usual candidate. The less, the more random draws decide,
    ///     down to any that the cuts of the known values allow, at 0.
    ///
    /// Returns
    /// -------
    /// ConditionalField
    ///     Arrays `mean`, `deviation`, `median`, `p10` and `p90` of one candidate from each tree,
    ///     with an entry for each missing value, in their order.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `impute`, and for a centrality that is not from 0 to 1.
    /// NotReadyError
    ///     If the forest has learned too little.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    /// >>> x = np.arange(1000.0) % 100
    /// >>> _ = forest.process(np.column_stack([x, 1000 - 3 * x]))
    /// >>> field = forest.conditional_field([50.0, np.nan])
    /// >>> bool(field.p10[0] <= field.median[0] <= field.p90[0])
    /// True
    #[pyo3(
        signature = (values, missing=None, *, centrality=None),
        text_signature = "($self, values, missing=None, *, centrality=1.0)"
    )]
    fn conditional_field<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        missing: Option<&Bound<'py, PyAny>>,
        centrality: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let values = self.observation_or_point(values)?;
        let known = values.as_slice()?;
        let missing = positions(known, missing)?;
        let centrality = real("centrality", centrality)?.unwrap_or(1.0);
        let field = self
            .forest
            .read_detached(py, |forest| {
                forest.conditional_field(known, &missing, centrality)
            })?
            .map_err(|error| self.forest.refused(error))?;
        answers::field(py, field)
    }

    /// Samples of missing values, given the others.
    ///
    /// Parameters
    /// ----------
    /// values, missing, centrality : optional
    ///     As for `conditional_field`.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (samples, missing values), float64
    ///     A row from each tree, or from each that has a point of the right phase if shingles
    ///     rotate: the values of one sampled point, which belong together.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `conditional_field`.
    /// NotReadyError
    ///     If the forest has learned too little.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=3, seed=1)
    /// >>> side = np.random.default_rng(1).choice([-1.0, 1.0], 1000)
    /// >>> _ = forest.process(np.column_stack([np.arange(1000.0) % 100, 50 * side, 30 * side]))
    /// >>> samples = forest.conditional_samples([40.0, np.nan, np.nan], centrality=0.0)
    /// >>> samples.shape, bool((samples[:, 0] / 50 == samples[:, 1] / 30).all())
    /// ((50, 2), True)
    #[pyo3(
        signature = (values, missing=None, *, centrality=None),
        text_signature = "($self, values, missing=None, *, centrality=1.0)"
    )]
    fn conditional_samples<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        missing: Option<&Bound<'py, PyAny>>,
        centrality: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.observation_or_point(values)?;
        let known = values.as_slice()?;
        let missing = positions(known, missing)?;
        let centrality = real("centrality", centrality)?.unwrap_or(1.0);
        let samples = self
            .forest
            .read_detached(py, |forest| {
                forest.conditional_samples(known, &missing, centrality)
            })?
            .map_err(|error| self.forest.refused(error))?;
        Ok(samples.into_pyarray(py))
    }

    /// Forecast the next observations. Learns nothing.
    ///
    /// Each observation is imputed as the missing newest one of a shingle, and then counts as known
    /// for the next. Without shingles a forest does not use the past, and predicts the median of
    /// its sample.
    ///
    /// Parameters
    /// ----------
    /// horizon : int
    ///     How many observations, up to a million.
    ///
    /// Returns
    /// -------
    /// Forecast
    ///     Arrays `median`, `p10` and `p90` of shape (horizon, input_dimensions), the next
    ///     observation first. The percentiles show how much the trees disagree at each step; they
    ///     do not add up uncertainty from step to step.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the horizon is beyond a million.
    /// NotReadyError
    ///     If the forest has learned too little.
    ///
    /// Examples
    /// --------
    /// >>> wave = np.sin(np.arange(1200) / 10)
    /// >>> forest = rcf.RandomCutForest(shingle_size=10, seed=1)
    /// >>> _ = forest.process(wave[:1000])
    /// >>> forecast = forest.forecast(100)
    /// >>> bool(abs(forecast.median[:, 0] - wave[1000:1100]).mean() < 0.1)
    /// True
    fn forecast<'py>(
        &self,
        py: Python<'py>,
        horizon: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let horizon = integer("horizon", Some(horizon))?.unwrap_or_default();
        if horizon > MAX_HORIZON {
            return Err(errors::input(format!(
                "horizon must be at most {MAX_HORIZON}, got {horizon}"
            )));
        }
        let forecast = self
            .forest
            .read_detached(py, |forest| forest.forecast(horizon))?
            .map_err(|error| self.forest.refused(error))?;
        answers::forecast(py, forecast)
    }
}
