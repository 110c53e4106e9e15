//! Keeping a detector.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use rcf_core::{AnomalyDetector, StateError};

use super::PyAnomalyDetector;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

impl Saved for AnomalyDetector {
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

keep!(
    PyAnomalyDetector,
    "AnomalyDetector",
    detector,
    "detector",
    "seed=1"
);
