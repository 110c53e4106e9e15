//! Detection of the format of a column of times.

use super::column_names::{is_time_name, words};
use super::growth::Growth;
use super::sample::Column;
use crate::time::EventTime;
use crate::time::{TimeFormat, TimeParser, TimeUnit, likely_format, swapped};

/// Times are expected between 2000 and 2100, in seconds since 1970.
const PLAUSIBLE: std::ops::Range<f64> = 9.4e8..4.1e9;

/// The format that reads nearly all of these texts as times.
pub(super) fn of_texts(texts: &[String]) -> Option<TimeFormat> {
    if reads(&TimeFormat::Rfc3339, texts) {
        return Some(TimeFormat::Rfc3339);
    }
    let likely = texts.iter().take(50).filter_map(|text| likely_format(text));
    let mut patterns: Vec<&str> = likely.collect();
    patterns.dedup();
    let format = |pattern: &str| TimeFormat::Pattern(pattern.to_owned());
    let fitting = patterns
        .into_iter()
        .find(|pattern| reads(&format(pattern), texts))?;
    // If days and months could be confused, no format is chosen.
    let is_clear = swapped(fitting).is_none_or(|swapped| !reads(&format(swapped), texts));
    is_clear.then(|| format(fitting))
}

/// Dates and times without any marks, as numbers, by their digits.
const COMPACT: [(usize, &str); 4] = [
    (8, "%Y%m%d"),
    (10, "%Y%m%d%H"),
    (12, "%Y%m%d%H%M"),
    (14, "%Y%m%d%H%M%S"),
];

/// Those that are only looked for in columns with the name of a time. The first zeros may be lost.
const NAMED_COMPACT: [(usize, &str); 7] = [
    (8, "%d%m%Y"),
    (8, "%m%d%Y"),
    (7, "%Y%j"),
    (6, "%Y%m"),
    (6, "%y%m%d"),
    (6, "%d%m%y"),
    (6, "%m%d%y"),
];

/// Times of digits are expected between 1850 and 2100, in seconds since 1970.
const PLAUSIBLE_DIGITS: std::ops::Range<f64> = -3.8e9..4.1e9;

