//! Long calls: work in slices, between which signals are handled and progress is reported.
//!
//! No lock is held between two slices, so a signal handler or a callback may use the model.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBool;

/// How long a slice takes, so that Ctrl-C is handled within 0.2 s also on a busy machine.
const SLICE: Duration = Duration::from_millis(40);

/// The receiver of the progress of a call.
pub(crate) struct Progress<'py> {
    report: Option<Bound<'py, PyAny>>,
    total: usize,
}

impl<'py> Progress<'py> {
    /// `wish` is True, a callable, or neither.
    pub(crate) fn new(wish: Option<&Bound<'py, PyAny>>, total: usize) -> PyResult<Self> {
        static REPORTER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let report = match wish {
            Some(wish) if !wish.is(PyBool::new(wish.py(), false)) => Some(
                REPORTER
                    .import(wish.py(), "rcf._progress", "reporter")?
                    .call1((wish, total))?,
            ),
            _ => None,
        };
        Ok(Self { report, total })
    }

    /// No receiver.
    pub(crate) fn none(total: usize) -> Self {
        Self {
            report: None,
            total,
        }
    }

    fn report(&self, done: usize) -> PyResult<()> {
        match &self.report {
            Some(report) => report.call1((done, self.total)).map(drop),
            None => Ok(()),
        }
    }
}

/// A call that did not complete.
pub(crate) struct Stopped {
    error: PyErr,
    /// How many rows are done.
    rows: usize,
}

impl Stopped {
    /// The error, and how many rows are done.
    pub(crate) fn into_parts(self) -> (PyErr, usize) {
        (self.error, self.rows)
    }

    /// The error, with the results until then.
    pub(crate) fn with(self, py: Python<'_>, result: Bound<'_, PyAny>) -> PyErr {
        static STOPPED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let value = self.error.value(py);
        let stopped = STOPPED
            .import(py, "rcf._progress", "stopped")
            .and_then(|stopped| stopped.call1((value, self.rows, result)));
        stopped.err().unwrap_or(self.error)
    }
}

/// Does `work` on all rows, slice by slice.
pub(crate) fn in_slices<'py>(
    py: Python<'py>,
    progress: &Progress<'py>,
    mut work: impl FnMut(Range<usize>) -> PyResult<()>,
) -> Result<(), Stopped> {
    let (mut rows, mut size) = (0, 1);
    while rows < progress.total {
        let end = progress.total.min(rows.saturating_add(size));
        let begin = Instant::now();
        let worked = work(rows..end);
        worked.map_err(|error| Stopped { error, rows })?;
        size = next_size(end - rows, begin.elapsed());
        rows = end;
        let heard = progress.report(rows).and_then(|()| py.check_signals());
        heard.map_err(|error| Stopped { error, rows })?;
    }
    Ok(())
}

/// Does `work` on all rows whose times differ too much for slices of so many: it begins with the
/// given row, ends at the given moment, and returns how many rows are done then.
pub(crate) fn until_moments<'py>(
    py: Python<'py>,
    progress: &Progress<'py>,
    mut work: impl FnMut(usize, Instant) -> PyResult<usize>,
) -> Result<(), Stopped> {
    let mut rows = 0;
    while rows < progress.total {
        let worked = work(rows, Instant::now() + SLICE);
        rows = worked.map_err(|error| Stopped { error, rows })?;
        let heard = progress.report(rows).and_then(|()| py.check_signals());
        heard.map_err(|error| Stopped { error, rows })?;
    }
    Ok(())
}

/// Checks all rows before any is taken, slice by slice. A call that is stopped here has done
/// nothing: its error reports 0 rows, and has no result.
pub(crate) fn check_in_slices(
    py: Python<'_>,
    rows: usize,
    mut check: impl FnMut(Range<usize>) -> PyResult<()>,
) -> PyResult<()> {
    let mut is_refused = false;
    let checked = in_slices(py, &Progress::none(rows), |slice| {
        check(slice).inspect_err(|_| is_refused = true)
    });
    checked.map_err(|stopped| match is_refused {
        true => stopped.error,
        false => Stopped { rows: 0, ..stopped }.with(py, py.None().into_bound(py)),
    })
}

/// How many rows will fill a slice, when this many have taken this time.
fn next_size(rows: usize, took: Duration) -> usize {
    let ideal = rows as f64 * SLICE.as_secs_f64() / took.as_secs_f64().max(1e-9);
    (ideal as usize).clamp(1, rows.saturating_mul(8))
}

/// The interface of a worker to a call that it processes as a whole.
#[derive(Default)]
pub(crate) struct Watch {
    stop: AtomicBool,
    done: AtomicUsize,
}

impl Watch {
    /// Whether to continue with the next row.
    pub(crate) fn may_continue(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn row_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs `work` in a separate thread, while this one handles signals and reports progress. An error
/// of those makes the watch stop; it is returned with the result of the work.
pub(crate) fn watched<'py, R: Send>(
    py: Python<'py>,
    progress: &Progress<'py>,
    work: impl FnOnce(&Watch) -> R + Send,
) -> (R, Option<Stopped>) {
    let watch = Watch::default();
    let (sender, mut receiver) = channel::<()>();
    thread::scope(|scope| {
        let watch = &watch;
        let worker = scope.spawn(move || {
            let result = work(watch);
            drop(sender);
            result
        });
        let mut error = None;
        loop {
            // No message is sent: the channel closes when the work is done, or panics.
            let waiting = &mut receiver;
            let waited = py.detach(move || waiting.recv_timeout(SLICE));
            if error.is_none() {
                let done = watch.done.load(Ordering::Relaxed);
                error = (progress.report(done))
                    .and_then(|()| py.check_signals())
                    .err();
                watch.stop.store(error.is_some(), Ordering::Relaxed);
            }
            if waited != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        let result = match py.detach(|| worker.join()) {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let rows = watch.done.load(Ordering::Relaxed);
        (result, error.map(|error| Stopped { error, rows }))
    })
}
