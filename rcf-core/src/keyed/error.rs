//! Errors of a map.

use thiserror::Error;

use super::StoreError;
use crate::{InputError, MarkError, StateError};

/// An observation could not be given to the model of its key. No model has changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MapError {
    /// The model refuses the observation.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A detection cannot be marked as normal.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// Models cannot be spilled, or do not come back.
    #[error("the store of spilled models failed: {0}")]
    Store(#[source] StoreError),
    /// What the store returned is not a model.
    #[error("the spilled model of {key}: {source}")]
    Model {
        /// The key.
        key: String,
        /// What is wrong with the bytes.
        #[source]
        source: StateError,
    },
}
