//! Keeping a forest.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use rcf_core::{RandomCutForest, StateError};

use super::PyRandomCutForest;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

impl Saved for RandomCutForest {
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
    PyRandomCutForest,
    "RandomCutForest",
    forest,
    "forest",
    "seed=1"
);
