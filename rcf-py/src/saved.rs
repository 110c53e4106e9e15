//! Keeping a model: bytes, files, pickle and copy.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyType};

/// What `__reduce__` returns: the function that restores, its arguments, and other attributes.
pub(crate) type Reduced<'py> = (
    Bound<'py, PyAny>,
    (Bound<'py, PyBytes>,),
    Option<Bound<'py, PyAny>>,
);

/// Pickle, copy and deepcopy by way of the saved state.
pub(crate) fn reduce<'py>(
    model: &Bound<'py, PyAny>,
    state: Bound<'py, PyBytes>,
) -> PyResult<Reduced<'py>> {
    let restore = model.get_type().getattr("from_bytes")?;
    Ok((restore, (state,), model.getattr_opt("__dict__")?))
}

/// An object of `cls`, which may be a subclass of the class `base` of this module, from bytes. The
/// constructor of a subclass may ask for anything, so that it is passed by.
pub(crate) fn restore<'py>(
    base: Bound<'py, PyType>,
    cls: &Bound<'py, PyType>,
    data: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = cls.py();
    let builtins = py.import("builtins")?;
    // memoryview first: bytes(3) would be three zeros.
    let view = builtins.call_method1("memoryview", (data,))?;
    let state = [("_state", builtins.call_method1("bytes", (view,))?)].into_py_dict(py)?;
    base.call_method("__new__", (cls,), Some(&state))
}

/// Writes a file that is either the old one or the whole new one, also after a power cut.
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
        // The error that is reported is the first one.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
