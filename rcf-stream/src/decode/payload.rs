//! Envelopes of producers around the text of a record: a byte order mark, gzip, the envelope of a
//! subscription of CloudWatch Logs, consecutive JSON objects.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use memchr::memchr_iter;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::DecodeError;

/// The most bytes that a packed record may unpack to: a record has at most 10 MiB, but zeros are
/// compressed to a thousandth.
const MOST_UNPACKED: u64 = 32 << 20;
const GZIP: &[u8] = &[0x1f, 0x8b];
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The content of a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// The text itself.
    Text(Bytes),
    /// The messages of log events.
    LogEvents(Vec<Bytes>),
}

/// Removes the envelope of the text.
pub(super) fn open(data: &Bytes) -> Result<Opened, DecodeError> {
    let packing = |text: &str| Err(DecodeError::Packing(text.to_owned()));
    match **data {
        [0x1f, 0x8b, ..] => {
            let text = without_mark(unzip(data)?);
            Ok(match log_events(&text) {
                Some(messages) => Opened::LogEvents(messages),
                None => Opened::Text(text),
            })
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            packing("the record is compressed with zstd; of compressed records gzip is read")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            packing("the record is UTF-16; records of streams are read as UTF-8")
        }
        _ => Ok(Opened::Text(without_mark(data.clone()))),
    }
}

fn without_mark(text: Bytes) -> Bytes {
    if text.starts_with(UTF8_MARK) {
        text.slice(UTF8_MARK.len()..)
    } else {
        text
    }
}

fn unzip(data: &[u8]) -> Result<Bytes, DecodeError> {
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(data)
        .take(MOST_UNPACKED + 1)
        .read_to_end(&mut text);
    match read {
        Err(error) => Err(DecodeError::Packing(format!(
            "the record begins as gzip and cannot be unpacked: {error}"
        ))),
        Ok(_) if text.len() as u64 > MOST_UNPACKED => Err(DecodeError::Packing(format!(
            "the record unpacks to more than {} MiB",
            MOST_UNPACKED >> 20
        ))),
        Ok(_) if text.starts_with(GZIP) => Err(DecodeError::Packing(
            "the record is compressed with gzip twice; once is read".to_owned(),
        )),
        Ok(_) => Ok(text.into()),
    }
}

/// The messages of a record of a subscription of CloudWatch Logs; none for one that only tests the
/// connection.
fn log_events(text: &[u8]) -> Option<Vec<Bytes>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope {
        message_type: String,
        log_events: Vec<LogEvent>,
    }
    #[derive(Deserialize)]
    struct LogEvent {
        message: String,
    }
    let envelope: Envelope = serde_json::from_slice(text).ok()?;
    match envelope.message_type.as_str() {
        "DATA_MESSAGE" => {
            let events = envelope.log_events.into_iter();
            Some(events.map(|event| event.message.into()).collect())
        }
        "CONTROL_MESSAGE" => {
            tracing::debug!("a control message of CloudWatch Logs carries no events");
            Some(Vec::new())
        }
        _ => None,
    }
}

/// The JSON values of a text, and whether there can be several: on separate lines if `lines`, or
/// consecutive objects.
pub(super) fn json_values(text: &Bytes, lines: bool) -> (Vec<Bytes>, bool) {
    let trimmed = text.trim_ascii_end();
    if !lines || !trimmed.contains(&b'\n') || begins_over_lines(trimmed) {
        return match objects(text) {
            Some(objects) => (objects, true),
            None => (vec![text.clone()], false),
        };
    }
    let mut values = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let line = text.slice_ref(line);
        match objects(&line) {
            Some(objects) => values.extend(objects),
            None => values.push(line),
        }
    }
    (values, true)
}

/// Whether the first line is not a value but the beginning of one that spans several lines.
fn begins_over_lines(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b'\n').next();
    matches!(first.map(<[u8]>::trim_ascii), Some(b"{" | b"["))
}

