//! Keeping a forecaster.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};
use rcf_core::{Forecaster, StateError};

use super::PyForecaster;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

keep!(
    PyForecaster,
    Forecaster,
    "Forecaster",
    forecaster,
    "forecaster",
    "seed=1"
);
