//! The reader of times.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Weekday};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{EventTime, TimeUnit};
use crate::number::parse_number;

/// How times are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum TimeFormat {
    /// RFC 3339, or a number whose unit is recognised by the first one.
    #[default]
    Auto,
    /// RFC 3339; blanks in place of the `T`, and a missing offset or time of day, are allowed.
    Rfc3339,
    /// A number of this unit, which is since 1970 except for days of Excel.
    Epoch(TimeUnit),
    /// A pattern of `strptime`, such as `%d/%b/%Y:%H:%M:%S %z`. Without a year, as in
    /// `%b %d %H:%M:%S`, the first time is one of the last twelve months, and each other one is in
    /// the year in which it is nearest to the time before.
    Pattern(String),
}

/// The text is not a time format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not a time format: {reason}. It is auto, rfc3339, s, ms, us, ns, excel, or a pattern \
     such as %d.%m.%Y %H:%M"
)]
pub struct ParseTimeFormatError {
    text: String,
    reason: String,
}

impl FromStr for TimeFormat {
    type Err = ParseTimeFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(unit) = TimeUnit::named(text) {
            return Ok(Self::Epoch(unit));
        }
        let error = |reason: String| ParseTimeFormatError {
            text: text.to_owned(),
            reason,
        };
        match text {
            "auto" => Ok(Self::Auto),
            "rfc3339" => Ok(Self::Rfc3339),
            _ if text.contains('%') => {
                check_pattern(text).map_err(error)?;
                Ok(Self::Pattern(text.to_owned()))
            }
            _ => Err(error("no format has that name".to_owned())),
        }
    }
}

impl TimeFormat {
    /// Whether it is a pattern of times without a year.
    #[must_use]
    pub fn has_no_year(&self) -> bool {
        match self {
            Self::Pattern(pattern) => !["Y", "y", "G", "g", "C", "s", "D", "F", "c"]
                .iter()
                .any(|year| pattern.contains(&format!("%{year}"))),
            _ => false,
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Rfc3339 => "rfc3339",
            Self::Epoch(unit) => unit.name(),
            Self::Pattern(pattern) => pattern,
        })
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = ParseTimeFormatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeFormat> for String {
    fn from(format: TimeFormat) -> Self {
        format.to_string()
    }
}

/// Reads the times of one stream.
///
/// With [`TimeFormat::Auto`] the first two numbers in a row of one magnitude decide on the unit of
/// all: a later number of another magnitude is then a time far away, not a time in another unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimeParser {
    format: TimeFormat,
    unit: Option<TimeUnit>,
    is_settled: bool,    // otherwise the next number may have another unit
    before: Option<f64>, // the time before, by a pattern
}

impl TimeParser {
    /// A parser of this format.
    #[must_use]
    pub fn new(format: TimeFormat) -> Self {
        let unit = match format {
            TimeFormat::Epoch(unit) => Some(unit),
            _ => None,
        };
        Self {
            format,
            unit,
            is_settled: unit.is_some(),
            before: None,
        }
    }

    /// The format it was made for.
    #[must_use]
    pub fn format(&self) -> &TimeFormat {
        &self.format
    }

    /// The unit of numbers, if it is configured or was detected.
    #[must_use]
    pub fn unit(&self) -> Option<TimeUnit> {
        self.unit
    }

    /// Continues with the unit that an earlier run detected; a configured one stays.
    pub fn resume(&mut self, unit: Option<TimeUnit>) {
        if self.format == TimeFormat::Auto {
            self.unit = unit.or(self.unit);
            self.is_settled |= unit.is_some();
        }
    }

    /// Milliseconds since 1970, finite; `None` if the time cannot be read.
    pub fn millis(&mut self, time: &EventTime) -> Option<f64> {
        match time {
            EventTime::Arrival(arrival) => Some(arrival.0 as f64),
            EventTime::Number(number) => match &self.format {
                TimeFormat::Pattern(_) => self.text(&number.to_string()),
                TimeFormat::Rfc3339 => None,
                TimeFormat::Auto | TimeFormat::Epoch(_) => self.epoch(number.as_f64()?),
            },
            EventTime::Text(text) => self.text(text.trim()),
        }
    }

