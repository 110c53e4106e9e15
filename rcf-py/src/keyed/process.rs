//! Rows of many keys in, detections of each key out.

use ndarray::ArrayView2;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::keyed::MapError;
use rcf_core::{AnomalyDetector, ArrayError, Real};

use super::key::Key;
use super::{Keyed, PyKeyedDetectors, ticks};
use crate::detector::{Columns, may_miss, one, step};
use crate::errors;
use crate::input::{Point, Rows, moment, seconds, with_rows};
use crate::jobs::threads;

/// Rows as the map is given them.
struct Batch<'a, A> {
    rows: ArrayView2<'a, A>,
    timestamps: Option<&'a [f64]>,
    keys: &'a [Key],
    /// For each row, which of the keys is its.
    key_of_row: &'a [usize],
    may_miss: bool,
}

/// Why a batch was not taken.
enum Refused {
    Row(ArrayError),
    Clock,
    Map(MapError),
}

impl From<MapError> for Refused {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}

#[pymethods]
impl PyKeyedDetectors {
    /// Judge, then learn, each row with the detector of its key.
    ///
    /// Parameters
    /// ----------
    /// keys : list
    ///     The keys, each once.
    /// key_of_row : list of int
    ///     For each row, which of the keys is its.
    /// points : array_like of shape (n, input_dimensions), or (n,)
    ///     The rows.
    /// timestamps : array_like of shape (n,), optional
    ///     When each was made.
    /// missing : {"raise", "impute"}
    ///     What NaN means.
    /// n_jobs : int or None
    ///     Number of threads.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     For each key, the arguments of Detections.
    #[pyo3(signature = (keys, key_of_row, points, *, timestamps, missing, n_jobs))]
    #[expect(clippy::too_many_arguments, reason = "keywords of a Python method")]
    fn process<'py>(
        &self,
        py: Python<'py>,
        keys: Vec<Bound<'py, PyAny>>,
        key_of_row: Vec<usize>,
        points: &Bound<'py, PyAny>,
        timestamps: Option<&Bound<'py, PyAny>>,
        missing: &str,
        n_jobs: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let may_miss = may_miss(missing)?;
        let keys: Vec<Key> = keys.iter().map(Key::extract).collect::<PyResult<_>>()?;
        if key_of_row.iter().any(|&key| key >= keys.len()) {
            return Err(errors::input("key_of_row names a key that is not there"));
        }
        let inputs = self.template.config().input_dimensions;
        let rows = Rows::extract(points, inputs)?;
        let count = rows.len();
        if count != key_of_row.len() {
            let got = key_of_row.len();
            return Err(errors::input(format!(
                "expected one key for each of the {count} rows, got {got} keys"
            )));
        }
        let timestamps = timestamps.map(|times| seconds(times, count)).transpose()?;
        let pool = threads(n_jobs)?;
        let columns = with_rows!(rows, view => {
            let batch = Batch {
                rows: view,
                timestamps: timestamps.as_deref(),
                keys: &keys,
                key_of_row: &key_of_row,
                may_miss,
            };
            self.with(py, |inner| pool.install(|| inner.process(&self.template, &batch)))?
        });
        let columns = columns.map_err(|refused| match refused {
            Refused::Row(error) => errors::array_of_keys(py, &error, &keys[key_of_row[error.row]]),
            Refused::Clock => mixed_clocks(),
            Refused::Map(error) => errors::map(&error),
        })?;
        let into_dict = |columns: Columns| columns.into_dict(py, inputs);
        columns.into_iter().map(into_dict).collect()
    }

    /// Judge, then learn, one observation with the detector of its key.
    ///
    /// Parameters
    /// ----------
    /// key : str, int or tuple
    ///     Whose it is.
    /// point : array_like of shape (input_dimensions,), or a number
    ///     The observation.
    /// timestamp : float, optional
    ///     When it was made.
    /// missing : {"raise", "impute"}
    ///     What NaN means.
    ///
    /// Returns
    /// -------
    /// Detection
    ///     What there is to say about it.
    #[pyo3(signature = (key, point, *, timestamp, missing))]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        point: &Bound<'py, PyAny>,
        timestamp: Option<&Bound<'py, PyAny>>,
        missing: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let may_miss = may_miss(missing)?;
        let key = Key::extract(key)?;
        let point = Point::extract(point, self.template.config().input_dimensions)?;
        let timestamp = timestamp.map(moment).transpose()?;
        let values = point.values()?;
        let judged = self.with(py, |inner| {
            let now = inner.times(timestamp.as_ref().map(std::slice::from_ref), 1)?[0];
            let judged = inner.map.with(&key, now, |detector| {
                step(detector, timestamp, values, may_miss)
            })?;
            if judged.is_ok() {
                inner.advance(timestamp.is_some(), 1);
            }
            Ok(judged)
        })?;
        match judged {
            Ok(detection) => one(py, &detection.map_err(errors::refused)?),
            Err(Refused::Map(error)) => Err(errors::map(&error)),
            Err(_) => Err(mixed_clocks()),
        }
    }
}

