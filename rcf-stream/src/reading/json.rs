//! Recognition of how JSON values are joined in a text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::DialectError;
use crate::decode::dialect::Framing;

/// Where the values of the text end.
pub(super) fn framing(head: &[u8], ended: bool) -> Result<Framing, DialectError> {
    let text = head.trim_ascii_start();
    let (line, is_whole) = match memchr::memchr(b'\n', text) {
        Some(end) => (&text[..end], true),
        None => (text, ended),
    };
    let is_value = is_whole && serde_json::from_slice::<IgnoredAny>(line).is_ok();
    let rest = text[line.len()..].trim_ascii();
    match text.first() {
        Some(b'[') => match text[1..].trim_ascii_start().first() {
            Some(b'{') => Ok(Framing::Values),
            // Arrays may be the lines, or the elements of one.
            Some(b'[') if !(is_value && rest.first() == Some(&b'[')) => Ok(Framing::Values),
            _ if is_value && rest.first() == Some(&b'[') => Ok(Framing::Lines),
            Some(b'"') => Err(DialectError::Scalars { found: "texts" }),
            _ if is_value && rest.is_empty() && !text.contains(&b'\n') => {
                Err(DialectError::Scalars { found: "numbers" })
            }
            _ => Err(DialectError::Scalars { found: "scalars" }),
        },
        Some(b'{') if is_value && (!rest.is_empty() || !ended) => Ok(Framing::Lines),
        Some(b'{') => match wrapped(text, ended) {
            Some(error) => Err(error),
            None if is_value => Ok(Framing::Lines),
            None => Ok(Framing::Values),
        },
        Some(0x1e) => Ok(Framing::Values),
        _ => Ok(Framing::Lines), // the decoder says what is wrong with each
    }
}

/// The text is one object, and the records are inside of it.
fn wrapped(text: &[u8], ended: bool) -> Option<DialectError> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Inside>();
    let (field, found) = match values.next()? {
        Ok(Inside(inside)) if values.next().is_none() => inside?,
        Ok(_) => return None,
        // The object does not end within what was read ahead.
        Err(error) if error.is_eof() && !ended => {
            let start = String::from_utf8_lossy(text);
            let field = start.split('"').nth(1)?.to_owned();
            (field, "the records")
        }
        Err(_) => return None,
    };
    let remedy = match found {
        "columns" => "df.to_json(orient=\"records\") in pandas".to_owned(),
        _ => format!("jq -c '.{field}[]' FILE | rcf … -"),
    };
    Some(DialectError::Wrapped {
        field,
        found,
        remedy,
    })
}

/// The first field of an object that holds an array or a table, and what it holds.
struct Inside(Option<(String, &'static str)>);

impl<'de> Deserialize<'de> for Inside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Inside;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Inside, A::Error> {
                let mut inside = None;
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    let found = match &value {
                        serde_json::Value::Array(array) if array.len() > 1 => match array[0] {
                            serde_json::Value::Object(_) => "objects",
                            _ => "columns",
                        },
                        serde_json::Value::Object(object)
                            if object.len() > 1 && object.contains_key("0") =>
                        {
                            "columns"
                        }
                        _ => continue,
                    };
                    inside = inside.or(Some((name, found)));
                }
                Ok(Inside(inside))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_joined_in_several_ways() {
        for (text, expected) in [
            ("{\"a\":1}\n{\"a\":2}\n", Framing::Lines),
            ("{\"a\":1}", Framing::Lines),
            ("{\"a\":1}{\"a\":2}", Framing::Values),
            ("{\"a\":1},\n{\"a\":2},\n", Framing::Values),
            ("{\n \"a\": 1\n}\n{\n \"a\": 2\n}", Framing::Values),
            ("[{\"a\":1},\n{\"a\":2}]", Framing::Values),
            ("[\n  {\"a\":1}]", Framing::Values),
            ("[[1,2],[3,4]]", Framing::Values),
            ("[1,2]\n[3,4]\n", Framing::Lines),
            ("[[1],2]\n[[3],4]\n", Framing::Lines),
            ("{\"a\":[1,2]}\n{\"a\":[3,4]}\n", Framing::Lines),
        ] {
            assert_eq!(framing(text.as_bytes(), true), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_is_named() {
        let error = |text: &str, ended| framing(text.as_bytes(), ended).unwrap_err().to_string();
        let text = r#"{"Label":"CPU","Datapoints":[{"v":1},{"v":2}]}"#;
        let message = error(text, true);
        assert!(message.contains("jq -c '.Datapoints[]'"), "{message}");
        assert!(
            error(r#"{"t":[1,2],"v":[3,4]}"#, true).contains("orient"),
            "{message}"
        );
        assert!(error(r#"{"v":{"0":1,"1":2}}"#, true).contains("columns"));
        assert!(error(r#"{"data":[{"v":1},{"v":2},"#, false).contains("\"data\""));
        assert!(error("[1,2,3]", true).contains("numbers"));
        assert!(error(r#"["a","b"]"#, true).contains("texts"));
    }
}
