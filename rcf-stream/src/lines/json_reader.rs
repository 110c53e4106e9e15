//! Cuts a byte stream into JSON values that are not on separate lines: the elements of an
//! array, objects one after the other, or objects over several lines.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;

use super::line_reader::{KEPT, Line, MAX_RECORD};
use super::text::Input;
use crate::source::{RecordFault, SourceError};

const CHUNK: usize = 64 * 1024;

/// Cuts what it reads into values, without copying them. The number of a value counts values, from
/// 1.
pub(super) struct JsonReader {
    input: Input,
    path: PathBuf,
    buffer: BytesMut, // starts at the start of a value, or at what separates values
    scanner: Scanner,
    enclosed: bool, // within an array whose elements are the values
    number: u64,
}

impl JsonReader {
    pub(super) fn new(input: Input, path: PathBuf) -> Self {
        Self {
            input,
            path,
            buffer: BytesMut::new(),
            scanner: Scanner::default(),
            enclosed: false,
            number: 0,
        }
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The next value; `None` at the end of the input.
    pub(super) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        loop {
            if let Some(value) = self.next_buffered() {
                return Ok(Some(value));
            }
            if self.buffer.len() > MAX_RECORD {
                return self.pass_too_long().map(Some);
            }
            if self.fill()? == 0 {
                return self.last();
            }
        }
    }

    /// The next value, if no more data need be read for it.
    pub(super) fn next_buffered(&mut self) -> Option<Line> {
        if self.scanner.scanned == 0 {
            while let Some(&byte) = self.buffer.first() {
                match byte {
                    b'[' if !self.enclosed => self.enclosed = true,
                    b']' => self.enclosed = false,
                    byte if is_between(byte) => {}
                    _ => break,
                }
                self.buffer.advance(1);
            }
        }
        let end = self.scanner.end(&self.buffer)?;
        self.number += 1;
        let data = self.buffer.split_to(end).freeze();
        Some(Line {
            number: self.number,
            data,
            fault: None,
        })
    }

    /// What follows the last complete value; the decoder reports what is wrong with it. In an array
    /// that ends between two elements, only the end is missing.
    fn last(&mut self) -> Result<Option<Line>, SourceError> {
        let data = self.buffer.split().freeze();
        self.scanner = Scanner::default();
        if !data.trim_ascii().is_empty() {
            self.enclosed = false;
            self.number += 1;
            return Ok(Some(Line {
                number: self.number,
                data,
                fault: None,
            }));
        }
        if !self.enclosed {
            return Ok(None);
        }
        let what = format!(
            "the JSON array is not closed after value {}: the rest of the file is missing",
            self.number
        );
        Err(self.error(std::io::Error::new(ErrorKind::UnexpectedEof, what)))
    }

    /// Reads to the end of a value that is too long, and keeps only its start.
    fn pass_too_long(&mut self) -> Result<Line, SourceError> {
        self.number += 1;
        let data = Bytes::copy_from_slice(&self.buffer[..KEPT]);
        loop {
            if let Some(end) = self.scanner.end(&self.buffer) {
                self.buffer.advance(end);
                break;
            }
            self.buffer.advance(self.scanner.scanned);
            self.scanner.scanned = 0;
            if self.fill()? == 0 {
                self.buffer.clear();
                self.scanner = Scanner::default();
                self.enclosed = false; // it is the rest of the input, and already bad
                break;
            }
        }
        Ok(Line {
            number: self.number,
            data,
            fault: Some(RecordFault::TooLong {
                line: self.number,
                limit: MAX_RECORD,
            }),
        })
    }

    fn error(&self, source: std::io::Error) -> SourceError {
        SourceError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn fill(&mut self) -> Result<usize, SourceError> {
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let read = read.map_err(|error| self.error(error))?;
        self.buffer.truncate(length + read);
        Ok(read)
    }
}

/// The bytes between values: blanks, commas, the record separator of RFC 7464, and a byte order
/// mark.
fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | 0x1e | 0xef | 0xbb | 0xbf)
}

/// Finds the end of a value, over several calls with growing data.
#[derive(Debug, Default)]
struct Scanner {
    scanned: usize,
    depth: usize,
    in_text: bool,
}

