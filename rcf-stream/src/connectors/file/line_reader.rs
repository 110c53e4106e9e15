//! Cuts a byte stream into records, one per line.

use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2_iter};

use crate::error::SourceError;

/// The largest record on Kinesis, and so the largest here.
pub(crate) const MAX_RECORD: usize = 10 * 1024 * 1024;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of the line on which it starts, from 1.
    pub(crate) number: u64,
    /// Its bytes, without the line feed or carriage return at the end.
    pub(crate) data: Bytes,
}

/// Cuts what it reads into lines, without copying them. Blank lines are counted and left out.
pub(crate) struct LineReader {
    input: Box<dyn Read + Send>,
    path: PathBuf,
    /// The delimiter of CSV, whose records go over several lines where a line feed is quoted.
    delimiter: Option<u8>,
    comment: Option<u8>, // what lines begin with that are left out
    skip: u64,           // so many lines at the start are left out
    buffer: BytesMut,    // starts at the start of a record
    scanned: usize,      // so far no end of the record was found
    quoted: bool,        // whether the scanned part ends within quotes
    inner_lines: u64,    // quoted line feeds in the scanned part
    next_line: u64,
    at_start: bool,
}

impl LineReader {
    pub(crate) fn new(input: Box<dyn Read + Send>, path: &Path) -> Self {
        Self {
            input,
            path: path.to_owned(),
            delimiter: None,
            comment: None,
            skip: 0,
            buffer: BytesMut::new(),
            scanned: 0,
            quoted: false,
            inner_lines: 0,
            next_line: 1,
            at_start: true,
        }
    }

    /// From now on, records are CSV with this delimiter.
    pub(crate) fn quoted_fields(&mut self, delimiter: u8) {
        self.delimiter = Some(delimiter);
    }

    /// From now on, lines that begin with this byte are left out, and so are the first `skip` lines.
    pub(crate) fn leave_out(&mut self, comment: Option<u8>, skip: u64) {
        (self.comment, self.skip) = (comment, skip);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next record; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        loop {
            if let Some(line) = self.next_buffered() {
                return Ok(Some(line));
            }
            if self.fill()? == 0 {
                return Ok(self.last());
            }
        }
    }

    /// The next record, as long as no more need be read for it.
    pub(crate) fn next_buffered(&mut self) -> Option<Line> {
        while let Some(end) = self.find_end() {
            let data = self.buffer.split_to(end + 1).freeze();
            if let Some(line) = self.take(data.slice(..end)) {
                return Some(line);
            }
        }
        None
    }

    /// What stands after the last line feed.
    fn last(&mut self) -> Option<Line> {
        let data = self.buffer.split().freeze();
        self.take(data)
    }

    /// Counts the lines of a record; `None` where it is blank.
    fn take(&mut self, data: Bytes) -> Option<Line> {
        let number = self.next_line;
        self.next_line += 1 + self.inner_lines;
        (self.scanned, self.inner_lines, self.quoted) = (0, 0, false);
        let length = data.strip_suffix(b"\r").unwrap_or(&data).len();
        let is_blank = match self.delimiter {
            None => data.trim_ascii().is_empty(),
            Some(_) => length == 0, // blanks may be columns
        };
        let left_out =
            number <= self.skip || self.comment.is_some_and(|it| data.first() == Some(&it));
        (!is_blank && !left_out).then(|| Line {
            number,
            data: data.slice(..length),
        })
    }

    /// The offset of the line feed that ends the record, if it is in the buffer.
    fn find_end(&mut self) -> Option<usize> {
        let Some(delimiter) = self.delimiter else {
            let end = memchr(b'\n', &self.buffer[self.scanned..]);
            return match end {
                Some(end) => Some(self.scanned + end),
                None => {
                    self.scanned = self.buffer.len();
                    None
                }
            };
        };
        for found in memchr2_iter(b'\n', b'"', &self.buffer[self.scanned..]) {
            let at = self.scanned + found;
            if self.buffer[at] == b'"' {
                // A quote opens only at the start of a field, or again right after it closed.
                let before = at.checked_sub(1).map(|before| self.buffer[before]);
                let opens = before.is_none_or(|byte| [delimiter, b'"', b'\n'].contains(&byte));
                self.quoted = !self.quoted && opens;
            } else if self.quoted {
                self.inner_lines += 1;
            } else {
                return Some(at);
            }
        }
        self.scanned = self.buffer.len();
        None
    }

