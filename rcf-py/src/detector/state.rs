//! Keeping a detector.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};
use rcf_core::{AnomalyDetector, StateError};

use super::PyAnomalyDetector;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

keep!(
    PyAnomalyDetector,
    AnomalyDetector,
    "AnomalyDetector",
    detector,
    "detector",
    "seed=1"
);