    fn text(&mut self, text: &str) -> Option<f64> {
        match &self.format {
            TimeFormat::Pattern(pattern) => {
                let time = by_pattern(pattern, text, self.before);
                self.before = time.or(self.before);
                time
            }
            TimeFormat::Rfc3339 => rfc3339(text),
            TimeFormat::Auto | TimeFormat::Epoch(_) if is_plain_number(text) => {
                self.epoch(parse_number(text)?)
            }
            TimeFormat::Epoch(_) => None,
            TimeFormat::Auto => rfc3339(text),
        }
    }

    fn epoch(&mut self, number: f64) -> Option<f64> {
        if !number.is_finite() {
            return None;
        }
        let unit = match self.unit {
            Some(unit) if self.is_settled => unit,
            before => {
                let unit = TimeUnit::recognise(number);
                self.is_settled = before == Some(unit);
                if !self.is_settled {
                    tracing::info!(
                        number,
                        "times are read as {} since 1970; input.time_format names another unit",
                        unit.plural()
                    );
                }
                *self.unit.insert(unit)
            }
        };
        Some(unit.to_millis(number))
    }
}

/// Digits with an optional sign, decimals and exponent: `20231114` and `1.7e9` are numbers,
/// `2023-11-14` is not.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && parse_number(digits).is_some()
}

/// RFC 3339 with any offset, or without one as UTC, as `2014-07-01 00:00:00`, also with UTC or GMT
/// behind it; in milliseconds.
fn rfc3339(text: &str) -> Option<f64> {
    let zones = [" UTC", " GMT"];
    let civil = zones.iter().find_map(|zone| text.strip_suffix(zone));
    let read = |text: &str| match (civil, text.parse::<jiff::Timestamp>()) {
        (None, Ok(time)) => Some(to_millis(time)),
        _ => in_utc(text.parse().ok()?),
    };
    let text = civil.unwrap_or(text);
    read(text).or_else(|| at_midnight(text, read))
}

/// Reads a text by a pattern; one without a year in the year nearest to the time before.
fn by_pattern(pattern: &str, text: &str, before: Option<f64>) -> Option<f64> {
    let read = |text: &str| {
        let mut parts = strtime::parse(pattern, text).ok()?;
        let has_year = parts.year().is_some()
            || parts.iso_week_year().is_some()
            || parts.timestamp().is_some();
        match has_year || parts.month().is_none() || parts.day().is_none() {
            true => moment(&mut parts),
            false => in_nearest_year(&mut parts, before.unwrap_or_else(half_a_year_ago)),
        }
    };
    let text = &padded(pattern, text);
    read(text).or_else(|| at_midnight(text, read))
}

fn moment(parts: &mut BrokenDownTime) -> Option<f64> {
    // A month is its first day, a week its Monday.
    if parts.month().is_some() && parts.day().is_none() {
        parts.set_day(Some(1)).ok()?;
    } else if parts.iso_week().is_some() && parts.weekday().is_none() {
        parts.set_weekday(Some(Weekday::Monday));
    }
    match parts.to_timestamp() {
        Ok(time) => Some(to_millis(time)),
        Err(_) if parts.offset().is_some() => None,
        Err(_) => in_utc(parts.to_datetime().ok()?),
    }
}

/// A year nearer than this has the 29 of February.
const LEAP_YEARS: i16 = 8;

/// A time without a year, where it is nearest to another one.
fn in_nearest_year(parts: &mut BrokenDownTime, near: f64) -> Option<f64> {
    let year = jiff::Timestamp::from_millisecond(near as i64).ok()?;
    let year = year.to_zoned(TimeZone::UTC).year();
    let in_year = |year: i16| {
        parts.set_year(Some(year)).ok()?;
        moment(parts)
    };
    (year - LEAP_YEARS..=year + LEAP_YEARS)
        .filter_map(in_year)
        .min_by(|one, other| (one - near).abs().total_cmp(&(other - near).abs()))
}

/// The middle of the twelve months that end tomorrow, for clocks that are ahead.
fn half_a_year_ago() -> f64 {
    to_millis(jiff::Timestamp::now()) - 181.5 * DAY
}

/// A day, in milliseconds.
const DAY: f64 = 86_400_000.0;

