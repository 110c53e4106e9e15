//! Choice of the column of times, or of those of dates and of times of day.

use std::collections::HashSet;

use super::column_names::{is_time_name, words};
use super::growth::Growth;
use super::sample::{Column, Sample};
use super::shape::Shape;
use super::split_time::{self, SplitTime, joined};
use super::times;
use crate::time::{TimeFormat, likely_format};

/// The columns of the time, the first and those that continue it, and its format: one column that
/// has a whole time, or several that have one together. A format that is given decides.
pub(super) fn best_time<'a>(
    sample: &'a Sample,
    values: &[&Column],
    key: Option<&Column>,
    given: Option<&TimeFormat>,
) -> Option<SplitTime<'a>> {
    let is_free = |column: &Column| {
        let mut taken = values.iter().copied().chain(key);
        column.unit.is_none() && taken.all(|other| other.path != column.path)
    };
    let free: Vec<&Column> = sample.columns.iter().filter(|it| is_free(it)).collect();
    let single = best_column(&free);
    let whole = single.filter(|column| !is_dates(column));
    let words = split_time::words(&sample.columns, &is_free).filter(|found| {
        let has = |single: &Column| found.columns.iter().any(|it| it.path == single.path);
        whole.is_none_or(has)
    });
    let parts = match (whole, single) {
        (Some(_), _) => None,
        (None, Some(date)) => split_time::completed(date, &free),
        (None, None) => split_time::parts(&free)
            .or_else(|| split_time::unnamed_parts(&sample.columns, &is_free)),
    };
    let several = parts.into_iter().chain(words);
    // Of two, the first with the most columns.
    let several = several.rev().max_by_key(|found| found.columns.len());
    let reads = |found: &SplitTime<'_>| {
        given.is_none_or(|format| {
            joined(&found.columns).is_some_and(|texts| times::reads(format, &texts))
        })
    };
    several.filter(reads).or_else(|| {
        let columns = vec![single?];
        let format = time_format(&columns);
        Some(SplitTime { columns, format })
    })
}

/// The column that is most likely the time; among equal ones, one with a typical name, then one
/// that is more than a date.
fn best_column<'a>(free: &[&'a Column]) -> Option<&'a Column> {
    let ranked = free.iter().filter_map(|column| {
        let is_named = is_time_name(&words(&column.label));
        Some(((time_rank(column)?, !is_named, is_dates(column)), *column))
    });
    ranked
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, column)| column)
}

/// How certain it is that a column is a time: 0 for texts that are times, 1 and 2 for numbers;
/// `None` if it is not.
pub(super) fn time_rank(column: &Column) -> Option<u8> {
    if holds(column, is_clock) || column.unit.is_some() {
        return None; // a time of day alone, or a duration
    }
    let most = column.present() * 9;
    if column.texts.len() * 10 >= most && !column.texts.is_empty() {
        let shaped = column
            .texts
            .iter()
            .filter(|text| Shape::of(text) == Shape::Time)
            .count();
        let has_date = column
            .texts
            .iter()
            .any(|text| text.contains(['-', '/', '.', ' ']));
        let is_time = times::of_texts(&column.texts).is_some()
            || (is_time_name(&words(&column.label)) && shaped * 10 >= most && has_date);
        return is_time.then_some(0);
    }
    if column.numbers.len() * 10 < most || times::of_column(column).is_none() {
        return None;
    }
    let growth = Growth::of(&column.numbers);
    if is_time_name(&words(&column.label)) {
        return Some(1);
    }
    (growth.falls == 0 && growth.rises > 0 && growth.steps >= 2).then_some(2)
}

/// The format of the columns of a time.
pub(super) fn time_format(columns: &[&Column]) -> Option<TimeFormat> {
    match columns {
        [column] => times::of_column(column),
        columns => split_time::format_of(columns),
    }
}

/// The order of the first records in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// The oldest first, but for a few.
    #[default]
    OldestFirst,
    /// Nearly all are older than the one before.
    NewestFirst,
    /// This many percent are older than the one before.
    Unsorted(usize),
}

