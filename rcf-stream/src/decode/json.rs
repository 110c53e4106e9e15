//! Reads the requested fields from JSON, and skips everything else: no tree of values is built.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::number::{NumberStyle, is_missing};
use super::{DecodeError, Decoded, FieldPath, Fields, Unit, joined, shorten};
use crate::time::EventTime;

/// Decodes JSON values.
#[derive(Debug)]
pub(super) struct JsonDecoder {
    /// Values first, then the key, the time and what continues it, if they are requested.
    paths: Vec<FieldPath>,
    values: usize,
    optional_values: bool,
    numbers: NumberStyle,
    units: Vec<Option<Unit>>,
    key: Option<usize>,
    timestamp: Option<usize>,
    time_of_day: std::ops::Range<usize>,
    carried: usize,     // the first of them
    categorical: usize, // the first of them, after the carried ones
    root: Node,
    found: Vec<Found>, // scratch: what the current value has at each path
}

/// The paths as a tree: what to look for inside a value.
#[derive(Debug, Default)]
struct Node {
    children: BTreeMap<String, Node>,
    /// The paths that end here.
    paths: Vec<usize>,
}

/// What is at a path.
#[derive(Debug, Clone, Default)]
enum Found {
    #[default]
    Nothing,
    Number(Number),
    Text(String),
    Bool(bool),
    Array,
    Object,
}

impl Found {
    fn scalar(&self) -> Option<serde_json::Value> {
        match self {
            Self::Number(number) => Some(number.clone().into()),
            Self::Text(text) => Some(text.as_str().into()),
            Self::Bool(value) => Some((*value).into()),
            Self::Nothing | Self::Array | Self::Object => None,
        }
    }
}

impl JsonDecoder {
    pub(super) fn new(fields: &Fields) -> Self {
        let mut paths = fields.values.clone();
        let mut slot = |path: &Option<FieldPath>| {
            path.clone().map(|path| {
                paths.push(path);
                paths.len() - 1
            })
        };
        let (key, timestamp) = (slot(&fields.key), slot(&fields.timestamp));
        let first = paths.len();
        paths.extend_from_slice(&fields.time_of_day);
        let carried = paths.len();
        paths.extend_from_slice(&fields.carried);
        let categorical = paths.len();
        paths.extend_from_slice(&fields.categorical);
        let mut root = Node::default();
        for (index, path) in paths.iter().enumerate() {
            let end = path.segments().iter().fold(&mut root, |node, segment| {
                node.children.entry(segment.clone()).or_default()
            });
            end.paths.push(index);
            // A name with dots may also be written literally.
            if path.segments().len() > 1 {
                let whole = root.children.entry(path.as_str().to_owned()).or_default();
                whole.paths.push(index);
            }
        }
        let found = vec![Found::Nothing; paths.len()];
        Self {
            values: fields.values.len(),
            optional_values: fields.optional_values,
            numbers: fields.numbers,
            units: fields.units.clone(),
            paths,
            key,
            timestamp,
            time_of_day: first..carried,
            carried,
            categorical,
            root,
            found,
        }
    }

