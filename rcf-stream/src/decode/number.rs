//! Numbers as people and spreadsheets write them.

use serde::{Deserialize, Serialize};

use crate::number::parse_number;

/// What separates the whole part of a number from its fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// `1.5`.
    #[default]
    Point,
    /// `1,5`.
    Comma,
}

impl Decimal {
    pub(crate) fn mark(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// How the numbers of a source are written. The default is that of programming languages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberStyle {
    /// The decimal mark.
    #[serde(default)]
    pub decimal: Decimal,
    /// The thousands separator, if there is one. A blank matches all non-breaking blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping: Option<char>,
    /// Whether signs of currency and percent around a number are dropped, and parentheses around it
    /// or a minus after it make it negative.
    #[serde(default)]
    pub signs: bool,
}

/// Texts that mean a missing value, in lower case: those of programs and languages, dashes, those
/// of databases and statistics packages, and the errors of spreadsheets.
#[rustfmt::skip] // a line for each origin
const MISSING: [&str; 24] = [
    "", "na", "n/a", "nan", "null", "none", "nil", "<na>",
    "-", "--", "–", "—", "?",
    "\\n", "(null)", ".", "..",
    "#n/a", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!",
];

/// Whether a text means that there is no value: empty, `NA`, `N/A`, `NaN`, `null`, `None`, `-`,
/// `?`,
/// `#N/A` and others, in any case.
#[must_use]
pub fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 7 && MISSING.iter().any(|word| word.eq_ignore_ascii_case(text))
}

impl NumberStyle {
    /// Reads a number; `None` if the text is not a number in this style. `inf` is one, so that it
    /// can be rejected by name; `NaN` is a word for a missing value.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.trim();
        let value = if self == Self::default() {
            parse_number(text)
        } else {
            self.parse_styled(text)
        };
        value.filter(|value: &f64| !value.is_nan())
    }

    fn parse_styled(self, text: &str) -> Option<f64> {
        let mut text = text;
        let mut negative = false;
        if self.signs {
            (text, negative) = without_signs(text);
        }
        let (whole, fraction) = match text.find(self.decimal.mark()) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, ""),
        };
        let whole = self.without_groups(whole)?;
        let plain = if fraction.is_empty() {
            whole
        } else {
            format!("{whole}.{fraction}")
        };
        let value: f64 = plain.parse().ok()?;
        Some(if negative { -value } else { value })
    }

    /// The whole part without its thousands separators; `None` if they are misplaced.
    fn without_groups(self, whole: &str) -> Option<String> {
        let separates = |c: char| match self.grouping {
            Some(' ') => is_group_blank(c),
            Some(mark) => c == mark,
            None => false,
        };
        let mut groups = whole.split(separates);
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        let Some((last, middle)) = rest.split_last() else {
            return Some(first.replace('\u{2212}', "-"));
        };
        let are_digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
        let head = first.trim_start_matches(['-', '+', '\u{2212}']);
        let fits = (1..=3).contains(&head.len())
            && are_digits(&head)
            && last.len() == 3
            && are_digits(last)
            // Indian groups have two digits.
            && middle.iter().all(|group| (2..=3).contains(&group.len()) && are_digits(group));
        fits.then(|| format!("{}{}", first.replace('\u{2212}', "-"), rest.concat()))
    }
}

/// The blanks that separate thousands: plain, non-breaking, thin and narrow.
pub(crate) fn is_group_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Whether this is a sign that is written next to numbers.
pub(crate) fn is_sign(c: char) -> bool {
    matches!(c, '%' | '‰' | '$' | '€' | '£' | '¥' | '₹' | '₩' | '₽' | '฿')
}

/// Removes signs and blanks around a number, and reads a negative one in parentheses or with its
/// minus at the end.
fn without_signs(text: &str) -> (&str, bool) {
    let drop = |text: &'_ str| -> usize {
        text.len()
            - text
                .trim_start_matches(|c| is_sign(c) || is_group_blank(c))
                .len()
    };
    let mut text = text;
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        (text, negative) = (inner, true);
    }
    text = &text[drop(text)..];
    // The minus may come before the sign: -$5.
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}'])
        && drop(rest) > 0
    {
        text = &rest[drop(rest)..];
        negative = !negative;
    }
    text = text.trim_end_matches(|c| is_sign(c) || is_group_blank(c));
    // Some programs of accountants write the minus after the number: 5-.
    if let Some(rest) = text.strip_suffix('-')
        && rest.ends_with(|c: char| c.is_ascii_digit())
    {
        (text, negative) = (rest, !negative);
    }
    (text, negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: NumberStyle = NumberStyle {
        decimal: Decimal::Comma,
        grouping: Some('.'),
        signs: false,
    };
    const SHOP: NumberStyle = NumberStyle {
        decimal: Decimal::Point,
        grouping: Some(','),
        signs: true,
    };

    #[test]
    fn each_style_reads_its_numbers() {
        let cases = [
            (NumberStyle::default(), "1e-3", 0.001),
            (COMMA, "49,411", 49.411),
            (COMMA, "-1.234.567,8", -1_234_567.8),
            (COMMA, "1,5e3", 1500.0),
            (SHOP, "1,234.50", 1234.5),
            (SHOP, "12,34,567", 1_234_567.0),
            (SHOP, "$ 1,200", 1200.0),
            (SHOP, "-$5", -5.0),
            (SHOP, "(7.5)", -7.5),
            (SHOP, "1,207.50-", -1207.5),
            (SHOP, "- 7.5", -7.5),
            (SHOP, "12.5 %", 12.5),
            (SHOP, "€-3", -3.0),
        ];
        for (style, text, value) in cases {
            assert_eq!(style.parse(text), Some(value), "{text}");
        }
        let blanks = NumberStyle {
            grouping: Some(' '),
            ..COMMA
        };
        assert_eq!(blanks.parse("1\u{202f}234,5"), Some(1234.5));
    }

    #[test]
    fn other_styles_are_not_numbers() {
        for text in ["1,234", "$5", "12%", "1 2", ""] {
            assert_eq!(NumberStyle::default().parse(text), None, "{text}");
        }
        for text in ["1.23", "1.2345,0", "1,2,3", ".500"] {
            assert_eq!(COMMA.parse(text), None, "{text}");
        }
        assert_eq!(SHOP.parse("$"), None);
        assert_eq!(SHOP.parse("12,3"), None);
    }

    #[test]
    fn words_for_missing_values() {
        for text in [
            "", " ", "NA", "n/a", "NaN", "null", "None", "-", "?", "#N/A", "\\N", "(null)", ".",
            "–", "#DIV/0!", "#VALUE!", "#NAME?", "nil",
        ] {
            assert!(is_missing(text), "{text:?}");
        }
        for text in ["0", "-1", "nano", "NAME", "x", ".5", "n", "..."] {
            assert!(!is_missing(text), "{text:?}");
        }
    }
}
