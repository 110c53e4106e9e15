//! Numbers that are written as text: one reader for every format.

/// Reads a number; blanks around it are ignored. `None` if the text is not one.
///
/// `inf` and `NaN` are read, so that they can be rejected, or taken as missing, by name.
#[must_use]
pub fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let minus = || {
        text.strip_prefix('\u{2212}')
            .filter(|it| !it.starts_with(['-', '+']))
    };
    // The typographic minus is rare: only what is not a number otherwise may have it.
    let negative = |digits: &str| digits.parse().ok().map(|number: f64| -number);
    text.parse().ok().or_else(|| negative(minus()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_common_form() {
        let cases = [
            ("12", 12.0),
            (" -1.5e3 ", -1500.0),
            ("+.5", 0.5),
            ("0.1", 0.1),
            ("1e400", f64::INFINITY),
            ("\u{2212}0.5", -0.5),
        ];
        for (text, number) in cases {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
        for text in [
            "",
            " ",
            "12a",
            "1,5",
            "0x10",
            "1_000",
            "\u{2212}-1",
            "\u{2212}",
        ] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }
}
