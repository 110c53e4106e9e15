//! Records in, scores out: one at a time, or whole arrays.

use numpy::PyArray1;
use numpy::prelude::*;
use pyo3::prelude::*;
use rcf_core::Arrival;

use super::PyRandomCutForest;
use crate::errors;
use crate::input::{Point, Rows, with_rows};
use crate::jobs::threads;

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
    ///     One more than the newest if left out. A late observation counts as old as it is.
    /// weight : float, default 1
    ///     From 1e-9 to 1e9: the samples take and keep it as if it were so many.
    /// label : int, optional
    ///     What `near_neighbors` and `sample` give back; needs ``store_labels=True``.
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
    #[pyo3(signature = (point, *, time=None, weight=None, label=None))]
    fn update(
        &self,
        py: Python<'_>,
        point: &Bound<'_, PyAny>,
        time: Option<i64>,
        weight: Option<f64>,
        label: Option<i64>,
    ) -> PyResult<()> {
        let point = Point::extract(point, self.width)?;
        let mut arrival = time.map_or(Arrival::new(), Arrival::at);
        if let Some(weight) = weight {
            arrival = arrival.weight(weight);
        }
        if let Some(label) = label {
            arrival = arrival.label(label);
        }
        self.forest
            .write(py)?
            .update_with(point.values()?, arrival)
            .map_err(errors::refused)
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
        let point = Point::extract(point, self.width)?;
        self.forest
            .read(py)?
            .score(point.values()?)
            .map_err(errors::refused)
    }

    /// Score, then learn, each point of an array in turn.
    ///
    /// The same numbers, bit for bit, as calling `score` and `update` on one point after the other.
    /// The GIL is released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The next n observations, oldest first: NumPy, pandas, polars, Arrow, or lists. Arrays of
    ///     float64 and float32 are read in place, in any order and with any stride; other dtypes
    ///     are converted. Without internal shingling, rows hold `dimensions` values.
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
    ///     tells which row. Nothing is learned then, not even the rows before it.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, sample_size=64)
    /// >>> forest.process(np.ones((500, 2))).shape
    /// (500,)
    fn process<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let rows = Rows::extract(points, self.width)?;
        let forest = &self.forest;
        with_rows!(rows, view => forest.write_detached(py, |forest| forest.process_array(view)))?
            .map(|scores| scores.into_pyarray(py))
            .map_err(|error| errors::array(py, &error))
    }

    /// Score each point of an array without learning any.
    ///
    /// Each row is judged by itself as the next observation of the stream, as `score` does it. The
    /// GIL is released; nobody may write to `points` meanwhile.
    ///
    /// Parameters
    /// ----------
    /// points : array_like of shape (n, input_dimensions), or (n,) if `input_dimensions` is 1
    ///     The points to judge, as for `process`.
    /// n_jobs : int, default 1
    ///     Number of threads; -1 for all processors. Never changes a result. Worth its while from
    ///     a thousand rows of several values on.
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
    #[pyo3(signature = (points, *, n_jobs=None))]
    fn score_array<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
        n_jobs: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let rows = Rows::extract(points, self.width)?;
        // To start a thread takes as long as some ten scores.
        let pool = n_jobs.map(|n_jobs| threads(Some(n_jobs))).transpose()?;
        let forest = &self.forest;
        with_rows!(rows, view => {
            forest.read_detached(py, |forest| match &pool {
                Some(pool) => pool.install(|| forest.par_score_array(view)),
                None => forest.score_array(view),
            })
        })?
        .map(|scores| scores.into_pyarray(py))
        .map_err(|error| errors::array(py, &error))
    }
}