    pub(super) fn decode(&mut self, json: &[u8]) -> Result<Decoded, DecodeError> {
        self.found.fill(Found::Nothing);
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        Walk {
            node: &self.root,
            found: &mut self.found,
        }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| DecodeError::Syntax {
            format: "JSON",
            reason: error.to_string(),
        })?;
        let values = (0..self.values)
            .map(|index| self.number(index))
            .collect::<Result<_, _>>()?;
        let key = self.key.map(|index| self.text(index)).transpose()?;
        let mut timestamp = match self.timestamp {
            Some(index) => self.time(index)?,
            None => None,
        };
        for index in self.time_of_day.clone() {
            timestamp = joined(timestamp, self.time(index)?);
        }
        let categories = (self.categorical..self.paths.len())
            .map(|index| self.category(index))
            .collect::<Result<_, _>>()?;
        Ok(Decoded {
            values,
            categories,
            key,
            timestamp,
            time: None,
            carried: self.found[self.carried..self.categorical]
                .iter()
                .map(Found::scalar)
                .collect(),
        })
    }

    fn number(&self, index: usize) -> Result<f64, DecodeError> {
        let unit = self.units.get(index).and_then(Option::as_ref);
        let read = |text: &str| match unit {
            Some(unit) => unit.read(self.numbers, text),
            None => self.numbers.parse(text),
        };
        let found = match &self.found[index] {
            Found::Number(number) => match (unit, number.as_f64()) {
                (None, Some(value)) => return Ok(value),
                _ => match read(&number.to_string()) {
                    Some(value) => return Ok(value),
                    None => number.to_string(),
                },
            },
            Found::Nothing if self.optional_values => return Ok(f64::NAN),
            Found::Nothing => return Err(self.missing(index)),
            Found::Text(text) => match read(text) {
                Some(value) => return Ok(value),
                None if is_missing(text) && self.optional_values => return Ok(f64::NAN),
                None if is_missing(text) => return Err(self.missing(index)),
                None => format!("the text {:?}", shorten(text)),
            },
            Found::Bool(value) => value.to_string(),
            Found::Array => "an array".to_owned(),
            Found::Object => "an object".to_owned(),
        };
        Err(DecodeError::NotANumber {
            field: self.field(index),
            found,
        })
    }

    fn category(&mut self, index: usize) -> Result<Option<String>, DecodeError> {
        let is_missing = match &self.found[index] {
            Found::Nothing => true,
            Found::Text(text) => text.is_empty(),
            _ => false,
        };
        match is_missing {
            true if self.optional_values => Ok(None),
            true => Err(self.missing(index)),
            false => self.text(index).map(Some),
        }
    }

    fn text(&mut self, index: usize) -> Result<String, DecodeError> {
        match std::mem::take(&mut self.found[index]) {
            Found::Text(text) => Ok(text),
            Found::Number(number) => Ok(number.to_string()),
            Found::Bool(value) => Ok(value.to_string()),
            Found::Nothing => Err(self.missing(index)),
            Found::Array => Err(self.not_a_scalar(index, "an array")),
            Found::Object => Err(self.not_a_scalar(index, "an object")),
        }
    }

    fn time(&mut self, index: usize) -> Result<Option<EventTime>, DecodeError> {
        match std::mem::take(&mut self.found[index]) {
            Found::Text(text) => Ok(Some(EventTime::Text(text))),
            Found::Number(number) => Ok(Some(EventTime::Number(number))),
            Found::Nothing => Ok(None),
            Found::Bool(_) => Err(self.not_a_scalar(index, "a truth value")),
            Found::Array => Err(self.not_a_scalar(index, "an array")),
            Found::Object => Err(self.not_a_scalar(index, "an object")),
        }
    }

    fn missing(&self, index: usize) -> DecodeError {
        DecodeError::MissingField {
            field: self.field(index),
        }
    }

    fn not_a_scalar(&self, index: usize, found: &'static str) -> DecodeError {
        DecodeError::NotAScalar {
            field: self.field(index),
            found,
        }
    }

    fn field(&self, index: usize) -> String {
        self.paths[index].as_str().to_owned()
    }
}

/// Visits one value, with the part of the tree of paths that applies to it.
struct Walk<'a> {
    node: &'a Node,
    found: &'a mut [Found],
}

