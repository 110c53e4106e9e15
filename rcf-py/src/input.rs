//! Conversion of numbers, sequences and arrays of any layout to slices of `f64`.
//!
//! Arrays of native, aligned float64 and float32 are borrowed, in any order and with any stride;
//! everything else is converted by NumPy, which knows every layout and byte order there is.

use ndarray::{ArrayView2, Axis};
use numpy::prelude::*;
use numpy::{Element, PyArrayDyn, PyReadonlyArrayDyn, PyUntypedArray};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyList, PyTuple, PyType};

use crate::errors;
use crate::parameters::{integer, items};

/// One point of a known shape.
pub(crate) enum Point<'py> {
    Numbers(Vec<f64>),
    Array(PyReadonlyArrayDyn<'py, f64>),
}

impl<'py> Point<'py> {
    /// A number, or a list or tuple of `width` numbers, as most points are; None for anything else.
    pub(crate) fn plain(point: &Bound<'py, PyAny>, width: usize) -> Option<Self> {
        let numbers = plain_numbers(point)?;
        (numbers.len() == width).then_some(Self::Numbers(numbers))
    }

    /// A number, or a sequence of any length but 0.
    pub(crate) fn of_any_width(point: &Bound<'py, PyAny>) -> PyResult<Self> {
        let array = to_float64(point)?;
        let width = if array.ndim() == 1 { array.len() } else { 1 };
        Self::shaped(array, width.max(1))
    }

    /// Accepts a number where `width` is 1, and anything that NumPy reads as `(width,)` numbers.
    pub(crate) fn extract(point: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        Self::shaped(to_float64(point)?, width)
    }

    fn shaped(array: PyReadonlyArrayDyn<'py, f64>, width: usize) -> PyResult<Self> {
        let is_scalar = array.ndim() == 0 && width == 1;
        if is_scalar || array.shape() == [width] {
            return Ok(Self::Array(array));
        }
        let (shape, values) = (shape_of(array.shape()), count(width));
        let got = match *array.shape() {
            [] => format!("shape {shape}, a number alone; give a list of {values}"),
            [0] => format!("shape {shape}, which is empty; give {values}"),
            [given] => format!(
                "shape {shape}; give {values}, or build the model for {given} (input_dimensions)"
            ),
            _ => format!("an array of shape {shape}; a whole array goes to process or score_array"),
        };
        Err(errors::input(format!(
            "expected one point of shape ({width},), got {got}"
        )))
    }

    /// The values as one slice.
    pub(crate) fn values(&self) -> PyResult<&[f64]> {
        match self {
            Self::Numbers(numbers) => Ok(numbers),
            Self::Array(array) => Ok(array.as_slice()?),
        }
    }
}

/// An observation or a whole point, as an array of one of these shapes.
pub(crate) fn in_shape<'py>(
    values: &Bound<'py, PyAny>,
    shapes: &[&[usize]],
) -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
    let array = to_float64(values)?;
    let is_scalar = array.ndim() == 0 && shapes.contains(&[1].as_slice());
    if is_scalar || shapes.contains(&array.shape()) {
        return Ok(array);
    }
    let fewest = shapes.iter().map(|shape| shape.iter().product()).min();
    let mut names: Vec<String> = shapes.iter().map(|shape| shape_of(shape)).collect();
    names.dedup();
    Err(errors::input(format!(
        "expected values of shape {}, got shape {}; give {}, with NaN for what is missing",
        names.join(" or "),
        shape_of(array.shape()),
        count(fewest.unwrap_or(1))
    )))
}

/// The positions of missing values: the given ones, or otherwise those of NaN.
pub(crate) fn positions(
    values: &[f64],
    missing: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<usize>> {
    let Some(missing) = missing else {
        let numbered = values.iter().enumerate();
        return Ok(numbered
            .filter(|(_, value)| value.is_nan())
            .map(|(position, _)| position)
            .collect());
    };
    let position = |given: PyResult<Bound<'_, PyAny>>| {
        let given = given?;
        integer("missing", Some(&given))
            .map(Option::unwrap_or_default)
            .map_err(|error| {
                if error.is_instance_of::<PyTypeError>(given.py()) {
                    return error;
                }
                errors::input(format!("missing positions must be at least 0, got {given}"))
            })
    };
    let positions = items("missing", "a list of positions", missing)?;
    positions.map(position).collect()
}

