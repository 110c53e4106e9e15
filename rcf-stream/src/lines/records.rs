//! Records of a text: lines, or JSON values.

use std::path::Path;

use bytes::Bytes;

use super::json_reader::JsonReader;
use super::line_reader::{Line, LineReader, MAX_QUOTED_LINES};
use super::text::{Input, Returns};
use crate::decode::InputFormat;
use crate::decode::dialect::{Dialect, Framing, Header};
use crate::source::SourceError;

/// How a text is split into records, beyond its dialect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutting {
    /// Whether a last line without its line feed is left for the next run.
    pub(crate) wait_for_line_feed: bool,
    /// A quote counts as unclosed when this many line feeds are quoted.
    pub(crate) max_quoted_lines: u64,
}

impl Default for Cutting {
    fn default() -> Self {
        Self {
            wait_for_line_feed: false,
            max_quoted_lines: MAX_QUOTED_LINES,
        }
    }
}

/// Splits a text into records, after its header.
pub(crate) struct Records {
    reader: Reader,
    /// The first line, if it names the columns.
    pub(crate) header: Option<Bytes>,
    first: Option<Line>, // read, but not delivered yet
}

enum Reader {
    Lines(LineReader),
    Values(JsonReader),
}

impl Records {
    pub(crate) fn open(
        input: Input,
        path: &Path,
        dialect: &Dialect,
        cutting: Cutting,
    ) -> Result<Self, SourceError> {
        if dialect.framing == Framing::Values {
            let reader = Reader::Values(JsonReader::new(input, path.to_owned()));
            return Ok(Self {
                reader,
                header: None,
                first: None,
            });
        }
        let input = match dialect.framing {
            Framing::Returns => Box::new(Returns(input)),
            Framing::Lines | Framing::Values => input,
        };
        let mut reader = LineReader::new(input, path);
        reader.leave_out(dialect.comment, dialect.skip);
        reader.limit_quoted_lines(cutting.max_quoted_lines);
        let (mut header, mut first) = (None, None);
        if dialect.format == InputFormat::Csv {
            reader.quoted_fields(dialect.delimiter);
            header = match &dialect.header {
                Header::None => None,
                Header::FirstLine => reader.next()?.map(|line| line.data),
                Header::Comment(line) => Some(Bytes::copy_from_slice(line.as_bytes())),
            };
            for _ in 0..dialect.unit_lines {
                reader.next()?;
            }
            first = if cutting.wait_for_line_feed {
                reader.next_terminated()?
            } else {
                reader.next()?
            };
        }
        Ok(Self {
            reader: Reader::Lines(reader),
            header,
            first,
        })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        match self.next_terminated()? {
            Some(line) => Ok(Some(line)),
            None => Ok(self.last()),
        }
    }

    /// The next record that is complete; `None` at the present end of the input.
    pub(crate) fn next_terminated(&mut self) -> Result<Option<Line>, SourceError> {
        match (self.first.take(), &mut self.reader) {
            (Some(line), _) => Ok(Some(line)),
            (None, Reader::Lines(reader)) => reader.next_terminated(),
            (None, Reader::Values(reader)) => reader.next(),
        }
    }

    /// The rest at the end of the input, without a line feed.
    pub(crate) fn last(&mut self) -> Option<Line> {
        match &mut self.reader {
            Reader::Lines(reader) => reader.last(),
            Reader::Values(_) => None,
        }
    }

    pub(crate) fn next_buffered(&mut self) -> Option<Line> {
        match &mut self.reader {
            Reader::Lines(reader) => reader.next_buffered(),
            Reader::Values(reader) => reader.next_buffered(),
        }
    }

    /// The reader of lines, if records are lines.
    pub(crate) fn lines(&mut self) -> Option<&mut LineReader> {
        match &mut self.reader {
            Reader::Lines(reader) => Some(reader),
            Reader::Values(_) => None,
        }
    }

    /// Continues with another input of lines, from its start.
    pub(crate) fn switch(&mut self, input: Input) {
        self.first = None;
        if let Reader::Lines(reader) = &mut self.reader {
            reader.switch(input);
        }
    }

    /// Takes back a record.
    pub(crate) fn put_back(&mut self, line: Option<Line>) {
        self.first = line;
    }

    /// Reads the first record, which has already been read, under another number.
    pub(crate) fn number_from(&mut self, line: u64) {
        let Reader::Lines(reader) = &mut self.reader else {
            return;
        };
        reader.number_from(line);
        if let Some(first) = &mut self.first {
            first.number = line;
            reader.number_from(line + 1);
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match &self.reader {
            Reader::Lines(reader) => reader.path(),
            Reader::Values(reader) => reader.path(),
        }
    }
}
