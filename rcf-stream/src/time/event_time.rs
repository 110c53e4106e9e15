//! The time of an event, as it was written.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Timestamp;

/// When an event happened. Written as it was read, never reformatted.
#[derive(Debug, Clone, PartialEq)]
pub enum EventTime {
    /// A text field.
    Text(String),
    /// A number field.
    Number(serde_json::Number),
    /// When the record arrived in the stream.
    Arrival(Timestamp),
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Arrival(timestamp) => timestamp.fmt(f),
        }
    }
}

impl Serialize for EventTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Arrival(timestamp) => serializer.collect_str(timestamp),
        }
    }
}