/// Reads a text whose clock is at 24 o'clock, the end of the day.
fn at_midnight(text: &str, read: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let is_end = |&(at, _): &(usize, &str)| {
        let rest = &text[at + 2..];
        let zeros = rest.strip_suffix(['Z', 'z']).unwrap_or(rest);
        text[..at].ends_with([' ', 'T', 't']) && !zeros.contains(|c| !"0:. ".contains(c))
    };
    let (at, _) = text.match_indices("24").find(is_end)?;
    let midnight = format!("{}00{}", &text[..at], &text[at + 2..]);
    read(&midnight).map(|millis| millis + DAY)
}

/// The text with the zeros that its digits lost where the pattern has several directives without a
/// mark between them: 905 is 0905 by `%H%M`. As numbers of tables, whole ones may end in `.0`, and
/// 9.5 is 9.50 by `%H.%M`.
fn padded<'a>(pattern: &str, text: &'a str) -> Cow<'a, str> {
    let words = || pattern.split_ascii_whitespace();
    let is_like = words().any(|word| width(word).is_some() || word == "%H.%M");
    if !is_like || words().count() != text.split_ascii_whitespace().count() {
        return Cow::Borrowed(text);
    }
    let pairs = words().zip(text.split_ascii_whitespace());
    let padded: Vec<String> = pairs.map(|(word, text)| padded_word(word, text)).collect();
    Cow::Owned(padded.join(" "))
}

fn padded_word(word: &str, text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return text.to_owned();
    }
    match width(word) {
        _ if word == "%H.%M" => format!("{whole:0>2}.{fraction:0<2}"),
        Some(width) if word.ends_with("%.f") && !fraction.is_empty() => {
            format!("{whole:0>width$}.{fraction}")
        }
        Some(width) if fraction.trim_matches('0').is_empty() => format!("{whole:0>width$}"),
        _ => text.to_owned(),
    }
}

/// How many digits a word of a pattern has that consists only of directives of numbers.
fn width(word: &str) -> Option<usize> {
    let word = word.strip_suffix("%.f").unwrap_or(word);
    let mut directives = word.split('%');
    let before = directives.next()?;
    let digits = directives.map(|directive| match directive {
        "Y" => Some(4),
        "j" => Some(3),
        "m" | "d" | "y" | "H" | "M" | "S" => Some(2),
        _ => None,
    });
    let digits: usize = digits.sum::<Option<usize>>()?;
    (before.is_empty() && digits > 0).then_some(digits)
}

fn in_utc(civil: DateTime) -> Option<f64> {
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(to_millis(zoned.timestamp()))
}

fn to_millis(time: jiff::Timestamp) -> f64 {
    // Nanoseconds since 1970 need more than 53 bits: whole milliseconds would be rounded.
    let fraction = time.subsec_nanosecond() % 1_000_000;
    time.as_millisecond() as f64 + f64::from(fraction) / 1e6
}

/// Whether the output of the pattern can be read back as a time.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let example = jiff::civil::date(2023, 11, 14).at(22, 13, 20, 123_000_000);
    let example = example
        .to_zoned(TimeZone::UTC)
        .map_err(|error| error.to_string())?;
    let written = strtime::format(pattern, &example).map_err(|error| error.to_string())?;
    match by_pattern(pattern, &written, None) {
        Some(_) => Ok(()),
        None => Err(match strtime::parse(pattern, &written) {
            Err(error) => error.to_string(),
            Ok(_) => "it has no date".to_owned(),
        }),
    }
}

