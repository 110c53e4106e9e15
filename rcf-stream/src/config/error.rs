//! Errors of a configuration.

use std::path::PathBuf;

use thiserror::Error;

use super::layers::Origin;
use crate::decode::FieldPathError;
use crate::operator::OperatorConfigError;
use crate::settings::SettingError;

/// A configuration breaks a rule.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not valid TOML: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser found, and where.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}: unknown setting {key:?}{}", hint(suggestion))]
    UnknownKey {
        /// Where it is.
        origin: Origin,
        /// The key.
        key: String,
        /// The setting that was probably meant.
        suggestion: Option<String>,
    },
    /// A value has the wrong type, or is not one of the choices.
    #[error("{origin}: {key} must be {expected}, not {found}")]
    WrongValue {
        /// Where it is.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The allowed values.
        expected: String,
        /// The value.
        found: String,
    },
    /// A setting breaks its rule.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A setting is set but has no effect, so the configuration is not what was intended.
    #[error("{origin}: {key} has no effect with {because}")]
    NoEffect {
        /// Where it is.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The setting that causes this.
        because: String,
    },
    /// A table `[[override]]` is invalid.
    #[error("{origin}: override: {reason}")]
    Override {
        /// Where it is.
        origin: Origin,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// Two columns of results have the same name.
    #[error("output.columns names {name:?} twice; give one another name with AS")]
    RepeatedColumn {
        /// The name.
        name: String,
    },
    /// The same field is named twice.
    #[error("input.values names {field:?} twice")]
    RepeatedField {
        /// The field.
        field: String,
    },
    /// A text is not the path of a field.
    #[error("{key}: {source}")]
    FieldPath {
        /// The key.
        key: &'static str,
        /// The rule.
        #[source]
        source: FieldPathError,
    },
    /// A text is not a rule.
    #[error("detector.rules: {0}")]
    Rule(#[source] rcf_core::ConfigError),
    /// A text is not a time format.
    #[error("input.time_format: {0}")]
    TimeFormat(#[source] crate::time::ParseTimeFormatError),
    /// A parameter of the forest breaks its rule.
    #[error("forest: {0}")]
    Forest(#[from] OperatorConfigError),
}

impl ConfigError {
    /// The values are not named, and cannot be detected.
    pub(crate) fn no_values() -> Self {
        SettingError::missing("input.values", "an input that is not a new file").into()
    }
}

fn hint(suggestion: &Option<String>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}
