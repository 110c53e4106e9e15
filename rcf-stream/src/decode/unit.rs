//! Numbers with a unit after or before them: `12.5 °C`, `1.2s`, `EUR 3`.

use serde::{Deserialize, Serialize};

use super::number::{NumberStyle, is_sign};

/// The unit of the values of a column. Others that measure the same are converted to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unit(String);

/// Words that people write before a number: codes and names of currencies, and pH. Any other word
/// there is the name of a thing, as in `Room 12`.
const LEADING: [&str; 44] = [
    "USD", "EUR", "GBP", "JPY", "CNY", "CHF", "CAD", "AUD", "NZD", "HKD", "SGD", "INR", "KRW",
    "TWD", "THB", "IDR", "MYR", "PHP", "VND", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON",
    "TRY", "RUB", "UAH", "BRL", "MXN", "ARS", "CLP", "COP", "ZAR", "AED", "SAR", "ILS", "EGP",
    "BTC", "Rs", "kr", "Fr", "pH",
];

/// Longer words than this are no units.
const LONGEST: usize = 10;

/// Units of time, in seconds.
const TIMES: [(&str, f64); 25] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("msec", 1e-3),
    ("msecs", 1e-3),
    ("s", 1.0),
    ("sec", 1.0),
    ("secs", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("h", 3_600.0),
    ("hr", 3_600.0),
    ("hrs", 3_600.0),
    ("hour", 3_600.0),
    ("hours", 3_600.0),
    ("d", 86_400.0),
    ("day", 86_400.0),
    ("days", 86_400.0),
    ("m", 60.0), // only beside the others
];

const PREFIXES: [(&str, f64); 19] = [
    ("Ki", 1_024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("d", 1e-1),
    ("h", 1e2),
    ("k", 1e3),
    ("K", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
];

/// Prefixes that are written alone: 1.3k of what the column counts.
fn is_multiple(unit: &str) -> bool {
    !matches!(unit, "n" | "u" | "µ" | "μ" | "m" | "c" | "d" | "h")
        && PREFIXES.iter().any(|(prefix, _)| *prefix == unit)
}

fn seconds(unit: &str) -> Option<f64> {
    TIMES
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor)
}

/// What a unit measures, and its size in that, in each way in which it can be understood.
fn meanings(unit: &str) -> impl Iterator<Item = (&str, f64)> {
    let prefixed = PREFIXES.iter().filter_map(move |(prefix, factor)| {
        let stem = unit.strip_prefix(prefix)?;
        (!stem.is_empty() || is_multiple(unit)).then_some((stem, *factor))
    });
    std::iter::once((unit, 1.0)).chain(prefixed)
}

/// How many of the other unit one of this is; `None` if they measure different things.
fn factor(unit: &str, other: &str) -> Option<f64> {
    if unit == other {
        return Some(1.0);
    }
    match (seconds(unit), seconds(other)) {
        (Some(one), Some(other)) => return Some(one / other),
        // A minute beside other units of time is a metre beside those of length.
        (Some(_), None) if unit != "m" => return None,
        (None, Some(_)) if other != "m" => return None,
        _ => {}
    }
    meanings(unit).find_map(|(stem, size)| {
        let same = meanings(other).find(|(other, _)| *other == stem);
        same.map(|(_, other)| size / other)
    })
}

/// The number and the unit of a text: `("12.5", "°C")`.
pub(crate) fn parts(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if let Some(sign) = text.chars().next().filter(|c| is_sign(*c)) {
        let (sign, number) = text.split_at(sign.len_utf8());
        return Some((number.trim(), sign));
    }
    let is_of_number = |c: char| c.is_ascii_digit() || ".,'+-−()".contains(c) || c.is_whitespace();
    if text.starts_with(is_of_number) {
        let mut begins = text.char_indices().filter(|&(at, c)| {
            let rest = &text[at + c.len_utf8()..];
            let is_exponent = matches!(c, 'e' | 'E')
                && rest
                    .trim_start_matches(['-', '+'])
                    .starts_with(|c: char| c.is_ascii_digit());
            !(is_of_number(c) || is_exponent)
        });
        let (number, unit) = text.split_at(begins.next()?.0);
        let number = number.trim_end();
        let is_whole = !number.ends_with(['-', '+', '\'']);
        (is_unit(unit) && is_whole).then_some((number, unit))
    } else {
        let (unit, number) = text.split_once([' ', '\u{a0}'])?;
        LEADING.contains(&unit).then(|| (number.trim(), unit))
    }
}

/// Letters and signs of units; no half of a day, and digits only as exponents.
fn is_unit(text: &str) -> bool {
    let is_like = text.char_indices().all(|(at, c)| {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        let is_exponent = matches!(c, '2' | '3')
            && before.ends_with(char::is_alphabetic)
            && !after.starts_with(char::is_alphanumeric);
        is_exponent || c.is_alphabetic() || is_sign(c) || "°Ω/·*^-²³¹⁻".contains(c)
    });
    let is_half = ["am", "pm"].contains(&text.to_ascii_lowercase().as_str());
    is_like && !is_half && !text.ends_with('-') && (1..=LONGEST).contains(&text.chars().count())
}

/// The numbers and units of a duration such as `1h2m3.5s`.
fn durations(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let begin = rest.find(|c: char| c.is_alphabetic())?;
        let word = &rest[begin..];
        let end = word
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(word.len());
        parts.push((rest[..begin].trim(), &word[..end]));
        rest = word[end..].trim_start();
    }
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".,".contains(c));
    let mut each = parts.iter();
    let are_times = each.all(|(number, unit)| is_number(number) && seconds(unit).is_some());
    (parts.len() > 1 && are_times).then_some(parts)
}