/// Dates, each alone and with the times of day that follow one.
macro_rules! dates {
    ($($date:literal),* $(,)?) => {
        &[
            "%d/%b/%Y:%H:%M:%S %z",
            "%a, %d %b %Y %H:%M:%S %z",
            "%d %b %Y %H:%M:%S %z",
            "[%d/%b/%Y:%H:%M:%S %z]",
            "[%Y-%m-%d %H:%M:%S%.f]",
            "[%Y/%m/%d %H:%M:%S%.f]",
            "%a %b %d %H:%M:%S %Y",
            "%b %d %H:%M:%S %Y",
            "%H:%M:%S %d.%m.%Y",
            "%H:%M %d.%m.%Y",
            "%d-%b-%y %I.%M.%S%.f %p",
            "%b %d, %Y, %I:%M:%S %p",
            "%d.%m.%Y, %H:%M:%S",
            "%m/%d/%Y, %I:%M:%S %p",
            "%d/%m/%Y, %I:%M:%S %p",
            "%m/%d/%Y, %H:%M:%S",
            "%d/%m/%Y, %H:%M:%S",
            $(
                concat!($date, " %I:%M:%S %p"),
                concat!($date, " %I:%M %p"),
                concat!($date, " %H:%M:%S%.f"),
                concat!($date, " %H:%M"),
                $date,
            )*
            "%Y-%m",
            "%Y/%m",
            "%m/%Y",
            "%b %Y",
            "%B %Y",
            "%G-W%V",
            "%G-W%V-%u",
            "%GW%V",
            "%Y-%j",
            "%Y%m%d_%H%M%S",
            "%Y%m%d-%H%M%S",
            "%b %d %H:%M:%S%.f",
            "%a %b %d %H:%M:%S%.f",
            "%d %b %H:%M:%S%.f",
            "%b %d %H:%M",
            "%d %b %H:%M",
            "%m-%d %H:%M:%S%.f",
            "%d-%m %H:%M:%S%.f",
            "%m-%d %H:%M",
            "%d-%m %H:%M",
            "%m/%d %H:%M:%S%.f",
            "%d/%m %H:%M:%S%.f",
            "%m/%d %H:%M",
            "%d/%m %H:%M",
            "%d.%m. %H:%M:%S%.f",
            "%d.%m. %H:%M",
        ]
    };
}

/// Common formats that [`TimeFormat::Auto`] does not read, because days and months could be
/// confused. Years of two digits come first: the others would take them for those of antiquity.
const PATTERNS: &[&str] = dates![
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%B %d, %Y",
];

/// Years from 1000 to 2999, in milliseconds since 1970.
const PLAUSIBLE: std::ops::Range<f64> = -3.1e13..3.25e13;

/// A format that reads this text, for a message.
#[must_use]
pub fn likely_format(text: &str) -> Option<&'static str> {
    LikelyFormat::of(text).map(|likely| likely.pattern)
}

/// A format that reads a text, for a message. Displayed as `"%d/%m/%Y"`, or as two with "or".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LikelyFormat {
    pub(crate) pattern: &'static str,
    /// The format with day and month the other way round, if it reads the text as well.
    pub(crate) swapped: Option<&'static str>,
}

impl LikelyFormat {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let reads = |pattern: &str| {
            by_pattern(pattern, text, None).is_some_and(|millis| PLAUSIBLE.contains(&millis))
        };
        let pattern = PATTERNS.iter().copied().find(|pattern| reads(pattern))?;
        let swapped = swapped(pattern).filter(|swapped| reads(swapped));
        Some(Self { pattern, swapped })
    }
}

impl fmt::Display for LikelyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.pattern)?;
        match self.swapped {
            Some(swapped) => write!(f, " or {swapped:?}"),
            None => Ok(()),
        }
    }
}

