//! Rows of many keys in, detections of each key out.

use std::sync::PoisonError;

use ndarray::{ArrayView2, s};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use rcf_core::keyed::MapError;
use rcf_core::{AnomalyDetector, ArrayError, Real};

use super::key::Key;
use super::{Keyed, PyKeyedDetectors, ticks};
use crate::detector::{Columns, PyHeldColumns, one, step};
use crate::errors;
use crate::input::{moment, seconds, with_rows};
use crate::jobs::threads;
use crate::parameters::Missing;
use crate::slices::{Progress, Stopped, Watch, watched};

/// How many rows are checked between two checks of the watch.
const CHECKED: usize = 16_384;

/// Rows for the map.
struct Batch<'a, A> {
    rows: ArrayView2<'a, A>,
    timestamps: Option<&'a [f64]>,
    keys: &'a [Key],
    /// For each row, the index of its key.
    key_of_row: &'a [i64],
    may_miss: bool,
}

impl<A> Batch<'_, A> {
    /// The index of the key of a row.
    fn place(&self, row: usize) -> usize {
        self.key_of_row[row] as usize // checked when the batch is made
    }

    fn key(&self, row: usize) -> &Key {
        &self.keys[self.place(row)]
    }
}

/// Why a batch was rejected.
enum Refused {
    Row(ArrayError),
    Clock,
    Map(MapError),
    /// An earlier call ended in a panic.
    Poisoned,
}

