//! Cuts a byte stream into records, one per line, and knows how far it got.

use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2_iter};

use crate::source::{RecordFault, SourceError};

/// The largest record on Kinesis, and so the largest here.
pub(crate) const MAX_RECORD: usize = 10 * 1024 * 1024;
/// Quoted line feeds that a record of CSV may hold where nothing else is configured.
pub const MAX_QUOTED_LINES: u64 = 1_000;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// How much of a record that is too long is kept for the dead letters.
pub(super) const KEPT: usize = 4 * 1024;
/// How much of what was read last is kept, to see whether it is still there.
const TAIL: usize = 256;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of the line on which it starts, from 1.
    pub(crate) number: u64,
    /// Its bytes, without the line feed or carriage return at the end.
    pub(crate) data: Bytes,
    /// Why it is not a record.
    pub(crate) fault: Option<RecordFault>,
}

/// Cuts what it reads into lines, without copying them. Blank lines are counted and left out.
pub(crate) struct LineReader {
    input: Box<dyn Read + Send>,
    path: PathBuf,
    /// The delimiter of CSV, whose records go over several lines where a line feed is quoted.
    delimiter: Option<u8>,
    max_quoted_lines: u64,
    comment: Option<u8>, // what lines begin with that are left out
    skip: u64,           // this many lines at the start are left out
    begun_at: u64,       // the line before the first of this input
    buffer: BytesMut,    // starts at the start of a record
    scanned: usize,      // so far no end of the record was found
    quoted: bool,        // whether the scanned part ends within quotes
    inner_lines: u64,    // quoted line feeds in the scanned part
    next_line: u64,
    at_start: bool,
    too_long: Option<Bytes>, // the start of a record whose end is not found yet
    offset: u64,             // of the buffer in the input
    fingerprint: u32,        // CRC-32C of everything before
    tail: Vec<u8>,           // what was read last
}

/// What a search for the end of a record found.
enum Scan {
    End(usize),
    OpenQuote,
    More,
}

impl LineReader {
    pub(crate) fn new(input: Box<dyn Read + Send>, path: &Path) -> Self {
        Self {
            input,
            path: path.to_owned(),
            delimiter: None,
            max_quoted_lines: MAX_QUOTED_LINES,
            comment: None,
            skip: 0,
            begun_at: 0,
            buffer: BytesMut::new(),
            scanned: 0,
            quoted: false,
            inner_lines: 0,
            next_line: 1,
            at_start: true,
            too_long: None,
            offset: 0,
            fingerprint: 0,
            tail: Vec::new(),
        }
    }

    /// From now on, records are CSV with this delimiter.
    pub(crate) fn quoted_fields(&mut self, delimiter: u8) {
        self.delimiter = Some(delimiter);
    }

    /// A quote is taken to be left open when this many line feeds are quoted.
    pub(crate) fn limit_quoted_lines(&mut self, lines: u64) {
        self.max_quoted_lines = lines;
    }

    /// From now on, lines that begin with this byte are left out, and so are the first `skip`
    /// lines.
    pub(crate) fn leave_out(&mut self, comment: Option<u8>, skip: u64) {
        (self.comment, self.skip) = (comment, skip);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the next record starts, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// CRC-32C of the bytes before the next record.
    pub(crate) fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// The number of the next line.
    pub(crate) fn next_line(&self) -> u64 {
        self.next_line
    }

    /// The bytes that were read last, and where they end in the input.
    pub(crate) fn tail(&self) -> (&[u8], u64) {
        (&self.tail, self.offset + self.buffer.len() as u64)
    }

    /// Whether something was read that no line feed ends yet.
    pub(crate) fn has_open_line(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Lines are counted on from here.
    pub(crate) fn number_from(&mut self, line: u64) {
        self.next_line = line;
    }

    /// Goes on with another input, from its start; lines are counted on.
    pub(crate) fn switch(&mut self, input: Box<dyn Read + Send>) {
        let fresh = Self::new(input, &self.path);
        *self = Self {
            delimiter: self.delimiter,
            max_quoted_lines: self.max_quoted_lines,
            comment: self.comment,
            skip: self.skip,
            begun_at: self.next_line - 1,
            next_line: self.next_line,
            ..fresh
        };
    }

    /// Passes over everything before an offset; `false` if the input ends before it.
    pub(crate) fn skip_to(&mut self, offset: u64) -> Result<bool, SourceError> {
        while self.offset < offset {
            if self.buffer.is_empty() && self.fill()? == 0 {
                return Ok(false);
            }
            let missing = usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
            self.consume(missing.min(self.buffer.len()));
        }
        self.restart_scan();
        Ok(true)
    }

    /// The next record; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        match self.next_terminated()? {
            None => Ok(self.last()),
            line => Ok(line),
        }
    }