/// The format that differs in the order of day and month.
pub(crate) fn swapped(pattern: &str) -> Option<&'static str> {
    let ends = [("%m/%d", "%d/%m"), ("%m-%d", "%d-%m")];
    ends.into_iter().find_map(|(one, other)| {
        let (rest, begin) = match pattern.strip_prefix(one) {
            Some(rest) => (rest, other),
            None => (pattern.strip_prefix(other)?, one),
        };
        let is_swapped = |other: &&str| other.strip_prefix(begin) == Some(rest);
        PATTERNS.iter().copied().find(is_swapped)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: f64 = 1_700_000_000_000.0; // 2023-11-14T22:13:20Z

    fn read(format: &str, text: &str) -> Option<f64> {
        let mut parser = TimeParser::new(format.parse().unwrap());
        parser.millis(&EventTime::Text(text.to_owned()))
    }

    fn number(parser: &mut TimeParser, number: f64) -> Option<f64> {
        let number = serde_json::Number::from_f64(number).unwrap();
        parser.millis(&EventTime::Number(number))
    }

    #[test]
    fn the_same_moment_in_every_format() {
        let cases = [
            ("auto", "2023-11-14T22:13:20Z"),
            ("auto", " 2023-11-14 22:13:20 "),
            ("auto", "2023-11-14 22:13:20 UTC"),
            ("auto", "2023-11-14 22:13:20.000000 GMT"),
            ("auto", "2023-11-14T23:13:20.000+01:00"),
            ("auto", "1700000000"),
            ("auto", "1700000000.0"),
            ("auto", "1.7e9"),
            ("auto", "1.700000000E+12"),
            ("s", "17e8"),
            ("auto", "1700000000000"),
            ("auto", "1700000000000000"),
            ("auto", "1700000000000000000"),
            ("rfc3339", "2023-11-14t22:13:20z"),
            ("s", "1700000000"),
            ("ms", "1700000000000"),
            ("us", "1700000000000000"),
            ("ns", "1700000000000000000"),
            ("%m/%d/%Y %I:%M:%S %p", "11/14/2023 10:13:20 PM"),
            ("%d.%m.%Y %H:%M:%S", "14.11.2023 22:13:20"),
            ("%d/%b/%Y:%H:%M:%S %z", "14/Nov/2023:23:13:20 +0100"),
            ("%Y%m%d%H%M%S", "20231114221320"),
            ("%s", "1700000000"),
            ("%d %b %Y %H:%M:%S %z", "14 Nov 2023 22:13:20 +0000"),
        ];
        for (format, text) in cases {
            assert_eq!(read(format, text), Some(MOMENT), "{text} as {format}");
        }
        for (format, text) in [("auto", "2023-11-14T22:13:20.250Z"), ("s", "1700000000.25")] {
            assert_eq!(
                read(format, text),
                Some(MOMENT + 250.0),
                "{text} as {format}"
            );
        }
        let before = read("auto", "1969-12-31T23:59:59.7505Z");
        assert_eq!(before, Some(-249.5));
        assert_eq!(read("auto", "2023-11-14"), Some(1_699_920_000_000.0));
        assert_eq!(read("%d.%m.%Y", "14.11.2023"), Some(1_699_920_000_000.0));
        // A month is its first day, a week its Monday.
        assert_eq!(read("%Y-%m", "2023-11"), read("auto", "2023-11-01"));
        assert_eq!(read("%b %Y", "Nov 2023"), read("auto", "2023-11-01"));
        assert_eq!(read("%G-W%V", "2023-W46"), read("auto", "2023-11-13"));
    }

    #[test]
    fn digits_that_lost_their_zeros_are_read_with_them() {
        let cases = [
            ("%Y%m%d %H%M", "20231114 905", "2023-11-14T09:05"),
            ("%Y%m%d %H%M", "20231114 105", "2023-11-14T01:05"),
            ("%Y%m%d %H%M", "20231114 0", "2023-11-14"),
            ("%Y%m%d %H%M", "20231114 2400", "2023-11-15"),
            ("%Y%m%d %H%M%S", "20231114 905", "2023-11-14T00:09:05"),
            (
                "%Y%m%d %H%M%S%.f",
                "20231114 905.5",
                "2023-11-14T00:09:05.5",
            ),
            ("%Y %m %d %H", "2023.0 11.0 14.0 24", "2023-11-15"),
            ("%Y-%m-%d %H.%M", "2023-11-14 9.5", "2023-11-14T09:50"),
            ("%d%m%Y", "3022023", "2023-02-03"),
            ("rfc3339", "2023-12-31T24:00:00Z", "2024-01-01"),
        ];
        for (format, text, expected) in cases {
            assert_eq!(
                read(format, text),
                read("auto", expected),
                "{text} as {format}"
            );
        }
        for text in [
            "20231114 965",
            "20231114 2401",
            "20231114 9:05",
            "20231114 905.5",
        ] {
            assert_eq!(read("%Y%m%d %H%M", text), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_year_is_nearest_to_the_one_before() {
        let text = |text: &str| EventTime::Text(text.to_owned());
        let mut parser = TimeParser::new("%b %d %H:%M:%S".parse().unwrap());
        let first = parser.millis(&text("Dec 31 23:59:59")).unwrap();
        let age = to_millis(jiff::Timestamp::now()) - first;
        assert!((-2.0 * DAY..367.0 * DAY).contains(&age), "{age}");
        // A late one is in the year before, and leap days are in a year that has them.
        for (written, after) in [("Jan 01 00:00:00", 1e3), ("Dec 31 23:59:58", -1e3)] {
            assert_eq!(
                parser.millis(&text(written)),
                Some(first + after),
                "{written}"
            );
        }
        assert!(parser.millis(&text("Feb 29 00:00:00")).is_some());
        assert_eq!(parser.millis(&text("Feb 30 00:00:00")), None);
    }

    #[test]
    fn unreadable_texts_are_none() {
        let cases = [
            ("auto", "11/14/2023 10:13:20 PM"),
            ("auto", "14.11.2023 22:13"),
            ("auto", ""),
            ("auto", "now"),
            ("auto", "inf"),
            ("auto", "1e999"),
            ("auto", "1.7e"),
            ("auto", "2023-02-30"),
            ("rfc3339", "1700000000"),
            ("ms", "2023-11-14T22:13:20Z"),
            ("%d.%m.%Y", "14.13.2023"),
        ];
        for (format, text) in cases {
            assert_eq!(read(format, text), None, "{text} as {format}");
        }
    }

    #[test]
    fn the_first_numbers_decide_on_the_unit() {
        let mut parser = TimeParser::default();
        assert_eq!(number(&mut parser, 1.7e9), Some(MOMENT));
        assert_eq!(number(&mut parser, 1.7e9), Some(MOMENT));
        assert_eq!(parser.unit(), Some(TimeUnit::Seconds));
        // Milliseconds among seconds are a time far ahead.
        assert_eq!(number(&mut parser, 1.7e12), Some(MOMENT * 1e3));
        let mut resumed = TimeParser::default();
        resumed.resume(parser.unit());
        assert_eq!(number(&mut resumed, 1.7e12), Some(MOMENT * 1e3));
        let mut configured = TimeParser::new(TimeFormat::Epoch(TimeUnit::Milliseconds));
        configured.resume(parser.unit());
        assert_eq!(number(&mut configured, 1.7e12), Some(MOMENT));
    }

    #[test]
    fn one_number_alone_decides_on_nothing() {
        for first in [1.7e12, 0.0, 1.7e15] {
            let mut parser = TimeParser::default();
            number(&mut parser, first);
            for _ in 0..3 {
                assert_eq!(number(&mut parser, 1.7e9), Some(MOMENT), "{first}");
            }
            assert_eq!(parser.unit(), Some(TimeUnit::Seconds), "{first}");
            assert_eq!(number(&mut parser, 1.7e12), Some(MOMENT * 1e3), "{first}");
        }
    }

    #[test]
    fn formats_are_checked() {
        for text in ["", "iso", "%H:%M", "%Q-%", "seconds"] {
            assert!(text.parse::<TimeFormat>().is_err(), "{text}");
        }
        for text in ["auto", "rfc3339", "s", "ms", "us", "ns", "%d.%m.%y"] {
            assert_eq!(text.parse::<TimeFormat>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn day_and_month_can_be_swapped_in_every_format_that_begins_with_them() {
        let begins = ["%m/%d", "%d/%m", "%m-%d", "%d-%m"];
        let begins_so = |pattern: &&&str| begins.iter().any(|begin| pattern.starts_with(begin));
        for pattern in PATTERNS.iter().filter(begins_so) {
            assert_eq!(swapped(pattern).and_then(swapped), Some(*pattern));
        }
    }

    #[test]
    fn messages_name_a_pattern_that_fits() {
        let us = likely_format("11/14/2023 10:13:20 PM");
        assert_eq!(us, Some("%m/%d/%Y %I:%M:%S %p"));
        assert_eq!(likely_format("14.11.2023 22:13"), Some("%d.%m.%Y %H:%M"));
        let log = likely_format("14/Nov/2023:22:13:20 +0000");
        assert_eq!(log, Some("%d/%b/%Y:%H:%M:%S %z"));
        assert_eq!(likely_format("whenever"), None);
        let likely = |text| LikelyFormat::of(text).map(|likely| likely.to_string());
        let day = likely("13/02/2026 22:13");
        assert_eq!(day.as_deref(), Some("\"%d/%m/%Y %H:%M\""));
        let unclear = likely("03-02-2026");
        assert_eq!(unclear.as_deref(), Some("\"%m-%d-%Y\" or \"%d-%m-%Y\""));
        assert_eq!(likely("03.02.2026").as_deref(), Some("\"%d.%m.%Y\""));
    }
}