/// The objects of a text that consists of two or more of them.
fn objects(text: &Bytes) -> Option<Vec<Bytes>> {
    // Almost every record is one object: look for the place between two before parsing anything.
    let meets_next = |end: usize| text[end + 1..].trim_ascii_start().starts_with(b"{");
    if !memchr_iter(b'}', text).any(meets_next) {
        return None;
    }
    let mut objects = Vec::new();
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let mut begin = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        let end = values.byte_offset();
        objects.push(text.slice_ref(text[begin..end].trim_ascii()));
        begin = end;
    }
    (objects.len() > 1).then_some(objects)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zip(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    fn text(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn gzip_and_a_mark_are_taken_off() {
        let plain = Ok(Opened::Text(text("{\"x\":1}")));
        assert_eq!(open(&text("{\"x\":1}")), plain);
        assert_eq!(open(&text("\u{feff}{\"x\":1}")), plain);
        assert_eq!(open(&zip("\u{feff}{\"x\":1}".as_bytes())), plain);
    }

    #[test]
    fn log_events_of_a_subscription_are_records() {
        let envelope = |kind: &str| {
            format!(
                r#"{{"messageType":"{kind}","owner":"1","logGroup":"g","logStream":"s",
                "subscriptionFilters":["f"],"logEvents":[{{"id":"1","timestamp":1,"message":
                "{{\"x\": 1}}"}},{{"id":"2","timestamp":2,"message":"{{\"x\": 2}}"}}]}}"#
            )
        };
        let open = |kind| open(&zip(envelope(kind).as_bytes())).unwrap();
        let messages = vec![text("{\"x\": 1}"), text("{\"x\": 2}")];
        assert_eq!(open("DATA_MESSAGE"), Opened::LogEvents(messages));
        assert_eq!(open("CONTROL_MESSAGE"), Opened::LogEvents(Vec::new()));
        assert!(matches!(open("OTHER"), Opened::Text(_)));
    }

    #[test]
    fn unsupported_formats_are_named() {
        let bomb = zip(&vec![b' '; (MOST_UNPACKED + 1) as usize]);
        assert!(bomb.len() < 100_000);
        for (data, said) in [
            (bomb, "more than 32 MiB"),
            (zip(&zip(b"{}")), "gzip twice"),
            (zip(b"{\"x\": 1}").slice(..20), "cannot be unpacked"),
            (Bytes::from_static(b"\x28\xb5\x2f\xfd\x00"), "zstd"),
            (Bytes::from_static(b"\xff\xfe{\x00"), "UTF-16"),
        ] {
            let error = open(&data).unwrap_err();
            assert_eq!(error.reason(), "packing");
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn values_are_split_only_where_every_one_is_whole() {
        let split = |it: &'static str, lines| {
            let (values, several) = json_values(&text(it), lines);
            (
                values
                    .iter()
                    .map(|it| it.as_ref().escape_ascii().to_string())
                    .collect::<Vec<_>>(),
                several,
            )
        };
        let one = |it: &str| (vec![it.to_owned()], false);
        let two = (vec!["{}".to_owned(), "{}".to_owned()], true);
        for lines in [false, true] {
            assert_eq!(split("{}", lines), one("{}"));
            assert_eq!(split("{}{}", lines), two);
            assert_eq!(split(" {} \t{} ", lines), two);
            assert_eq!(
                split("{}{]", lines),
                one("{}{]"),
                "the decoder says what is wrong"
            );
        }
        assert_eq!(
            split("{\n}\n{\n}\n", true),
            (vec![r"{\n}".to_owned(); 2], true)
        );
        assert_eq!(split("{\n}\n", true), one(r"{\n}\n"));
        let three = vec!["{}".to_owned(), "{}".to_owned(), "x".to_owned()];
        assert_eq!(split("{}{}\nx\n", true), (three, true));
    }
}
