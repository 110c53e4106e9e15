//! Parts of times in columns of their own: years, months, days, hours.

use super::column_names::words;
use super::sample::Column;
use super::shape::Shape;

/// The part of a time that a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Month,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
}

/// The parts by their names. The short ones are parts only alone: `min` may be a minimum.
const NAMES: [(Part, &[&str], &[&str]); 7] = [
    (Part::Year, &["year", "jahr"], &["yr", "yy", "yyyy", "y"]),
    (
        Part::Month,
        &["month", "monat"],
        &["mon", "mo", "mnth", "mm"],
    ),
    (
        Part::Day,
        &["day", "tag", "dayofmonth"],
        &["dd", "dy", "mday", "dom", "d"],
    ),
    (
        Part::DayOfYear,
        &["dayofyear", "yearday"],
        &["doy", "jday", "yday", "julian", "jd"],
    ),
    (
        Part::Hour,
        &["hour", "stunde"],
        &["hr", "hh", "hours", "h", "he", "hourending"],
    ),
    (Part::Minute, &["minute"], &["min", "mn", "mi", "minutes"]),
    (
        Part::Second,
        &["second", "sekunde"],
        &["sec", "ss", "seconds", "s"],
    ),
];

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

impl Part {
    /// The part that a column has by its name and its content. Besides a month `MM`, `mm` is a
    /// minute.
    pub(super) fn of(column: &Column) -> Option<Self> {
        if column.label == "mm" && Self::Minute.holds(column) && !Self::Month.holds(column) {
            return Some(Self::Minute);
        }
        let words = words(&column.label);
        let (last, all) = (words.last()?.as_str(), words.concat());
        let is_rate = words.iter().any(|word| word == "per");
        let (part, ..) = NAMES.iter().rev().find(|(_, long, short)| {
            long.contains(&all.as_str())
                || short.contains(&all.as_str())
                || (long.contains(&last) && !words.iter().any(|word| word == "of") && !is_rate)
        })?;
        part.holds(column).then_some(*part)
    }

    /// Whether all values of a column can be this part.
    pub(super) fn holds(self, column: &Column) -> bool {
        if self == Self::Month && column.numbers.is_empty() {
            return !column.texts.is_empty() && column.texts.iter().all(|text| is_month(text));
        }
        let most = match self {
            Self::Year => 2_200.0,
            Self::Month => 12.0,
            Self::Day => 31.0,
            Self::DayOfYear => 366.0,
            Self::Hour => 24.0,
            Self::Minute | Self::Second => 60.0,
        };
        let least = match self {
            Self::Year if column.numbers.iter().any(|year| *year >= 100.0) => 1_800.0,
            Self::Month | Self::Day | Self::DayOfYear => 1.0,
            _ => 0.0,
        };
        let is_part = |number: &f64| {
            (least..=most).contains(number) && (number.fract() == 0.0 || self == Self::Second)
        };
        !column.numbers.is_empty()
            && column.numbers.len() == column.present()
            && column.numbers.iter().all(is_part)
    }

    /// How its values are written, as a directive of `strptime`.
    pub(super) fn directive(self, column: &Column) -> &'static str {
        match self {
            Self::Year if column.numbers.iter().all(|year| *year < 100.0) => "%y",
            Self::Year => "%Y",
            Self::Month if column.texts.iter().any(|month| month.len() > 3) => "%B",
            Self::Month if column.numbers.is_empty() => "%b",
            Self::Month => "%m",
            Self::Day => "%d",
            Self::DayOfYear => "%j",
            Self::Hour => "%H",
            Self::Minute => "%M",
            Self::Second => "%S%.f",
        }
    }
}

/// `Nov`, `november`.
pub(super) fn is_month(text: &str) -> bool {
    let start: String = text.chars().take(3).flat_map(char::to_lowercase).collect();
    MONTHS.contains(&start.as_str()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// `AM`, `p.m.`.
pub(super) fn is_half_of_day(text: &str) -> bool {
    ["am", "pm", "a.m.", "p.m."].contains(&text.to_ascii_lowercase().as_str())
}

/// How times of day without marks may be written, as numbers whose first zeros are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    Hours,
    Minutes,
    Seconds,
    /// `20.15`.
    Point,
}

impl Digits {
    /// What the numbers of a column can be, the first that fits.
    pub(super) fn of(column: &Column) -> Option<Self> {
        let numbers = &column.numbers;
        if numbers.is_empty() || numbers.len() != column.present() {
            return None;
        }
        let most = numbers
            .iter()
            .fold(0.0_f64, |most, number| most.max(*number));
        let all = |is: &dyn Fn(f64) -> bool| numbers.iter().all(|number| is(*number));
        let is_sixtieth = |number: f64, unit: f64| (number / unit).floor() % 100.0 < 60.0;
        if !all(&|number| number >= 0.0) {
            None
        } else if all(&|number| number.fract() == 0.0) {
            let (hours, minutes) = (most <= 24.0, all(&|number| is_sixtieth(number, 1.0)));
            let are_times = minutes && all(&|number| is_sixtieth(number, 100.0));
            match most {
                _ if hours => Some(Self::Hours),
                100.0..=2_400.0 if minutes => Some(Self::Minutes),
                10_000.0..=240_000.0 if are_times => Some(Self::Seconds),
                _ => None,
            }
        } else {
            // Tenths may be those of hours, too; of minutes they are the tens.
            let minute = |number: f64| number.fract() * 100.0;
            let is_minute = |number: f64| {
                let minute = minute(number);
                (minute - minute.round()).abs() < 1e-6 && minute.round() < 60.0
            };
            let is_no_half = |number: f64| ![0, 50].contains(&(minute(number).round() as u8));
            let is_certain = numbers.iter().any(|number| is_no_half(*number));
            let is_quarter = numbers.iter().any(|number| minute(*number).round() == 25.0);
            (most <= 24.0 && all(&is_minute) && is_certain && !is_quarter).then_some(Self::Point)
        }
    }

    pub(super) fn directive(self) -> &'static str {
        match self {
            Self::Hours => "%H",
            Self::Minutes => "%H%M",
            Self::Seconds => "%H%M%S",
            Self::Point => "%H.%M",
        }
    }
}

/// How times of day are written in texts.
pub(super) fn clock_patterns(has_half: bool) -> &'static [&'static str] {
    match has_half {
        true => &["%I:%M:%S%.f", "%I:%M", "%I.%M.%S", "%I"],
        false => &[
            "%H:%M:%S%.f",
            "%H:%M",
            "%H.%M.%S",
            "%I:%M:%S %p",
            "%I:%M %p",
            "%I %p",
            "%I:%M:%S%p",
            "%I:%M%p",
            "%I%p",
        ],
    }
}

/// Whether a label is the number of a column without a name.
pub(super) fn is_unnamed(column: &Column) -> bool {
    column.label.parse::<usize>().is_ok()
}

/// Whether a column has texts that look like times, or names of months.
pub(super) fn is_timely(column: &Column) -> bool {
    let is_like = |text: &String| {
        is_month(text)
            || is_half_of_day(text)
            || text.contains(':')
            || Shape::of(text) == Shape::Time
    };
    column.numbers.is_empty() && column.texts.first().is_some_and(is_like)
}
