//! Finds out what a file holds from its first lines, where nobody has said it.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use super::FieldPath;
use super::csv::Splitter;

/// Whether the first line of CSV names the columns: none of its fields is a number.
#[must_use]
pub fn is_csv_header(line: &[u8], delimiter: u8) -> bool {
    let names = Splitter::new(delimiter).names(line).unwrap_or_default();
    names.iter().any(|name| !name.is_empty()) && !names.iter().any(|name| is_number(name))
}

/// The columns of CSV that hold a number in the first record. Without a header columns are
/// numbered from 1.
#[must_use]
pub fn numeric_csv_columns(header: Option<&[u8]>, first: &[u8], delimiter: u8) -> Vec<FieldPath> {
    let mut splitter = Splitter::new(delimiter);
    let names = header.map(|line| splitter.names(line).unwrap_or_default());
    let fields = splitter.names(first).unwrap_or_default();
    let numeric = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_number(field));
    let column = |index: usize| match &names {
        Some(names) => names.get(index).map(|name| FieldPath::name(name)),
        None => Some(FieldPath::name(&(index + 1).to_string())),
    };
    numeric.filter_map(|(index, _)| column(index)).collect()
}

/// The fields of the outermost JSON object that are numbers in the first record, in its order.
#[must_use]
pub fn numeric_json_fields(first: &[u8]) -> Vec<FieldPath> {
    let mut deserializer = serde_json::Deserializer::from_slice(first);
    deserializer
        .deserialize_map(NumericFields)
        .unwrap_or_default()
}

fn is_number(text: &str) -> bool {
    text.parse().is_ok_and(f64::is_finite)
}

struct NumericFields;

impl<'de> Visitor<'de> for NumericFields {
    type Value = Vec<FieldPath>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            if value.is_number() {
                fields.push(FieldPath::name(&name));
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[FieldPath]) -> Vec<&str> {
        paths.iter().map(FieldPath::as_str).collect()
    }

    #[test]
    fn headers_hold_no_numbers() {
        assert!(is_csv_header(b"timestamp,value", b','));
        assert!(is_csv_header(b",value", b','));
        assert!(!is_csv_header(b"2014-07-01,10844", b','));
        assert!(!is_csv_header(b"1.5", b','));
        assert!(!is_csv_header(b"", b','));
    }

    #[test]
    fn numbers_are_found_in_the_first_record() {
        let header = Some(b"at;a b;who;x.y".as_slice());
        assert_eq!(
            names(&numeric_csv_columns(header, b"today;1;me; 2.5 ", b';')),
            ["a b", r"x\.y"]
        );
        assert_eq!(
            names(&numeric_csv_columns(None, b"today,1,inf,3", b',')),
            ["2", "4"]
        );
        let json = br#"{"z":1,"t":"2","a":{"b":3},"b.c":-4.5}"#;
        assert_eq!(names(&numeric_json_fields(json)), ["z", r"b\.c"]);
        assert!(numeric_json_fields(b"[1]").is_empty());
    }
}
