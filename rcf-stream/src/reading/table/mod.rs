//! Recognition of a table in text: delimiter, comments, preamble, header, units, numbers.

mod delimiter;
mod frame;
mod header;
mod kind;
mod style;

pub(super) use delimiter::likely_delimiter;
pub(super) use kind::check_kind;
pub(super) use style::doubtful_number;

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use super::{DialectError, Given, RECORDS};
use crate::decode::dialect::{Dialect, Framing, Header};
use crate::decode::number::Decimal;
use crate::decode::{InputFormat, Splitter};
use crate::lines::LineReader;
use crate::reading::shape::Shape;
use delimiter::{best_delimiter, excel_separator, is_one_column};
use frame::{border, labview, without_comments};
use header::{commented_header, has_header, joined_header, preamble, short_header, unit_lines};
use style::number_style;

/// More lines than this before the table are not a preamble.
const PREAMBLE: usize = 50;
/// A text of a single line with as many numbers is a series.
const SERIES: usize = 20;
/// Rows by which delimiters are compared.
const COMPARED: usize = 200;

/// Where the lines of a text end.
pub(super) fn line_end(head: &[u8]) -> Framing {
    let has = |byte| memchr::memchr(byte, head).is_some();
    if has(b'\r') && !has(b'\n') {
        Framing::Returns
    } else {
        Framing::Lines
    }
}

/// One row: the number of its line, and its cells.
struct Row {
    line: u64,
    cells: Vec<String>,
}

pub(super) fn recognise(head: &[u8], ended: bool, given: &Given) -> Result<Dialect, DialectError> {
    let framing = line_end(head);
    let text = match framing {
        Framing::Returns => {
            let feed = |byte: &u8| if *byte == b'\r' { b'\n' } else { *byte };
            Cow::Owned(head.iter().map(feed).collect())
        }
        _ => Cow::Borrowed(head),
    };
    let comment = border(&text).or_else(|| comment(&text));
    let excel = excel_separator(&text);
    let mut given = given.clone();
    let labview = labview(&text);
    if let Some(header) = &labview {
        given.delimiter = given.delimiter.or(Some(header.delimiter));
        given.decimal = given.decimal.or(Some(header.decimal));
    }
    let delimiter = match given.delimiter.or(excel) {
        Some(delimiter) => delimiter,
        None => best_delimiter(&text, ended, comment),
    };
    let delimiter = if given.delimiter.is_none()
        && given.decimal != Some(Decimal::Point)
        && delimiter == b','
        && is_one_column(&rows(&text, ended, b',', comment, COMPARED))
    {
        given.decimal = Some(Decimal::Comma);
        b';'
    } else {
        delimiter
    };
    let rows = rows(&text, ended, delimiter, comment, RECORDS + PREAMBLE);
    let first = labview.as_ref().map_or(0, |header| header.lines);
    let table = rows.iter().position(|row| row.line > first).unwrap_or(0);
    let width = modal_width(&rows[table..]);
    if let [row] = rows.as_slice()
        && ended
        && given.header.is_none()
        && width >= SERIES
        && row
            .cells
            .iter()
            .all(|cell| Shape::of(cell) == Shape::Number)
    {
        return Err(DialectError::OneLine {
            values: width,
            mark: char::from(delimiter).escape_default().to_string(),
        });
    }
    let skip = if excel.is_some() { 1 } else { first };
    let mut dialect = Dialect {
        format: InputFormat::Csv,
        framing,
        delimiter,
        header: Header::None,
        skip: match labview {
            Some(_) => skip,
            None => skip.max(preamble(&rows, width)),
        },
        comment,
        ..Dialect::default()
    };
    let from = rows
        .iter()
        .position(|row| row.line > dialect.skip)
        .unwrap_or(rows.len());
    let rows = &rows[from..];
    if let Some(line) = commented_header(&text, delimiter, comment, rows, width) {
        dialect.header = Header::Comment(line);
    } else if let Some(line) = short_header(&text, delimiter, rows, width)
        && given.header != Some(false)
    {
        dialect.header = Header::Comment(line);
        dialect.skip = rows[0].line;
    } else if let (Some(_), Some(names)) = (&labview, rows.first())
        && let Some(line) = without_comments(names, width, delimiter)
    {
        dialect.header = Header::Comment(line);
        dialect.skip = names.line;
    } else if given.header.unwrap_or_else(|| has_header(rows, width)) {
        dialect.header = Header::FirstLine;
    }
    let body = match dialect.header {
        Header::FirstLine => rows.get(1..).unwrap_or_default(),
        Header::Comment(_) => rows
            .iter()
            .position(|row| row.line > dialect.skip)
            .map_or(&[][..], |at| &rows[at..]),
        Header::None => rows,
    };
    if dialect.header != Header::None {
        dialect.unit_lines = unit_lines(body) as u64;
    }
    let body = &body[dialect.unit_lines as usize..];
    if let (Header::FirstLine, [groups, names, ..]) = (&dialect.header, rows)
        && dialect.unit_lines > 0
        && let Some(line) = joined_header(groups, names, delimiter)
    {
        dialect.header = Header::Comment(line);
        dialect.skip = names.line;
        dialect.unit_lines -= 1;
    }
    dialect.numbers = number_style(body, delimiter, &given)?;
    Ok(dialect)
}

/// `#` or `%`, where some lines, but not all, begin with it.
fn comment(text: &[u8]) -> Option<u8> {
    let lines = || {
        text.split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
    };
    let is_comment = |mark: u8| {
        let marked = lines().filter(|line| line.first() == Some(&mark)).count();
        marked > 0 && marked < lines().count()
    };
    [b'#', b'%'].into_iter().find(|mark| is_comment(*mark))
}

/// The rows at the start of a text. The last is left out where the text may continue.
fn rows(text: &[u8], ended: bool, delimiter: u8, comment: Option<u8>, limit: usize) -> Vec<Row> {
    let input = Cursor::new(text.to_vec());
    let mut reader = LineReader::new(Box::new(input), Path::new("-"));
    reader.quoted_fields(delimiter);
    reader.leave_out(comment, 0);
    let mut splitter = Splitter::new(delimiter);
    let mut rows = Vec::new();
    while rows.len() <= limit
        && let Ok(Some(line)) = reader.next()
    {
        let cells = match splitter.split(&line.data) {
            Ok(width) => (0..width)
                .map(|index| {
                    let cell = splitter.field(index).unwrap_or_default();
                    String::from_utf8_lossy(cell).trim().to_owned()
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        rows.push(Row {
            line: line.number,
            cells,
        });
    }
    if rows.len() > limit || (!ended && rows.len() > 1) {
        rows.pop();
    }
    rows
}

/// How many cells most rows have.
fn modal_width(rows: &[Row]) -> usize {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for row in rows {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|&(width, count)| (count, width));
    most.map_or(0, |(width, _)| width)
}
