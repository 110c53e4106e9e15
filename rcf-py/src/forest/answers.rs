//! The named tuples of `rcf._answers`, made from the answers of the core.

use numpy::prelude::*;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rcf_core::{
    Attribution, Cluster, ConditionalField, Density, Explanation, Forecast, Neighbor, Sample,
    ScoreEstimate,
};

/// An object of one of the classes of `rcf._answers`.
macro_rules! answer {
    ($py:expr, $class:literal, $($field:expr),+ $(,)?) => {{
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CLASS.import($py, "rcf._answers", $class)?.call1(($($field,)+))
    }};
}

type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// The shape of a point: observations × values of one.
pub(super) type Shape = [usize; 2];

fn shaped<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    shape: Shape,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    PyArray1::from_vec(py, values).reshape(shape)
}

pub(super) fn attribution(py: Python<'_>, parts: Attribution, shape: Shape) -> Answer<'_> {
    let (high, low) = (
        shaped(py, parts.high, shape)?,
        shaped(py, parts.low, shape)?,
    );
    answer!(py, "Attribution", high, low)
}

pub(super) fn estimate(py: Python<'_>, estimate: ScoreEstimate) -> Answer<'_> {
    answer!(py, "ScoreEstimate", estimate.score, estimate.trees)
}

pub(super) fn explanation(py: Python<'_>, explained: Explanation, shape: Shape) -> Answer<'_> {
    let parts = attribution(py, explained.attribution, shape)?;
    answer!(py, "Explanation", explained.score, parts, explained.trees)
}

pub(super) fn neighbor(py: Python<'_>, neighbor: Neighbor, shape: Shape) -> Answer<'_> {
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

pub(super) fn density(py: Python<'_>, density: Density, shape: Shape) -> Answer<'_> {
    let (high, low) = (
        shaped(py, density.high, shape)?,
        shaped(py, density.low, shape)?,
    );
    answer!(py, "Density", density.value, high, low)
}

pub(super) fn field(py: Python<'_>, field: ConditionalField) -> Answer<'_> {
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

pub(super) fn forecast(py: Python<'_>, forecast: Forecast) -> Answer<'_> {
    let [median, p10, p90] =
        [forecast.median, forecast.p10, forecast.p90].map(|values| values.into_pyarray(py));
    answer!(py, "Forecast", median, p10, p90)
}

pub(super) fn sample(py: Python<'_>, sample: Sample, [rows, columns]: Shape) -> Answer<'_> {
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

pub(super) fn cluster(py: Python<'_>, cluster: Cluster, shape: Shape) -> Answer<'_> {
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
