//! Keeping a forest.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};
use rcf_core::{RandomCutForest, StateError};

use super::PyRandomCutForest;
use crate::errors;
use crate::saved::{self, Reduced, Saved, keep};

keep!(
    PyRandomCutForest,
    RandomCutForest,
    "RandomCutForest",
    forest,
    "forest",
    "seed=1"
);
