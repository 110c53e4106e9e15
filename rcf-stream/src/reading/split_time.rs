//! Times that are split into several columns: date and time of day, words, or year, month and day.

use std::collections::HashSet;

use super::calendar::{
    Digits, Part, clock_patterns, is_half_of_day, is_month, is_timely, is_unnamed,
};
use super::column_names::is_clock_name;
use super::growth::Growth;
use super::sample::Column;
use super::time_column::{is_dates, is_times_of_day};
use super::times;
use crate::time::{TimeFormat, likely_format};

/// Columns that are one time together, in the order in which they are read, and its format.
pub(super) struct SplitTime<'a> {
    pub(super) columns: Vec<&'a Column>,
    pub(super) format: Option<TimeFormat>,
}

/// More columns than this are no time.
const WORDS: usize = 6;
/// Fewer records than this show nothing about columns without names.
const ENOUGH: usize = 20;

/// The texts of the columns, joined as a decoder joins them; `None` if some have no value.
pub(super) fn joined(columns: &[&Column]) -> Option<Vec<String>> {
    let mut columns = columns.iter().map(|column| column.cells());
    let first = columns.next()??;
    columns.try_fold(first, |joined, cells| {
        let cells = cells.filter(|cells| cells.len() == joined.len())?;
        let pairs = joined.iter().zip(cells);
        Some(pairs.map(|(time, part)| format!("{time} {part}")).collect())
    })
}

/// The format in which the columns are read together.
pub(super) fn format_of(columns: &[&Column]) -> Option<TimeFormat> {
    let texts = joined(columns)?;
    let is_text = columns.iter().any(|column| is_timely(column));
    if let Some(format) = is_text.then(|| times::of_texts(&texts)).flatten() {
        return Some(format);
    }
    let mut patterns = vec![String::new()];
    for column in columns {
        let parts = patterns_of(column, columns);
        let with = |pattern: &String, part: &String| format!("{pattern} {part}").trim().to_owned();
        patterns = patterns
            .iter()
            .flat_map(|pattern| parts.iter().map(|part| with(pattern, part)))
            .collect();
    }
    let mut formats = patterns.into_iter().map(TimeFormat::Pattern);
    formats.find(|format| times::reads(format, &texts))
}

/// The patterns in which a column of several may be written.
fn patterns_of(column: &Column, all: &[&Column]) -> Vec<String> {
    let own = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
    if let Some(part) = Part::of(column) {
        return own(&[part.directive(column)]);
    }
    if column.numbers.is_empty() {
        if is_times_of_day(column) {
            let has_half = all.iter().any(|other| is_halves(other));
            return own(clock_patterns(has_half));
        }
        if column.texts.iter().all(|text| is_month(text)) {
            return own(&[Part::Month.directive(column)]);
        }
        if is_halves(column) {
            return own(&["%p"]);
        }
    }
    let date = match times::of_column(column) {
        Some(TimeFormat::Pattern(pattern)) => Some(pattern),
        Some(TimeFormat::Rfc3339) => Some("%Y-%m-%d".to_owned()),
        _ => None,
    };
    let digits = Digits::of(column).map(|digits| digits.directive().to_owned());
    date.into_iter().chain(digits).collect()
}

fn is_halves(column: &Column) -> bool {
    column.numbers.is_empty() && column.texts.iter().all(|text| is_half_of_day(text))
}

/// The most columns next to each other that are a time as the words of a line are: `Nov`, `14`,
/// `20:00:20`.
pub(super) fn words<'a>(
    columns: &'a [Column],
    is_free: &dyn Fn(&Column) -> bool,
) -> Option<SplitTime<'a>> {
    let mut lengths = (2..=WORDS.min(columns.len())).rev();
    lengths.find_map(|length| {
        columns.windows(length).find_map(|window| {
            let has_month = || {
                let is_month = |text: &String| is_month(text);
                window
                    .iter()
                    .any(|column| column.texts.first().is_some_and(is_month))
            };
            // A number next to a time is a measured one, unless it is next to a month.
            let is_time = window.iter().all(is_free)
                && window.iter().any(is_timely)
                && (window.iter().all(|column| column.numbers.is_empty()) || has_month());
            if !is_time {
                return None;
            }
            let columns: Vec<&Column> = window.iter().collect();
            let texts = joined(&columns)?;
            likely_format(texts.first()?)?;
            let format = Some(times::of_texts(&texts)?);
            Some(SplitTime { columns, format })
        })
    })
}

