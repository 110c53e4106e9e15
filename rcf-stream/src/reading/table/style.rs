//! The style of the numbers in a table.

use super::{PREAMBLE, Row, rows};
use crate::decode::InputFormat;
use crate::decode::dialect::{Dialect, Framing};
use crate::decode::number::{Decimal, NumberStyle, is_group_blank, is_missing, is_sign};
use crate::decode::parts_of_unit;
use crate::reading::shape::Shape;
use crate::reading::{DialectError, Given, RECORDS};

/// The style in which the cells are numbers.
pub(super) fn number_style(
    body: &[Row],
    delimiter: u8,
    given: &Given,
) -> Result<NumberStyle, DialectError> {
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

/// An ambiguous number of a recognised text, if no number there shows whether its
/// mark is the decimal one: all have three digits after it.
pub(in crate::reading) fn doubtful_number(
    head: &[u8],
    ended: bool,
    dialect: &Dialect,
) -> Option<String> {
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
        let (cell, has_unit) = match parts_of_unit(cell) {
            Some((number, unit)) if !unit.chars().any(is_sign) => (number, true),
            _ => (cell, false),
        };
        if is_missing(cell) || Shape::of(cell) != Shape::Number {
            return;
        }
        self.numbers += 1;
        let digits: String = cell
            .trim_matches(|c: char| {
                is_sign(c) || is_group_blank(c) || matches!(c, '(' | ')' | '-' | '+')
            })
            .to_owned();
        let is_signed = cell.chars().any(|c| is_sign(c) || c == '(');
        let is_apart = cell.ends_with('-') || cell.starts_with("- ");
        self.signs += usize::from(is_signed || is_apart);
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
                // What is a thousand of a unit has another one.
                if may_be_groups(&digits, '.') && !has_unit {
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
            // thousands without commas; in quotes between commas it is not; otherwise it is
            // unknown.
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

/// Whether the marks may separate thousands: no leading zero, and three digits after the last. In
/// India there are two after the others.
fn may_be_groups(digits: &str, mark: char) -> bool {
    let groups: Vec<&str> = digits.split(mark).collect();
    let [first, middle @ .., last] = groups.as_slice() else {
        return false;
    };
    let is_group = |group: &str, digits: usize| {
        group.len() == digits && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_like = |digits| middle.iter().all(|group| is_group(group, digits));
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && is_group(last, 3)
        && (is_like(3) || is_like(2))
}