impl Keyed {
    fn process<A: Real + Send + Sync>(
        &mut self,
        template: &AnomalyDetector,
        batch: &Batch<'_, A>,
    ) -> Result<Vec<Columns>, Refused> {
        let count = batch.rows.nrows();
        let times = self.times(batch.timestamps, count)?;
        self.check(template, batch, &times)?;
        let rows: Vec<usize> = (0..count).collect();
        let results = self.map.process_each(
            &rows,
            |index, &row| (&batch.keys[batch.key_of_row[row]], times[index]),
            |detector, &row| {
                let mut buffer = Vec::new();
                let values = batch.rows.row(row);
                let timestamp = batch.timestamps.map(|timestamps| timestamps[row]);
                let values = A::row(&values, &mut buffer);
                step(detector, timestamp, values, batch.may_miss)
            },
        )?;
        self.advance(batch.timestamps.is_some(), count);
        let mut columns: Vec<Columns> = Vec::new();
        columns.resize_with(batch.keys.len(), Columns::default);
        for (row, result) in results.into_iter().enumerate() {
            let detection = result.map_err(|source| Refused::Row(ArrayError { row, source }))?;
            columns[batch.key_of_row[row]].push(&detection);
        }
        Ok(columns)
    }

    /// What is refused is refused before any detector has changed.
    fn check<A: Real>(
        &mut self,
        template: &AnomalyDetector,
        batch: &Batch<'_, A>,
        times: &[i64],
    ) -> Result<(), Refused> {
        // Values are held against rules that all detectors share, …
        template
            .check_rows(batch.rows, batch.may_miss)
            .map_err(Refused::Row)?;
        let Some(timestamps) = batch.timestamps else {
            return Ok(());
        };
        // … timestamps against what each has seen last.
        let mut rows_of_keys = vec![Vec::new(); batch.keys.len()];
        for (row, &key) in batch.key_of_row.iter().enumerate() {
            rows_of_keys[key].push(row);
        }
        for (key, rows) in batch.keys.iter().zip(&rows_of_keys) {
            let Some(&first) = rows.first() else { continue };
            let own: Vec<f64> = rows.iter().map(|&row| timestamps[row]).collect();
            let checked = if self.map.contains(key) {
                // What fails changes nothing, so the answer comes as a failure, good or bad.
                let look =
                    |detector: &mut AnomalyDetector| Err::<(), _>(detector.check_timestamps(&own));
                let answer = self.map.with(key, times[first], look)?;
                answer.err().unwrap_or(Ok(()))
            } else {
                template.check_timestamps(&own)
            };
            checked.map_err(|error| {
                let row = rows[error.row];
                Refused::Row(ArrayError { row, ..error })
            })?;
        }
        Ok(())
    }

    /// The times by which the map forgets keys: timestamps, or else the number of rows so far.
    fn times(&self, timestamps: Option<&[f64]>, count: usize) -> Result<Vec<i64>, Refused> {
        if self
            .is_timed
            .is_some_and(|timed| timed != timestamps.is_some())
        {
            return Err(Refused::Clock);
        }
        Ok(match timestamps {
            Some(timestamps) => timestamps.iter().map(|&time| ticks(time)).collect(),
            None => (1..=count as u64)
                .map(|number| ticks((self.rows + number) as f64))
                .collect(),
        })
    }

    fn advance(&mut self, is_timed: bool, rows: usize) {
        if rows > 0 {
            self.is_timed = Some(is_timed);
            self.rows += rows as u64;
        }
    }
}

fn mixed_clocks() -> PyErr {
    errors::input(
        "timestamps must be given with every call or with none: keys grow old by them, or by the \
         number of rows",
    )
}
