//! Decoding of records to values, key and time.

mod csv;
pub mod dialect;
mod error;
mod json;
pub mod number;
mod path;
mod payload;
mod times;
mod unit;

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use error::{DecodeError, FieldsError};
pub use path::{FieldPath, FieldPathError};

use crate::categories::surprise_label;
use crate::time::{EventTime, TimeFormat, TimeUnit, UnreadableTimes};
use csv::CsvDecoder;
#[cfg(feature = "pipeline")]
pub(crate) use csv::Splitter;
use json::JsonDecoder;
use number::{NumberStyle, is_missing};
use payload::Opened;
use times::Times;
use times::joined;
pub use unit::Unit;
#[cfg(feature = "pipeline")]
pub(crate) use unit::parts as parts_of_unit;

/// How records are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFormat {
    /// One JSON value in each record.
    Json,
    /// JSON values separated by line feeds: one per line of a file, one or more in a record of
    /// a stream.
    #[default]
    Jsonl,
    /// One line of comma-separated values in each record.
    Csv,
    /// One number in each record, as text.
    Raw,
}

/// The fields to read from each record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// The fields that are the values, in the order of the dimensions of the model.
    pub values: Vec<FieldPath>,
    /// The fields that are categories: their surprises are the values after these.
    pub categorical: Vec<FieldPath>,
    /// The field that is the key.
    pub key: Option<FieldPath>,
    /// The field that is the time.
    pub timestamp: Option<FieldPath>,
    /// The fields that continue the time, if `timestamp` is only a part of it, such as a date or a
    /// year: they are read as one text, with a blank between two of them.
    pub time_of_day: Vec<FieldPath>,
    /// How the time is written.
    pub time_format: TimeFormat,
    /// Whether anything depends on the time: then a record whose time is missing or cannot be read
    /// is bad.
    pub needs_time: bool,
    /// Whether a value that is absent, null, or a [word for that](is_missing) is a missing value,
    /// NaN, instead of a bad record.
    pub optional_values: bool,
    /// How numbers in text are written.
    pub numbers: NumberStyle,
    /// The units of the values that have one; there may be fewer than values.
    pub units: Vec<Option<Unit>>,
    /// Fields that are passed on unchanged, if they are present.
    pub carried: Vec<FieldPath>,
}

/// The content of a record, or of one line of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded {
    /// The values, one for each configured field; finite or not.
    pub values: Vec<f64>,
    /// The categories, one for each configured field, if it is present.
    pub categories: Vec<Option<String>>,
    /// The key, if a key field is configured.
    pub key: Option<String>,
    /// The time, if a time field is configured and present.
    pub timestamp: Option<EventTime>,
    /// That time in milliseconds since 1970, if it can be read.
    pub time: Option<f64>,
    /// The carried fields: numbers, texts and truth values; empty for anything else.
    pub carried: Vec<Option<serde_json::Value>>,
}

/// Decodes the records of one source.
#[derive(Debug)]
pub struct Decoder {
    format: InputFormat,
    names: Vec<String>,
    categorical: Vec<String>,
    inner: Inner,
    times: Times,
}

#[derive(Debug)]
enum Inner {
    Json(JsonDecoder),
    Csv(CsvDecoder),
    Raw,
}

impl Decoder {
    /// A decoder for plain numbers. The value is named `value`.
    #[must_use]
    pub fn raw() -> Self {
        Self {
            format: InputFormat::Raw,
            names: vec!["value".to_owned()],
            categorical: Vec::new(),
            inner: Inner::Raw,
            times: Times::default(),
        }
    }

    /// A decoder for fields of JSON values.
    ///
    /// # Errors
    /// [`FieldsError::NoValues`].
    pub fn json(fields: &Fields, lines: bool) -> Result<Self, FieldsError> {
        let format = if lines {
            InputFormat::Jsonl
        } else {
            InputFormat::Json
        };
        Ok(Self {
            format,
            names: names(fields)?,
            categorical: categorical(fields),
            inner: Inner::Json(JsonDecoder::new(fields)),
            times: Times::new(fields),
        })
    }

