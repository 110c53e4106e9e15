//! The inputs of a model: their number, their names, and their order in a table.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use numpy::PyUntypedArray;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rcf_core::{ArrayError, InputError};

use super::{Held, Model, lock};
use crate::errors;
use crate::input::{Point, Rows};
use crate::parameters::Keywords;

/// An array in the form of a model.
pub(crate) struct Table<'py> {
    pub(crate) rows: Rows<'py>,
    /// The table with its columns in the order of the model.
    pub(crate) source: Bound<'py, PyAny>,
    names: Option<Vec<String>>,
}

impl<'py> Table<'py> {
    /// An array of which only the names of its columns are known.
    pub(crate) fn of_any_width(points: &Bound<'py, PyAny>) -> PyResult<Self> {
        let (source, names) = in_order(points, None)?;
        let rows = Rows::of_any_width(&source)?;
        Ok(Self {
            rows,
            source,
            names,
        })
    }

    /// The error of a row of a slice that begins with the row `first`.
    pub(crate) fn refused(&self, error: ArrayError, first: usize) -> PyErr {
        let row = first + error.row;
        let error = ArrayError { row, ..error };
        errors::array(self.source.py(), &error, self.names().as_deref())
    }

    /// The names of its columns, or of the series.
    pub(crate) fn names(&self) -> Option<Vec<String>> {
        if self.names.is_some() {
            return self.names.clone();
        }
        let name: String = self.source.getattr("name").ok()?.extract().ok()?;
        (!name.is_empty()).then(|| vec![name])
    }
}

/// A table with its columns in the order of these names, and the names it has.
fn in_order<'py>(
    points: &Bound<'py, PyAny>,
    names: Option<Vec<String>>,
) -> PyResult<(Bound<'py, PyAny>, Option<Vec<String>>)> {
    if points.cast_exact::<PyUntypedArray>().is_ok() {
        return Ok((points.clone(), None));
    }
    static IN_ORDER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let in_order = IN_ORDER.import(points.py(), "rcf._tables", "in_order")?;
    in_order.call1((points, names))?.extract()
}

impl<M: Model> Held<M> {
    /// An array of observations, in the order of the known columns.
    pub(crate) fn rows<'py>(&self, points: &Bound<'py, PyAny>) -> PyResult<Table<'py>> {
        let (source, names) = in_order(points, self.names())?;
        let rows = if self.is_open(points.py())? {
            let rows = Rows::of_any_width(&source)?;
            if rows.len() > 0 {
                self.adopt(points.py(), rows.width())?;
            }
            rows
        } else {
            Rows::extract(&source, self.width())?
        };
        Ok(Table {
            rows,
            source,
            names,
        })
    }

    /// One observation, a number or a sequence; by name, if there are names.
    pub(crate) fn point<'py>(&self, point: &Bound<'py, PyAny>) -> PyResult<Point<'py>> {
        if let Some(point) = Point::plain(point, self.width()) {
            return Ok(point);
        }
        static IN_ORDER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = point.py();
        let in_order = IN_ORDER.import(py, "rcf._tables", "point_in_order")?;
        let point = in_order.call1((point, self.names()))?;
        if self.is_open(py)? {
            let point = Point::of_any_width(&point)?;
            self.adopt(py, point.values()?.len())?;
            return Ok(point);
        }
        Point::extract(&point, self.width())
    }

    /// An observation, or all of a point, in the order of the known columns if it has names.
    pub(crate) fn named<'py>(&self, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        static IN_ORDER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let in_order = IN_ORDER.import(values.py(), "rcf._tables", "values_in_order")?;
        in_order.call1((values, self.names()))
    }

    /// Stores the names of the columns of a table that was learned.
    pub(crate) fn remember(&self, table: &Table<'_>) {
        if let Some(names) = &table.names {
            *lock(&self.names) = Some(names.clone());
        }
    }

    /// The error of one observation.
    pub(crate) fn refused(&self, error: InputError) -> PyErr {
        errors::refused_by_name(error, self.names().as_deref())
    }

    pub(crate) fn names(&self) -> Option<Vec<String>> {
        lock(&self.names).clone()
    }

    pub(crate) fn set_names(&self, names: Option<Vec<String>>) -> PyResult<()> {
        let [_, inputs] = self.shape();
        if let Some(names) = &names
            && names.len() != inputs
        {
            return Err(errors::config(format!(
                "feature_names_in_ must be {inputs} names, one for each input, got {}",
                names.len()
            )));
        }
        *lock(&self.names) = names;
        Ok(())
    }

    /// Adopts the number of inputs of the first data.
    fn adopt(&self, py: Python<'_>, width: usize) -> PyResult<()> {
        if width == self.width() {
            return Ok(());
        }
        let [shingle_size, inputs] = self.shape();
        let records = self.width() / inputs;
        if !width.is_multiple_of(records) {
            return Err(errors::input(format!(
                "rows of {width} values are not points of {shingle_size} observations"
            )));
        }
        let Some(keywords) = lock(&self.open).as_ref().map(|kept| kept.clone_ref(py)) else {
            return Ok(());
        };
        let keywords = Keywords::check(M::CLASS, M::PARAMETERS, Some(keywords.bind(py)))?;
        let fresh = Self::make(&keywords, width / records)?;
        let config = fresh.parameters().clone();
        let mut model = self.model.write(py)?;
        if !model.has_learned() {
            *model = fresh;
            *lock(&self.config) = Arc::new(config);
            self.width.store(width, Ordering::Relaxed);
        }
        Ok(())
    }
}
