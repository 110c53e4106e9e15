//! Observations in, detections out.

use ndarray::{ArrayView2, s};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use rcf_core::{AnomalyDetector, ArrayError, Detection, InputError, Real};

use super::PyAnomalyDetector;
use super::columns::{Columns, one};
use crate::errors;
use crate::held::Table;
use crate::input::{moment, seconds, with_rows};
use crate::parameters::{Missing, integer, no_more};
use crate::slices::{Progress, check_in_slices, in_slices};

impl PyAnomalyDetector {
    /// Rejects invalid rows and timestamps before any is taken.
    fn check<A: Real + Sync>(
        &self,
        py: Python<'_>,
        table: &Table<'_>,
        rows: ArrayView2<'_, A>,
        timestamps: Option<&[f64]>,
        may_miss: bool,
    ) -> PyResult<()> {
        check_in_slices(py, rows.nrows(), |slice| {
            let part = rows.slice(s![slice.clone(), ..]);
            let checked = self
                .detector
                .read_detached(py, |detector| detector.check_rows(part, may_miss))?;
            checked.map_err(|error| table.refused(error, slice.start))
        })?;
        let Some(timestamps) = timestamps else {
            return Ok(());
        };
        let detector = self.detector.read(py)?;
        let checked = detector.check_timestamps(timestamps);
        drop(detector);
        checked.map_err(|error| errors::array(py, &error, None))
    }
}

/// Gives a slice of rows to a detector.
fn steps<A: Real>(
    detector: &mut AnomalyDetector,
    timestamps: Option<&[f64]>,
    rows: ArrayView2<'_, A>,
    may_miss: bool,
) -> Result<Vec<Detection>, ArrayError> {
    match (timestamps, may_miss) {
        (None, false) => detector.process_array(rows),
        (None, true) => detector.process_array_with_missing(rows),
        (Some(times), false) => detector.process_array_at(times, rows),
        (Some(times), true) => detector.process_array_at_with_missing(times, rows),
    }
}

