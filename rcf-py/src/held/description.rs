//! Descriptions of a model: its parameters, and the call that creates an equal one.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{Held, Model};
use crate::errors;

impl<M: Model> Held<M> {
    /// All parameters by name, as the constructor takes them.
    pub(crate) fn parameters<'py>(
        &self,
        py: Python<'py>,
        config: &M::Config,
    ) -> PyResult<Bound<'py, PyDict>> {
        let parameters = PyDict::new(py);
        let inputs = (!self.is_open(py)?).then_some(M::shape(config)[1]);
        parameters.set_item("input_dimensions", inputs)?;
        for parameter in M::PARAMETERS {
            parameters.set_item(parameter.name, (parameter.get)(py, config)?)?;
        }
        Ok(parameters)
    }

    /// The call that makes such a model, with the parameters that differ from their defaults.
    pub(crate) fn repr(&self, name: &str, py: Python<'_>, config: &M::Config) -> PyResult<String> {
        /// Other defaults follow from these.
        const LEADING: [&str; 2] = ["shingle_size", "sample_size"];
        let [_, inputs] = M::shape(config);
        let plain = M::resolve(M::builder(inputs)).map_err(errors::config)?;
        let mut alike = M::builder(inputs);
        for parameter in M::PARAMETERS {
            if LEADING.contains(&parameter.name) {
                alike = (parameter.set)(alike, &(parameter.get)(py, config)?)?;
            }
        }
        let alike = M::resolve(alike).map_err(errors::config)?;
        let mut shown = Vec::new();
        if !self.is_open(py)? {
            shown.push(format!("input_dimensions={inputs}"));
        }
        for parameter in M::PARAMETERS {
            let is_leading = LEADING.contains(&parameter.name);
            let usual = if is_leading { &plain } else { &alike };
            let usual = (parameter.get)(py, usual)?;
            let value = (parameter.get)(py, config)?;
            if !value.is_none() && !value.eq(&usual)? {
                shown.push(format!("{}={}", parameter.name, value.repr()?));
            }
        }
        Ok(format!("{name}({})", shown.join(", ")))
    }
}

/// The methods of `$class` that describe its model in the field `$model`.
macro_rules! describe {
    ($class:ident, $name:literal, $model:ident) => {
        #[pymethods]
        impl $class {
            /// All parameters by name, as the constructor takes them.
            ///
            /// Parameters
            /// ----------
            /// deep : bool, default True
            ///     Without effect: no parameter has parameters.
            ///
            /// Returns
            /// -------
            /// dict of str
            ///     The current values; None for `input_dimensions` while it is open.
            ///
            /// Examples
            /// --------
            #[doc = concat!(">>> model = rcf.", $name, "(shingle_size=4, input_dimensions=2)")]
            #[doc = concat!(">>> again = rcf.", $name, "(**model.get_params())")]
            /// >>> again.to_bytes() == model.to_bytes(), again.get_params()["shingle_size"]
            /// (True, 4)
            #[pyo3(signature = (deep=None), text_signature = "($self, deep=True)")]
            fn get_params<'py>(
                &self,
                py: Python<'py>,
                deep: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyDict>> {
                $crate::parameters::flag("deep", deep)?;
                self.$model.parameters(py, &self.in_force())
            }

            fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
                let name = slf.get_type().name()?.to_string();
                let model = slf.get();
                model.$model.repr(&name, slf.py(), &model.in_force())
            }

            /// The names of the inputs: the columns of the table that was learned first; None if it
            /// had none.
            ///
            /// A table with the same columns in another order is reordered, one with other columns
            /// is rejected. Pickles and copies keep the names, `to_bytes` and `save` do not: set
            /// them again after loading.
            #[getter]
            fn feature_names_in_(&self) -> Option<Vec<String>> {
                self.$model.names()
            }

            #[setter]
            fn set_feature_names_in_(&self, names: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
                let names = $crate::parameters::names("feature_names_in_", names)?;
                self.$model.set_names(names)
            }
        }
    };
}
pub(crate) use describe;
