//! A model that threads share.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use pyo3::prelude::*;
use pyo3::sync::RwLockExt;

use crate::errors;

/// A model behind a lock that is never held while Python code runs, so that waiting for it cannot
/// deadlock.
pub(crate) struct Shared<T>(RwLock<T>);

/// What remains of a lock after a panic inside it.
struct Poisoned;

impl<T> From<PoisonError<T>> for Poisoned {
    fn from(_: PoisonError<T>) -> Self {
        Self
    }
}

impl<T: Send + Sync> Shared<T> {
    pub(crate) fn new(model: T) -> Self {
        Self(RwLock::new(model))
    }

    pub(crate) fn read(&self, py: Python<'_>) -> PyResult<RwLockReadGuard<'_, T>> {
        self.0.read_py_attached(py).map_err(|_| errors::poisoned())
    }

    pub(crate) fn write(&self, py: Python<'_>) -> PyResult<RwLockWriteGuard<'_, T>> {
        self.0.write_py_attached(py).map_err(|_| errors::poisoned())
    }

    /// Reads without the GIL: for operations that take longer than releasing it.
    pub(crate) fn read_detached<R: Send>(
        &self,
        py: Python<'_>,
        body: impl FnOnce(&T) -> R + Send,
    ) -> PyResult<R> {
        py.detach(|| Ok(body(&*self.0.read()?)))
            .map_err(|_: Poisoned| errors::poisoned())
    }

    /// Writes without the GIL.
    pub(crate) fn write_detached<R: Send>(
        &self,
        py: Python<'_>,
        body: impl FnOnce(&mut T) -> R + Send,
    ) -> PyResult<R> {
        py.detach(|| Ok(body(&mut *self.0.write()?)))
            .map_err(|_: Poisoned| errors::poisoned())
    }
}
