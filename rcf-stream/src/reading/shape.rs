//! Shapes of cells, independent of the style of the source.

use crate::decode::number::{Decimal, NumberStyle, is_missing, is_sign};

/// The styles that are tried for cells.
const STYLES: [(Decimal, Option<char>); 5] = [
    (Decimal::Point, Some(',')),
    (Decimal::Comma, Some('.')),
    (Decimal::Comma, Some(' ')),
    (Decimal::Point, Some(' ')),
    (Decimal::Point, Some('\'')),
];

/// The form of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Missing,
    Number,
    Time,
    Text,
}

impl Shape {
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        if is_missing(text) {
            Self::Missing
        } else if is_number(text) {
            Self::Number
        } else if is_time(text) {
            Self::Time
        } else {
            Self::Text
        }
    }

    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Number | Self::Time)
    }
}

fn is_number(text: &str) -> bool {
    let may_be = |c: char| {
        c.is_ascii_digit()
            || is_sign(c)
            || matches!(
                c,
                '+' | '-' | '\u{2212}' | '.' | ',' | '\'' | '(' | ')' | 'e' | 'E'
            )
            || crate::decode::number::is_group_blank(c)
    };
    if text.len() > 40
        || !text.bytes().any(|byte| byte.is_ascii_digit())
        || !text.chars().all(may_be)
    {
        return false;
    }
    NumberStyle::default().parse(text).is_some()
        || STYLES.iter().any(|&(decimal, grouping)| {
            let signs = true;
            let style = NumberStyle {
                decimal,
                grouping,
                signs,
            };
            style.parse(text).is_some()
        })
}

/// A comma in a time is before a blank, or before the three digits of a fraction at its end.
fn has_good_commas(text: &str) -> bool {
    text.match_indices(',').all(|(at, _)| {
        let rest = &text[at + 1..];
        rest.starts_with(' ') || (rest.len() == 3 && rest.bytes().all(|it| it.is_ascii_digit()))
    })
}

/// A number that no clock is, such as `20.238`: a clock of hours and minutes may have a point, too.
fn is_measured(word: &str) -> bool {
    let is_clock = |(hours, minutes): (&str, &str)| hours.len() <= 2 && minutes.len() == 2;
    let is_number = word.parse::<f64>().is_ok();
    is_number && word.split_once('.').is_some_and(|parts| !is_clock(parts))
}

/// Whether a whole number follows a clock; four digits may be the year.
fn has_number_after_clock(text: &str) -> bool {
    let words = text.split_ascii_whitespace();
    let mut after = words.skip_while(|word| !word.contains(':')).skip(1);
    after.any(|word| word.len() != 4 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Digits with at least two of the marks of dates and clocks among them, and few letters.
fn is_time(text: &str) -> bool {
    let count = |of: fn(char) -> bool| text.chars().filter(|&c| of(c)).count();
    let digits = count(|c| c.is_ascii_digit());
    let marks = count(|c| matches!(c, '-' | '/' | ':' | '.' | ' '));
    let letters = count(char::is_alphabetic);
    let other = count(|c| {
        !(c.is_alphanumeric() || matches!(c, '-' | '/' | ':' | '.' | ' ' | '+' | ',' | '[' | ']'))
    });
    // Numbers next to each other are columns, also after a time; only clocks follow a date.
    let mut words = text.split_ascii_whitespace();
    let are_numbers = text.contains(' ') && words.all(|word| word.parse::<f64>().is_ok());
    let mut rest = text.split_ascii_whitespace().skip(1);
    let are_numbers = are_numbers || rest.any(is_measured) || has_number_after_clock(text);
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || c == '[') || letters >= 3;
    text.len() <= 40
        && !are_numbers
        && starts
        && digits >= 4
        && marks >= 2
        && letters <= 12
        && other == 0
        && digits > letters / 2
        && has_good_commas(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_distinguished() {
        let cases = [
            (Shape::Missing, ["", " NA", "-", "?"].as_slice()),
            (
                Shape::Number,
                &[
                    "1",
                    "-1.5e3",
                    "49,411",
                    "1.234.567,8",
                    "12 %",
                    "$1,200.50",
                    "1 234,5",
                ],
            ),
            (
                Shape::Time,
                &[
                    "2023-11-14T22:13:20Z",
                    "14.11.2023 22:13",
                    "11/14/2023 10:13:20 PM",
                    "14/Nov/2023:22:13:20 +0000",
                    "Nov 14, 2023 10:13",
                    "2023-11-14",
                    "14.11.2023 22.13",
                    "Nov 14 22:13:20 2023",
                    "2023-11-14 22:13:20 +0100",
                ],
            ),
            (
                Shape::Text,
                &[
                    "degC",
                    "m0",
                    "host-1",
                    "UTC",
                    "value",
                    "a b c",
                    "x12",
                    "2023-11-14T20:00:20Z,50,5",
                    "0   49.5285  4.9426",
                    "2024-02-01T00:00:00   20.238    50",
                    "2024-02-01 00:00 20 50",
                ],
            ),
        ];
        for (shape, texts) in cases {
            for text in texts {
                assert_eq!(Shape::of(text), shape, "{text}");
            }
        }
    }
}
