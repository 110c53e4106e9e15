//! What can be wrong with a configuration.

use std::path::PathBuf;

use thiserror::Error;

use super::ParseStartPositionError;
use super::layers::Origin;
use crate::decode::FieldPathError;
use crate::operator::OperatorConfigError;

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
        /// What the parser met, and where.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting {key:?}{}", hint(suggestion))]
    UnknownKey {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: String,
        /// The setting that was most likely meant.
        suggestion: Option<String>,
    },
    /// A value has the wrong type, or is none of the choices.
    #[error("{origin}: {key} must be {expected}, not {found}")]
    WrongValue {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A value is outside its range.
    #[error("{key} must be {rule}, not {found}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The range.
        rule: &'static str,
        /// What it is.
        found: String,
    },
    /// A setting is needed and not set.
    #[error(
        "{key} is not set, but {because} needs it; set it in the file, as {variable} or as --{flag}"
    )]
    Missing {
        /// The key.
        key: &'static str,
        /// What needs it.
        because: String,
        /// The environment variable that sets it.
        variable: String,
        /// The flag that sets it.
        flag: String,
    },
    /// A setting is set but has no effect, so something is not as it was meant.
    #[error("{origin}: {key} has no effect with {because}")]
    NoEffect {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The setting that makes it so.
        because: String,
    },
    /// Two settings exclude each other.
    #[error("{first} and {second} exclude each other; set one of them")]
    Conflict {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A table `[[override]]` makes no sense.
    #[error("{origin}: override: {reason}")]
    Override {
        /// Where it stands.
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
    /// A text is not a valid start position.
    #[error("source.start: {0}")]
    Start(#[from] ParseStartPositionError),
    /// A text is not a time format.
    #[error("input.time_format: {0}")]
    TimeFormat(#[source] crate::time::ParseTimeFormatError),
    /// A parameter of the forest breaks its rule.
    #[error("forest: {0}")]
    Forest(#[from] OperatorConfigError),
    /// This program was built without Kinesis.
    #[error(
        "{key} is \"kinesis\", but this program was built without it; \
         build it with: cargo build --release --bin rcf --features kinesis"
    )]
    KinesisNotBuilt {
        /// The setting that asks for it.
        key: &'static str,
    },
}

impl ConfigError {
    /// The values are not named, and cannot be chosen.
    pub(crate) fn no_values() -> Self {
        super::build::missing("input.values", "what is no new file")
    }
}

fn hint(suggestion: &Option<String>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}