impl Unit {
    /// Reads a number with this unit, or with another one of the same.
    #[must_use]
    pub(crate) fn read(&self, style: NumberStyle, text: &str) -> Option<f64> {
        if let Some(parts) = durations(text) {
            let values = parts
                .iter()
                .map(|(number, unit)| Some(style.parse(number)? * factor(unit, &self.0)?));
            return values.sum();
        }
        match parts(text) {
            Some((number, unit)) => Some(style.parse(number)? * factor(unit, &self.0)?),
            // Nothing is nothing in any unit.
            None => style
                .parse(text)
                .filter(|value| self.0.is_empty() || *value == 0.0),
        }
    }

    /// What the values of a column are in: `ms`, and whether others are converted.
    #[must_use]
    pub fn label(&self) -> &str {
        match self.0.as_str() {
            "" => "k, M, … multiplied",
            unit => unit,
        }
    }
}

/// What the first records tell.
#[cfg(feature = "pipeline")]
impl Unit {
    /// The unit of a column, from the texts that are no plain numbers and whether others are.
    /// `None` if the texts are no numbers with a unit.
    ///
    /// # Errors
    /// Two units that measure different things.
    pub(crate) fn of(
        style: NumberStyle,
        texts: &[String],
        has_plain: bool,
    ) -> Option<Result<Self, (String, String)>> {
        let mut units: Vec<(&str, usize)> = Vec::new();
        for text in texts {
            let all = durations(text).or_else(|| Some(vec![parts(text)?]))?;
            for (number, unit) in all {
                style.parse(number)?;
                match units.iter_mut().find(|(known, _)| *known == unit) {
                    Some((_, count)) => *count += 1,
                    None => units.push((unit, 1)),
                }
            }
        }
        if units.is_empty() {
            return None;
        }
        let are_multiples = units.iter().all(|(unit, _)| is_multiple(unit));
        let are_times = units.iter().all(|(unit, _)| seconds(unit).is_some());
        // A minute is only one beside other units of time, which name the column.
        let usual = |&&(unit, count): &&(&str, usize)| (!are_times || unit != "m", count);
        let base = match (has_plain, are_multiples) {
            (true, true) => "",
            (true, false) => {
                let unit = units[0].0.to_owned();
                return Some(Err(("no unit".to_owned(), unit)));
            }
            (false, _) => units.iter().rev().max_by_key(usual)?.0,
        };
        let other = units.iter().find(|(unit, _)| factor(unit, base).is_none());
        Some(match other {
            Some((other, _)) => Err((base.to_owned(), (*other).to_owned())),
            None => Ok(Self(base.to_owned())),
        })
    }

