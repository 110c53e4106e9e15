//! `n_jobs`: how many threads work on a call. It never changes a result.

use ndarray::{ArrayView2, Axis, Slice};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rcf_core::{ArrayError, RandomCutForest, Real};

use crate::errors;
use crate::parameters::integer;

/// Rows scored by one thread at a time: some milliseconds of work.
const ROWS: usize = 1024;

/// Threads for one call, all processors for -1. A pool that outlived the call would not survive a fork
/// of the process.
pub(crate) fn threads(
    n_jobs: Option<&Bound<'_, PyAny>>,
    default: Option<usize>,
) -> PyResult<ThreadPool> {
    // rayon takes 0 for all processors.
    let count = match integer::<i64>("n_jobs", n_jobs)? {
        None => default.unwrap_or(0),
        Some(-1) => 0,
        Some(count) => match usize::try_from(count) {
            Ok(count @ 1..) => count,
            _ => {
                return Err(errors::config(format!(
                    "n_jobs must be at least 1, or -1 for all processors, got {count}"
                )));
            }
        },
    };
    let pool = ThreadPoolBuilder::new().num_threads(count).build();
    pool.map_err(|error| PyRuntimeError::new_err(format!("{count} threads cannot start: {error}")))
}

/// `forest.score_array(rows)` on the threads of the pool.
pub(crate) fn score_array<A: Real + Send + Sync>(
    pool: &ThreadPool,
    forest: &RandomCutForest,
    rows: ArrayView2<'_, A>,
) -> Result<Vec<f64>, ArrayError> {
    let begins: Vec<usize> = (0..rows.nrows()).step_by(ROWS).collect();
    let part = |&begin: &usize| {
        let end = (begin + ROWS).min(rows.nrows());
        let part = rows.slice_axis(Axis(0), Slice::from(begin..end));
        forest.score_array(part).map_err(|error| ArrayError {
            row: begin + error.row,
            ..error
        })
    };
    // Parts come in their order, and so does the first error.
    let parts: Vec<Result<_, ArrayError>> = pool.install(|| begins.par_iter().map(part).collect());
    let mut scores = Vec::with_capacity(rows.nrows());
    for part in parts {
        scores.extend(part?);
    }
    Ok(scores)
}
