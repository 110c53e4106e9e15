//! Observations in, scores out: one at a time, or whole arrays.

use ndarray::{ArrayView2, s};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{Arrival, RandomCutForest, Real};

use super::PyRandomCutForest;
use crate::held::Table;
use crate::input::with_rows;
use crate::jobs::threads;
use crate::parameters::{integer, no_more, real};
use crate::slices::{Progress, check_in_slices, in_slices};

#[pymethods]
impl PyRandomCutForest {
    /// Learn one point.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation. Without internal shingling, a point of `dimensions` values.
    /// time : int, optional
    ///     When it was made, or its sequence number, in any unit: `time_decay` is per that unit.
    ///     One more than the newest by default. A late observation counts as already decayed.
    /// weight : float, default 1
    ///     From 1e-9 to 1e9: the samples take and keep it as if it were this many.
    /// label : int, optional
    ///     Returned by `near_neighbors` and `sample`; needs ``store_labels=True``.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite, or if weight or label
    ///     break their rules. The forest is unchanged.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2)
    /// >>> forest.update([20.5, 0.98])
    /// >>> forest.updates
    /// 1
    #[pyo3(
        signature = (point, *, time=None, weight=None, label=None, **more),
        text_signature = "($self, point, *, time=None, weight=None, label=None)"
    )]
    fn update(
        &self,
        py: Python<'_>,
        point: &Bound<'_, PyAny>,
        time: Option<&Bound<'_, PyAny>>,
        weight: Option<&Bound<'_, PyAny>>,
        label: Option<&Bound<'_, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        no_more("RandomCutForest.update", &["time", "weight", "label"], more)?;
        let point = self.forest.point(point)?;
        let mut arrival = integer("time", time)?.map_or(Arrival::new(), Arrival::at);
        if let Some(weight) = real("weight", weight)? {
            arrival = arrival.weight(weight);
        }
        if let Some(label) = integer("label", label)? {
            arrival = arrival.label(label);
        }
        self.forest
            .write(py)?
            .update_with(point.values()?, arrival)
            .map_err(|error| self.forest.refused(error))
    }

    /// Score one point without learning it.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The observation to judge, as the next one of the stream. Without internal shingling, a
    ///     point of `dimensions` values.
    ///
    /// Returns
    /// -------
    /// float
    ///     The anomaly score; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the point has the wrong shape or a value that is not finite.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest()
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> forest.score(5.0) > 2 * forest.score(0.5)
    /// True
    fn score(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<f64> {
        let point = self.forest.point(point)?;
        self.forest
            .read(py)?
            .score(point.values()?)
            .map_err(|error| self.forest.refused(error))
    }

    /// Score, then learn, each point of an array in turn.
    ///
    /// The same numbers, bit for bit, as calling `score` and `update` on one point after the other.
    /// The GIL is released; do not write to `points` during the call. Ctrl-C, or an error of
    /// `progress`, ends the call within a fraction of a second: the first rows are learned, the
    /// exception's attribute `rows` is their number, and `result` holds their scores.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first: NumPy, pandas, polars, Arrow, or lists. Arrays of
    ///     float64 and float32 are read in place, in any order and with any stride; other dtypes
    ///     are converted. Without internal shingling, rows hold `dimensions` values. Columns of
    ///     tables are found by their names, see `feature_names_in_`.
    /// progress : bool or callable, optional
    ///     True shows a bar if tqdm is installed, otherwise a line on stderr. A callable receives
    ///     the number of rows done and of all rows, many times a second.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (n,), float64
    ///     The anomaly score of each point; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the array has the wrong shape or a value that is not finite; its attribute `row`
    ///     names the row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, sample_size=64)
    /// >>> forest.process(np.ones((500, 2))).shape
    /// (500,)
    #[pyo3(
        signature = (points, *, progress=None, **more),
        text_signature = "($self, points, *, progress=None)"
    )]
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        progress: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        no_more("RandomCutForest.process", &["progress"], more)?;
        let (forest, table) = (&self.forest, self.forest.rows(points)?);
        let progress = Progress::new(progress, table.rows.len())?;
        let mut scores = Vec::with_capacity(table.rows.len());
        let stopped = with_rows!(table.rows, view => {
            self.check(py, &table, view)?;
            forest.remember(&table);
            in_slices(py, &progress, |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let taken = forest.write_detached(py, |forest| forest.process_array(part))?;
                scores.extend(taken.map_err(|error| table.refused(error, slice.start))?);
                Ok(())
            })
        });
        let scores = PyArray1::from_vec(py, scores);
        match stopped {
            Ok(()) => Ok(scores),
            Err(stopped) => Err(stopped.with(py, scores.into_any())),
        }
    }

    /// Score each point of an array without learning any.
    ///
    /// Each row is judged independently as the next observation of the stream, as `score` does it.
    /// The GIL is released; do not write to `points` during the call.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The points to judge, as for `process`.
    /// n_jobs : int, default 1
    ///     Number of threads; -1 for all processors. Never changes a result. Useful from
    ///     a thousand rows of several values on.
    /// progress : bool or callable, optional
    ///     As for `process`; Ctrl-C ends the call likewise, and `result` holds the first scores.
    ///
    /// Returns
    /// -------
    /// ndarray of shape (n,), float64
    ///     The anomaly score of each point; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `process`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest()
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> near, far = forest.score_array([0.5, 5.0])
    /// >>> bool(near < far)
    /// True
    #[pyo3(
        signature = (points, *, n_jobs=None, progress=None, **more),
        text_signature = "($self, points, *, n_jobs=None, progress=None)"
    )]
    fn score_array<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        n_jobs: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
        more: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        no_more("RandomCutForest.score_array", &["n_jobs", "progress"], more)?;
        // Starting a thread takes as long as about ten scores.
        let pool = n_jobs.map(|n_jobs| threads(Some(n_jobs))).transpose()?;
        let (forest, table) = (&self.forest, self.forest.rows(points)?);
        let progress = Progress::new(progress, table.rows.len())?;
        let mut scores = Vec::with_capacity(table.rows.len());
        let stopped = with_rows!(table.rows, view => {
            self.check(py, &table, view)?;
            in_slices(py, &progress, |slice| {
                let part = view.slice(s![slice.clone(), ..]);
                let found = forest.read_detached(py, |forest| match &pool {
                    Some(pool) => pool.install(|| forest.par_score_array(part)),
                    None => forest.score_array(part),
                })?;
                scores.extend(found.map_err(|error| table.refused(error, slice.start))?);
                Ok(())
            })
        });
        let scores = PyArray1::from_vec(py, scores);
        match stopped {
            Ok(()) => Ok(scores),
            Err(stopped) => Err(stopped.with(py, scores.into_any())),
        }
    }
}

impl PyRandomCutForest {
    /// Rejects invalid rows before any is taken.
    fn check<A: Real + Sync>(
        &self,
        py: Python<'_>,
        table: &Table<'_>,
        rows: ArrayView2<'_, A>,
    ) -> PyResult<()> {
        check_in_slices(py, rows.nrows(), |slice| {
            let part = rows.slice(s![slice.clone(), ..]);
            let check = |forest: &RandomCutForest| forest.check_rows(part);
            let checked = self.forest.read_detached(py, check)?;
            checked.map_err(|error| table.refused(error, slice.start))
        })
    }
}
