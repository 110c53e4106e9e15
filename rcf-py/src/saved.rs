//! Saving a model: bytes, files, pickle and copy.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyType};
use rcf_core::StateError;

use crate::parameters::wrong_type;

/// The saved form of a model, from and to bytes.
pub(crate) trait Saved: Sized {
    fn to_state(&self) -> Vec<u8>;
    /// Trusted bytes are known to be those written; what is skipped then is up to the model.
    fn from_state(state: &[u8], trusted: bool) -> Result<Self, StateError>;
}

/// The methods of `$class` that save it, and its model, a `$core` in its field `$model`.
macro_rules! keep {
    ($class:ident, $core:ident, $name:literal, $model:ident, $noun:literal, $example:literal) => {
        impl Saved for $core {
            fn to_state(&self) -> Vec<u8> {
                self.to_bytes()
            }

            fn from_state(state: &[u8], trusted: bool) -> Result<Self, StateError> {
                if trusted {
                    Self::from_trusted_bytes(state)
                } else {
                    Self::from_bytes(state)
                }
            }
        }

        #[pymethods]
        impl $class {
            #[doc = concat!("The complete state of the ", $noun, ".")]
            ///
            /// The same format as in Rust and in the stream programs, with a version and a
            /// checksum.
            ///
            /// Returns
            /// -------
            /// bytes
            ///     What `from_bytes` restores.
            fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
                let bytes = self.$model.read_detached(py, Saved::to_state)?;
                Ok(PyBytes::new(py, &bytes))
            }

            #[doc = concat!("Restore a ", $noun, " from the result of `to_bytes`.")]
            ///
            /// It continues exactly as the saved one would have. In a subclass neither ``__new__``
            /// nor ``__init__`` of the subclass is called.
            ///
            /// Parameters
            /// ----------
            /// data : bytes-like
            ///     A saved state.
            /// trusted : bool, default False
            ///     Whether the bytes are known to be those written, as when they never left memory:
            ///     the checksum and the order of the samples are not checked then, which is a
            ///     little faster. Damaged bytes still never crash: they raise, or give a model that
            ///     judges wrongly.
            ///
            /// Returns
            /// -------
            #[doc = $name]
            #[doc = concat!("    The restored ", $noun, ".")]
            ///
            /// Raises
            /// ------
            /// StateError
            #[doc = concat!("    If the bytes are damaged, truncated, or not a saved ", $noun, ".")]
            ///
            /// Examples
            /// --------
            #[doc = concat!(">>> model = rcf.", $name, "(", $example, ")")]
            /// >>> _ = model.process(np.sin(np.arange(100) / 10))
            #[doc = concat!(">>> again = rcf.", $name, ".from_bytes(model.to_bytes())")]
            /// >>> again.to_bytes() == model.to_bytes()
            /// True
            #[classmethod]
            #[pyo3(
                signature = (data, *, trusted=None),
                text_signature = "($cls, data, *, trusted=False)"
            )]
            fn from_bytes<'py>(
                cls: &Bound<'py, PyType>,
                data: &Bound<'py, PyAny>,
                trusted: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let trusted = $crate::parameters::flag("trusted", trusted)?.unwrap_or_default();
                saved::restore(cls.py().get_type::<Self>(), cls, data, trusted, None)
            }

            /// The function that pickle calls: `from_bytes`, and the state of the inputs.
            #[classmethod]
            fn _restore<'py>(
                cls: &Bound<'py, PyType>,
                data: &Bound<'py, PyAny>,
                memory: Bound<'py, PyDict>,
            ) -> PyResult<Bound<'py, PyAny>> {
                saved::restore(cls.py().get_type::<Self>(), cls, data, false, Some(memory))
            }

            /// Write the complete state to a file, which replaces an older one in one step.
            ///
            /// Parameters
            /// ----------
            /// path : str or os.PathLike
            ///     The file. It holds what `to_bytes` gives; any name is possible, ``.rcf`` is
            ///     usual.
            ///
            /// Raises
            /// ------
            /// OSError
            ///     If the file cannot be written. An older one is unchanged.
            fn save(&self, py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<()> {
                let path = $crate::parameters::path(path)?;
                self.$model
                    .read_detached(py, |model| saved::write(&path, &model.to_state()))?
                    .map_err(|error| errors::file(&path, &error))
            }

            #[doc = concat!("Restore a ", $noun, " from a file that `save` has written.")]
            ///
            /// Parameters
            /// ----------
            /// path : str or os.PathLike
            ///     The file; one that the program ``rcf`` or Rust code has written also works.
            /// trusted : bool, default False
            ///     As for `from_bytes`.
            ///
            /// Returns
            /// -------
            #[doc = $name]
            #[doc = concat!("    The restored ", $noun, ".")]
            ///
            /// Raises
            /// ------
            /// OSError
            ///     If the file cannot be read.
            /// StateError
            #[doc = concat!("    If it is damaged, truncated, or not a saved ", $noun, ".")]
            ///
            /// Examples
            /// --------
            /// >>> import pathlib, tempfile
            #[doc = concat!(">>> model = rcf.", $name, "(shingle_size=4)")]
            /// >>> with tempfile.TemporaryDirectory() as folder:
            /// ...     model.save(pathlib.Path(folder, "pump.rcf"))
            #[doc = concat!("...     again = rcf.", $name, ".load(pathlib.Path(folder, \"pump.rcf\"))")]
            /// >>> again.shingle_size
            /// 4
            #[classmethod]
            #[pyo3(
                signature = (path, *, trusted=None),
                text_signature = "($cls, path, *, trusted=False)"
            )]
            fn load<'py>(
                cls: &Bound<'py, PyType>,
                path: &Bound<'py, PyAny>,
                trusted: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let (py, path) = (cls.py(), $crate::parameters::path(path)?);
                $crate::parameters::flag("trusted", trusted)?; // before the file is read
                let state = py.detach(|| std::fs::read(&path));
                let state = state.map_err(|error| errors::file(&path, &error))?;
                Self::from_bytes(cls, PyBytes::new(py, &state).as_any(), trusted)
            }

            /// Pickle, copy and deepcopy use the saved state.
            fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
                let (py, model) = (slf.py(), slf.get());
                let memory = model.$model.memory(py)?;
                saved::reduce(slf.as_any(), model.to_bytes(py)?, memory)
            }
        }
    };
}
pub(crate) use keep;

