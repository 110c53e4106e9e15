//! Dialects of text: the properties that a source and a decoder need to read it.

use serde::{Deserialize, Serialize};

use super::InputFormat;
use super::number::NumberStyle;

/// How the records of a text are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// How a record is written.
    pub format: InputFormat,
    /// Where a record ends.
    #[serde(default)]
    pub framing: Framing,
    /// The separator of CSV columns; a blank matches any number of blanks and tabs.
    pub delimiter: u8,
    /// Where the names of the columns of CSV are.
    #[serde(default)]
    pub header: Header,
    /// How many lines before the header or the first record are left out.
    #[serde(default)]
    pub skip: u64,
    /// How many lines after the header name units, and are left out.
    #[serde(default)]
    pub unit_lines: u64,
    /// What lines begin with that are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<u8>,
    /// How numbers are written.
    #[serde(default)]
    pub numbers: NumberStyle,
}

impl Dialect {
    /// Properties that no configuration can set, if they differ from the defaults: they belong to
    /// the settings that a state depends on.
    #[must_use]
    pub fn unusual(&self) -> Option<serde_json::Value> {
        let usual = Self {
            format: self.format,
            delimiter: self.delimiter,
            header: match self.header {
                Header::Comment(_) => Header::FirstLine,
                Header::None | Header::FirstLine => self.header.clone(),
            },
            ..Self::default()
        };
        // As text: otherwise each field of the object would be a setting.
        (*self != usual)
            .then(|| serde_json::to_string(self).ok().map(Into::into))
            .flatten()
    }
}

/// The allowed delimiters.
pub const DELIMITER_RULE: &str = "one ASCII character, neither a quote nor a line feed, or comma, \
     semicolon, tab, bar or blank";

/// A delimiter from its character or its name.
#[must_use]
pub fn delimiter(text: &str) -> Option<u8> {
    match (text, text.as_bytes()) {
        ("comma", _) => Some(b','),
        ("semicolon", _) => Some(b';'),
        ("tab" | "\\t", _) => Some(b'\t'),
        ("bar" | "pipe", _) => Some(b'|'),
        ("blank" | "space", _) => Some(b' '),
        (_, [byte]) if byte.is_ascii() && !b"\"\r\n".contains(byte) => Some(*byte),
        _ => None,
    }
}

/// Where a record ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// At a line feed; quoted fields of CSV may contain line feeds.
    #[default]
    Lines,
    /// At a carriage return.
    Returns,
    /// Where a JSON value ends: elements of an array, or values one after the other.
    Values,
}

/// Where the names of the columns of CSV are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// Nowhere: columns are numbered from 1.
    None,
    /// In the first line.
    #[default]
    FirstLine,
    /// In a comment, without the comment character.
    Comment(String),
}

/// JSON lines; for CSV, commas and a header.
impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: InputFormat::default(),
            framing: Framing::default(),
            delimiter: b',',
            header: Header::default(),
            skip: 0,
            unit_lines: 0,
            comment: None,
            numbers: NumberStyle::default(),
        }
    }
}
