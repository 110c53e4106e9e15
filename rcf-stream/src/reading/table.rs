//! Recognition of a table in text: delimiter, comments, preamble, header, units, numbers.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use super::shape::Shape;
use super::{DialectError, Given, RECORDS};
use crate::decode::dialect::{Dialect, Framing, Header};
use crate::decode::number::{Decimal, NumberStyle, is_group_blank, is_missing, is_sign};
use crate::decode::{InputFormat, Splitter};
use crate::lines::LineReader;

const DELIMITERS: [u8; 5] = *b",;\t| ";
/// Rows by which delimiters are compared.
const COMPARED: usize = 200;
/// More lines than this before the table are no preamble.
const PREAMBLE: usize = 50;
/// More lines than this after the header are not units.
const UNIT_LINES: usize = 3;

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

/// Refuses texts that are no table but could be read as one.
pub(super) fn check_kind(head: &[u8]) -> Result<(), DialectError> {
    let start = String::from_utf8_lossy(&head[..head.len().min(1_000)]);
    let start = start.trim_start().to_ascii_lowercase();
    let is = |tag: &str| start.starts_with(tag);
    if is("<!doctype html") || is("<html") {
        return Err(DialectError::Markup {
            found: "an HTML page",
        });
    }
    if is("<?xml") {
        return Err(DialectError::Markup { found: "XML" });
    }
    match named_field(head) {
        Some(example) => Err(DialectError::NamedFields { example }),
        None => Ok(()),
    }
}

/// A field `name=number`, if each line has words of that form.
fn named_field(head: &[u8]) -> Option<String> {
    let is_named = |word: &&str| {
        word.split_once('=').is_some_and(|(name, value)| {
            name.starts_with(char::is_alphabetic)
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_.-".contains(c))
                && Shape::of(value.trim_matches(['"', ','])) == Shape::Number
        })
    };
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(COMPARED)
        .peekable();
    let field = |line: &str| line.split_whitespace().find(is_named).map(str::to_owned);
    let example = field(lines.peek()?)?;
    // The last line may be cut.
    let lines: Vec<&str> = lines.collect();
    let whole = &lines[..lines.len().saturating_sub(1).max(1)];
    (lines.len() > 1 && whole.iter().all(|line| field(line).is_some())).then_some(example)
}

