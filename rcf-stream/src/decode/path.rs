//! Paths to fields.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A path to a field of a JSON value: names joined by dots, `sensor.temperature`. A number is also
/// the index into an array, from 0: `values.0`. `\.` is a dot within a name and `\\` a backslash.
///
/// For CSV the whole text is the name of a column, or its number, from 1, without a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath {
    text: String,
    segments: Vec<String>,
}

/// A text is not a path to a field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldPathError {
    /// There is an empty name before, between or after dots.
    #[error("the field path {path:?} has an empty name; write `\\.` for a dot within a name")]
    EmptyName {
        /// The text.
        path: String,
    },
    /// A backslash precedes anything but a dot or a backslash.
    #[error("the field path {path:?} has a backslash before neither `.` nor `\\`; write `\\\\`")]
    Escape {
        /// The text.
        path: String,
    },
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// An empty name or an unknown escape.
    pub fn new(text: impl Into<String>) -> Result<Self, FieldPathError> {
        let text = text.into();
        let mut segments = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '.' => segments.push(String::new()),
                '\\' => match characters.next() {
                    Some(escaped @ ('.' | '\\')) => last(&mut segments).push(escaped),
                    _ => return Err(FieldPathError::Escape { path: text }),
                },
                _ => last(&mut segments).push(character),
            }
        }
        if segments.iter().any(String::is_empty) {
            return Err(FieldPathError::EmptyName { path: text });
        }
        Ok(Self { text, segments })
    }

    /// The path to a field of the outermost object, whatever characters its name has.
    #[must_use]
    pub fn name(name: &str) -> Self {
        let text = name.replace('\\', "\\\\").replace('.', "\\.");
        Self {
            text,
            segments: vec![name.to_owned()],
        }
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names along the path, joined by dots, without escapes: for people and for results.
    #[must_use]
    pub fn label(&self) -> String {
        self.segments.join(".")
    }

    /// The path to a field of a nested object.
    #[must_use]
    pub fn nested(segments: Vec<String>) -> Self {
        let escaped: Vec<String> = segments.iter().map(|name| Self::name(name).text).collect();
        let text = escaped.join(".");
        Self { text, segments }
    }

    /// The names along the path, outermost first.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The name of the column of that text: for CSV dots mean nothing.
    pub(crate) fn column(&self) -> &str {
        match self.segments.as_slice() {
            [name] => name,
            _ => &self.text,
        }
    }
}

fn last(segments: &mut [String]) -> &mut String {
    segments
        .last_mut()
        .expect("starts with one segment and only grows")
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for FieldPath {
    type Error = FieldPathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> Self {
        path.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_separate_and_backslashes_escape() {
        let path = FieldPath::new(r"a.b\.c.0.d\\").unwrap();
        assert_eq!(path.segments(), ["a", "b.c", "0", r"d\"]);
        assert_eq!(path.as_str(), r"a.b\.c.0.d\\");
    }

    #[test]
    fn a_name_with_dots_survives_as_a_path() {
        let path = FieldPath::name(r"a.b\c");
        assert_eq!(FieldPath::new(path.as_str()).unwrap(), path);
        assert_eq!(path.column(), r"a.b\c");
    }

    #[test]
    fn empty_names_and_unknown_escapes_are_errors() {
        for text in ["", ".", "a.", ".a", "a..b"] {
            assert_eq!(
                FieldPath::new(text),
                Err(FieldPathError::EmptyName { path: text.into() })
            );
        }
        for text in [r"a\", r"a\n"] {
            assert_eq!(
                FieldPath::new(text),
                Err(FieldPathError::Escape { path: text.into() })
            );
        }
    }
}
