//! `n_jobs`: how many threads work on a call. It never changes a result.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors;
use crate::parameters::integer;

/// Threads for one call, all processors for -1 or None. A pool that outlived the call would
/// not survive a fork of the process.
pub(crate) fn threads(n_jobs: Option<&Bound<'_, PyAny>>) -> PyResult<ThreadPool> {
    // rayon takes 0 for all processors.
    let count = match integer::<i64>("n_jobs", n_jobs)? {
        None | Some(-1) => 0,
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
