//! Observations in, detections out.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rcf_core::{AnomalyDetector, Detection, InputError};

use super::PyAnomalyDetector;
use super::columns::{Columns, one};
use crate::errors;
use crate::input::{Point, Rows, moment, seconds, with_rows};

#[pymethods]
impl PyAnomalyDetector {
    /// Judge, then learn, each observation of an array in turn.
    ///
    /// The same decisions, bit for bit, as `process_one` on one row after the other. The GIL is
    /// released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first: NumPy, pandas, polars, Arrow, or lists. Arrays of
    ///     float64 and float32 are read in place, in any order and with any stride.
    /// timestamps : array_like of shape (n,), optional
    ///     When each row was made, strictly increasing: numbers in any unit, or moments (NumPy's
    ///     datetime64, pandas' index, datetime), which count in seconds. Gaps are seen then, judged
    ///     by the mean gap, and filled in as the parameter `imputation` says.
    /// missing : {"raise", "impute"}, default "raise"
    ///     What a value that is NaN means: an error, or one that was not observed and is filled in
    ///     as the parameter `imputation` says.
    ///
    /// Returns
    /// -------
    /// Detections
    ///     Arrays with an entry for each row, and the anomalies in words, as a table, as a picture.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row`
    ///     tells which row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> values = np.sin(np.arange(1000) / 10)
    /// >>> hours = np.datetime64("2026-03-01T00") + np.arange(1000)
    /// >>> result = rcf.AnomalyDetector(seed=7).process(values, timestamps=hours)
    /// >>> result
    /// <Detections: 1,000 rows, 0 anomalies>
    #[pyo3(signature = (points, *, timestamps=None, missing="raise"))]
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        timestamps: Option<&Bound<'py, PyAny>>,
        missing: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        static DETECTIONS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let may_miss = may_miss(missing)?;
        let inputs = self.config.input_dimensions;
        let rows = Rows::extract(points, inputs)?;
        let timestamps = timestamps
            .map(|times| seconds(times, rows.len()))
            .transpose()?;
        let detector = &self.detector;
        let columns = with_rows!(rows, view => detector.write_detached(py, |detector| {
            let detections = match (&timestamps, may_miss) {
                (None, false) => detector.process_array(view),
                (None, true) => detector.process_array_with_missing(view),
                (Some(times), false) => detector.process_array_at(times, view),
                (Some(times), true) => detector.process_array_at_with_missing(times, view),
            }?;
            let mut columns = Columns::default();
            detections.iter().for_each(|detection| columns.push(detection));
            Ok(columns)
        }))?
        .map_err(|error| errors::array(py, &error))?
        .into_dict(py, inputs)?;
        columns.set_item("source", points)?;
        DETECTIONS
            .import(py, "rcf._detections", "Detections")?
            .call((), Some(&columns))
    }

    /// Judge, then learn, one observation.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation.
    /// timestamp : float or datetime, optional
    ///     When it was made, as for `process`; later than the one before.
    /// missing : {"raise", "impute"}, default "raise"
    ///     What a value that is NaN means, as for `process`.
    ///
    /// Returns
    /// -------
    /// Detection
    ///     What there is to say about it.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite, or if the time runs
    ///     backwards. The detector is unchanged.
    ///
    /// Examples
    /// --------
    /// >>> detector = rcf.AnomalyDetector(seed=7)
    /// >>> _ = detector.process(np.sin(np.arange(1000) / 10))
    /// >>> detector.process_one(5.0).is_anomaly
    /// True
    #[pyo3(signature = (point, *, timestamp=None, missing="raise"))]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        timestamp: Option<&Bound<'py, PyAny>>,
        missing: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let may_miss = may_miss(missing)?;
        let point = Point::extract(point, self.config.input_dimensions)?;
        let timestamp = timestamp.map(moment).transpose()?;
        let values = point.values()?;
        let mut detector = self.detector.write(py)?;
        let detection = step(&mut detector, timestamp, values, may_miss);
        drop(detector);
        one(py, &detection.map_err(errors::refused)?)
    }

    /// Start from past data: learn each observation and decide nothing.
    ///
    /// Parameters
    /// ----------
    /// history : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     Observations before the stream, oldest first; NaN for what is missing.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process`.
    ///
    /// Examples
    /// --------
    /// >>> detector = rcf.AnomalyDetector(seed=7)
    /// >>> detector.fit(np.sin(np.arange(1000) / 10))
    /// >>> detector.warm_up_left
    /// 0
    fn fit<'py>(&self, py: Python<'py>, history: &Bound<'py, PyAny>) -> PyResult<()> {
        let rows = Rows::extract(history, self.config.input_dimensions)?;
        let detector = &self.detector;
        with_rows!(rows, view => detector.write_detached(py, |detector| detector.fit(view)))?
            .map_err(|error| errors::array(py, &error))
    }

    /// Start from a few points of the past, and make up the observations between them.
    ///
    /// For a past that is known more coarsely than the stream, say by the hour of a stream of
    /// minutes. There are scores and decisions at once, rough ones: ``synthetic_fraction`` of each
    /// result says how much of the model is synthetic, and ``confidence`` counts real points only.
    /// With observations of the stream itself, `fit`.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     Two points or more, oldest first.
    /// spacing : int
    ///     How many observations of the stream lie from one point to the next, up to 10,000. Those
    ///     between them are interpolated linearly.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process`; if there are fewer than two points, `spacing` is out of range, or the
    ///     detector has taken observations already. Nothing is learned then.
    ///
    /// Examples
    /// --------
    /// >>> detector = rcf.AnomalyDetector(seed=7)
    /// >>> detector.bootstrap(np.sin(np.arange(0, 40, 1.2)), spacing=12)
    /// >>> first = detector.process_one(np.sin(40))
    /// >>> first.warm_up, first.synthetic_fraction > 0.9, first.confidence < 0.4
    /// (0, True, True)
    #[pyo3(signature = (points, *, spacing))]
    fn bootstrap<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        spacing: usize,
    ) -> PyResult<()> {
        let rows = Rows::extract(points, self.config.input_dimensions)?;
        let detector = &self.detector;
        with_rows!(rows, view => detector.write_detached(py, |detector| {
            detector.bootstrap(view, spacing)
        }))?
        .map_err(|error| errors::array(py, &error))
    }
}

/// Gives one record to a detector.
pub(crate) fn step(
    detector: &mut AnomalyDetector,
    timestamp: Option<f64>,
    values: &[f64],
    may_miss: bool,
) -> Result<Detection, InputError> {
    match (timestamp, may_miss) {
        (None, false) => detector.process(values),
        (None, true) => detector.process_with_missing(values),
        (Some(time), false) => detector.process_at(time, values),
        (Some(time), true) => detector.process_at_with_missing(time, values),
    }
}

pub(crate) fn may_miss(missing: &str) -> PyResult<bool> {
    match missing {
        "raise" => Ok(false),
        "impute" => Ok(true),
        _ => Err(errors::config(format!(
            "missing must be \"raise\" or \"impute\", got {missing:?}"
        ))),
    }
}
