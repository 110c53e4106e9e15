//! Arrays: rows × inputs in, one detection per row out.

use ndarray::ArrayView2;

use super::{AnomalyDetector, Detection, check_time};
use crate::error::{ArrayError, InputError};
use crate::real::Real;

impl AnomalyDetector {
    /// [`process`](Self::process) for each row of an array, in order. The results are those of the
    /// calls one by one, bit for bit.
    ///
    /// # Errors
    /// The first row that `process` would refuse. All rows are checked first: on an error none has
    /// been taken.
    pub fn process_array<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Detection>, ArrayError> {
        self.check_rows(rows, false)?;
        Ok(self.step_rows(None, rows).collect())
    }

    /// [`process_with_missing`](Self::process_with_missing) for each row of an array, in order.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array), but for NaN.
    pub fn process_array_with_missing<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Detection>, ArrayError> {
        self.check_rows(rows, true)?;
        Ok(self.step_rows(None, rows).collect())
    }

    /// [`process_at`](Self::process_at) for each row of an array, in order, with a timestamp for
    /// each.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array), and the first timestamp that `process_at`
    /// would refuse, or one too few or too many.
    pub fn process_array_at<A: Real>(
        &mut self,
        timestamps: &[f64],
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Detection>, ArrayError> {
        self.check_rows_at(timestamps, rows, false)?;
        Ok(self.step_rows(Some(timestamps), rows).collect())
    }

    /// [`process_at_with_missing`](Self::process_at_with_missing) for each row of an array, in
    /// order.
    ///
    /// # Errors
    /// As for [`process_array_at`](Self::process_array_at), but for NaN.
    pub fn process_array_at_with_missing<A: Real>(
        &mut self,
        timestamps: &[f64],
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Detection>, ArrayError> {
        self.check_rows_at(timestamps, rows, true)?;
        Ok(self.step_rows(Some(timestamps), rows).collect())
    }

    /// Learns from past data, NaN for missing values, so that the next observation is judged by
    /// them.
    ///
    /// # Errors
    /// As for [`process_array_with_missing`](Self::process_array_with_missing).
    pub fn fit<A: Real>(&mut self, history: ArrayView2<'_, A>) -> Result<(), ArrayError> {
        self.check_rows(history, true)?;
        self.step_rows(None, history).for_each(drop);
        Ok(())
    }

    /// Whether [`process_array`](Self::process_array), or with `may_miss` its form for missing
    /// values, would take these rows. That is a matter of the parameters alone: for those who must
    /// know before they touch any of several detectors.
    ///
    /// # Errors
    /// The first row that would be refused.
    pub fn check_rows<A: Real>(
        &self,
        rows: ArrayView2<'_, A>,
        may_miss: bool,
    ) -> Result<(), ArrayError> {
        let mut buffer = Vec::new();
        for (row, values) in rows.rows().into_iter().enumerate() {
            self.check(A::row(&values, &mut buffer), may_miss)
                .map_err(|source| ArrayError { row, source })?;
        }
        Ok(())
    }

    /// Whether observations with these timestamps, one after the other, would be taken now.
    ///
    /// # Errors
    /// The first one that is not finite, not after the one before, or too far after it.
    pub fn check_timestamps(&self, timestamps: &[f64]) -> Result<(), ArrayError> {
        let (mut last, limit) = (self.clock.last, self.config.max_time_jump);
        for (row, &timestamp) in timestamps.iter().enumerate() {
            check_time(last, timestamp, limit).map_err(|source| ArrayError { row, source })?;
            last = Some(timestamp);
        }
        Ok(())
    }

    fn check_rows_at<A: Real>(
        &self,
        timestamps: &[f64],
        rows: ArrayView2<'_, A>,
        may_miss: bool,
    ) -> Result<(), ArrayError> {
        self.check_rows(rows, may_miss)?;
        let (expected, got) = (rows.nrows(), timestamps.len());
        if expected != got {
            let (row, source) = (expected.min(got), InputError::Timestamps { expected, got });
            return Err(ArrayError { row, source });
        }
        self.check_timestamps(timestamps)
    }

    fn step_rows<A: Real>(
        &mut self,
        timestamps: Option<&[f64]>,
        rows: ArrayView2<'_, A>,
    ) -> impl Iterator<Item = Detection> {
        let mut buffer = Vec::new();
        (0..rows.nrows()).map(move |row| {
            let timestamp = timestamps.map(|timestamps| timestamps[row]);
            self.step(timestamp, A::row(&rows.row(row), &mut buffer))
        })
    }
}