/// A whole array of points, one in each row, in its own precision.
pub(crate) enum Rows<'py> {
    Double(PyReadonlyArrayDyn<'py, f64>, usize),
    Single(PyReadonlyArrayDyn<'py, f32>, usize),
}

impl<'py> Rows<'py> {
    /// Accepts anything that NumPy reads as `(n, width)` numbers, or `(n,)` where `width` is 1.
    pub(crate) fn extract(points: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        Self::of_width(&to_numbers(points)?, width)
    }

    /// Accepts anything that NumPy reads as `(n, d)` numbers with `d` above 0, or `(n,)`.
    pub(crate) fn of_any_width(points: &Bound<'py, PyAny>) -> PyResult<Self> {
        let array = to_numbers(points)?;
        let width = array.shape().get(1).copied().unwrap_or(1);
        Self::of_width(&array, width.max(1)) // no columns are refused by their shape
    }

    fn of_width(array: &Bound<'py, PyUntypedArray>, width: usize) -> PyResult<Self> {
        check_shape(array.shape(), width)?;
        let rows = array.shape()[0];
        if Vec::<f64>::new().try_reserve_exact(rows).is_err() {
            // A broadcast array takes no memory; its scores would.
            return Err(PyMemoryError::new_err(format!(
                "the scores of {rows} rows do not fit"
            )));
        }
        if let Some(array) = in_place::<f64>(array) {
            return Ok(Self::Double(array.try_readonly()?, width));
        }
        if let Some(array) = in_place::<f32>(array) {
            return Ok(Self::Single(array.try_readonly()?, width));
        }
        Ok(Self::Double(converted(array)?, width))
    }
}

impl Rows<'_> {
    /// The number of values of a row.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Double(_, width) | Self::Single(_, width) => *width,
        }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Double(array, _) => array.shape()[0],
            Self::Single(array, _) => array.shape()[0],
        }
    }
}

/// Timestamps of `count` rows: numbers unchanged, times as seconds since 1970.
pub(crate) fn seconds(timestamps: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<f64>> {
    static SECONDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = timestamps.py();
    let seconds = SECONDS.import(py, "rcf._tables", "seconds")?;
    let array = to_float64(&seconds.call1((timestamps,))?)?;
    if array.shape() != [count] {
        return Err(errors::input(format!(
            "expected a timestamp for each of the {count} rows, got shape {}",
            shape_of(array.shape())
        )));
    }
    Ok(array.as_slice()?.to_vec())
}

/// One timestamp.
pub(crate) fn moment(timestamp: &Bound<'_, PyAny>) -> PyResult<f64> {
    match timestamp.extract() {
        Ok(number) => Ok(number),
        Err(_) => Ok(seconds(PyList::new(timestamp.py(), [timestamp])?.as_any(), 1)?[0]),
    }
}

/// Evaluates `$body` with `$view` bound to the rows, whatever their precision.
macro_rules! with_rows {
    ($rows:expr, $view:ident => $body:expr) => {
        match &$rows {
            $crate::input::Rows::Double(array, width) => {
                let $view = $crate::input::view(array, *width)?;
                $body
            }
            $crate::input::Rows::Single(array, width) => {
                let $view = $crate::input::view(array, *width)?;
                $body
            }
        }
    };
}
pub(crate) use with_rows;

/// The rows of an array whose shape is checked.
pub(crate) fn view<'a, T: Element>(
    array: &'a PyReadonlyArrayDyn<'_, T>,
    width: usize,
) -> PyResult<ArrayView2<'a, T>> {
    let rows = array.as_array();
    if rows.is_empty() {
        // The width of rows is unknown for an empty list.
        return ArrayView2::from_shape((rows.shape()[0], width), &[]).map_err(impossible);
    }
    let rows = if rows.ndim() == 1 {
        rows.insert_axis(Axis(1))
    } else {
        rows
    };
    rows.into_dimensionality().map_err(impossible)
}

