//! Cuts a byte stream into records, one per line, and knows how far it got.

mod input;
mod scanner;
#[cfg(test)]
mod tests;

pub use scanner::MAX_QUOTED_LINES;

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use memchr::memchr;

use self::input::Input;
use self::scanner::{Scan, Scanner};
use crate::source::{RecordFault, SourceError};

/// The largest record on Kinesis, and so the largest here.
pub(crate) const MAX_RECORD: usize = 10 * 1024 * 1024;
/// How much of a record that is too long is kept for the dead letters.
pub(super) const KEPT: usize = 4 * 1024;

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

/// Splits an input into lines, without copying them. Blank lines are counted and left out.
pub(crate) struct LineReader {
    input: Input, // its buffer starts at the start of a record
    scanner: Scanner,
    comment: Option<u8>, // lines that begin with it are left out
    skip: u64,           // this many lines at the start are left out
    begun_at: u64,       // the line before the first of this input
    next_line: u64,
    too_long: Option<Bytes>, // the start of a record whose end is not found yet
}

impl LineReader {
    pub(crate) fn new(input: Box<dyn Read + Send>, path: &Path) -> Self {
        Self {
            input: Input::new(input, path),
            scanner: Scanner::new(None, MAX_QUOTED_LINES),
            comment: None,
            skip: 0,
            begun_at: 0,
            next_line: 1,
            too_long: None,
        }
    }

    /// From now on, records are CSV with this delimiter.
    pub(crate) fn quoted_fields(&mut self, delimiter: u8) {
        self.scanner.delimiter = Some(delimiter);
    }

    /// A quote counts as unclosed when this many line feeds are quoted.
    pub(crate) fn limit_quoted_lines(&mut self, lines: u64) {
        self.scanner.max_quoted_lines = lines;
    }

    /// From now on, lines that begin with this byte are left out, and so are the first `skip`
    /// lines.
    pub(crate) fn leave_out(&mut self, comment: Option<u8>, skip: u64) {
        (self.comment, self.skip) = (comment, skip);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.input.path
    }

    /// Where the next record starts, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// CRC-32C of the bytes before the next record.
    pub(crate) fn fingerprint(&self) -> u32 {
        self.input.fingerprint()
    }

    /// The number of the next line.
    pub(crate) fn next_line(&self) -> u64 {
        self.next_line
    }

    /// The bytes that were read last, and where they end in the input.
    pub(crate) fn tail(&self) -> (&[u8], u64) {
        self.input.tail()
    }

    /// Whether something was read that no line feed ends yet.
    pub(crate) fn has_open_line(&self) -> bool {
        !self.input.buffer.is_empty()
    }

    /// Sets the number of the next line.
    pub(crate) fn number_from(&mut self, line: u64) {
        self.next_line = line;
    }

    /// Continues with another input, from its start; line numbers continue.
    pub(crate) fn switch(&mut self, input: Box<dyn Read + Send>) {
        self.input = Input::new(input, &self.input.path);
        self.scanner.restart();
        self.begun_at = self.next_line - 1;
        self.too_long = None;
    }

    /// Skips everything before an offset; `false` if the input ends before it.
    pub(crate) fn skip_to(&mut self, offset: u64) -> Result<bool, SourceError> {
        while self.input.offset() < offset {
            if self.input.buffer.is_empty() && self.input.fill()? == 0 {
                return Ok(false);
            }
            let missing = usize::try_from(offset - self.input.offset()).unwrap_or(usize::MAX);
            self.input.take(missing.min(self.input.buffer.len()));
        }
        self.scanner.restart();
        Ok(true)
    }

