//! Detection of the format of a source: the dialect of its text, and the role of its columns.
//!
//! Everything here is a pure function of the first bytes or records. [`text`] detects the dialect
//! of a text, [`columns`] chooses what to judge, and [`Understood`] describes both on one line.

mod calendar;
mod column_names;
pub mod columns;
mod growth;
mod json;
mod options;
mod recognised;
pub mod sample;
mod sentinel;
mod shape;
mod split_time;
mod table;
#[cfg(test)]
mod tests;
mod time_column;
mod times;
mod understood;

use thiserror::Error;

pub use columns::{Choice, ChoiceError, Named, choose};
pub use options::OptionNames;
pub use recognised::{ReadingError, Recognised};
pub use sample::Sample;
pub use time_column::Order;
pub use understood::Understood;

use crate::decode::InputFormat;
use crate::decode::dialect::{Dialect, Framing, Header};
use crate::decode::number::Decimal;

/// From how many records the columns are chosen.
pub const RECORDS: usize = 1_000;

/// What is known about a text beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// How records are written.
    pub format: Option<InputFormat>,
    /// What separates the columns of CSV.
    pub delimiter: Option<u8>,
    /// Whether the first line of CSV names the columns.
    pub header: Option<bool>,
    /// The decimal mark.
    pub decimal: Option<Decimal>,
    /// The names of the options in messages.
    pub options: OptionNames,
}

/// A text whose dialect is not supported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DialectError {
    /// There is nothing in it.
    #[error("it has no records")]
    Empty,
    /// It is one JSON object that contains the records.
    #[error(
        "it is one JSON object with the field {field:?} of {found}, not one object for each \
         record; extract the records first, for example with: {remedy}"
    )]
    Wrapped {
        /// The field.
        field: String,
        /// The content of the field.
        found: &'static str,
        /// A command that extracts the records.
        remedy: String,
    },
    /// It is a JSON array of numbers or texts.
    #[error(
        "it is a JSON array of {found}, not of objects; write each element on a line first, for \
         example with: jq -r '.[]' FILE | rcf … -"
    )]
    Scalars {
        /// The content of the array.
        found: &'static str,
    },
    /// It is markup.
    #[error(
        "it is {found}, not {}",
        if *found == "an HTML page" {
            "a table: a login or an error page that was saved instead of the data?"
        } else if *found == "XML" {
            "a table; convert it to CSV or JSON first"
        } else {
            "columns with a delimiter; write it as CSV or JSON first"
        }
    )]
    Markup {
        /// What it is.
        found: &'static str,
    },
    /// Its lines hold fields with their names, such as `level=info`.
    #[error(
        "its lines hold fields such as {example:?}, not columns; convert them first, for example \
         with: mlr --idkvp --ifs space --ojsonl cat FILE | rcf … -"
    )]
    NamedFields {
        /// One of the fields.
        example: String,
    },
    /// It is one line of many numbers.
    #[error(
        "it is one line of {values} numbers, which would be one record; if they are one series, \
         put each on a line of its own: tr '{mark}' '\\n' < FILE | rcf … -"
    )]
    OneLine {
        /// How many there are.
        values: usize,
        /// What separates them, as `tr` takes it.
        mark: String,
    },
    /// A comma may be the decimal mark or separate thousands.
    #[error(
        "the number {found:?} could be {} or {}; choose with {option} comma or {option} point",
        found.replace(',', "."),
        found.replace(',', "")
    )]
    Comma {
        /// A number with such a comma.
        found: String,
        /// The option for the decimal mark.
        option: &'static str,
    },
    /// A comma is the decimal mark in one place and not in another.
    #[error(
        "the numbers {comma:?} and {point:?} have different decimal marks; choose one with \
         {option} comma or {option} point"
    )]
    Decimals {
        /// A number with a decimal comma.
        comma: String,
        /// A number with a decimal point.
        point: String,
        /// The option for the decimal mark.
        option: &'static str,
    },
}

/// Detects the dialect of a text from its start.
///
/// # Errors
/// What was found and is not supported, with the remedy.
pub fn text(head: &[u8], ended: bool, given: &Given) -> Result<Dialect, DialectError> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(first) = head.trim_ascii_start().first() else {
        return Err(DialectError::Empty);
    };
    if given.format.is_none() && given.delimiter.is_none() {
        table::check_kind(head)?;
    }
    let is_json = match given.format {
        Some(InputFormat::Csv | InputFormat::Raw) => false,
        Some(InputFormat::Json | InputFormat::Jsonl) => true,
        None => matches!(first, b'{' | 0x1e) || (*first == b'[' && json::is_array(head)),
    };
    let mut dialect = if is_json {
        let framing = json::framing(head, ended)?;
        Dialect {
            framing,
            ..Dialect::default()
        }
    } else if given.format == Some(InputFormat::Raw) {
        Dialect {
            header: Header::None,
            framing: table::line_end(head),
            ..Dialect::default()
        }
    } else {
        table::recognise(head, ended, given)?
    };
    if let Some(format) = given.format {
        dialect.format = format;
    }
    if dialect.framing == Framing::Values && dialect.format == InputFormat::Jsonl {
        dialect.format = InputFormat::Json; // line feeds within a value separate nothing
    }
    Ok(dialect)
}
