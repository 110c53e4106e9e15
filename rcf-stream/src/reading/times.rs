//! Recognition of the format of a column of times.

use crate::time::EventTime;
use crate::time::{TimeFormat, TimeParser, TimeUnit, likely_format};

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
    // Where days and months could be confused, nothing is guessed.
    let swapped = match fitting.get(..5) {
        Some("%m/%d") => fitting.replacen("%m/%d", "%d/%m", 1),
        Some("%d/%m") => fitting.replacen("%d/%m", "%m/%d", 1),
        _ => return Some(format(fitting)),
    };
    (!reads(&format(&swapped), texts)).then(|| format(fitting))
}

/// Whether the format reads nearly all of these texts.
pub(super) fn reads(format: &TimeFormat, texts: &[String]) -> bool {
    let mut parser = TimeParser::new(format.clone());
    let mut is_read = |text: &&String| parser.millis(&EventTime::Text((*text).clone())).is_some();
    let read = texts.iter().filter(|text| is_read(text)).count();
    !texts.is_empty() && read * 10 >= texts.len() * 9
}

/// The unit of numbers that are times since 1970, if nearly all are plausible ones.
pub(super) fn of_numbers(numbers: &[f64]) -> Option<TimeFormat> {
    let unit = TimeUnit::recognise(*numbers.first()?);
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
    fn formats_are_recognised_unless_days_and_months_could_be_confused() {
        for (text, format) in [
            ("2023-11-14T22:13:20Z", "rfc3339"),
            ("2023-11-14 22:13", "rfc3339"),
            ("14.11.2023 22:13", "%d.%m.%Y %H:%M"),
            ("11/14/2023 10:13:20 PM", "%m/%d/%Y %I:%M:%S %p"),
            ("14/Nov/2023:22:13:20 +0000", "%d/%b/%Y:%H:%M:%S %z"),
        ] {
            assert_eq!(texts(&[text]).as_deref(), Some(format), "{text}");
        }
        assert_eq!(texts(&["02/03/2023 22:13", "03/03/2023 22:13"]), None);
        let clear = texts(&["02/03/2023 22:13", "13/03/2023 22:13"]);
        assert_eq!(clear.as_deref(), Some("%d/%m/%Y %H:%M"));
        assert_eq!(texts(&["host", "2023-11-14T22:13:20Z"]), None);
    }
}