    /// The next record; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        match self.next_terminated()? {
            None => Ok(self.last()),
            line => Ok(line),
        }
    }

    /// The next record that a line feed ends; `None` if the input ends before one.
    pub(crate) fn next_terminated(&mut self) -> Result<Option<Line>, SourceError> {
        loop {
            if let Some(line) = self.next_buffered() {
                return Ok(Some(line));
            }
            if self.input.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next record, as long as no more need be read for it.
    pub(crate) fn next_buffered(&mut self) -> Option<Line> {
        loop {
            if self.too_long.is_some() {
                let end = memchr(b'\n', &self.input.buffer);
                self.input
                    .take(end.map_or(self.input.buffer.len(), |end| end + 1));
                end?;
                return self.end_too_long();
            }
            match self.scanner.scan(&self.input.buffer) {
                Scan::End(end) => {
                    let data = self.input.take(end + 1);
                    if let Some(line) = self.take(data.slice(..end)) {
                        return Some(line);
                    }
                }
                Scan::OpenQuote => return self.open_quote(),
                Scan::More if self.input.buffer.len() <= MAX_RECORD => return None,
                Scan::More if self.scanner.inner_lines > 0 => return self.open_quote(),
                Scan::More => {
                    let start = self.input.take(self.input.buffer.len());
                    self.too_long = Some(Bytes::copy_from_slice(&start[..KEPT.min(start.len())]));
                    self.scanner.restart();
                }
            }
        }
    }

    /// The end of the input: first the record that an open quote kept together, then the bytes
    /// after the last line feed.
    pub(crate) fn last(&mut self) -> Option<Line> {
        if self.too_long.is_some() {
            return self.end_too_long();
        }
        if self.is_quote_open() {
            return self.open_quote();
        }
        if self.input.buffer.is_empty() {
            return None; // no line, so that none is counted
        }
        let data = self.input.take(self.input.buffer.len());
        self.take(data)
    }

    /// The first line of a record that an open quote keeps together, if it has a line feed; the
    /// lines after it are read as if the quote were not there.
    pub(crate) fn last_open_quote(&mut self) -> Option<Line> {
        if self.is_quote_open() && self.scanner.inner_lines > 0 {
            self.open_quote()
        } else {
            None
        }
    }

    /// Whether the input ends within quotes.
    fn is_quote_open(&self) -> bool {
        self.scanner.is_quote_open(self.input.buffer.len())
    }

    fn open_quote(&mut self) -> Option<Line> {
        let end = memchr(b'\n', &self.input.buffer);
        let data = self
            .input
            .take(end.map_or(self.input.buffer.len(), |end| end + 1));
        let fault = RecordFault::OpenQuote {
            line: self.next_line,
            limit: self.scanner.max_quoted_lines,
        };
        self.scanner.restart();
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

    /// Counts the lines of a record; `None` if it is blank.
    fn take(&mut self, data: Bytes) -> Option<Line> {
        let number = self.next_line;
        self.next_line += 1 + self.scanner.inner_lines;
        self.scanner.restart();
        let length = data.strip_suffix(b"\r").unwrap_or(&data).len();
        let is_blank = match self.scanner.delimiter {
            None => data.trim_ascii().is_empty(),
            Some(_) => length == 0, // blanks may be columns
        };
        let left_out = number - self.begun_at <= self.skip
            || self.comment.is_some_and(|it| data.first() == Some(&it))
            || self.comment == Some(b'+') && is_count_of_rows(&data[..length]);
        (!is_blank && !left_out).then(|| Line {
            number,
            data: data.slice(..length),
            fault: None,
        })
    }
}

/// Whether a line is the count that MySQL or psql writes below a table with borders, such as
/// `300 rows in set (0.01 sec)` or `(300 rows)`.
fn is_count_of_rows(line: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let open = line.strip_prefix(b"(").unwrap_or(line);
    let (count, rest) = open.split_at(digits(open));
    let rest = rest
        .strip_prefix(b" rows")
        .or_else(|| rest.strip_prefix(b" row"));
    !count.is_empty()
        && rest.is_some_and(|rest| match open.len() < line.len() {
            true => rest == b")",
            false => rest.starts_with(b" in set"),
        })
}