    /// A decoder for columns of lines of CSV. Without a header, columns are numbered from 1.
    ///
    /// # Errors
    /// A field that is not a column.
    pub fn csv(fields: &Fields, delimiter: u8, header: Option<&[u8]>) -> Result<Self, FieldsError> {
        let inner = Inner::Csv(CsvDecoder::new(fields, delimiter, header)?);
        Ok(Self {
            format: InputFormat::Csv,
            names: names(fields)?,
            categorical: categorical(fields),
            inner,
            times: Times::new(fields),
        })
    }

    /// The names of the values, with those of the surprises of categories at the end.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of the categories.
    #[must_use]
    pub fn categorical(&self) -> &[String] {
        &self.categorical
    }

    /// The unit of times that are numbers, if it is known; it belongs to the state of a stream.
    #[must_use]
    pub fn time_unit(&self) -> Option<TimeUnit> {
        self.times.parser.unit()
    }

    /// Continues with the unit of an earlier run.
    pub fn resume_time_unit(&mut self, unit: Option<TimeUnit>) {
        self.times.parser.resume(unit);
    }

    /// Makes a record bad if its time is absent or cannot be read.
    pub fn require_time(&mut self) {
        self.times.is_needed = true;
    }

    /// The times that could not be read and were passed on unchanged.
    #[must_use]
    pub fn unreadable_times(&self) -> &UnreadableTimes {
        &self.times.unreadable
    }

    /// Splits a record into the parts to decode, one by one, each with its index if there can be
    /// more than one: lines, JSON objects without separators, log events of a subscription of
    /// CloudWatch Logs. Removes a byte order mark, and unpacks gzip.
    ///
    /// # Errors
    /// [`DecodeError::Packing`] names what is not supported.
    pub fn parts(
        &self,
        data: &Bytes,
    ) -> Result<impl Iterator<Item = (Option<usize>, Bytes)> + use<>, DecodeError> {
        let (parts, are_several) = match payload::open(data)? {
            Opened::Text(text) => self.split(text),
            Opened::LogEvents(messages) => (messages, true),
        };
        let parts = parts.into_iter().enumerate();
        Ok(parts.map(move |(index, part)| (are_several.then_some(index), part)))
    }

    fn split(&self, text: Bytes) -> (Vec<Bytes>, bool) {
        match self.format {
            InputFormat::Jsonl | InputFormat::Json => {
                payload::json_values(&text, self.format == InputFormat::Jsonl)
            }
            InputFormat::Csv | InputFormat::Raw => (vec![text], false),
        }
    }

    /// Decodes one part of a record.
    ///
    /// # Errors
    /// One variant of [`DecodeError`] for each rule.
    pub fn decode(&mut self, part: &[u8]) -> Result<Decoded, DecodeError> {
        let mut decoded = match &mut self.inner {
            Inner::Json(json) => json.decode(part)?,
            Inner::Csv(csv) => csv.decode(part)?,
            Inner::Raw => Decoded {
                values: vec![number(NumberStyle::default(), None, "value", part)?],
                ..Decoded::default()
            },
        };
        decoded.time = self.times.read(decoded.timestamp.as_ref())?;
        Ok(decoded)
    }
}

fn names(fields: &Fields) -> Result<Vec<String>, FieldsError> {
    let values = fields.values.iter().map(FieldPath::label);
    let categories = categorical(fields).into_iter();
    let names: Vec<_> = values
        .chain(categories.map(|it| surprise_label(&it)))
        .collect();
    match names.is_empty() {
        true => Err(FieldsError::NoValues),
        false => Ok(names),
    }
}

fn categorical(fields: &Fields) -> Vec<String> {
    fields.categorical.iter().map(FieldPath::label).collect()
}

