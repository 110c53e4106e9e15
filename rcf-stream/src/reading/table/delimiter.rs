//! The delimiter of a table.

use super::{COMPARED, Row, modal_width, rows};
use crate::reading::shape::Shape;

const DELIMITERS: [u8; 5] = *b",;\t| ";

/// The line `sep=;` with which spreadsheets name the delimiter.
pub(super) fn excel_separator(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| *byte == b'\n').next()?.trim_ascii();
    match line.strip_prefix(b"sep=")? {
        [delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter that parts most rows into as many cells, and makes most cells numbers or times.
pub(super) fn best_delimiter(text: &[u8], ended: bool, comment: Option<u8>) -> u8 {
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
pub(super) fn is_one_column(rows: &[Row]) -> bool {
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

/// A mark that occurs equally often in every line, so that it may separate columns: the likely
/// delimiter of a text that was read as one column.
pub(in crate::reading) fn likely_delimiter(head: &[u8]) -> Option<char> {
    let text = String::from_utf8_lossy(head);
    let whole = text.trim_end_matches(|c| c != '\n'); // the last line may be incomplete
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
