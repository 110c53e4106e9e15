//! Errors of a setting.

use thiserror::Error;

use super::{flag, variable};
use crate::BoxError;

/// A setting breaks a rule.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingError {
    /// A value is outside its range.
    #[error("{key} must be {rule}, not {found}")]
    OutOfRange {
        /// The key.
        key: String,
        /// The range.
        rule: &'static str,
        /// The value.
        found: String,
    },
    /// A setting is needed and not set.
    #[error(
        "{key} is not set, but {because} needs it; set it in the file, as {} or as --{}",
        variable(key),
        flag(key)
    )]
    Missing {
        /// The key.
        key: String,
        /// What needs it.
        because: String,
    },
    /// Two settings exclude each other.
    #[error("{first} and {second} are mutually exclusive; set only one of them")]
    Conflict {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// A text is not valid for the setting.
    #[error("{key}: {source}")]
    Invalid {
        /// The key.
        key: String,
        /// The rule, and the remedy.
        #[source]
        source: BoxError,
    },
    /// Another program starts this one to open the source.
    #[error("{reason}")]
    Driven {
        /// Which, and how.
        reason: &'static str,
    },
    /// This program was built without a connector.
    #[error(
        "{key} is {feature:?}, but this program was built without it; \
         build it with: cargo build --release --bin rcf --features {feature}"
    )]
    NotBuilt {
        /// The setting that requires it.
        key: String,
        /// The cargo feature, which has the name of the connector.
        feature: &'static str,
    },
}

impl SettingError {
    pub(crate) fn missing(key: impl Into<String>, because: &str) -> Self {
        Self::Missing {
            key: key.into(),
            because: because.to_owned(),
        }
    }
}
