//! The named tuples of `rcf._answers`, made from the results of the core.

use std::collections::BTreeMap;

use ndarray::Array2;
use numpy::prelude::*;
use numpy::{PyArray1, PyArray2, PyArray3};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rcf_core::distance::{self, DistanceDetection};
use rcf_core::{
    Attribution, Cluster, ConditionalField, Density, Explanation, Forecast, ForecastErrors,
    IntervalForecast, Neighbor, NormalMark, Sample, ScoreEstimate, Suggestion,
};

use crate::forest::TreePath;

/// An object of one of the classes of `rcf._answers`.
macro_rules! answer {
    ($py:expr, $class:literal, $($field:expr),+ $(,)?) => {{
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CLASS.import($py, "rcf._answers", $class)?.call1(($($field,)+))
    }};
}

type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// The shape of a point: observations × values of one.
pub(crate) type Shape = [usize; 2];

pub(crate) fn shaped<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    shape: Shape,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    PyArray1::from_vec(py, values).reshape(shape)
}

pub(crate) fn attribution(py: Python<'_>, parts: Attribution, shape: Shape) -> Answer<'_> {
    let (high, low) = (
        shaped(py, parts.high, shape)?,
        shaped(py, parts.low, shape)?,
    );
    answer!(py, "Attribution", high, low)
}

pub(crate) fn estimate(py: Python<'_>, estimate: ScoreEstimate) -> Answer<'_> {
    answer!(py, "ScoreEstimate", estimate.score, estimate.trees)
}

pub(crate) fn explanation(py: Python<'_>, explained: Explanation, shape: Shape) -> Answer<'_> {
    let parts = attribution(py, explained.attribution, shape)?;
    answer!(py, "Explanation", explained.score, parts, explained.trees)
}

pub(crate) fn neighbor(py: Python<'_>, neighbor: Neighbor, shape: Shape) -> Answer<'_> {
    let point = shaped(py, neighbor.point, shape)?;
    let (number, label) = (neighbor.sequence_number, neighbor.label);
    answer!(
        py,
        "Neighbor",
        point,
        neighbor.distance,
        neighbor.trees,
        number,
        label
    )
}

pub(crate) fn tree_path(py: Python<'_>, path: TreePath) -> Answer<'_> {
    answer!(
        py,
        "TreePath",
        path.depth,
        path.mass,
        path.tree_mass,
        path.is_point,
        PyArray1::from_vec(py, path.depths),
        PyArray1::from_vec(py, path.masses),
        PyArray1::from_vec(py, path.gaps),
        PyArray1::from_vec(py, path.ranges),
    )
}

pub(crate) fn density(py: Python<'_>, density: Density, shape: Shape) -> Answer<'_> {
    let (high, low) = (
        shaped(py, density.high, shape)?,
        shaped(py, density.low, shape)?,
    );
    answer!(py, "Density", density.value, high, low)
}

pub(crate) fn field(py: Python<'_>, field: ConditionalField) -> Answer<'_> {
    let [mean, deviation, median, p10, p90] = [
        field.mean,
        field.deviation,
        field.median,
        field.p10,
        field.p90,
    ]
    .map(|values| PyArray1::from_vec(py, values));
    answer!(py, "ConditionalField", mean, deviation, median, p10, p90)
}

pub(crate) fn forecast(py: Python<'_>, forecast: Forecast) -> Answer<'_> {
    let [median, p10, p90] =
        [forecast.median, forecast.p10, forecast.p90].map(|values| values.into_pyarray(py));
    answer!(py, "Forecast", median, p10, p90)
}

pub(crate) fn sample(py: Python<'_>, sample: Sample, [rows, columns]: Shape) -> Answer<'_> {
    let count = sample.points.nrows();
    let points = sample
        .points
        .into_pyarray(py)
        .reshape([count, rows, columns])?;
    let counts: Vec<i64> = sample.counts.iter().map(|&count| count as i64).collect();
    let counts = PyArray1::from_vec(py, counts);
    let numbers = PyArray1::from_vec(py, sample.sequence_numbers);
    answer!(py, "Sample", points, counts, numbers, sample.labels)
}

pub(crate) fn cluster(py: Python<'_>, cluster: Cluster, shape: Shape) -> Answer<'_> {
    let center = shaped(py, cluster.center, shape)?;
    let (low, high) = (
        shaped(py, cluster.low, shape)?,
        shaped(py, cluster.high, shape)?,
    );
    answer!(
        py,
        "Cluster",
        center,
        low,
        high,
        cluster.radius,
        cluster.weight
    )
}

pub(crate) fn distance_cluster<'py>(
    py: Python<'py>,
    cluster: &distance::Cluster<Py<PyAny>>,
) -> Answer<'py> {
    let representatives = cluster.representatives();
    let representatives: Vec<_> = representatives.map(|object| object.clone_ref(py)).collect();
    answer!(
        py,
        "DistanceCluster",
        representatives,
        cluster.radius(),
        cluster.weight()
    )
}

/// The same for points of a forest.
pub(crate) fn point_cluster<'py>(
    py: Python<'py>,
    cluster: &distance::Cluster<Vec<f64>>,
    shape: Shape,
) -> Answer<'py> {
    let representatives = cluster.representatives();
    let representatives: PyResult<Vec<_>> = representatives
        .map(|point| shaped(py, point.clone(), shape))
        .collect();
    answer!(
        py,
        "DistanceCluster",
        representatives?,
        cluster.radius(),
        cluster.weight()
    )
}

pub(crate) fn distance_detection(
    py: Python<'_>,
    found: DistanceDetection<Py<PyAny>>,
) -> Answer<'_> {
    let nearest = found.nearest.map(|object| object.clone_ref(py));
    answer!(
        py,
        "DistanceDetection",
        found.score,
        found.evidence,
        found.severity,
        found.grade,
        found.p_value,
        nearest,
        found.distance
    )
}

pub(crate) fn interval_forecast(py: Python<'_>, forecast: IntervalForecast) -> Answer<'_> {
    let [expected, lower, upper] =
        [forecast.expected, forecast.lower, forecast.upper].map(|values| values.into_pyarray(py));
    answer!(py, "IntervalForecast", expected, lower, upper)
}

/// The forecasts of many rows, NaN if there is none; each of this horizon × inputs.
pub(crate) fn interval_forecasts<'py>(
    py: Python<'py>,
    forecasts: &[Option<IntervalForecast>],
    [horizon, inputs]: Shape,
) -> Answer<'py> {
    let part =
        |part: fn(&IntervalForecast) -> &Array2<f64>| -> PyResult<Bound<'py, PyArray3<f64>>> {
            let mut values = vec![f64::NAN; forecasts.len() * horizon * inputs];
            for (values, forecast) in values.chunks_exact_mut(horizon * inputs).zip(forecasts) {
                if let Some(forecast) = forecast {
                    values
                        .iter_mut()
                        .zip(part(forecast))
                        .for_each(|(to, from)| *to = *from);
                }
            }
            PyArray1::from_vec(py, values).reshape([forecasts.len(), horizon, inputs])
        };
    let expected = part(|forecast| &forecast.expected)?;
    let (lower, upper) = (
        part(|forecast| &forecast.lower)?,
        part(|forecast| &forecast.upper)?,
    );
    answer!(py, "IntervalForecast", expected, lower, upper)
}

pub(crate) fn forecast_errors(py: Python<'_>, errors: ForecastErrors) -> Answer<'_> {
    let [mean_absolute, root_mean_square, bias, interval_precision] = [
        errors.mean_absolute,
        errors.root_mean_square,
        errors.bias,
        errors.interval_precision,
    ]
    .map(|values| values.into_pyarray(py));
    answer!(
        py,
        "ForecastErrors",
        mean_absolute,
        root_mean_square,
        bias,
        interval_precision,
    )
}

pub(crate) fn normal_mark(py: Python<'_>, mark: NormalMark) -> Answer<'_> {
    let deviations: BTreeMap<usize, f64> = mark.deviations.into_iter().collect();
    answer!(
        py,
        "NormalMark",
        mark.number,
        mark.is_stretch,
        mark.evidence,
        deviations
    )
}

pub(crate) fn suggestion(py: Python<'_>, suggestion: Suggestion) -> Answer<'_> {
    answer!(
        py,
        "Suggestion",
        suggestion.input_dimensions,
        suggestion.shingle_size,
        suggestion.sample_size,
        suggestion.time_decay,
        suggestion.transform.as_str(),
        suggestion.period,
        suggestion.reasons,
        suggestion.certainty,
    )
}