    /// The next record that a line feed ends; `None` where the input ends before one.
    pub(crate) fn next_terminated(&mut self) -> Result<Option<Line>, SourceError> {
        loop {
            if let Some(line) = self.next_buffered() {
                return Ok(Some(line));
            }
            if self.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next record, as long as no more need be read for it.
    pub(crate) fn next_buffered(&mut self) -> Option<Line> {
        loop {
            if self.too_long.is_some() {
                let end = memchr(b'\n', &self.buffer);
                self.consume(end.map_or(self.buffer.len(), |end| end + 1));
                end?;
                return self.end_too_long();
            }
            match self.scan() {
                Scan::End(end) => {
                    let data = self.consume(end + 1);
                    if let Some(line) = self.take(data.slice(..end)) {
                        return Some(line);
                    }
                }
                Scan::OpenQuote => return self.open_quote(),
                Scan::More if self.buffer.len() <= MAX_RECORD => return None,
                Scan::More if self.inner_lines > 0 => return self.open_quote(),
                Scan::More => {
                    let start = self.consume(self.buffer.len());
                    self.too_long = Some(Bytes::copy_from_slice(&start[..KEPT.min(start.len())]));
                    self.restart_scan();
                }
            }
        }
    }

    /// What the input ends with: first what an open quote held together, then what comes after
    /// the last line feed.
    pub(crate) fn last(&mut self) -> Option<Line> {
        if self.too_long.is_some() {
            return self.end_too_long();
        }
        if self.is_quote_open() {
            return self.open_quote();
        }
        if self.buffer.is_empty() {
            return None; // no line, so that none is counted
        }
        let data = self.consume(self.buffer.len());
        self.take(data)
    }

    /// The first line of what an open quote holds together, where there is a line feed in it; the
    /// lines after it are read as if the quote were not there.
    pub(crate) fn last_open_quote(&mut self) -> Option<Line> {
        if self.is_quote_open() && self.inner_lines > 0 {
            self.open_quote()
        } else {
            None
        }
    }

    /// Whether the input ends within quotes. A quote that is its last byte was not scanned, and
    /// closes.
    fn is_quote_open(&self) -> bool {
        self.quoted && self.scanned == self.buffer.len()
    }

    fn open_quote(&mut self) -> Option<Line> {
        let end = memchr(b'\n', &self.buffer);
        let data = self.consume(end.map_or(self.buffer.len(), |end| end + 1));
        let fault = RecordFault::OpenQuote {
            line: self.next_line,
            limit: self.max_quoted_lines,
        };
        self.restart_scan();
        let mut line = self.take(data.slice(..end.unwrap_or(data.len())))?;
        line.fault = Some(fault);
        Some(line)
    }

    fn end_too_long(&mut self) -> Option<Line> {
        let line = Line {
            number: self.next_line,
            data: self.too_long.take()?,
            fault: Some(RecordFault::TooLong {
                line: self.next_line,
                limit: MAX_RECORD,
            }),
        };
        self.next_line += 1;
        Some(line)
    }

    /// Counts the lines of a record; `None` where it is blank.
    fn take(&mut self, data: Bytes) -> Option<Line> {
        let number = self.next_line;
        self.next_line += 1 + self.inner_lines;
        self.restart_scan();
        let length = data.strip_suffix(b"\r").unwrap_or(&data).len();
        let is_blank = match self.delimiter {
            None => data.trim_ascii().is_empty(),
            Some(_) => length == 0, // blanks may be columns
        };
        let left_out = number - self.begun_at <= self.skip
            || self.comment.is_some_and(|it| data.first() == Some(&it));
        (!is_blank && !left_out).then(|| Line {
            number,
            data: data.slice(..length),
            fault: None,
        })
    }

    fn restart_scan(&mut self) {
        (self.scanned, self.inner_lines, self.quoted) = (0, 0, false);
    }

    /// Takes bytes from the buffer.
    fn consume(&mut self, length: usize) -> Bytes {
        let bytes = self.buffer.split_to(length).freeze();
        self.fingerprint = crc32c::crc32c_append(self.fingerprint, &bytes);
        self.offset += length as u64;
        bytes
    }

    /// Looks for the line feed that ends the record.
    fn scan(&mut self) -> Scan {
        let Some(delimiter) = self.delimiter else {
            let end = memchr(b'\n', &self.buffer[self.scanned..]);
            return match end {
                Some(end) => Scan::End(self.scanned + end),
                None => {
                    self.scanned = self.buffer.len();
                    Scan::More
                }
            };
        };
        for found in memchr2_iter(b'\n', b'"', &self.buffer[self.scanned..]) {
            let at = self.scanned + found;
            if self.buffer[at] == b'"' {
                if self.quoted && self.inner_lines > 0 {
                    // What closes over line feeds but not at the end of a field opens another one.
                    match self.buffer.get(at + 1) {
                        None => {
                            self.scanned = at;
                            return Scan::More;
                        }
                        Some(b'"' | b'\r' | b'\n') => {}
                        Some(&next) if next == delimiter => {}
                        Some(_) => return Scan::OpenQuote,
                    }
                }
                // A quote opens only at the start of a field, or again right after it closed.
                let before = at.checked_sub(1).map(|before| self.buffer[before]);
                let opens = before.is_none_or(|byte| [delimiter, b'"', b'\n'].contains(&byte));
                self.quoted = !self.quoted && opens;
            } else if !self.quoted {
                return Scan::End(at);
            } else {
                self.inner_lines += 1;
                if self.inner_lines > self.max_quoted_lines {
                    return Scan::OpenQuote;
                }
            }
        }
        self.scanned = self.buffer.len();
        Scan::More
    }

    /// Reads more, as much as there is now; 0 at the end of the input.
    fn fill(&mut self) -> Result<usize, SourceError> {
        let length = self.buffer.len();
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
        });
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                self.buffer.truncate(length);
                return Err(error);
            }
        };
        self.buffer.truncate(length + read);
        let newest = &self.buffer[length..];
        self.tail
            .extend(&newest[newest.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        if self.at_start {
            let may_be_mark = BYTE_ORDER_MARK.starts_with(&self.buffer);
            if read > 0 && may_be_mark && self.buffer.len() < BYTE_ORDER_MARK.len() {
                return self.fill();
            }
            self.at_start = false;
            if self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.consume(BYTE_ORDER_MARK.len());
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
    fn lines_are_numbered_and_blank_ones_skipped() {
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
    fn any_fields_round_trip() {
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
    fn an_endless_record_is_one_bad_record() {
        let long = std::io::repeat(b'x').take(3 * MAX_RECORD as u64);
        let input = b"a\n"[..].chain(long).chain(&b"\nb\n"[..]);
        let mut reader = LineReader::new(Box::new(input), Path::new("x.jsonl"));
        assert_eq!(reader.next().unwrap().unwrap().data, "a");
        let line = reader.next().unwrap().unwrap();
        assert_eq!((line.number, line.data.len()), (2, KEPT));
        assert!(matches!(
            line.fault,
            Some(RecordFault::TooLong { line: 2, .. })
        ));
        let line = reader.next().unwrap().unwrap();
        assert_eq!((line.number, line.data), (3, "b".into()));
        assert!(reader.buffer.capacity() < 2 * MAX_RECORD);
    }

    #[test]
    fn an_open_quote_is_one_bad_record() {
        let text = "a\n\"b\nc\nd\ne\nf\",\"g\nh\"\n\"i";
        let whole = ["a", "\"b\nc\nd\ne\nf\",\"g\nh\"", "\"i"];
        let parted = ["a", "\"b", "c", "d", "e", "f\",\"g\nh\"", "\"i"];
        for (limit, bad, expected) in [
            (4, vec![2, 8], &parted[..]),
            (5, vec![8], &whole),
            (1_000, vec![8], &whole),
        ] {
            let mut reader = LineReader::new(Box::new(text.as_bytes()), Path::new("x.csv"));
            reader.quoted_fields(b',');
            reader.limit_quoted_lines(limit);
            let lines: Vec<Line> = std::iter::from_fn(|| reader.next().unwrap()).collect();
            let faults = lines.iter().filter(|line| line.fault.is_some());
            let faults: Vec<_> = faults.map(|line| line.number).collect();
            assert_eq!(faults, bad, "{limit}");
            let texts: Vec<_> = lines.iter().map(|line| line.data.clone()).collect();
            assert_eq!(texts, expected, "{limit}");
        }
    }

    #[test]
    fn a_quote_that_closes_within_a_field_was_open() {
        let cases: [(&'static str, &[u64]); 6] = [
            ("1,\"x\n2,x\n3,\"x\n4,x\n", &[1, 3]),
            ("1,\"x\n2,x\n3,\"\"\"x\n4,x\n", &[1, 3]),
            ("1,\"x\n2,\"\"x\n3\",x\n4,x\n", &[]),
            ("1,\"x\ny\"\r\n2,\"x\ny\",3\n4,\"x\ny\"", &[]),
            ("1,\"x\"y\n2,x\"y\"\n", &[]), // on one line it does no harm
            ("1,\"x\n2,x\"", &[]),
        ];
        for (text, bad) in cases {
            for step in [1, 2, 3, usize::MAX] {
                let input = Box::new(Dribble(text.as_bytes(), step));
                let mut reader = LineReader::new(input, Path::new("x.csv"));
                reader.quoted_fields(b',');
                let lines: Vec<Line> = std::iter::from_fn(|| reader.next().unwrap()).collect();
                let faults = lines.iter().filter(|line| line.fault.is_some());
                let faults: Vec<_> = faults.map(|line| line.number).collect();
                assert_eq!(faults, bad, "{text:?} by {step}");
            }
        }
        // What may continue is waited for.
        let mut reader = LineReader::new(Box::new(&b"1,\"x\ny\""[..]), Path::new("x.csv"));
        reader.quoted_fields(b',');
        assert_eq!(reader.next_terminated().unwrap(), None);
        assert_eq!(reader.last_open_quote(), None);
    }

    #[test]
    fn positions_are_offsets_with_fingerprints() {
        let text = "\u{feff}a\r\n\n\"b\nc\",d\nlast";
        let open = || {
            let mut reader = LineReader::new(Box::new(Dribble(text.as_bytes(), 3)), Path::new("x"));
            reader.quoted_fields(b',');
            reader
        };
        let mut reader = open();
        while let Some(line) = reader.next_terminated().unwrap() {
            let offset = usize::try_from(reader.offset()).unwrap();
            assert_eq!(
                reader.fingerprint(),
                crc32c::crc32c(&text.as_bytes()[..offset])
            );
            let mut other = open();
            assert!(other.skip_to(reader.offset()).unwrap());
            assert_eq!(other.fingerprint(), reader.fingerprint(), "{line:?}");
        }
        assert!(reader.has_open_line());
        assert_eq!(reader.last().unwrap().data, "last");
        assert!(!open().skip_to(text.len() as u64 + 1).unwrap());
    }
}
