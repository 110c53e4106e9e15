//! Errors of calls, and their status codes.

use rcf_core::{ArrayError, ConfigError, InputError, MarkError, StateError};
use thiserror::Error;

use crate::parameters::ParameterError;

/// The outcome of a call.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Success.
    Ok = 0,
    /// A pointer is NULL but must not be, or is not aligned for its type.
    Pointer = 1,
    /// A length is not the one that the model takes, or is not possible for an array.
    Length = 2,
    /// The text is not JSON of parameters, or a parameter breaks its rule.
    Parameters = 3,
    /// A value, a timestamp or a mark is refused.
    Input = 4,
    /// The saved bytes cannot be restored.
    State = 5,
    /// A fault of this library: a panic was caught, or the model was being changed by an earlier
    /// call that panicked. Free the model.
    Panic = 6,
}

/// Why a call is refused. Interfaces of other languages use it, too.
#[derive(Debug, Error)]
pub enum Refusal {
    /// A pointer is `NULL`.
    #[error("{0} must not be NULL")]
    Null(&'static str),
    /// A pointer is not aligned.
    #[error("{0} is not aligned for its type")]
    Unaligned(&'static str),
    /// A length is impossible.
    #[error("{0}: no array has that many values")]
    TooLong(&'static str),
    /// The text of the parameters is not valid.
    #[error("the parameters are not UTF-8")]
    NotUtf8,
    /// A panic has interrupted a change of the model.
    #[error("a panic in an earlier call has broken the model; free it")]
    Broken,
    /// The text is not JSON of parameters.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A parameter breaks its rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An observation is refused.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A detection cannot be marked as normal.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// There is no mark of this number.
    #[error("no mark has the number {0}")]
    NoMark(u64),
    /// A row is refused.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// Saved bytes cannot be restored.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Refusal {
    /// The kind of a refusal.
    pub fn status(&self) -> Status {
        match self {
            Self::Null(_) | Self::Unaligned(_) => Status::Pointer,
            Self::TooLong(_) => Status::Length,
            Self::NotUtf8 | Self::Parameter(_) | Self::Config(_) => Status::Parameters,
            Self::Input(error) | Self::Array(ArrayError { source: error, .. }) => match error {
                InputError::WrongLength { .. } => Status::Length,
                _ => Status::Input,
            },
            Self::Mark(_) | Self::NoMark(_) => Status::Input,
            Self::State(_) => Status::State,
            Self::Broken => Status::Panic,
        }
    }
}
