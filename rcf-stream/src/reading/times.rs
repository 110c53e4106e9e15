//! Detection of the format of a column of times.

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

/// Dates and times without any marks, as numbers.
const COMPACT: [(usize, &str); 3] = [(8, "%Y%m%d"), (12, "%Y%m%d%H%M"), (14, "%Y%m%d%H%M%S")];

/// The format of numbers such as 20231114, which have the same number of digits and are plausible
/// times.
fn of_compact(numbers: &[f64]) -> Option<TimeFormat> {
    let first = format!("{:.0}", numbers.first()?);
    let (_, pattern) = COMPACT.iter().find(|(digits, _)| *digits == first.len())?;
    let format = TimeFormat::Pattern((*pattern).to_owned());
    let mut parser = TimeParser::new(format.clone());
    let mut is_time = |number: &&f64| {
        let digits = format!("{:.0}", **number);
        let is_whole = number.fract() == 0.0 && digits.len() == first.len();
        let millis = is_whole
            .then(|| parser.millis(&EventTime::Text(digits)))
            .flatten();
        millis.is_some_and(|millis| PLAUSIBLE.contains(&(millis / 1e3)))
    };
    numbers
        .iter()
        .all(|number| is_time(&number))
        .then_some(format)
}

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

/// The format of numbers that are times, if nearly all are plausible ones.
pub(super) fn of_numbers(numbers: &[f64]) -> Option<TimeFormat> {
    if let Some(compact) = of_compact(numbers) {
        return Some(compact);
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
