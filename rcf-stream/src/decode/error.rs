//! Errors of decoding, and of fields that do not fit a source.

use thiserror::Error;

/// A record cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text breaks the rules of the format.
    #[error("not valid {format}: {reason}")]
    Syntax {
        /// The format.
        format: &'static str,
        /// What the parser found, and where.
        reason: String,
    },
    /// A field is absent, null or empty.
    #[error("field {field} is missing")]
    MissingField {
        /// The path of the field.
        field: String,
    },
    /// A value is not a number.
    #[error("field {field} is not a number: {found}")]
    NotANumber {
        /// The path of the field.
        field: String,
        /// The value.
        found: String,
    },
    /// A key or a time is an object or an array.
    #[error("field {field} is {found}; it must be text or a number")]
    NotAScalar {
        /// The path of the field.
        field: String,
        /// The value.
        found: &'static str,
    },
    /// The time is missing or cannot be read, and something depends on it.
    #[error("field {field} is not a time: {found}")]
    UnreadableTime {
        /// The path of the field.
        field: String,
        /// The value, and a format that reads it.
        found: String,
    },
    /// The bytes are packed in an unsupported way.
    #[error("{0}")]
    Packing(String),
    /// The columns of the line differ from those of the first one.
    #[error("expected {expected} columns, got {got}")]
    Columns {
        /// The columns of the header, or of the first line.
        expected: usize,
        /// The columns of this line.
        got: usize,
    },
}

impl DecodeError {
    /// A short name of the rule, by which bad records are counted.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "syntax",
            Self::MissingField { .. } => "missing_field",
            Self::NotANumber { .. } => "not_a_number",
            Self::NotAScalar { .. } => "not_a_scalar",
            Self::UnreadableTime { .. } => "unreadable_time",
            Self::Packing(_) => "packing",
            Self::Columns { .. } => "columns",
        }
    }
}

/// The fields to take do not fit the columns of the source.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// The header has no such column.
    #[error("unknown column {name:?}; the columns are {}{}", columns.join(", "), hint(suggestion))]
    NoSuchColumn {
        /// The configured name.
        name: String,
        /// The names in the header.
        columns: Vec<String>,
        /// The column that was probably meant.
        suggestion: Option<String>,
    },
    /// Without a header, columns have numbers.
    #[error("there is no header, so columns are numbered from 1; {name:?} is not such a number")]
    NotAColumnNumber {
        /// The configured name.
        name: String,
    },
    /// The header is not a line of CSV.
    #[error("the header cannot be read: {0}")]
    Header(DecodeError),
    /// There are no names of columns.
    #[error("it is empty, so there is no header that names columns")]
    Empty,
    /// No field is configured, so there is nothing to score.
    #[error("no field is configured for the values; name at least one")]
    NoValues,
}

fn hint(suggestion: &Option<String>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}