/// The columns of each key, and the table with its columns in order; and what ended the call early:
/// then there are no columns for keys without a finished row.
type Answer<'py> = (
    Vec<Option<PyHeldColumns>>,
    Bound<'py, PyAny>,
    Option<(PyErr, usize)>,
);

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
    /// key_of_row : ndarray of shape (n,), int64
    ///     For each row, the index of its key.
    /// points : array_like of shape (n, input_dimensions), or (n,)
    ///     The rows.
    /// timestamps : array_like of shape (n,), optional
    ///     When each was made.
    /// missing : {"raise", "impute"}
    ///     The meaning of NaN.
    /// n_jobs : int or None
    ///     Number of threads.
    /// progress : bool, callable or None
    ///     Called with the progress.
    ///
    /// Returns
    /// -------
    /// tuple
    ///     For each key, the source of the arguments of Detections; the table with its columns in
    ///     order; and the error that ended the call early with the number of rows done, or None.
    ///     After an error, keys without a finished row have None.
    #[pyo3(signature = (keys, key_of_row, points, *, timestamps, missing, n_jobs, progress))]
    #[expect(clippy::too_many_arguments, reason = "keywords of a Python method")]
    fn process<'py>(
        &self,
        py: Python<'py>,
        keys: Vec<Bound<'py, PyAny>>,
        key_of_row: PyReadonlyArray1<'py, i64>,
        points: &Bound<'py, PyAny>,
        timestamps: Option<&Bound<'py, PyAny>>,
        missing: Missing,
        n_jobs: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Answer<'py>> {
        let Missing(may_miss) = missing;
        let keys: Vec<Key> = keys.iter().map(Key::extract).collect::<PyResult<_>>()?;
        let key_of_row = key_of_row.as_slice()?;
        let is_known = |&key: &i64| usize::try_from(key).is_ok_and(|key| key < keys.len());
        if !key_of_row.iter().all(is_known) {
            return Err(errors::input("key_of_row names a key that is not there"));
        }
        let template = &self.template.get().detector;
        let table = template.rows(points)?;
        let count = table.rows.len();
        if count != key_of_row.len() {
            let got = key_of_row.len();
            return Err(errors::input(format!(
                "expected one key for each of the {count} rows, got {got} keys"
            )));
        }
        let timestamps = timestamps.map(|times| seconds(times, count)).transpose()?;
        let progress = Progress::new(progress, count)?;
        let pool = threads(n_jobs)?;
        self.follow_template(py)?;
        let (columns, stopped) = with_rows!(table.rows, view => {
            let batch = Batch {
                rows: view,
                timestamps: timestamps.as_deref(),
                keys: &keys,
                key_of_row,
                may_miss,
            };
            watched(py, &progress, |watch| {
                let mut held = self.inner.lock().map_err(|_| Refused::Poisoned)?;
                let inner = &mut *held;
                let new = self.new.read().unwrap_or_else(PoisonError::into_inner).clone();
                pool.install(|| inner.process(&new, &batch, watch))
            })
        });
        let columns = columns.map_err(|refused| match refused {
            Refused::Row(error) => {
                let key = &keys[key_of_row[error.row] as usize];
                errors::array_of_keys(py, &error, key, table.names().as_deref())
            }
            Refused::Clock => mixed_clocks(),
            Refused::Map(error) => errors::map(&error),
            Refused::Poisoned => errors::poisoned(),
        })?;
        template.remember(&table);
        if count > 0 {
            template.close();
        }
        let [_, inputs] = template.shape();
        let columns = columns.into_iter().map(|columns| {
            let is_given = stopped.is_none() || columns.len() > 0;
            is_given.then(|| PyHeldColumns::new(columns, inputs))
        });
        Ok((
            columns.collect(),
            table.source,
            stopped.map(Stopped::into_parts),
        ))
    }

    /// Judge, then learn, one observation with the detector of its key.
    ///
    /// Parameters
    /// ----------
    /// key : str, int or tuple
    ///     The key.
    /// point : array_like of shape (input_dimensions,), or a number
    ///     The observation.
    /// timestamp : float, optional
    ///     When it was made.
    /// missing : {"raise", "impute"}
    ///     The meaning of NaN.
    ///
    /// Returns
    /// -------
    /// Detection
    ///     The result for the observation.
    #[pyo3(signature = (key, point, *, timestamp, missing))]
    fn process_one<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        point: &Bound<'py, PyAny>,
        timestamp: Option<&Bound<'py, PyAny>>,
        missing: Missing,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Missing(may_miss) = missing;
        let key = Key::extract(key)?;
        let point = self.template.get().detector.point(point)?;
        self.follow_template(py)?;
        let timestamp = timestamp.map(moment).transpose()?;
        let values = point.values()?;
        let judged = self.with(py, |inner| {
            let now = inner.times(timestamp.as_ref().map(std::slice::from_ref), 1)?[0];
            let judged = inner.map.with(&key, now, |detector| {
                step(detector, timestamp, values, may_miss)
            })?;
            if judged.is_ok() {
                inner.advance(timestamp.is_some(), 1, now);
            }
            Ok(judged)
        })?;
        match judged {
            Ok(detection) => {
                let template = &self.template.get().detector;
                let detection = detection.map_err(|error| template.refused(error))?;
                template.close();
                one(py, &detection)
            }
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
        watch: &Watch,
    ) -> Result<Vec<Columns>, Refused> {
        let count = batch.rows.nrows();
        let times = self.times(batch.timestamps, count)?;
        self.check(template, batch, &times, watch)?;
        let rows: Vec<usize> = (0..count).collect();
        let results = self.map.process_while(
            &rows,
            |_, &row| (batch.key(row), times[row]),
            || watch.may_continue(),
            |detector, &row| {
                let mut buffer = Vec::new();
                let values = batch.rows.row(row);
                let timestamp = batch.timestamps.map(|timestamps| timestamps[row]);
                let values = A::row(&values, &mut buffer);
                let detection = step(detector, timestamp, values, batch.may_miss);
                watch.row_done();
                detection.map_err(|source| Refused::Row(ArrayError { row, source }))
            },
        )?;
        let mut columns: Vec<Columns> = Vec::new();
        columns.resize_with(batch.keys.len(), Columns::default);
        // Without timestamps, rows are the clock: it is at the last finished row.
        let (mut taken, mut newest) = (0, i64::MIN);
        for (row, result) in results.into_iter().enumerate() {
            let Some(result) = result else { continue };
            columns[batch.place(row)].push(&result?);
            taken = row + 1;
            newest = newest.max(times[row]);
        }
        self.advance(batch.timestamps.is_some(), taken, newest);
        Ok(columns)
    }

    /// Rejected rows are rejected before any detector has changed.
    fn check<A: Real>(
        &mut self,
        template: &AnomalyDetector,
        batch: &Batch<'_, A>,
        times: &[i64],
        watch: &Watch,
    ) -> Result<(), Refused> {
        // Values are checked against rules that all detectors share, …
        for first in (0..batch.rows.nrows()).step_by(CHECKED) {
            if !watch.may_continue() {
                return Ok(()); // no row will be done
            }
            let end = batch.rows.nrows().min(first + CHECKED);
            let checked = template.check_rows(batch.rows.slice(s![first..end, ..]), batch.may_miss);
            checked.map_err(|error| {
                let row = first + error.row;
                Refused::Row(ArrayError { row, ..error })
            })?;
        }
        let Some(timestamps) = batch.timestamps else {
            return Ok(());
        };
        // … timestamps against the last one of each detector.
        let mut rows_of_keys = vec![Vec::new(); batch.keys.len()];
        for row in 0..batch.key_of_row.len() {
            rows_of_keys[batch.place(row)].push(row);
        }
        for (key, rows) in batch.keys.iter().zip(&rows_of_keys) {
            if !watch.may_continue() {
                return Ok(()); // no row will be done
            }
            let Some(&first) = rows.first() else { continue };
            let own: Vec<f64> = rows.iter().map(|&row| timestamps[row]).collect();
            let checked = if self.map.contains(key) {
                // A failure changes nothing, so the result is passed as a failure, good or bad.
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

    /// The times by which the map forgets keys: timestamps, or otherwise the number of rows so far.
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

    /// Advances the time, and drops keys that were silent for too long.
    fn advance(&mut self, is_timed: bool, rows: usize, newest: i64) {
        if rows > 0 {
            self.is_timed = Some(is_timed);
            self.rows += rows as u64;
            self.newest = self.newest.max(newest);
            self.sweep();
        }
    }
}

fn mixed_clocks() -> PyErr {
    errors::input(
        "timestamps must be given with every call or with none: keys grow old by them, or by the \
         number of rows",
    )
}
