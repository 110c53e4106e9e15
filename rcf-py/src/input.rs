//! From what Python users pass (numbers, sequences, arrays of any layout) to slices of `f64`.
//!
//! Native, aligned, C-contiguous float64 memory is borrowed; everything else is converted by NumPy,
//! which knows every layout and byte order there is.

use ndarray::ArrayView2;
use numpy::prelude::*;
use numpy::{PyArrayDyn, PyReadonlyArrayDyn, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyList, PyTuple, PyType};

use crate::errors;

/// One point of a known width.
pub(crate) enum Point<'py> {
    Numbers(Vec<f64>),
    Array(PyReadonlyArrayDyn<'py, f64>),
}

impl<'py> Point<'py> {
    /// Accepts a number where `width` is 1, and anything that NumPy reads as `(width,)` numbers.
    pub(crate) fn extract(point: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        if let Some(numbers) = plain_numbers(point)
            && numbers.len() == width
        {
            return Ok(Self::Numbers(numbers));
        }
        let array = to_float64(point)?;
        let is_scalar = array.ndim() == 0 && width == 1;
        if is_scalar || array.shape() == [width] {
            return Ok(Self::Array(array));
        }
        let shape = shape_of(array.shape());
        Err(errors::input(if array.ndim() > 1 {
            format!(
                "expected one point of shape ({width},), got an array of shape {shape}; \
                 a whole array goes to process or score_array"
            )
        } else {
            format!("expected one point of shape ({width},), got shape {shape}")
        }))
    }

    pub(crate) fn values(&self) -> PyResult<&[f64]> {
        match self {
            Self::Numbers(numbers) => Ok(numbers),
            Self::Array(array) => Ok(array.as_slice()?),
        }
    }
}

/// A whole array of points, one in each row.
pub(crate) struct Rows<'py> {
    array: PyReadonlyArrayDyn<'py, f64>,
    shape: (usize, usize),
}

impl<'py> Rows<'py> {
    /// Accepts anything that NumPy reads as `(n, width)` numbers, or `(n,)` where `width` is 1.
    pub(crate) fn extract(points: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        let array = to_float64(points)?;
        let rows = match *array.shape() {
            [rows, columns] if columns == width => rows,
            [rows] if width == 1 => rows,
            // An empty list has no second dimension to get wrong.
            [0] => 0,
            ref shape => {
                let one_dimensional = if width == 1 { "(n,) or " } else { "" };
                let shape_text = shape_of(shape);
                let remedy = if shape.len() < 2 {
                    "; a single point goes to score or update"
                } else {
                    ""
                };
                return Err(errors::input(format!(
                    "expected an array of shape {one_dimensional}(n, {width}), got shape {shape_text}{remedy}"
                )));
            }
        };
        Ok(Self {
            array,
            shape: (rows, width),
        })
    }

    pub(crate) fn view(&self) -> PyResult<ArrayView2<'_, f64>> {
        ArrayView2::from_shape(self.shape, self.array.as_slice()?)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// A number, or a list or tuple of numbers, without the detour through NumPy, which takes microseconds:
/// as long as a small forest takes for the point itself. `None`: let NumPy decide.
fn plain_numbers(point: &Bound<'_, PyAny>) -> Option<Vec<f64>> {
    if let Ok(list) = point.cast_exact::<PyList>() {
        list.iter().map(|value| plain_number(&value)).collect()
    } else if let Ok(tuple) = point.cast_exact::<PyTuple>() {
        tuple.iter().map(|value| plain_number(&value)).collect()
    } else {
        plain_number(point).map(|number| vec![number])
    }
}

/// Python's float (NumPy's float64 is one) and the integers that NumPy would hold as int64.
fn plain_number(value: &Bound<'_, PyAny>) -> Option<f64> {
    if let Ok(float) = value.cast::<PyFloat>() {
        Some(float.value())
    } else {
        let integer: i64 = value.cast_exact::<PyInt>().ok()?.extract().ok()?;
        Some(integer as f64)
    }
}

/// `values` as a C-contiguous, aligned float64 array: the same memory where it already is one.
fn to_float64<'py>(values: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Ok(array) = values.cast_exact::<PyArrayDyn<f64>>()
        && array.is_c_contiguous()
        && array.is_aligned()
    {
        return Ok(array.try_readonly()?);
    }
    let py = values.py();
    let asarray = ASARRAY.import(py, "numpy", "asarray")?;
    let array = match asarray.call1((unmasked(values)?,)) {
        Err(error) if error.is_instance_of::<PyValueError>(py) => {
            // Ragged sequences, for one.
            let refused = errors::input(error.value(py));
            refused.set_cause(py, Some(error));
            return Err(refused);
        }
        result => result?,
    };
    let dtype = array.cast::<PyUntypedArray>()?.dtype();
    if !matches!(dtype.kind(), b'f' | b'i' | b'u' | b'b') {
        return Err(PyTypeError::new_err(format!(
            "expected numbers, got values of dtype {dtype}; convert them to float64 first"
        )));
    }
    let array = asarray.call1((array, numpy::dtype::<f64>(py), "C"))?;
    let array = array.cast_into::<PyArrayDyn<f64>>()?;
    if array.is_aligned() {
        return Ok(array.try_readonly()?);
    }
    let aligned = array.call_method1("copy", ("C",))?;
    Ok(aligned.cast_into::<PyArrayDyn<f64>>()?.try_readonly()?)
}

/// `numpy.asarray` drops the mask of a masked array and shows what lies under it. A masked value is a
/// missing one, so it becomes NaN here, which the forest refuses by its position.
fn unmasked<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static MASKED_ARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = values.py();
    if values.cast_exact::<PyUntypedArray>().is_ok()
        || !values.is_instance(MASKED_ARRAY.import(py, "numpy.ma", "MaskedArray")?)?
    {
        return Ok(values.clone());
    }
    values
        .call_method1("astype", (numpy::dtype::<f64>(py),))?
        .call_method1("filled", (f64::NAN,))
}

/// A shape in Python's notation: `()`, `(3,)`, `(3, 2)`.
fn shape_of(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => {
            let lengths: Vec<String> = many.iter().map(usize::to_string).collect();
            format!("({})", lengths.join(", "))
        }
    }
}
