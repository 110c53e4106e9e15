//! Keeping a forecaster.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use rcf_core::{Forecaster, StateError};

use super::PyForecaster;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

impl Saved for Forecaster {
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
    PyForecaster,
    "Forecaster",
    forecaster,
    "forecaster",
    "seed=1"
);