impl Scanner {
    /// The end of the value at the start of the bytes, if it is complete.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(&byte) = bytes.get(self.scanned) {
            if self.in_text {
                let Some(found) = memchr2(b'"', b'\\', &bytes[self.scanned..]) else {
                    self.scanned = bytes.len();
                    break;
                };
                self.scanned += found;
                if bytes[self.scanned] == b'\\' {
                    if self.scanned + 1 >= bytes.len() {
                        break; // what is escaped is not there yet
                    }
                    self.scanned += 2;
                    continue;
                }
                self.in_text = false;
                self.scanned += 1;
                if self.depth == 0 {
                    return self.take(self.scanned);
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return self.take(self.scanned + 1),
                b'}' if self.scanned == 0 => return self.take(1), // stray: a bad record
                // A number or a word ends where anything else begins.
                _ if self.depth == 0 && (is_between(byte) || byte == b']') => {
                    return self.take(self.scanned);
                }
                _ => {}
            }
            self.scanned += 1;
        }
        None
    }

    fn take(&mut self, end: usize) -> Option<usize> {
        *self = Self::default();
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The values of a text, however its bytes arrive.
    fn values(text: &'static str) -> Vec<String> {
        let read = |step: usize| {
            let steps = text.as_bytes().chunks(step).map(Cursor::new);
            let chained: Input = steps.fold(Box::new(std::io::empty()) as Input, |before, step| {
                Box::new(before.chain(step))
            });
            let mut reader = JsonReader::new(chained, PathBuf::from("x"));
            let mut values = Vec::new();
            while let Some(value) = reader.next().unwrap() {
                assert_eq!(value.number, values.len() as u64 + 1);
                values.push(String::from_utf8(value.data.to_vec()).unwrap());
            }
            values
        };
        let at_once = read(text.len().max(1));
        for step in 1..5 {
            assert_eq!(read(step), at_once, "{step} bytes at a time");
        }
        at_once
    }

    #[test]
    fn values_are_found_however_they_are_joined() {
        let expected = [r#"{"a":"}\"{"}"#, r#"{"b":[{"c":1}]}"#];
        for text in [
            "[{\"a\":\"}\\\"{\"}, {\"b\":[{\"c\":1}]}]",
            "{\"a\":\"}\\\"{\"}{\"b\":[{\"c\":1}]}",
            "\u{feff}{\"a\":\"}\\\"{\"},\n{\"b\":[{\"c\":1}]},",
            "\u{1e}{\"a\":\"}\\\"{\"}\n\u{1e}{\"b\":[{\"c\":1}]}\n",
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
        assert_eq!(values("{\n \"a\": 1\n}\n{\n}"), ["{\n \"a\": 1\n}", "{\n}"]);
        assert_eq!(values("[[1,2],[3]] [[4]]"), ["[1,2]", "[3]", "[4]"]);
        assert_eq!(values("[1, 2.5,\"x\\\\\"]"), ["1", "2.5", "\"x\\\\\""]);
        assert_eq!(values(" \n"), [""; 0]);
    }

    #[test]
    fn a_value_that_is_cut_comes_as_it_is() {
        assert_eq!(values("[{\"a\":1},{\"b\":"), ["{\"a\":1}", "{\"b\":"]);
    }

    #[test]
    fn an_array_that_is_cut_between_values_is_an_error() {
        for text in ["[{\"a\":1}", "[{\"a\":1},\n", "[", "[[1]] [2,3 "] {
            let input: Input = Box::new(Cursor::new(text));
            let mut reader = JsonReader::new(input, PathBuf::from("x"));
            let error = loop {
                match reader.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{text} is not whole"),
                    Err(error) => break error.to_string(),
                }
            };
            assert!(error.contains("is not closed after value"), "{error}");
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_one_bad_value() {
        let long = "\\\"]}{[".repeat(MAX_RECORD / 6 + CHUNK);
        let inputs = [
            (format!("[1,{{\"a\":\"{long}\"}},2]"), 3),
            (format!("{{\"a\":\"{long}\"}}{{}}{{}}"), 3),
            (format!("[1,{{\"a\":\"{long}"), 2), // cut within
        ];
        for (text, count) in inputs {
            let input: Input = Box::new(Cursor::new(text));
            let mut reader = JsonReader::new(input, PathBuf::from("x"));
            let values: Vec<_> = std::iter::from_fn(|| reader.next().unwrap()).collect();
            assert_eq!(values.len(), count);
            let bad = values.iter().filter(|value| value.fault.is_some());
            assert_eq!(
                bad.map(|value| value.data.len()).collect::<Vec<_>>(),
                [KEPT]
            );
            assert!(reader.buffer.capacity() < 2 * MAX_RECORD + 4 * CHUNK);
        }
    }
}