/// What `__reduce__` returns: the function that restores, its arguments, and other attributes.
pub(crate) type Reduced<'py> = (
    Bound<'py, PyAny>,
    (Bound<'py, PyBytes>, Bound<'py, PyDict>),
    Option<Bound<'py, PyAny>>,
);

/// Pickle, copy and deepcopy use the saved state.
pub(crate) fn reduce<'py>(
    model: &Bound<'py, PyAny>,
    state: Bound<'py, PyBytes>,
    memory: Bound<'py, PyDict>,
) -> PyResult<Reduced<'py>> {
    let restore = model.get_type().getattr("_restore")?;
    Ok((restore, (state, memory), model.getattr_opt("__dict__")?))
}

/// An object of `cls`, which may be a subclass of the class `base` of this module, from bytes. The
/// constructor of a subclass may require anything, so it is bypassed.
pub(crate) fn restore<'py>(
    base: Bound<'py, PyType>,
    cls: &Bound<'py, PyType>,
    data: &Bound<'py, PyAny>,
    trusted: bool,
    memory: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = cls.py();
    let builtins = py.import("builtins")?;
    // memoryview first: bytes(3) would be three zeros.
    let view = builtins.call_method1("memoryview", (data,));
    let view = view.map_err(|_| wrong_type("data", "a bytes-like object", data))?;
    let bytes = builtins.call_method1("bytes", (view,))?;
    let state = [("_state", (bytes, trusted, memory))].into_py_dict(py)?;
    base.call_method("__new__", (cls,), Some(&state))
}

/// Writes a file that is either the old one or the whole new one, even after a power failure.
pub(crate) fn write(path: &Path, state: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            format!("{} names no file", path.display()),
        ));
    };
    let mut name = name.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let unfinished = path.with_file_name(name);
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(state)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    });
    if written.is_err() {
        // The first error is the one that is reported.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