/// A mark that each line has as often as the first, so that it may separate columns: of one column
/// of text it is the likely delimiter.
pub(super) fn likely_delimiter(head: &[u8]) -> Option<char> {
    let text = String::from_utf8_lossy(head);
    let whole = text.trim_end_matches(|c| c != '\n'); // the last line may be cut
    let lines: Vec<&str> = whole.lines().take(COMPARED).collect();
    let first = lines.first()?;
    let marks = first
        .chars()
        .filter(|c| c.is_ascii_punctuation() && !"\"'_-.+/:,;|()[]{}".contains(*c));
    let count = |line: &str, mark: char| line.matches(mark).count();
    let is_regular = |&mark: &char| {
        let expected = count(first, mark);
        lines.len() > 1 && lines.iter().all(|line| count(line, mark) == expected)
    };
    marks
        .filter(is_regular)
        .max_by_key(|&mark| count(first, mark))
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
    let comment = comment(&text);
    let excel = excel_separator(&text);
    let mut given = given.clone();
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
    let width = modal_width(&rows);
    let skip = if excel.is_some() { 1 } else { 0 };
    let mut dialect = Dialect {
        format: InputFormat::Csv,
        framing,
        delimiter,
        header: Header::None,
        skip: skip.max(preamble(&rows, width)),
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

/// The line `sep=;` with which spreadsheets name the delimiter.
fn excel_separator(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| *byte == b'\n').next()?.trim_ascii();
    match line.strip_prefix(b"sep=")? {
        [delimiter] => Some(*delimiter),
        _ => None,
    }
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

/// The delimiter that parts most rows into as many cells, and makes most cells numbers or times.
fn best_delimiter(text: &[u8], ended: bool, comment: Option<u8>) -> u8 {
    let mut best = (b',', 0, f64::MIN);
    for delimiter in DELIMITERS {
        let rows = rows(text, ended, delimiter, comment, COMPARED);
        let width = modal_width(&rows);
        let quality = quality(&rows, width);
        // Blanks are within times, too: they must be better, not as good.
        let is_usual = delimiter != b' ';
        let is_better =
            quality > best.2 + 1e-9 || (quality > best.2 - 1e-9 && is_usual && width > best.1);
        if is_better && (is_usual || width > 1) {
            best = (delimiter, width, quality);
        }
    }
    best.0
}

/// Whether the commas between two cells are decimal ones, and the text is one column of numbers: a
/// second number that begins with zeros, as in `49,05`, is a fraction.
fn is_one_column(rows: &[Row]) -> bool {
    let has_header = rows.first().is_some_and(|row| row.cells.len() == 1);
    let body = &rows[usize::from(has_header)..];
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let mut fractions = body.iter().map(|row| match row.cells.as_slice() {
        [whole, fraction] => {
            let is_number = is_digits(whole.trim_start_matches(['-', '+'])) && is_digits(fraction);
            is_number.then_some(fraction.as_str())
        }
        _ => None,
    });
    let fractions: Option<Vec<&str>> = fractions.by_ref().collect();
    fractions.is_some_and(|fractions| {
        let has_zeros = |text: &&str| text.len() > 1 && text.starts_with('0');
        fractions.iter().any(has_zeros)
    })
}

fn quality(rows: &[Row], width: usize) -> f64 {
    let regular: Vec<&Row> = rows.iter().filter(|row| row.cells.len() == width).collect();
    let (mut typed, mut present) = (0_usize, 0_usize);
    let from = usize::from(regular.len() > 1); // the first may be the header
    for row in &regular[from.min(regular.len())..] {
        for cell in &row.cells {
            let shape = Shape::of(cell);
            present += usize::from(shape != Shape::Missing);
            typed += usize::from(shape.is_typed());
        }
    }
    let part = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    part(regular.len(), rows.len()) * (0.01 + part(typed, present))
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

/// How many lines are before the table: those before the first row of its width. A header of one
/// cell less or more is not a preamble.
fn preamble(rows: &[Row], width: usize) -> u64 {
    if width < 2 {
        return 0;
    }
    let first = rows.iter().position(|row| row.cells.len() == width);
    match first {
        Some(1) if rows[0].cells.len() + 1 == width => 0,
        Some(at @ 1..=PREAMBLE) => rows[at].line - 1,
        _ => 0,
    }
}

/// A header in the last comment before the table.
fn commented_header(
    text: &[u8],
    delimiter: u8,
    comment: Option<u8>,
    rows: &[Row],
    width: usize,
) -> Option<String> {
    let (mark, first) = (comment?, rows.first()?);
    let last = text
        .split(|byte| *byte == b'\n')
        .take(usize::try_from(first.line).ok()?.saturating_sub(1))
        .filter(|line| line.first() == Some(&mark))
        .last()?;
    let line = String::from_utf8_lossy(&last[1..]).trim().to_owned();
    let cells = Splitter::new(delimiter).names(line.as_bytes()).ok()?;
    let named = cells.iter().all(|cell| Shape::of(cell) == Shape::Text);
    (width > 1 && cells.len() == width && named && !has_header(rows, width)).then_some(line)
}

/// A header with one cell less than the rows: the rows begin with a name, as R writes them, or end
/// with a delimiter.
fn short_header(text: &[u8], delimiter: u8, rows: &[Row], width: usize) -> Option<String> {
    let (first, body) = rows.split_first()?;
    let is_short = width > 1 && first.cells.len() + 1 == width;
    if !is_short || first.cells.iter().any(|cell| Shape::of(cell).is_typed()) {
        return None;
    }
    let line = text
        .split(|byte| *byte == b'\n')
        .nth(usize::try_from(first.line).ok()? - 1)?;
    let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
    let ends_empty = body
        .iter()
        .all(|row| row.cells.last().is_none_or(String::is_empty));
    let mark = char::from(delimiter);
    Some(if ends_empty {
        format!("{line}{mark}")
    } else if delimiter == b' ' {
        format!("row {line}")
    } else {
        format!("{mark}{line}")
    })
}

/// Whether a column holds numbers or times, but for a few cells.
fn is_typed(rows: &[Row], column: usize) -> bool {
    let shapes = rows
        .iter()
        .filter_map(|row| row.cells.get(column))
        .map(|cell| Shape::of(cell));
    let (mut typed, mut texts) = (0, 0);
    for shape in shapes {
        typed += usize::from(shape.is_typed());
        texts += usize::from(shape == Shape::Text);
    }
    typed > 4 * texts
}

/// Whether the first row names the columns: it has texts where the others have numbers or times.
fn has_header(rows: &[Row], width: usize) -> bool {
    let Some((first, body)) = rows.split_first() else {
        return false;
    };
    let is_counted = first.cells.len() > 2
        && first.cells[0].is_empty()
        && (1..first.cells.len()).all(|n| first.cells[n] == (n - 1).to_string());
    let (mut texts, mut typed, mut time) = (0, 0, false);
    for (index, cell) in first.cells.iter().enumerate() {
        let shape = Shape::of(cell);
        typed += usize::from(shape.is_typed());
        let stands_over = is_typed(body, index);
        texts += usize::from(shape == Shape::Text && stands_over);
        let below = body.iter().filter_map(|row| row.cells.get(index));
        let times = below.filter(|cell| Shape::of(cell) == Shape::Time).count();
        time |= shape == Shape::Text && times * 2 > body.len();
    }
    if body.is_empty() || (texts == 0 && typed == 0) {
        let named = first
            .cells
            .iter()
            .any(|cell| Shape::of(cell) == Shape::Text);
        return named && typed == 0 && first.cells.len() == width;
    }
    is_counted || (texts > 0 && typed == 0) || time || has_numbered_names(first, body)
}

/// Whether the first row has consecutive whole numbers, such as years, over columns that are not
/// whole: it names them.
fn has_numbered_names(first: &Row, body: &[Row]) -> bool {
    let whole = |cell: &String| cell.parse::<u32>().ok();
    let numbered: Vec<usize> = (0..first.cells.len())
        .filter(|&index| whole(&first.cells[index]).is_some())
        .collect();
    let names: Vec<u32> = numbered
        .iter()
        .filter_map(|&index| whole(&first.cells[index]))
        .collect();
    let is_consecutive = names
        .windows(2)
        .all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    let is_fraction = |cell: &String| Shape::of(cell) == Shape::Number && whole(cell).is_none();
    let are_fractions = |&index: &usize| {
        let below = || body.iter().filter_map(|row| row.cells.get(index));
        below().filter(|cell| is_fraction(cell)).count() * 2 > body.len()
    };
    names.len() > 1
        && names.len() + 1 >= first.cells.len()
        && is_consecutive
        && numbered.iter().all(are_fractions)
}

/// Lines after the header that name units: no number or time, and a text over numbers.
fn unit_lines(body: &[Row]) -> usize {
    let rest = &body[body.len().min(UNIT_LINES)..];
    let is_unit = |row: &&Row| {
        let shapes = || row.cells.iter().map(|cell| Shape::of(cell));
        let over = |index| is_typed(rest, index);
        !shapes().any(Shape::is_typed)
            && shapes()
                .enumerate()
                .any(|(index, shape)| shape == Shape::Text && over(index))
    };
    body.iter().take(UNIT_LINES).take_while(is_unit).count()
}

/// The style in which the cells are numbers.
fn number_style(body: &[Row], delimiter: u8, given: &Given) -> Result<NumberStyle, DialectError> {
    let mut evidence = Evidence::default();
    let mut has_thousands = false;
    for column in 0..body.iter().map(|row| row.cells.len()).max().unwrap_or(0) {
        let mut alone = Evidence::default();
        for cell in body.iter().filter_map(|row| row.cells.get(column)) {
            alone.add(cell);
            evidence.add(cell);
        }
        has_thousands |= alone.has_thousands_after_points();
    }
    has_thousands &= evidence.point.is_none();
    let decimal = match given.decimal {
        Some(decimal) => decimal,
        None if has_thousands => Decimal::Comma,
        None => evidence.decimal(delimiter, given.options.decimal)?,
    };
    let grouping = match decimal {
        Decimal::Point if evidence.comma_groups > 0 => Some(','),
        Decimal::Comma if evidence.point_groups > 0 => Some('.'),
        _ if evidence.blanks > 0 => Some(' '),
        _ if evidence.apostrophes > 0 => Some('\''),
        _ => None,
    };
    Ok(NumberStyle {
        decimal,
        grouping,
        signs: evidence.signs > 0,
    })
}

/// A number of a recognised text that could be another one, if no number there tells whether its
/// mark is the decimal one: all have three digits after it.
pub(super) fn doubtful_number(head: &[u8], ended: bool, dialect: &Dialect) -> Option<String> {
    if dialect.format != InputFormat::Csv || dialect.framing != Framing::Lines {
        return None;
    }
    let limit = RECORDS + PREAMBLE;
    let rows = rows(head, ended, dialect.delimiter, dialect.comment, limit);
    let mut evidence = Evidence::default();
    let table = rows.iter().filter(|row| row.line > dialect.skip);
    table
        .flat_map(|row| &row.cells)
        .for_each(|cell| evidence.add(cell));
    let is_plain = evidence.comma.is_none() && evidence.point.is_none() && evidence.twice == 0;
    evidence.either.filter(|_| is_plain)
}

/// What the cells that look like numbers say about their style.
#[derive(Default)]
struct Evidence {
    comma: Option<String>,  // a number whose comma can only be the decimal mark
    point: Option<String>,  // and one whose point can only be
    either: Option<String>, // and one whose mark may be that or not
    numbers: usize,
    comma_groups: usize, // commas that may separate thousands
    point_groups: usize,
    blanks: usize,
    apostrophes: usize,
    signs: usize,
    whole: usize, // numbers of 1,000 and more without any mark
    small: usize, // and below
    twice: usize, // numbers with several points
}

impl Evidence {
    fn add(&mut self, cell: &str) {
        if is_missing(cell) || Shape::of(cell) != Shape::Number {
            return;
        }
        self.numbers += 1;
        let digits: String = cell
            .trim_matches(|c: char| {
                is_sign(c) || is_group_blank(c) || matches!(c, '(' | ')' | '-' | '+')
            })
            .to_owned();
        self.signs += usize::from(cell.chars().any(|c| is_sign(c) || c == '('));
        self.blanks += usize::from(digits.contains(is_group_blank));
        self.apostrophes += usize::from(digits.contains('\''));
        match (digits.find(','), digits.find('.')) {
            (None, None) => {
                let is_plain = !digits.contains(['e', 'E', '\'', ' ']);
                self.whole += usize::from(digits.len() > 3 && is_plain);
                self.small += usize::from(digits.len() <= 3 && is_plain);
            }
            // Of two marks the last is the decimal one.
            (Some(comma), Some(point)) if comma < point => {
                self.point.get_or_insert_with(|| cell.to_owned());
                self.comma_groups += 1;
            }
            (Some(_), Some(_)) => {
                self.comma.get_or_insert_with(|| cell.to_owned());
                self.point_groups += 1;
            }
            (Some(_), None) => {
                if may_be_groups(&digits, ',') {
                    self.comma_groups += 1;
                    self.either.get_or_insert_with(|| cell.to_owned());
                } else {
                    self.comma.get_or_insert_with(|| cell.to_owned());
                }
            }
            (None, Some(_)) => {
                if may_be_groups(&digits, '.') {
                    self.point_groups += 1;
                    self.either.get_or_insert_with(|| cell.to_owned());
                    self.twice += usize::from(digits.matches('.').count() > 1);
                } else {
                    self.point.get_or_insert_with(|| cell.to_owned());
                }
            }
        }
    }

    /// Whether points can only separate thousands: there are two in a number, or all numbers with
    /// one have three digits after it, and all without one are too small to need it. Of fractions
    /// that are cut after their last digit, one in ten would be shorter.
    fn has_thousands_after_points(&self) -> bool {
        let marks_agree = self.point.is_none() && self.whole == 0;
        let is_usual = self.point_groups >= 20 && self.small > 0 && self.point_groups > self.small;
        marks_agree && (self.twice > 0 || is_usual)
    }

    fn decimal(&self, delimiter: u8, option: &'static str) -> Result<Decimal, DialectError> {
        match (&self.comma, &self.point) {
            (Some(comma), Some(point)) => Err(DialectError::Decimals {
                comma: comma.clone(),
                point: point.clone(),
                option,
            }),
            (Some(_), None) => Ok(Decimal::Comma),
            (None, Some(_)) => Ok(Decimal::Point),
            // 1,234 is a decimal comma in a file that keeps commas free for it, or that has
            // thousands without commas; in quotes between commas it is not; else nobody knows.
            (None, None) if self.point_groups == 0 => match &self.either {
                Some(_) if delimiter == b';' || self.whole > 0 => Ok(Decimal::Comma),
                Some(found) if delimiter != b',' && self.comma_groups == self.numbers => {
                    let found = found.clone();
                    Err(DialectError::Comma { found, option })
                }
                _ => Ok(Decimal::Point),
            },
            (None, None) => Ok(Decimal::Point),
        }
    }
}

/// Whether the marks may separate thousands: no leading zero, and three digits after each.
fn may_be_groups(digits: &str, mark: char) -> bool {
    let mut groups = digits.split(mark);
    let first = groups.next().unwrap_or_default();
    let is_group =
        |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len())
        && first != "0"
        && !first.starts_with('0')
        && groups.all(is_group)
}
