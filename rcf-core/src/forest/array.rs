//! Arrays of observations.

use ndarray::{Array1, ArrayView2, ArrayViewMut1, Axis};

use super::{RandomCutForest, with_ensemble};
use crate::error::ArrayError;
use crate::real::Real;

/// Coordinates of an array that are scored together: what stays in the cache together with a tree.
const BLOCK_FLOATS: usize = 1 << 15;

/// From this many points on, trees are walked for all of them at once.
const FEWEST_TOGETHER: usize = 16;

/// With fewer points in a block than these, two threads are hardly faster than one (`benches`,
/// `threads`).
#[cfg(feature = "rayon")]
const FEWEST_FOR_A_THREAD: usize = 500;

impl RandomCutForest {
    /// [`score`](Self::score) for each row of an array: each as if it came next.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array).
    pub fn score_array<A: Real>(&self, rows: ArrayView2<'_, A>) -> Result<Array1<f64>, ArrayError> {
        self.check_rows(rows)?;
        let mut scores = Array1::zeros(rows.nrows());
        if self.is_ready() {
            let mut points = Vec::new();
            let block = self.largest_block();
            let blocks = rows.axis_chunks_iter(Axis(0), block);
            for (rows, scores) in blocks.zip(scores.axis_chunks_iter_mut(Axis(0), block)) {
                self.score_block(rows, &mut points, scores);
            }
        }
        Ok(scores)
    }

    /// [`score_array`](Self::score_array) on the threads of rayon's current pool: the same bits,
    /// however many there are. They share arrays of more than 500 rows; in one dimension, where the
    /// cost of a row falls with their number, of more than 32,768.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array).
    #[cfg(feature = "rayon")]
    pub fn par_score_array<A: Real + Sync>(
        &self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Array1<f64>, ArrayError> {
        use rayon::prelude::*;

        let largest = self.largest_block();
        let share = rows.nrows().div_ceil(rayon::current_num_threads());
        let block = if self.dimensions() == 1 {
            largest
        } else {
            share.max(FEWEST_FOR_A_THREAD).min(largest)
        };
        if rows.nrows() <= block {
            // Another thread would have to fetch the trees into its cache.
            return self.score_array(rows);
        }
        self.check_rows(rows)?;
        let mut scores = Array1::zeros(rows.nrows());
        if self.is_ready() {
            let blocks = rows.axis_chunks_iter(Axis(0), block);
            let blocks: Vec<_> = blocks
                .zip(scores.axis_chunks_iter_mut(Axis(0), block))
                .collect();
            blocks
                .into_par_iter()
                .for_each_init(Vec::new, |points, (rows, scores)| {
                    self.score_block(rows, points, scores);
                });
        }
        Ok(scores)
    }

    fn largest_block(&self) -> usize {
        (BLOCK_FLOATS / self.row.len()).max(1)
    }

    /// Scores checked rows, with a buffer for their points.
    fn score_block<A: Real>(
        &self,
        rows: ArrayView2<'_, A>,
        points: &mut Vec<f32>,
        mut scores: ArrayViewMut1<'_, f64>,
    ) {
        let stride = self.row.len();
        points.clear();
        points.resize(rows.nrows() * stride, 0.0);
        let mut buffer = Vec::new();
        for (row, point) in rows.rows().into_iter().zip(points.chunks_mut(stride)) {
            self.shingle.peek(A::row(&row, &mut buffer), point);
        }
        if self.noise_floor.is_none() && rows.nrows() >= FEWEST_TOGETHER {
            let found =
                with_ensemble!(&self.trees, ensemble => ensemble.score_all(self.level, points));
            scores
                .iter_mut()
                .zip(found)
                .for_each(|(score, found)| *score = found);
        } else {
            let points = points.chunks(stride);
            scores
                .iter_mut()
                .zip(points)
                .for_each(|(score, point)| *score = self.score_row(point));
        }
    }
}