/// Fewer records out of order than this are late ones, as in every stream.
const UNSORTED_PERCENT: usize = 10;

pub(super) fn order(texts: &[String], format: &TimeFormat) -> Order {
    let times = times::millis(format, texts);
    let growth = Growth::of(&times);
    let steps = growth.rises + growth.falls;
    match growth.falls * 100 / steps.max(1) {
        90.. => Order::NewestFirst,
        percent @ UNSORTED_PERCENT.. if steps > UNSORTED_PERCENT => Order::Unsorted(percent),
        _ => Order::OldestFirst,
    }
}

/// More series than this are not expected in one column.
const SERIES: usize = 50;

/// How many series a file holds one below the other, if this column names them: at nearly every
/// time it has each of its values once.
pub(super) fn series_of(sample: &Sample, times: &[String], column: &Column) -> Option<usize> {
    if times.len() != sample.records {
        return None;
    }
    let moments = times.iter().collect::<HashSet<_>>().len();
    if moments * 2 > sample.records {
        return None;
    }
    let is_whole = column.numbers.iter().all(|number| number.fract() == 0.0);
    let names = column
        .cells()
        .filter(|names| is_whole && names.len() == sample.records)?;
    let series = names.iter().collect::<HashSet<_>>().len();
    let pairs: HashSet<_> = times.iter().zip(&names).collect();
    let is_complete = pairs.len() == sample.records && pairs.len() * 10 >= moments * series * 9;
    ((2..=SERIES).contains(&series) && moments > 2 && is_complete).then_some(series)
}

/// Whether most records have the time of the one before.
pub(super) fn repeats(times: &[String]) -> bool {
    let same = times.windows(2).filter(|pair| pair[0] == pair[1]);
    same.count() >= times.len().max(2) / 2
}

/// Whether a column has times of day alone.
pub(super) fn is_times_of_day(column: &Column) -> bool {
    holds(column, is_clock)
}

/// Whether a column contains only texts of this kind.
fn holds(column: &Column, is_kind: fn(&str) -> bool) -> bool {
    !column.texts.is_empty()
        && column.texts.len() == column.present()
        && column.texts.iter().all(|text| is_kind(text))
}

/// Whether a column has dates alone.
pub(super) fn is_dates(column: &Column) -> bool {
    let is_date = |text: &str| {
        (Shape::of(text) == Shape::Time || likely_format(text).is_some()) && !text.contains(':')
    };
    match times::of_column(column) {
        Some(TimeFormat::Pattern(pattern)) if column.texts.is_empty() => !pattern.contains("%H"),
        _ => holds(column, is_date),
    }
}

/// `9:05`, `22:13:20.5`, `10:13 PM`, `10 PM`, `22.13.20`.
fn is_clock(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let of_half = ["am", "pm", "a.m.", "p.m."]
        .into_iter()
        .find_map(|half| text.strip_suffix(half));
    let digits = of_half.unwrap_or(&text).trim_end();
    let mark = if digits.contains(':') { ':' } else { '.' };
    let parts: Vec<&str> = digits.split(mark).collect();
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_second = |part: &str| {
        let (whole, fraction) = part.split_once(['.', ',']).unwrap_or((part, "0"));
        is_number(whole, 2) && is_number(fraction, 9)
    };
    match parts.as_slice() {
        [hour] => of_half.is_some() && is_number(hour, 2),
        // With a point between them they are a number.
        [hour, minute] => mark == ':' && is_number(hour, 2) && is_number(minute, 2),
        [hour, minute, second] => is_number(hour, 2) && is_number(minute, 2) && is_second(second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_distinguished_from_times() {
        for text in [
            "9:05",
            "22:13:20.5",
            "10:13 PM",
            "10:13:20 a.m.",
            "10PM",
            "22.13.20",
        ] {
            assert!(is_clock(text), "{text}");
        }
        for text in [
            "2023-11-14 22:13",
            "22",
            "22.13",
            "22:13:20Z",
            "22:",
            "1:2:3:4",
            "a:b",
        ] {
            assert!(!is_clock(text), "{text}");
        }
    }
}