/// The formats that read all numbers as plausible times.
fn of_compact(numbers: &[f64], formats: &[(usize, &'static str)]) -> Vec<&'static str> {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let digits = texts.iter().map(String::len).max().unwrap_or(0);
    let is_whole = numbers.iter().all(|number| number.fract() == 0.0);
    let fits = |&&(width, pattern): &&(usize, &str)| {
        let is_width = digits == width && texts.iter().all(|text| text.len() + 1 >= width);
        let times = || millis(&TimeFormat::Pattern(pattern.to_owned()), &texts);
        let is_plausible = |millis: &f64| PLAUSIBLE_DIGITS.contains(&(millis / 1e3));
        is_width && times().iter().filter(|it| is_plausible(it)).count() == texts.len()
    };
    let formats = formats.iter().filter(|_| is_whole && !numbers.is_empty());
    formats.filter(fits).map(|(_, pattern)| *pattern).collect()
}

/// The formats of digits in which a column with the name of a time may be written: those in which
/// it has a record at least every second day, otherwise those in which it grows.
pub(super) fn of_digits(numbers: &[f64]) -> Vec<&'static str> {
    let formats = of_compact(numbers, &NAMED_COMPACT);
    if formats.len() < 2 {
        return formats;
    }
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let times = |pattern: &str| millis(&TimeFormat::Pattern(pattern.to_owned()), &texts);
    let is_daily = |pattern: &&&str| {
        let steps = |pair: &[f64]| (pair[1] - pair[0]).abs();
        times(pattern)
            .windows(2)
            .all(|pair| steps(pair) <= TWO_DAYS)
    };
    let grows = |pattern: &&&str| Growth::of(&times(pattern)).is_monotonic();
    let choices = [
        formats.iter().filter(is_daily).copied().collect(),
        formats.iter().filter(grows).copied().collect(),
        formats.clone(),
    ];
    choices
        .into_iter()
        .find(|it: &Vec<_>| !it.is_empty())
        .unwrap_or_default()
}

/// In milliseconds.
const TWO_DAYS: f64 = 2.0 * 86_400_000.0;

/// Whether the format reads nearly all of these texts.
pub(super) fn reads(format: &TimeFormat, texts: &[String]) -> bool {
    !texts.is_empty() && millis(format, texts).len() * 10 >= texts.len() * 9
}

/// The times that the format reads.
pub(super) fn millis(format: &TimeFormat, texts: &[String]) -> Vec<f64> {
    let mut parser = TimeParser::new(format.clone());
    let times = texts.iter().map(|text| EventTime::Text(text.clone()));
    times.filter_map(|time| parser.millis(&time)).collect()
}

/// The format of a column that is a time.
pub(super) fn of_column(column: &Column) -> Option<TimeFormat> {
    if column.numbers.len() < column.texts.len() {
        return of_texts(&column.texts);
    }
    let is_named = is_time_name(&words(&column.label));
    of_numbers(&column.numbers).or_else(|| match of_digits(&column.numbers).as_slice() {
        [pattern] if is_named => Some(TimeFormat::Pattern((*pattern).to_owned())),
        _ => None,
    })
}

/// The format of numbers that are times, if nearly all are plausible ones.
pub(super) fn of_numbers(numbers: &[f64]) -> Option<TimeFormat> {
    if let [pattern, ..] = of_compact(numbers, &COMPACT).as_slice() {
        return Some(TimeFormat::Pattern((*pattern).to_owned()));
    }
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // The median: a single odd number must not determine the unit of all.
    let unit = TimeUnit::recognise(*sorted.get(sorted.len() / 2)?);
    let is_plausible = |number: &&f64| PLAUSIBLE.contains(&(unit.to_millis(**number) / 1e3));
    let plausible = numbers.iter().filter(is_plausible).count();
    (plausible * 100 >= numbers.len() * 99).then_some(TimeFormat::Epoch(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Option<String> {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        of_texts(&texts).map(|format| format.to_string())
    }

    #[test]
    fn one_number_of_another_unit_changes_nothing() {
        for place in [0, 50, 199] {
            let mut numbers: Vec<f64> = (0..200).map(|n| 1.7e9 + f64::from(n)).collect();
            for wrong in [1.7e12, 0.0] {
                numbers[place] = wrong;
                let seconds = Some(TimeFormat::Epoch(TimeUnit::Seconds));
                assert_eq!(of_numbers(&numbers), seconds, "{wrong} at {place}");
            }
        }
        assert_eq!(of_numbers(&[]), None);
        assert_eq!(of_numbers(&[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn formats_are_recognised_unless_days_and_months_could_be_confused() {
        for (text, format) in [
            ("2023-11-14T22:13:20Z", "rfc3339"),
            ("2023-11-14 22:13", "rfc3339"),
            ("14.11.2023 22:13", "%d.%m.%Y %H:%M"),
            ("11/14/2023 10:13:20 PM", "%m/%d/%Y %I:%M:%S %p"),
            ("14/Nov/2023:22:13:20 +0000", "%d/%b/%Y:%H:%M:%S %z"),
            ("14.11.2023", "%d.%m.%Y"),
            ("14.11.23", "%d.%m.%y"),
            ("3.2.2023 9:05", "%d.%m.%Y %H:%M"),
            ("11/14/2023", "%m/%d/%Y"),
            ("14/11/2023", "%d/%m/%Y"),
            ("11/14/23 22:13", "%m/%d/%y %H:%M"),
            ("14-11-2023 22:13:20.5", "%d-%m-%Y %H:%M:%S%.f"),
            ("2023/11/14 22:13:20", "%Y/%m/%d %H:%M:%S%.f"),
            ("14-Nov-2023", "%d-%b-%Y"),
            ("14 Nov 2023 22:13", "%d %b %Y %H:%M"),
            ("Nov 14, 2023 10:13 PM", "%b %d, %Y %I:%M %p"),
            ("Nov 14, 2023, 10:13:20 PM", "%b %d, %Y, %I:%M:%S %p"),
            ("Tue Nov 14 22:13:20 2023", "%a %b %d %H:%M:%S %Y"),
            ("14-NOV-23 10.13.20.500000 PM", "%d-%b-%y %I.%M.%S%.f %p"),
            ("22:13 14.11.2023", "%H:%M %d.%m.%Y"),
            ("14.11.2023, 22:13:20", "%d.%m.%Y, %H:%M:%S"),
            ("2023-11-14 22:13:20 UTC", "rfc3339"),
        ] {
            assert_eq!(texts(&[text]).as_deref(), Some(format), "{text}");
        }
        assert_eq!(texts(&["02/03/2023 22:13", "03/03/2023 22:13"]), None);
        assert_eq!(texts(&["02-03-2023", "03-03-2023"]), None);
        let clear = texts(&["02/03/2023 22:13", "13/03/2023 22:13"]);
        assert_eq!(clear.as_deref(), Some("%d/%m/%Y %H:%M"));
        assert_eq!(texts(&["host", "2023-11-14T22:13:20Z"]), None);
    }

    #[test]
    fn digits_without_marks_are_times_where_all_are_plausible() {
        let format = |numbers: &[f64]| of_numbers(numbers).map(|format| format.to_string());
        let compact = |numbers: &[f64]| format(numbers).filter(|format| format.contains('%'));
        assert_eq!(
            compact(&[20_231_130.0, 20_231_201.0]).as_deref(),
            Some("%Y%m%d")
        );
        assert_eq!(compact(&[202_311_142_213.0]).as_deref(), Some("%Y%m%d%H%M"));
        assert_eq!(
            compact(&[20_231_114_221_320.0]).as_deref(),
            Some("%Y%m%d%H%M%S")
        );
        assert_eq!(compact(&[20_231_130.0, 20_231_131.0]), None); // no such day
        assert_eq!(format(&[20_231_130.0, 7.0]), None);
        assert_eq!(format(&[1_700_000_000.0]).as_deref(), Some("s"));
    }
}