fn impossible(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn check_shape(shape: &[usize], width: usize) -> PyResult<()> {
    match *shape {
        [_, columns] if columns == width => return Ok(()),
        [_] if width == 1 => return Ok(()),
        // An empty list has no second dimension to get wrong.
        [0] => return Ok(()),
        _ => {}
    }
    let one_dimensional = if width == 1 { "(n,) or " } else { "" };
    let remedy = match *shape {
        [_, 0] => "; it has no columns".to_owned(),
        [] => "; a single observation goes to score, update or process_one".to_owned(),
        [_] => format!(
            "; a single observation goes to score, update or process_one, a series of single numbers to \
             a model of one input, and not of {width}"
        ),
        [1, _] if width == 1 => "; a row of numbers is one series as row.ravel()".to_owned(),
        [_, columns] => format!(
            "; select {width} of the columns, or build the model for {columns} values a row \
             (input_dimensions)"
        ),
        _ => format!("; reshape(-1, {width}) gives it two dimensions"),
    };
    Err(errors::input(format!(
        "expected an array of shape {one_dimensional}(n, {width}), got shape {}{remedy}",
        shape_of(shape)
    )))
}

/// A number, or a list or tuple of numbers, without NumPy, which takes microseconds: as long as a
/// small forest takes for the point itself. `None`: let NumPy decide.
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
    let array = to_numbers(values)?;
    if let Ok(array) = array.cast::<PyArrayDyn<f64>>()
        && array.is_c_contiguous()
        && array.is_aligned()
    {
        return Ok(array.try_readonly()?);
    }
    converted(&array)
}

/// `values` as an array of real numbers of any kind and layout.
fn to_numbers<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    static FROM_OBJECTS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = values.py();
    // Tables of polars and Arrow, which would hand their times over as numbers.
    if values.cast_exact::<PyUntypedArray>().is_err() && values.hasattr("schema")? {
        static NOT_ALL_NUMBERS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let explain = NOT_ALL_NUMBERS.import(py, "rcf._tables", "not_all_numbers")?;
        let named = explain.call1((values,))?;
        if !named.is_none() {
            return Err(PyTypeError::new_err(named.unbind()));
        }
    }
    let array = match asarray(py)?.call1((unmasked(values)?,)) {
        Err(error) if error.is_instance_of::<PyValueError>(py) => {
            static UNEVEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let uneven = UNEVEN
                .import(py, "rcf._tables", "uneven")?
                .call1((values,))?;
            let refused = match uneven.extract::<Option<String>>()? {
                Some(uneven) => errors::input(uneven),
                None => errors::input(error.value(py)),
            };
            refused.set_cause(py, Some(error));
            return Err(refused);
        }
        result => result?.cast_into::<PyUntypedArray>()?,
    };
    let dtype = array.dtype();
    if matches!(dtype.kind(), b'f' | b'i' | b'u' | b'b') {
        return Ok(array);
    }
    if dtype.kind() == b'O' {
        let from_objects = FROM_OBJECTS.import(py, "rcf._tables", "from_objects")?;
        let array = from_objects.call1((values,))?;
        if !array.is_none() {
            return Ok(array.cast_into()?);
        }
    }
    static NOT_NUMBERS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let explain = NOT_NUMBERS.import(py, "rcf._tables", "not_numbers")?;
    Err(PyTypeError::new_err(explain.call1((values,))?.unbind()))
}

fn asarray<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ASARRAY.import(py, "numpy", "asarray")
}

/// The array itself if its numbers are `T` and can be read in place.
fn in_place<'a, 'py, T: Element>(
    array: &'a Bound<'py, PyUntypedArray>,
) -> Option<&'a Bound<'py, PyArrayDyn<T>>> {
    let array = array.cast::<PyArrayDyn<T>>().ok()?;
    // Also on machines where 8-byte numbers may have an alignment of 4.
    let whole = |&stride: &isize| stride % size_of::<T>() as isize == 0;
    (array.is_aligned() && array.strides().iter().all(whole)).then_some(array)
}

/// A copy in float64, C-contiguous and aligned.
fn converted<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
    let py = array.py();
    let array = asarray(py)?.call1((array, numpy::dtype::<f64>(py), "C"))?;
    let array = array.cast_into::<PyArrayDyn<f64>>()?;
    if array.is_aligned() {
        return Ok(array.try_readonly()?);
    }
    let aligned = array.call_method1("copy", ("C",))?;
    Ok(aligned.cast_into::<PyArrayDyn<f64>>()?.try_readonly()?)
}

/// `numpy.asarray` drops the mask of a masked array and shows the masked data. A masked value is
/// a missing one, so it becomes NaN here, which the forest rejects by its position.
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

/// `1 value`, `2 values`.
fn count(values: usize) -> String {
    match values {
        1 => "1 value".to_owned(),
        many => format!("{many} values"),
    }
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