/// A date with the columns that continue it.
pub(super) fn completed<'a>(date: &'a Column, free: &[&'a Column]) -> Option<SplitTime<'a>> {
    if !is_dates(date) {
        return None;
    }
    // As many as dates: no record lacks one of the two.
    let others = || free.iter().copied().filter(|it| it.path != date.path);
    let fits = |column: &&Column| column.present() == date.present();
    if let Some(clock) = others().filter(fits).find(|column| is_times_of_day(column)) {
        let half = others().filter(fits).find(|column| is_halves(column));
        let columns: Vec<_> = [date, clock].into_iter().chain(half).collect();
        let format = format_of(&columns);
        return Some(SplitTime { columns, format });
    }
    let mut columns = vec![date];
    columns.extend(named_clock(free));
    if columns.len() > 1 {
        return certain(columns);
    }
    let is_named = |column: &&Column| is_clock_name(&column.label);
    let with = |clock: &'a Column| Digits::of(clock).and_then(|_| certain(vec![date, clock]));
    let by_name = others().filter(is_named).find_map(with);
    by_name.or_else(|| {
        others()
            .filter(|clock| !matches!(Digits::of(clock), None | Some(Digits::Hours)))
            .filter(|clock| clock.numbers.len() >= ENOUGH && Growth::of(&clock.numbers).falls > 0)
            .filter_map(with)
            .find(|found| millis(found).is_some_and(|times| is_of_days(&times)))
    })
}

/// Whether times never go back, and are in as many hours as only times of day are: what counts from
/// 100 to 123 is none.
fn is_of_days(times: &[f64]) -> bool {
    let hours: HashSet<i64> = times
        .iter()
        .map(|millis| (millis / 3_600_000.0) as i64 % 24)
        .collect();
    hours.len() > 2 && Growth::of(times).falls == 0
}

/// The columns that are named as the hour, the minute and the second.
fn named_clock<'a>(free: &[&'a Column]) -> Vec<&'a Column> {
    let parts = [Part::Hour, Part::Minute, Part::Second];
    parts
        .iter()
        .map_while(|part| of_part(free, *part))
        .collect()
}

fn of_part<'a>(free: &[&'a Column], part: Part) -> Option<&'a Column> {
    free.iter()
        .copied()
        .find(|column| Part::of(column) == Some(part))
}

/// Columns of years, months, days and hours, by their names.
pub(super) fn parts<'a>(free: &[&'a Column]) -> Option<SplitTime<'a>> {
    use Part::{Day, DayOfYear, Month, Year};
    for date in [
        &[Year, Month, Day][..],
        &[Year, DayOfYear],
        &[Year, Month],
        &[Month, Day],
    ] {
        let columns = date.iter().map(|part| of_part(free, *part));
        let Some(mut columns) = columns.collect::<Option<Vec<_>>>() else {
            continue;
        };
        match named_clock(free).as_slice() {
            _ if date == [Year, Month] => {}
            [] => columns.extend(free.iter().copied().find(|column| {
                is_times_of_day(column)
                    || (is_clock_name(&column.label) && Digits::of(column).is_some())
            })),
            clock => columns.extend(clock),
        }
        if let Some(found) = certain(columns) {
            return Some(found);
        }
    }
    None
}

/// Columns of years, months, days and hours next to each other in a table without names.
pub(super) fn unnamed_parts<'a>(
    columns: &'a [Column],
    is_free: &dyn Fn(&Column) -> bool,
) -> Option<SplitTime<'a>> {
    use Part::{Day, Hour, Minute, Month, Second, Year};
    let parts = [Year, Month, Day, Hour, Minute, Second];
    // The fewest with which nearly all times differ: the next column may be a value.
    (3..=parts.len()).find_map(|length| {
        columns.windows(length).find_map(|window| {
            let pairs = || window.iter().zip(parts);
            let is_part = |(column, part): (&Column, Part)| {
                is_free(column)
                    && is_unnamed(column)
                    && column.numbers.len() >= ENOUGH
                    && part.holds(column)
                    && (part != Year || column.numbers.iter().all(|year| *year >= 1_800.0))
            };
            if !pairs().all(is_part) {
                return None;
            }
            let directives: Vec<_> = pairs()
                .map(|(column, part)| part.directive(column))
                .collect();
            let found = SplitTime {
                columns: window.iter().collect(),
                format: Some(TimeFormat::Pattern(directives.join(" "))),
            };
            let growth = Growth::of(&millis(&found)?);
            (growth.falls == 0 && growth.rises * 10 >= growth.steps * 9).then_some(found)
        })
    })
}

/// The columns as one time, if it is read and nearly always goes in one direction.
fn certain(columns: Vec<&Column>) -> Option<SplitTime<'_>> {
    let format = Some(format_of(&columns)?);
    let found = SplitTime { columns, format };
    let growth = Growth::of(&millis(&found)?);
    let most = growth.rises.max(growth.falls);
    let is_one_way = most > 0 && growth.rises.min(growth.falls) * 10 <= most;
    (is_one_way || growth.steps == 0).then_some(found)
}

/// The times of the first records.
fn millis(found: &SplitTime<'_>) -> Option<Vec<f64>> {
    Some(times::millis(
        found.format.as_ref()?,
        &joined(&found.columns)?,
    ))
}
