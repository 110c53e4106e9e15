//! The lines before the first record: preamble, header and units.

use std::collections::HashSet;

use super::{PREAMBLE, Row};
use crate::decode::Splitter;
use crate::reading::shape::Shape;

/// More lines than this after the header are not units.
const UNIT_LINES: usize = 3;

/// How many lines are before the table: those before the first row of its width. A header of one
/// cell less or more is not a preamble.
pub(super) fn preamble(rows: &[Row], width: usize) -> u64 {
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
pub(super) fn commented_header(
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
pub(super) fn short_header(
    text: &[u8],
    delimiter: u8,
    rows: &[Row],
    width: usize,
) -> Option<String> {
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

/// A header of two lines, groups above names, as tables with several levels of columns have it:
/// names of groups occur repeatedly, or their cells are merged, and only together with the second
/// line they differ.
pub(super) fn joined_header(groups: &Row, names: &Row, delimiter: u8) -> Option<String> {
    let mut group = "";
    let groups: Vec<&str> = groups
        .cells
        .iter()
        .map(|cell| {
            if !cell.is_empty() {
                group = cell;
            }
            group
        })
        .collect();
    let joined: Vec<String> = groups
        .iter()
        .zip(&names.cells)
        .map(|(group, name)| format!("{group} {name}").trim().to_owned())
        .collect();
    let named: Vec<&str> = groups.iter().copied().filter(|it| !it.is_empty()).collect();
    let all_differ = |cells: &[&str]| cells.iter().collect::<HashSet<_>>().len() == cells.len();
    let new: Vec<&str> = joined.iter().map(String::as_str).collect();
    if new.len() != groups.len() || new.contains(&"") || all_differ(&named) || !all_differ(&new) {
        return None;
    }
    let quoted = joined
        .iter()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    Some(
        quoted
            .collect::<Vec<_>>()
            .join(&char::from(delimiter).to_string()),
    )
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
pub(super) fn has_header(rows: &[Row], width: usize) -> bool {
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
/// whole: they are names.
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
pub(super) fn unit_lines(body: &[Row]) -> usize {
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