    /// Reads more, as much as there is now; 0 at the end of the input.
    fn fill(&mut self) -> Result<usize, SourceError> {
        let length = self.buffer.len();
        if length > MAX_RECORD {
            return Err(SourceError::RecordTooLong {
                path: self.path.clone(),
                line: self.next_line,
                limit: MAX_RECORD,
            });
        }
        self.buffer.resize(length + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let read = read.map_err(|source| SourceError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.buffer.truncate(length + read);
        if self.at_start {
            let may_be_mark = BYTE_ORDER_MARK.starts_with(&self.buffer);
            if read > 0 && may_be_mark && self.buffer.len() < BYTE_ORDER_MARK.len() {
                return self.fill();
            }
            self.at_start = false;
            if self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.buffer.advance(BYTE_ORDER_MARK.len());
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a pipe does.
    struct Dribble(&'static [u8], usize);

    impl Read for Dribble {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn lines(text: &'static str, delimiter: Option<u8>) -> Vec<(u64, String)> {
        let read = |step: usize| {
            let mut reader =
                LineReader::new(Box::new(Dribble(text.as_bytes(), step)), Path::new("-"));
            reader.delimiter = delimiter;
            let mut lines = Vec::new();
            while let Some(line) = reader.next().unwrap() {
                lines.push((line.number, String::from_utf8(line.data.to_vec()).unwrap()));
            }
            lines
        };
        let at_once = read(usize::MAX);
        for step in 1..8 {
            assert_eq!(read(step), at_once, "{step} bytes at a time");
        }
        at_once
    }

    fn expect(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected
            .iter()
            .map(|(number, text)| (*number, (*text).to_owned()))
            .collect()
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_left_out() {
        let text = "\u{feff}a\r\n\n  \nb\nlast";
        assert_eq!(
            lines(text, None),
            expect(&[(1, "a"), (4, "b"), (5, "last")])
        );
        assert_eq!(lines("", None), []);
        assert_eq!(lines("\n\n", None), []);
    }

    #[test]
    fn quoted_line_feeds_belong_to_the_record() {
        let text = "a,\"b\nc\",d\n\"x \"\"y\"\"\n\n\",1\n5\" pipe,2\n\"\",\"\n\"\nend\n";
        assert_eq!(
            lines(text, Some(b',')),
            expect(&[
                (1, "a,\"b\nc\",d"),
                (3, "\"x \"\"y\"\"\n\n\",1"),
                (6, "5\" pipe,2"),
                (7, "\"\",\"\n\""),
                (9, "end"),
            ])
        );
    }

    #[test]
    fn any_fields_come_back_as_they_were_written() {
        let mut state = 7_u64;
        let mut below = |limit: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let alphabet = ['a', '7', ',', '"', '\n', '\r', ' ', 'é'];
        let records: Vec<Vec<String>> = (0..500)
            .map(|_| {
                let mut field = || (0..below(6)).map(|_| alphabet[below(8)]).collect();
                (0..3).map(|_| field()).collect()
            })
            .collect();
        let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let text: String = records
            .iter()
            .map(|fields| fields.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
            .collect();

        let text: &'static str = text.leak();
        let mut splitter = crate::decode::Splitter::new(b',');
        let read: Vec<Vec<String>> = lines(text, Some(b','))
            .iter()
            .map(|(_, line)| {
                let fields = splitter.split(line.as_bytes()).unwrap();
                let field = |index| splitter.field(index).unwrap().to_vec();
                (0..fields)
                    .map(|index| String::from_utf8(field(index)).unwrap())
                    .collect()
            })
            .collect();
        assert_eq!(read, records);
    }

    #[test]
    fn an_endless_record_is_an_error_that_names_its_line() {
        let input = Box::new(std::io::Read::chain(&b"a\n\"b"[..], std::io::repeat(b'x')));
        let mut reader = LineReader::new(input, Path::new("x.csv"));
        reader.quoted_fields(b',');
        assert_eq!(reader.next().unwrap().unwrap().data, "a");
        let error = reader.next().unwrap_err();
        assert!(
            matches!(error, SourceError::RecordTooLong { line: 2, .. }),
            "{error}"
        );
    }

    #[test]
    fn comments_and_first_lines_are_left_out() {
        let text = "sep=;\n# a\nx;y\n#1;2\n3;4\n";
        let mut reader = LineReader::new(Box::new(Dribble(text.as_bytes(), 3)), Path::new("-"));
        reader.quoted_fields(b';');
        reader.leave_out(Some(b'#'), 1);
        let mut numbers = Vec::new();
        while let Some(line) = reader.next().unwrap() {
            numbers.push(line.number);
        }
        assert_eq!(numbers, [3, 5]);
    }
}
