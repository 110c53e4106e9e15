//! Keeping a detector.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use rcf_core::AnomalyDetector;

use super::PyAnomalyDetector;
use crate::saved::{self, Reduced};

#[pymethods]
impl PyAnomalyDetector {
    /// The complete state of the detector.
    ///
    /// The same format as in Rust and in the stream programs, with a version and a checksum.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     What `from_bytes` restores.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.detector.read_detached(py, AnomalyDetector::to_bytes)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Restore a detector from the result of `to_bytes`.
    ///
    /// It continues exactly as the saved one would have. In a subclass neither ``__new__`` nor
    /// ``__init__`` of the subclass is called.
    ///
    /// Parameters
    /// ----------
    /// data : bytes-like
    ///     A saved state.
    ///
    /// Returns
    /// -------
    /// AnomalyDetector
    ///     The restored detector.
    ///
    /// Raises
    /// ------
    /// StateError
    ///     If the bytes are damaged, cut short, or no saved detector.
    #[classmethod]
    fn from_bytes<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        saved::restore(cls.py().get_type::<Self>(), cls, data)
    }

    /// Write the complete state to a file, which takes the place of an older one in one step.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file. It holds what `to_bytes` gives; any name will do, ``.rcf`` is usual.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be written. An older one is as it was.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.detector
            .read_detached(py, |detector| saved::write(&path, &detector.to_bytes()))?
            .map_err(PyErr::from)
    }

    /// Restore a detector from a file that `save` has written.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file; one that the program ``rcf`` or Rust code has written will do as well.
    ///
    /// Returns
    /// -------
    /// AnomalyDetector
    ///     The restored detector.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be read.
    /// StateError
    ///     If it is damaged, cut short, or no saved detector.
    #[classmethod]
    fn load<'py>(cls: &Bound<'py, PyType>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let state = py.detach(|| std::fs::read(path))?;
        Self::from_bytes(cls, PyBytes::new(py, &state).as_any())
    }

    /// Pickle, copy and deepcopy by way of the saved state.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        saved::reduce(slf.as_any(), slf.get().to_bytes(slf.py())?)
    }
}