/// Reads a number from text.
fn number(
    style: NumberStyle,
    unit: Option<&Unit>,
    field: &str,
    text: &[u8],
) -> Result<f64, DecodeError> {
    // Numbers are ASCII except for signs: a fast path for almost all of them.
    let text = match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text.trim()),
        Err(_) => String::from_utf8_lossy(text),
    };
    let value = match unit {
        Some(unit) => unit.read(style, &text),
        None => style.parse(&text),
    };
    if let Some(value) = value {
        return Ok(value);
    }
    let field = field.to_owned();
    if is_missing(&text) {
        return Err(DecodeError::MissingField { field });
    }
    let found = format!("{:?}", shorten(&text));
    Err(DecodeError::NotANumber { field, found })
}

/// Makes names unique: of two columns `v`, the second is `v_2`. One without a name is `column_3`
/// by its position.
pub(crate) fn unique(mut names: Vec<String>) -> Vec<String> {
    for index in 0..names.len() {
        let base = match names[index].as_str() {
            "" => format!("column_{}", index + 1),
            name => name.to_owned(),
        };
        let taken = |name: &String| {
            names
                .iter()
                .enumerate()
                .any(|(other, it)| other < index && it == name)
        };
        let mut name = base.clone();
        let mut number = 2;
        while taken(&name) || (number > 2 && names.contains(&name)) {
            name = format!("{base}_{number}");
            number += 1;
        }
        names[index] = name;
    }
    names
}

/// Keeps messages readable whatever the record contains.
fn shorten(text: &str) -> String {
    const LIMIT: usize = 40;
    match text.char_indices().nth(LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_numbers() {
        let mut decoder = Decoder::raw();
        assert_eq!(decoder.decode(b" -17.0\r").unwrap().values, [-17.0]);
        assert!(matches!(
            decoder.decode(b"12a"),
            Err(DecodeError::NotANumber { .. })
        ));
        assert!(matches!(
            decoder.decode(b" "),
            Err(DecodeError::MissingField { .. })
        ));
        assert!(matches!(
            decoder.decode(b"\xff"),
            Err(DecodeError::NotANumber { .. })
        ));
    }

    #[test]
    fn names_become_unique_and_not_empty() {
        let unique = |names: &[&str]| unique(names.iter().map(ToString::to_string).collect());
        assert_eq!(
            unique(&["", "v", "v", "v"]),
            ["column_1", "v", "v_2", "v_3"]
        );
        assert_eq!(unique(&["v", "v", "v_2"]), ["v", "v_3", "v_2"]);
        assert_eq!(unique(&["v_2", "v", "v"]), ["v_2", "v", "v_3"]);
    }

    #[test]
    fn lines_within_a_record_are_parts_with_an_index() {
        let fields = Fields {
            values: vec![FieldPath::name("x")],
            ..Fields::default()
        };
        let decoder = Decoder::json(&fields, true).unwrap();
        let parts = |text: &'static str| -> Vec<_> {
            let parts = decoder.parts(&Bytes::from_static(text.as_bytes())).unwrap();
            let text = |part: Bytes| String::from_utf8(part.to_vec()).unwrap();
            parts.map(|(index, part)| (index, text(part))).collect()
        };
        let expected = |parts: &[(Option<usize>, &str)]| -> Vec<_> {
            let owned = |&(index, text): &(_, &str)| (index, text.to_owned());
            parts.iter().map(owned).collect()
        };
        assert_eq!(parts("{}\n"), expected(&[(None, "{}\n")]));
        assert_eq!(parts("\u{feff}{}"), expected(&[(None, "{}")]));
        let lines = expected(&[(Some(0), "1"), (Some(1), "2"), (Some(2), "3")]);
        assert_eq!(parts("1\n\n2\n3\n"), lines);
        let joined = expected(&[(Some(0), "{\"x\":1}"), (Some(1), "{\"x\":\"}{\"}")]);
        assert_eq!(parts("{\"x\":1} {\"x\":\"}{\"}"), joined);
    }
}
