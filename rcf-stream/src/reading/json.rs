//! Detection of how JSON values are joined in a text.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::DialectError;
use crate::decode::dialect::Framing;

/// Whether a text begins with an array, as far as it goes, and not with a word in brackets.
pub(super) fn is_array(head: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(head).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Err(error)) => error.is_eof(),
        _ => true,
    }
}

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
            Some(b'{') => match wrapped_once(text, ended) {
                Some(error) => Err(error),
                None => Ok(Framing::Values),
            },
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

/// The text is an array of one object, and the records are inside it.
fn wrapped_once(text: &[u8], ended: bool) -> Option<DialectError> {
    let array: Vec<Map<String, Value>> = match ended {
        true => serde_json::from_slice(text).ok()?,
        false => return None, // more than was read ahead: the elements may be incomplete
    };
    let [object] = array.as_slice() else {
        return None;
    };
    let (field, found) = inside(object).filter(|(_, found)| *found != "columns")?;
    let remedy = format!("jq -c '.[].{field}[]' FILE | rcf … -");
    Some(DialectError::Wrapped {
        field,
        found,
        remedy,
    })
}

/// The text is one object, and the records are inside it.
fn wrapped(text: &[u8], ended: bool) -> Option<DialectError> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
    let (field, found) = match values.next()? {
        Ok(Value::Object(object)) if values.next().is_none() => {
            if let Some(error) = in_columns(&object) {
                return Some(error);
            }
            inside(&object)?
        }
        Ok(_) => return None,
        // The object does not end within what was read ahead.
        Err(error) if error.is_eof() && !ended => (open_array(text)?, "the records"),
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

/// The text is one object with an array of series, each of which has its times and values as arrays
/// of the same length, as answers of CloudWatch have. Several series are not one stream: the remedy
/// takes the first.
fn in_columns(object: &Map<String, Value>) -> Option<DialectError> {
    object.iter().find_map(|(name, value)| {
        let series = value.as_array()?;
        let first = series.first()?.as_object()?;
        let arrays = || {
            let arrays = first
                .iter()
                .filter_map(|(name, value)| Some((name, value.as_array()?)));
            arrays.filter(|(_, array)| array.len() > 1)
        };
        let (_, one) = arrays().next()?;
        let are_columns = arrays().count() > 1
            && arrays().all(|(_, array)| {
                let is_nested = |value: &Value| value.is_object() || value.is_array();
                array.len() == one.len() && !array.iter().any(is_nested)
            });
        let columns: Vec<String> = arrays().map(|(column, _)| format!(".{column}")).collect();
        let field = match series.len() {
            1 => format!("{name}[]"),
            _ => format!("{name}[0]"),
        };
        let columns = columns.join(", ");
        are_columns.then(|| DialectError::Wrapped {
            remedy: format!("jq -c '.{field} | [{columns}] | transpose[]' FILE | rcf … -"),
            found: "columns",
            field,
        })
    })
}

/// The first field of an object that contains an array or a table, as a path of jq, and its
/// content.
fn inside(object: &Map<String, Value>) -> Option<(String, &'static str)> {
    let here = object.iter().find_map(|(name, value)| match value {
        Value::Array(array) if array.len() > 1 => Some((
            name.clone(),
            match array[0] {
                Value::Object(_) => "objects",
                Value::Array(_) => "arrays",
                _ => "columns",
            },
        )),
        Value::Object(object) if object.len() > 1 && object.contains_key("0") => {
            Some((name.clone(), "columns"))
        }
        _ => None,
    });
    let deeper = || {
        object.iter().find_map(|(name, value)| match value {
            // The fields of one record may be nested, too: only arrays of records are considered.
            Value::Object(object) => inside(object)
                .filter(|(_, found)| *found != "columns")
                .map(|(path, found)| (format!("{name}.{path}"), found)),
            Value::Array(array) => {
                let (path, found) = inside(array.first()?.as_object()?)?;
                (found != "columns").then(|| (format!("{name}[].{path}"), found))
            }
            _ => None,
        })
    };
    here.or_else(deeper)
}

/// The path of the outermost array that has an element and does not end in this text; otherwise of
/// the innermost array that does not end.
fn open_array(text: &[u8]) -> Option<String> {
    /// An open array or object: its path, and the number of its complete elements.
    struct Open {
        path: String,
        is_array: bool,
        elements: usize,
    }
    let mut open: Vec<Open> = Vec::new();
    let (mut name, mut at) = (String::new(), 0);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                while text.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                let Some(word) = text.get(start..at) else {
                    break;
                };
                at += 1;
                let rest = text.get(at..).unwrap_or_default().trim_ascii_start();
                if rest.first() == Some(&b':') {
                    name = String::from_utf8_lossy(word).into_owned();
                }
            }
            b'{' | b'[' => {
                let path = match open.last() {
                    None => String::new(),
                    Some(Open {
                        path,
                        is_array: true,
                        ..
                    }) => format!("{path}[]"),
                    Some(Open { path, .. }) if path.is_empty() => name.clone(),
                    Some(Open { path, .. }) => format!("{path}.{name}"),
                };
                let is_array = byte == b'[';
                open.push(Open {
                    path,
                    is_array,
                    elements: 0,
                });
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => open.last_mut()?.elements += 1,
            _ => {}
        }
    }
    let arrays = || open.iter().filter(|open| open.is_array);
    let array = arrays()
        .find(|open| open.elements > 0)
        .or_else(|| arrays().next_back());
    array.map(|array| array.path.clone())
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
    fn unsupported_formats_are_named() {
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
        let nested = r#"{"ok":1,"data":{"result":[{"id":{"a":"b"},"values":[[1,2],[3,4]]}]}}"#;
        let remedy = "jq -c '.data.result[].values[]'";
        assert!(error(nested, true).contains(remedy));
        assert!(error(&nested[..nested.len() - 8], false).contains(remedy));
        let cut = r#"{"n":[1,2],"rows":[{"v":1,"tags":["x","y"]},{"v":2,"tags":["x","#;
        assert!(error(cut, false).contains("jq -c '.rows[]'"));
        let once = r#"[{"target":"cpu","datapoints":[[1.5,0],[2.5,60]]}]"#;
        assert!(error(once, true).contains("jq -c '.[].datapoints[]'"));
        let columns = r#"{"Results":[{"Id":"m","Times":["1","2"],"Values":[3,4]}],"Messages":[]}"#;
        let remedy = "jq -c '.Results[] | [.Times, .Values] | transpose[]'";
        assert!(error(columns, true).contains(remedy));
        let two = r#"{"R":[{"t":[1,2],"v":[3,4]},{"t":[1,2],"v":[5,6]}]}"#;
        assert!(error(two, true).contains("jq -c '.R[0] | [.t, .v]"));
        // Arrays of different lengths are no columns, nor is one array.
        for text in [r#"{"a":[{"t":[1,2],"v":[3]}]}"#, r#"{"a":[{"v":[1,2]}]}"#] {
            assert_eq!(framing(text.as_bytes(), true), Ok(Framing::Lines), "{text}");
        }
        assert!(error("[1,2,3]", true).contains("numbers"));
        assert!(error(r#"["a","b"]"#, true).contains("texts"));
    }
}