    /// Whether other units can be converted to this one, as the ones of a text show.
    pub(crate) fn is_mixed(&self, texts: &[String]) -> bool {
        let is_own = |text: &String| parts(text).is_some_and(|(_, unit)| unit == self.0);
        !self.0.is_empty() && !texts.iter().all(is_own)
    }
}

#[cfg(all(test, feature = "pipeline"))]
mod tests {
    use super::*;

    fn of(texts: &[&str], has_plain: bool) -> Option<Result<Unit, (String, String)>> {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        Unit::of(NumberStyle::default(), &texts, has_plain)
    }

    #[test]
    fn units_that_measure_the_same_are_converted() {
        let cases: [(&[&str], &str, &[f64]); 14] = [
            (&["12.5 °C", "-3 °C", "0"], "°C", &[12.5, -3.0, 0.0]),
            (
                &["900ms", "950ms", "1.2s", "2m"],
                "ms",
                &[900.0, 950.0, 1200.0, 120_000.0],
            ),
            (
                &["1h2m3.5s", "5s", "4s", "9s"],
                "s",
                &[3723.5, 5.0, 4.0, 9.0],
            ),
            (&["5m", "10s"], "s", &[300.0, 10.0]),
            (&["3.2 kWh", "1.5 kWh", "1 MWh"], "kWh", &[3.2, 1.5, 1000.0]),
            (&["10KB", "11KB", "2MB"], "KB", &[10.0, 11.0, 2000.0]),
            (&["128Mi", "64Mi", "1Gi"], "Mi", &[128.0, 64.0, 1024.0]),
            (&["1e3 Pa", "2 Pa", "10 hPa"], "Pa", &[1000.0, 2.0, 1000.0]),
            (&["5 m", "6 m", "2 km"], "m", &[5.0, 6.0, 2000.0]),
            (&["EUR 3.5", "EUR 4"], "EUR", &[3.5, 4.0]),
            (&["pH 7.1", "pH 6.9"], "pH", &[7.1, 6.9]),
            (&["12 m3/h", "13 m3/h"], "m3/h", &[12.0, 13.0]),
            (&["45 %", "46 %"], "%", &[45.0, 46.0]),
            (&["$45", "$ 46"], "$", &[45.0, 46.0]),
        ];
        for (texts, base, expected) in cases {
            let unit = of(&texts[..2], false);
            let unit = unit.unwrap_or_else(|| panic!("{texts:?}")).unwrap();
            assert_eq!(unit.0, base, "{texts:?}");
            for (text, value) in texts.iter().zip(expected) {
                let read = unit.read(NumberStyle::default(), text).unwrap();
                assert!(
                    (read - value).abs() <= value.abs() * 1e-12,
                    "{text}: {read}"
                );
            }
        }
        let multiples = of(&["1.3k", "2M"], true).unwrap().unwrap();
        for (text, value) in [("870", 870.0), ("1.3k", 1300.0), ("2M", 2e6)] {
            assert_eq!(multiples.read(NumberStyle::default(), text), Some(value));
        }
    }

    #[test]
    fn units_that_measure_different_things_are_named() {
        let mixed = |texts: &[&str], has_plain| of(texts, has_plain).unwrap().unwrap_err();
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(mixed(&["5 C", "6 C", "40 F"], false), pair("C", "F"));
        assert_eq!(mixed(&["5 ms"], true), pair("no unit", "ms"));
        assert_eq!(mixed(&["5 MB", "6 MB", "40 Mb"], false), pair("MB", "Mb"));
        assert_eq!(mixed(&["5 s", "6 s", "7 m3"], false), pair("s", "m3"));
        let unit = of(&["5 ms"], false).unwrap().unwrap();
        for text in ["5", "5 C", "ms", "5 6 ms"] {
            assert_eq!(unit.read(NumberStyle::default(), text), None, "{text}");
        }
    }

    #[test]
    fn other_texts_have_no_unit() {
        for text in [
            "8 PM",
            "12 Nov 2023",
            "0x1F",
            "1a2b",
            "host-1",
            "5",
            "a b",
            "2023-11-14T05",
            "1920-Q2",
            "Room 12",
            "CPU 3",
            "",
        ] {
            assert_eq!(of(&[text], false), None, "{text}");
        }
    }
}