impl Walk<'_> {
    fn found(&mut self, what: &Found) {
        for &path in &self.node.paths {
            self.found[path] = what.clone();
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.found(&Found::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.found(&Found::Number(value.into()));
        Ok(())
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        self.found(&Found::Number(value.into()));
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        // serde_json rejects numbers that are too large for f64, so this one is finite.
        if let Some(number) = Number::from_f64(value) {
            self.found(&Found::Number(number));
        }
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        if !self.node.paths.is_empty() {
            self.found(&Found::Text(value.to_owned()));
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(()) // null means absent
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        self.found(&Found::Array);
        let mut index = 0_usize;
        loop {
            let child = match self.node.children.is_empty() {
                true => None,
                false => self.node.children.get(&index.to_string()),
            };
            let more = match child {
                Some(node) => array
                    .next_element_seed(Walk {
                        node,
                        found: self.found,
                    })?
                    .is_some(),
                None => array.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        self.found(&Found::Object);
        while let Some(child) = object.next_key_seed(Child(self.node))? {
            match child {
                Some(node) => object.next_value_seed(Walk {
                    node,
                    found: self.found,
                })?,
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Looks a name up without copying it.
struct Child<'a>(&'a Node);

impl<'de, 'a> DeserializeSeed<'de> for Child<'a> {
    type Value = Option<&'a Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Child<'a> {
    type Value = Option<&'a Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.children.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(values: &[&str], key: Option<&str>, timestamp: Option<&str>) -> JsonDecoder {
        let path = |text: &&str| FieldPath::new(*text).unwrap();
        JsonDecoder::new(&Fields {
            values: values.iter().map(path).collect(),
            key: key.as_ref().map(path),
            timestamp: timestamp.as_ref().map(path),
            ..Fields::default()
        })
    }

    #[test]
    fn takes_nested_fields_and_array_elements() {
        let mut decoder = decoder(&["b.1", "a", "c.d"], Some("id"), Some("c.t"));
        let json = br#"{"x":[{}, null],"c":{"d":3,"t":12.5,"e":{}},"b":[9,2.5],"a":-1,"id":"k\n"}"#;
        let decoded = decoder.decode(json).unwrap();
        assert_eq!(decoded.values, [2.5, -1.0, 3.0]);
        assert_eq!(decoded.key.as_deref(), Some("k\n"));
        let time = EventTime::Number(Number::from_f64(12.5).unwrap());
        assert_eq!(decoded.timestamp, Some(time));
    }

    #[test]
    fn one_field_may_be_value_key_and_time() {
        let decoded = decoder(&["n"], Some("n"), Some("n"))
            .decode(br#"{"n":7}"#)
            .unwrap();
        assert_eq!(decoded.values, [7.0]);
        assert_eq!(decoded.key.as_deref(), Some("7"));
        assert_eq!(decoded.timestamp, Some(EventTime::Number(7.into())));
    }

    #[test]
    fn a_missing_time_is_accepted_but_missing_values_and_keys_are_errors() {
        let mut timed = decoder(&["a"], None, Some("t"));
        assert_eq!(timed.decode(br#"{"a":1}"#).unwrap().timestamp, None);
        let missing = |field: &str| {
            Err(DecodeError::MissingField {
                field: field.to_owned(),
            })
        };
        assert_eq!(timed.decode(br#"{"b":1}"#), missing("a"));
        assert_eq!(timed.decode(br#"{"a":null}"#), missing("a"));
        assert_eq!(timed.decode(b"3"), missing("a"));
        assert_eq!(
            decoder(&["a"], Some("k"), None).decode(br#"{"a":1}"#),
            missing("k")
        );
    }

    #[test]
    fn errors_show_the_text_found_instead_of_a_number() {
        let mut decoder = decoder(&["a.b"], None, None);
        for (json, expected) in [
            (r#"{"a":{"b":"12 V"}}"#, "the text \"12 V\""),
            (r#"{"a":{"b":true}}"#, "true"),
            (r#"{"a":{"b":[1]}}"#, "an array"),
            (r#"{"a":{"b":{}}}"#, "an object"),
        ] {
            let found = expected.to_owned();
            let error = DecodeError::NotANumber {
                field: "a.b".to_owned(),
                found,
            };
            assert_eq!(decoder.decode(json.as_bytes()), Err(error));
        }
    }

    #[test]
    fn numbers_as_text_are_numbers_and_words_for_missing_are_missing() {
        let read = |json: &str, optional_values| {
            let values = vec![FieldPath::name("a")];
            let fields = Fields {
                values,
                optional_values,
                ..Fields::default()
            };
            JsonDecoder::new(&fields).decode(json.as_bytes())
        };
        assert_eq!(read(r#"{"a":" -12.5"}"#, false).unwrap().values, [-12.5]);
        for json in [
            r#"{"a":""}"#,
            r#"{"a":"N/A"}"#,
            r#"{"a":"NaN"}"#,
            r#"{"a":null}"#,
            "{}",
        ] {
            assert_eq!(
                read(json, false).unwrap_err().reason(),
                "missing_field",
                "{json}"
            );
            assert!(read(json, true).unwrap().values[0].is_nan(), "{json}");
        }
    }

    #[test]
    fn names_with_dots_are_found_with_and_without_escapes() {
        for path in [r"a\.b", "a.b"] {
            assert_eq!(
                decoder(&[path], None, None)
                    .decode(br#"{"a.b":2}"#)
                    .unwrap()
                    .values,
                [2.0]
            );
        }
    }

    #[test]
    fn broken_json_is_a_syntax_error() {
        let mut decoder = decoder(&["a"], None, None);
        for json in [
            "",
            "{",
            r#"{"a":1} x"#,
            r#"{"a":1e999}"#,
            r#"{"a":NaN}"#,
            "{\"a\":1,\"\u{1}\":2}",
        ] {
            let error = decoder.decode(json.as_bytes()).unwrap_err();
            assert_eq!(error.reason(), "syntax", "{json}: {error}");
        }
        assert_eq!(
            decoder.decode(br#"{"a":1}"#).unwrap().values,
            [1.0],
            "recovers"
        );
    }
}
