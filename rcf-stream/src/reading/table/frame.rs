//! What programs write around a table: borders of databases, the header of LabVIEW.

use super::Row;
use crate::decode::number::Decimal;

/// The first character of lines that are not records of a table with borders: those of MySQL, which
/// begin with a plus, those of reStructuredText, of equals signs, or the count of rows that psql
/// writes below a line such as `---+---`.
pub(super) fn border(text: &[u8]) -> Option<u8> {
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let is_border = |line: &[u8]| {
        line.len() > 2 && line.contains(&b'+') && line.iter().all(|byte| b"+-=".contains(byte))
    };
    let is_double = |line: &[u8]| {
        line.len() > 2 && line.iter().all(|byte| b"= ".contains(byte)) && line[0] == b'='
    };
    let (first, second) = (lines.next()?, lines.next()?);
    match (is_border(first), is_border(second)) {
        (true, _) if first[0] == b'+' => Some(b'+'),
        _ if is_double(first) => Some(b'='),
        (false, true) if second[0] == b'-' => Some(b'('),
        _ => None,
    }
}

/// The header of a file of LabVIEW.
pub(super) struct LabView {
    /// How many lines it has.
    pub(super) lines: u64,
    pub(super) delimiter: u8,
    pub(super) decimal: Decimal,
}

const END: &[u8] = b"***End_of_Header***";

/// The header of a file of LabVIEW: names with values, up to the last line that ends it.
pub(super) fn labview(text: &[u8]) -> Option<LabView> {
    if !text.starts_with(b"LabVIEW Measurement") {
        return None;
    }
    let lines = || text.split(|byte| *byte == b'\n');
    let last = lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with(END))
        .last()?
        .0;
    let has = |name: &[u8], value: &[u8]| {
        lines().take(last).any(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.trim_ascii().starts_with(value))
        })
    };
    Some(LabView {
        lines: last as u64 + 1,
        delimiter: if has(b"Separator", b"Comma") {
            b','
        } else {
            b'\t'
        },
        decimal: match has(b"Decimal_Separator", b",") {
            true => Decimal::Comma,
            false => Decimal::Point,
        },
    })
}

/// The header of a table of LabVIEW, whose last column, of comments, the rows do not have.
pub(super) fn without_comments(names: &Row, width: usize, delimiter: u8) -> Option<String> {
    let (last, names) = names.cells.split_last()?;
    let is_longer = last == "Comment" && names.len() == width;
    is_longer.then(|| names.join(&char::from(delimiter).to_string()))
}