#[pymethods]
impl PyAnomalyDetector {
    /// Judge, then learn, each observation of an array in turn.
    ///
    /// The same decisions, bit for bit, as `process_one` on one row after the other. The GIL is
    /// released; do not write to `points` during the call. Ctrl-C, or an error of `progress`, ends
    /// the call within a fraction of a second: the first rows are learned, the exception's
    /// attribute `rows` is their number, and `result` holds their results (None before the
    /// first).
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first: NumPy, pandas, polars, Arrow, or lists. Arrays of
    ///     float64 and float32 are read in place, in any order and with any stride. Columns of
    ///     tables are found by their names, see `feature_names_in_`.
    /// timestamps : array_like of shape (n,), optional
    ///     When each row was made, strictly increasing: numbers in any unit, or times (NumPy's
    ///     datetime64, pandas' index, datetime), which count in seconds. Gaps are then recognised
    ///     by the mean interval, and filled in as the parameter `imputation` specifies.
    /// missing : {"raise", "impute"}, default "raise"
    ///     What a value that is NaN means: an error, or one that was not observed and is filled in
    ///     as the parameter `imputation` specifies.
    /// progress : bool or callable, optional
    ///     True shows a bar if tqdm is installed, otherwise a line on stderr. A callable is given
    ///     the number of rows done and of all rows, many times a second.
    ///
    /// Returns
    /// -------
    ///     number of rows done and of all rows, many times a second.
    ///     Arrays with an entry for each row, and the anomalies in words, as a table, as a picture.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row`
    ///     names the row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> values = np.sin(np.arange(1000) / 10)
    /// >>> hours = np.datetime64("2026-03-01T00") + np.arange(1000)
    /// >>> result = rcf.AnomalyDetector(seed=7).process(values, timestamps=hours)
    /// >>> result
    /// <Detections: 1,000 rows, 0 anomalies>
    #[pyo3(
        signature = (points, *, timestamps=None, missing=Missing::RAISE, progress=None, **more),
        text_signature = "($self, points, *, timestamps=None, missing='raise', progress=None)"
    )]
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        timestamps: Option<&Bound<'py, PyAny>>,
        missing: Missing,
        progress: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Missing(may_miss) = missing;
        no_more(
            "AnomalyDetector.process",
            &["timestamps", "missing", "progress"],
            more,
        )?;
        let (detector, table) = (&self.detector, self.detector.rows(points)?);
        let count = table.rows.len();
        let moments = timestamps;
        let timestamps = moments.map(|times| seconds(times, count)).transpose()?;
        let progress = Progress::new(progress, count)?;
        let mut columns = Columns::default();
        let stopped = with_rows!(table.rows, view => {
            self.check(py, &table, view, timestamps.as_deref(), may_miss)?;
            detector.remember(&table);
            in_slices(py, &progress, |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let times = timestamps.as_deref().map(|times| &times[slice.clone()]);
                let taken = detector.write_detached(py, |detector| {
                    let detections = steps(detector, times, part, may_miss)?;
                    detections.iter().for_each(|detection| columns.push(detection));
                    Ok(())
                })?;
                taken.map_err(|error| table.refused(error, slice.start))
            })
        });
        let [_, inputs] = detector.shape();
        match stopped {
            Ok(()) => columns.into_detections(py, inputs, &table.source, moments),
            Err(stopped) => {
                let rows = columns.len();
                let source = head(&table.source, rows)?;
                let moments = moments.map(|times| head(times, rows)).transpose()?;
                let result = columns.into_detections(py, inputs, &source, moments.as_ref())?;
                Err(stopped.with(py, result))
            }
        }
    }

    /// Judge, then learn, one observation.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation.
    /// timestamp : float or datetime, optional
    ///     When it was made, as for `process`; later than the previous one.
    /// missing : {"raise", "impute"}, default "raise"
    ///     What a value that is NaN means, as for `process`.
    ///
    /// Returns
    /// -------
    /// Detection
    ///     The result for the observation.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite, or if the time is not
    ///     later than the previous one. The detector is unchanged.
    ///
    /// Examples
    /// --------
    /// >>> detector = rcf.AnomalyDetector(seed=7)
    /// >>> _ = detector.process(np.sin(np.arange(1000) / 10))
    /// >>> detector.process_one(5.0).is_anomaly
    /// True
    #[pyo3(
        signature = (point, *, timestamp=None, missing=Missing::RAISE, **more),
        text_signature = "($self, point, *, timestamp=None, missing='raise')"
    )]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        timestamp: Option<&Bound<'py, PyAny>>,
        missing: Missing,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Missing(may_miss) = missing;
        no_more(
            "AnomalyDetector.process_one",
            &["timestamp", "missing"],
            more,
        )?;
        let point = self.detector.point(point)?;
        let timestamp = timestamp.map(moment).transpose()?;
        let values = point.values()?;
        let mut detector = self.detector.write(py)?;
        let detection = step(&mut detector, timestamp, values, may_miss);
        drop(detector);
        one(
            py,
            &detection.map_err(|error| self.detector.refused(error))?,
        )
    }

    /// Start from past data: learn each observation without decisions.
    ///
    /// Parameters
    /// ----------
    /// history : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     Observations before the stream, oldest first; NaN for what is missing.
    /// progress : bool or callable, optional
    ///     As for `process`; Ctrl-C, too, has the same effect.
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
    #[pyo3(
        signature = (history, *, progress=None, **more),
        text_signature = "($self, history, *, progress=None)"
    )]
    fn fit<'py>(
        &self,
        py: Python<'py>,
        history: &Bound<'py, PyAny>,
        progress: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        no_more("AnomalyDetector.fit", &["progress"], more)?;
        let (detector, table) = (&self.detector, self.detector.rows(history)?);
        let progress = Progress::new(progress, table.rows.len())?;
        let stopped = with_rows!(table.rows, view => {
            self.check(py, &table, view, None, true)?;
            detector.remember(&table);
            in_slices(py, &progress, |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let taken = detector.write_detached(py, |detector| detector.fit(part))?;
                taken.map_err(|error| table.refused(error, slice.start))
            })
        });
        stopped.map_err(|stopped| stopped.with(py, py.None().into_bound(py)))
    }

    /// Start from a few points of the past, and interpolate the observations between them.
    ///
    /// For a past that is known at a coarser interval than the stream, such as hourly data for a
    /// stream of minutes. There are scores and decisions immediately, but rough ones:
    /// ``synthetic_fraction`` of each result is the interpolated fraction of the model, and
    /// ``confidence`` counts real points only. For past observations of the stream itself, use
    /// `fit`.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     Two points or more, oldest first.
    /// spacing : int
    ///     How many observations of the stream are between two points, up to 10,000. Those
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
        spacing: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let spacing = integer("spacing", Some(spacing))?.unwrap_or_default();
        let (detector, table) = (&self.detector, self.detector.rows(points)?);
        let started = with_rows!(table.rows, view => detector.write_detached(py, |detector| {
            detector.bootstrap(view, spacing)
        }))?;
        started.map_err(|error| table.refused(error, 0))?;
        detector.remember(&table);
        Ok(())
    }
}

/// The first rows of any table.
pub(crate) fn head<'py>(table: &Bound<'py, PyAny>, rows: usize) -> PyResult<Bound<'py, PyAny>> {
    static HEAD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    HEAD.import(table.py(), "rcf._tables", "head")?
        .call1((table, rows))
}

/// Passes one observation to a detector.
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
