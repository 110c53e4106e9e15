//! Whole arrays: rows × inputs in, one descriptor a row out.

use ndarray::ArrayView2;

use super::{AnomalyDetector, Descriptor};
use crate::error::ArrayError;
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
    ) -> Result<Vec<Descriptor>, ArrayError> {
        self.check_rows(rows, false)?;
        Ok(self.step_rows(rows).collect())
    }

    /// [`process_with_missing`](Self::process_with_missing) for each row of an array, in order.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array), but for NaN.
    pub fn process_array_with_missing<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Descriptor>, ArrayError> {
        self.check_rows(rows, true)?;
        Ok(self.step_rows(rows).collect())
    }

    /// Learns from past data, NaN for missing values, so that the next record is judged by them.
    ///
    /// # Errors
    /// As for [`process_array_with_missing`](Self::process_array_with_missing).
    pub fn fit<A: Real>(&mut self, history: ArrayView2<'_, A>) -> Result<(), ArrayError> {
        self.check_rows(history, true)?;
        self.step_rows(history).for_each(drop);
        Ok(())
    }

    fn step_rows<A: Real>(&mut self, rows: ArrayView2<'_, A>) -> impl Iterator<Item = Descriptor> {
        let mut buffer = Vec::new();
        (0..rows.nrows()).map(move |row| self.step(None, A::row(&rows.row(row), &mut buffer)))
    }

    fn check_rows<A: Real>(
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
}
