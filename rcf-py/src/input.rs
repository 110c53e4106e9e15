//! From what Python users pass (numbers, sequences, arrays of any layout) to slices of `f64`.
//!
//! Native, aligned, C-contiguous float64 memory is borrowed; everything else is converted by NumPy,
//! which knows every layout and byte order there is.

use ndarray::ArrayView2;
use numpy::prelude::*;
use numpy::{PyArray1, PyArrayDyn, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyType};

use crate::errors;

/// One point of a known width.
pub(crate) enum Point<'py> {
    Scalar([f64; 1]),
    Vector(PyReadonlyArray1<'py, f64>),
    Converted(PyReadonlyArrayDyn<'py, f64>),
}

impl<'py> Point<'py> {
    /// Accepts a number where `width` is 1, and anything that NumPy reads as `(width,)` numbers.
    pub(crate) fn extract(point: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        if let Some(point) = Self::without_conversion(point, width)? {
            return Ok(point);
        }
        let array = to_float64(point)?;
        let scalar = array.ndim() == 0 && width == 1;
        if scalar || array.shape() == [width] {
            return Ok(Self::Converted(array));
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

    /// The two forms that streams send most, without a detour through NumPy.
    fn without_conversion(point: &Bound<'py, PyAny>, width: usize) -> PyResult<Option<Self>> {
        if width == 1
            && let Ok(number) = point.cast::<PyFloat>()
        {
            return Ok(Some(Self::Scalar([number.extract()?])));
        }
        if let Ok(vector) = point.cast_exact::<PyArray1<f64>>()
            && vector.len() == width
        {
            let vector = vector.try_readonly()?;
            if vector.as_slice().is_ok() {
                return Ok(Some(Self::Vector(vector)));
            }
        }
        Ok(None)
    }

    pub(crate) fn values(&self) -> PyResult<&[f64]> {
        match self {
            Self::Scalar(number) => Ok(number),
            Self::Vector(vector) => Ok(vector.as_slice()?),
            Self::Converted(array) => Ok(array.as_slice()?),
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

/// `values` as a C-contiguous, aligned float64 array: the same memory where it already is one.
fn to_float64<'py>(values: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
    let py = values.py();
    let numpy = py.import("numpy")?;
    let array = match numpy.call_method1("asarray", (unmasked(values)?,)) {
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
    let array = numpy.call_method1(
        "require",
        (array, numpy::dtype::<f64>(py), ["C", "ALIGNED"]),
    )?;
    Ok(array.cast_into::<PyArrayDyn<f64>>()?.try_readonly()?)
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
