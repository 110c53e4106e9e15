//! Choice of the column of times, or of those of dates and of times of day.

use std::borrow::Cow;
use std::collections::HashSet;

use super::column_names::{is_time_name, words};
use super::growth::Growth;
use super::sample::{Column, Sample};
use super::shape::Shape;
use super::times;
use crate::decode::date_and_time;
use crate::time::TimeFormat;

/// The column that is most likely the time; among equal ones, one with a typical name, then one
/// that is more than a date.
pub(super) fn best_time<'a>(
    sample: &'a Sample,
    values: &[&Column],
    key: Option<&Column>,
) -> Option<&'a Column> {
    let ranked = free(sample, values, key).filter_map(|column| {
        let is_named = is_time_name(&words(&column.label));
        Some(((time_rank(column)?, !is_named, is_dates(column)), column))
    });
    ranked
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, column)| column)
}

/// How certain it is that a column is a time: 0 for texts that are times, 1 and 2 for numbers;
/// `None` if it is not.
pub(super) fn time_rank(column: &Column) -> Option<u8> {
    if holds(column, is_clock) {
        return None; // a time of day alone
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
    if column.numbers.len() * 10 < most || times::of_numbers(&column.numbers).is_none() {
        return None;
    }
    let growth = Growth::of(&column.numbers);
    if is_time_name(&words(&column.label)) {
        return Some(1);
    }
    (growth.falls == 0 && growth.rises > 0 && growth.steps >= 2).then_some(2)
}

/// The format of a column of times, or of dates with a column of times of day.
pub(super) fn time_format(column: &Column, clock: Option<&Column>) -> Option<TimeFormat> {
    match clock {
        Some(clock) => times::of_texts(&joined(column, clock)),
        None if column.numbers.len() >= column.texts.len() => times::of_numbers(&column.numbers),
        None => times::of_texts(&column.texts),
    }
}

/// Whether a date and a time of day are written in this format together.
pub(super) fn reads_both(date: &Column, clock: &Column, format: &TimeFormat) -> bool {
    times::reads(format, &joined(date, clock))
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

pub(super) fn order(date: &Column, clock: Option<&Column>, format: &TimeFormat) -> Order {
    let times = match clock {
        Some(clock) => times::millis(format, &joined(date, clock)),
        None if date.numbers.len() >= date.texts.len() => {
            let texts = date.numbers.iter().map(ToString::to_string);
            times::millis(format, &texts.collect::<Vec<_>>())
        }
        None => times::millis(format, &date.texts),
    };
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
pub(super) fn series_of(sample: &Sample, time: &Column, column: &Column) -> Option<usize> {
    let count = |cells: &[Cow<'_, str>]| cells.iter().collect::<HashSet<_>>().len();
    let times = cells(time, sample.records)?;
    let moments = count(&times);
    if moments * 2 > sample.records {
        return None;
    }
    let names = cells(column, sample.records)?;
    let series = count(&names);
    let pairs: HashSet<_> = times.iter().zip(&names).collect();
    let is_complete = pairs.len() == sample.records && pairs.len() * 10 >= moments * series * 9;
    ((2..=SERIES).contains(&series) && moments > 2 && is_complete).then_some(series)
}

/// Whether most records have the time of the one before.
pub(super) fn repeats(time: &Column) -> bool {
    let texts = time.texts.windows(2).filter(|pair| pair[0] == pair[1]);
    let numbers = time.numbers.windows(2).filter(|pair| pair[0] == pair[1]);
    texts.count() + numbers.count() >= time.present().max(2) / 2
}

/// The cells of a column in which no record lacks one.
fn cells(column: &Column, records: usize) -> Option<Vec<Cow<'_, str>>> {
    if column.texts.len() == records {
        return Some(column.texts.iter().map(|text| text.into()).collect());
    }
    let numbers = column.numbers.iter();
    let is_whole = || column.numbers.iter().all(|number| number.fract() == 0.0);
    (column.numbers.len() == records && is_whole())
        .then(|| numbers.map(|number| number.to_string().into()).collect())
}

/// Whether a column has times of day alone.
pub(super) fn is_times_of_day(column: &Column) -> bool {
    holds(column, is_clock)
}

fn joined(date: &Column, clock: &Column) -> Vec<String> {
    let pairs = date.texts.iter().zip(&clock.texts);
    pairs
        .map(|(date, clock)| date_and_time(date, clock))
        .collect()
}

/// The column of times of day that belongs to a column of dates.
pub(super) fn time_of_day<'a>(
    sample: &'a Sample,
    date: &Column,
    values: &[&Column],
    key: Option<&Column>,
) -> Option<&'a Column> {
    if !is_dates(date) {
        return None;
    }
    // As many texts as dates: no record lacks one of the two.
    free(sample, values, key)
        .find(|column| column.texts.len() == date.texts.len() && holds(column, is_clock))
}

/// The columns that are neither judged nor the key.
fn free<'a>(
    sample: &'a Sample,
    values: &[&Column],
    key: Option<&Column>,
) -> impl Iterator<Item = &'a Column> {
    sample.columns.iter().filter(move |column| {
        let mut taken = values.iter().copied().chain(key);
        taken.all(|other| other.path != column.path)
    })
}

/// Whether a column contains only texts of this kind.
fn holds(column: &Column, is_kind: fn(&str) -> bool) -> bool {
    !column.texts.is_empty()
        && column.texts.len() == column.present()
        && column.texts.iter().all(|text| is_kind(text))
}

fn is_dates(column: &Column) -> bool {
    holds(column, |text| {
        Shape::of(text) == Shape::Time && !text.contains(':')
    })
}

/// `9:05`, `22:13:20.5`, `10:13 PM`.
fn is_clock(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let digits = ["am", "pm", "a.m.", "p.m."]
        .into_iter()
        .find_map(|half| text.strip_suffix(half))
        .unwrap_or(&text)
        .trim_end();
    let mut parts = digits.split(':');
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let hour = parts.next().is_some_and(|part| is_number(part, 2));
    let minute = parts.next().is_some_and(|part| is_number(part, 2));
    let second = parts.next().is_none_or(|part| {
        let (whole, fraction) = part.split_once(['.', ',']).unwrap_or((part, "0"));
        is_number(whole, 2) && is_number(fraction, 9)
    });
    hour && minute && second && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_distinguished_from_times() {
        for text in ["9:05", "22:13:20.5", "10:13 PM", "10:13:20 a.m."] {
            assert!(is_clock(text), "{text}");
        }
        for text in [
            "2023-11-14 22:13",
            "22",
            "22:13:20Z",
            "22:",
            "1:2:3:4",
            "a:b",
        ] {
            assert!(!is_clock(text), "{text}");
        }
    }
}
