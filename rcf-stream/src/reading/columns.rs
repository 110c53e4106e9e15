//! Choice of the columns to judge, and of the time, from the first records.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::OptionNames;
use super::calendar::{Digits, Part};
use super::column_names::{
    CALENDAR, FLAG, ID, INDEX, LABEL, is_clock_name, is_time_name, is_unit_name, words,
};
use super::growth::Growth;
use super::sample::{Column, Sample};
use super::sentinel::sentinel;
use super::shape::Shape;
use super::time_column::{
    Order, best_time, is_dates, is_times_of_day, order, repeats, series_of, time_format, time_rank,
};
use super::{split_time, times};
use crate::decode::{FieldPath, Unit};
use crate::suggest::closest;
use crate::time::TimeFormat;

/// Fewer records than this do not show that a column is constant, an index or a counter.
const ENOUGH: usize = 20;

/// The columns that were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The columns to judge; chosen if none is named.
    pub values: Vec<String>,
    /// What to judge as categories.
    pub categorical: Vec<String>,
    /// The key.
    pub key: Option<String>,
    /// The time; chosen if none is named.
    pub time: Option<String>,
    /// What continues the time, if it is only a part, such as a date; chosen if no time is named.
    pub time_of_day: Vec<String>,
    /// The format of the time; detected if none is named.
    pub time_format: Option<TimeFormat>,
    /// The names of the options in messages.
    pub options: OptionNames,
}

/// The selected columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The columns to judge.
    pub values: Vec<FieldPath>,
    /// The units of the columns to judge, if any has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Option<Unit>>,
    /// The columns with several units, all converted to one; not saved.
    #[serde(skip)]
    pub converted: Vec<FieldPath>,
    /// Numbers that seem to mean missing values: the column, the number, and in how many of the
    /// first records; not saved.
    #[serde(skip)]
    pub sentinels: Vec<(FieldPath, String, usize)>,
    /// The columns to judge as categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<FieldPath>,
    /// The key.
    pub key: Option<FieldPath>,
    /// The time.
    pub time: Option<FieldPath>,
    /// What continues the time, if it is only a part of it, such as a date. One is saved as it is,
    /// as the first releases did.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "one_or_several"
    )]
    pub time_of_day: Vec<FieldPath>,
    /// The format of the time, if it was named or detected.
    #[serde(default)]
    pub time_format: TimeFormat,
    /// The order of the first records in time; not saved.
    #[serde(skip)]
    pub order: Order,
    /// The other columns, and why they are not judged; not saved.
    #[serde(skip)]
    pub ignored: Vec<(String, Reason)>,
}

/// A list that is written without brackets if it has one element.
mod one_or_several {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::decode::FieldPath;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Saved {
        One(FieldPath),
        Several(Vec<FieldPath>),
    }

    pub(super) fn serialize<S: Serializer>(
        paths: &[FieldPath],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match paths {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<FieldPath>, D::Error> {
        Ok(match Saved::deserialize(deserializer)? {
            Saved::One(path) => vec![path],
            Saved::Several(paths) => paths,
        })
    }
}

/// Why a column is not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Other columns were named.
    NotNamed,
    /// It is empty.
    Empty,
    /// It contains text, with this many different values.
    Text(usize),
    /// Its name suggests the units of other columns, and it has this many.
    Units(usize),
    /// It names this many series, each with one record at a time.
    Series(usize),
    /// It contains times of day, and there is no column of dates.
    TimesOfDay,
    /// It is named as the time of day of this column of dates, and in a form that is not read.
    ClockOf(String),
    /// It is named as a time, and its digits are dates in both formats.
    UnclearDates(&'static str, &'static str),
    /// It contains truth values, arrays or objects.
    NoNumbers,
    /// It contains one value.
    Constant,
    /// It counts the records.
    Index,
    /// It increases by the same step from record to record.
    Clock,
    /// It increases between the years 1954 and 2119 as days of Excel, and has the name of a time.
    ExcelDates,
    /// It only increases.
    Counter,
    /// Its name suggests an identifier.
    Id,
    /// As an id, and most times occur several times.
    IdOfMany,
    /// Its name suggests labels.
    Label,
    /// It is a part of a date.
    Calendar,
    /// It is a time, and another one was chosen.
    OtherTime,
    /// It contains numbers with a unit that is not known, such as this one.
    Unit(String),
    /// It contains numbers with these two units or signs, which cannot be compared.
    Unlike(String, String),
    /// It contains numbers between marks, such as this one.
    Marked(String),
    /// It is the key.
    Key,
    /// It is the time.
    Time,
    /// It is the time of day.
    TimeOfDay,
}

impl Reason {
    /// In words, with the name of the remedy.
    fn text(&self, options: OptionNames) -> String {
        let text = match self {
            Self::NotNamed => "not named",
            Self::Empty => "empty",
            Self::Text(1) => "text, always the same",
            Self::Text(count @ 2..=50) => {
                let (key, categorical) = (options.key, options.categorical);
                return format!("text, {count} different: a {key} or {categorical}?");
            }
            Self::Text(_) => "text",
            Self::Units(count) => {
                let key = options.key;
                return format!("{count} units: convert the values to one, or use it as {key}");
            }
            Self::Series(count) => {
                let key = options.key;
                return format!("{count} series, one record of each at a time: name it with {key}");
            }
            Self::TimesOfDay => "times of day without a date",
            Self::ClockOf(date) => {
                let column = options.values;
                return format!(
                    "times of day of {date:?}? write each as 20:15, or judge them with {column}"
                );
            }
            Self::UnclearDates(one, other) => {
                let (time, format) = (options.time, options.time_format);
                return format!("dates as {one} or {other}? choose with {time} and {format}");
            }
            Self::NoNumbers => "no numbers",
            Self::Constant => "constant",
            Self::Index => "an index",
            Self::Clock => "a clock",
            Self::ExcelDates => {
                let (time, format) = (options.time, options.time_format);
                return format!("dates of Excel? name it with {time} and {format} excel");
            }
            Self::Counter => "a counter",
            Self::Id => "an id",
            Self::IdOfMany => {
                return format!(
                    "an id, and most times occur several times: a {}?",
                    options.key
                );
            }
            Self::Label => "a label",
            Self::Calendar => "part of a date",
            Self::OtherTime => "another time",
            Self::Unit(example) => {
                return format!("numbers with a unit, such as {example:?}: remove the unit");
            }
            Self::Unlike(one, other) => {
                let (column, both) = (options.values, [quoted(one), quoted(other)].join(" and "));
                return match other.as_str() {
                    "no sign" => format!("numbers with {both}: if they are alike, {column}"),
                    _ => format!("numbers with {both}: convert them to one unit"),
                };
            }
            Self::Marked(example) => {
                return format!("numbers between marks, such as {example}: remove the marks");
            }
            Self::Key => "the key",
            Self::Time => "the time",
            Self::TimeOfDay => "the time of day",
        };
        text.to_owned()
    }
}

/// There are no columns to judge, or the named ones do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// There is no record in the source.
    #[error("it has no records")]
    NoRecords,
    /// A named column is not in any of the first records.
    #[error("unknown column {name:?}; the columns are {}{}", list(columns), hint(suggestion.as_deref()))]
    NoSuchColumn {
        /// The name.
        name: String,
        /// The columns.
        columns: Vec<String>,
        /// The column that was probably meant.
        suggestion: Option<String>,
    },
    /// A named column has numbers in units that cannot be compared.
    #[error(
        "column {name:?} has numbers with {} and {}, which cannot be compared; convert them to \
         one unit first",
        quoted(one),
        quoted(other)
    )]
    Unlike {
        /// The name.
        name: String,
        /// The most usual unit or sign.
        one: String,
        /// Another one.
        other: String,
    },
    /// No column can be judged unless it is named.
    #[error(
        "no column can be judged: {}; {}",
        reasons(ignored, **options),
        match delimiter {
            Some(mark) => format!(
                "if {mark:?} separates columns, say so with {} '{mark}'",
                options.delimiter
            ),
            None => format!("name a numeric column with {}", options.values),
        }
    )]
    Nothing {
        /// All columns, and why they are not judged.
        ignored: Vec<(String, Reason)>,
        /// What may separate columns, if there is only one of text.
        delimiter: Option<char>,
        /// The names of the options.
        options: Box<OptionNames>,
    },
}

/// A unit in quotes; `no unit` is none.
fn quoted(unit: &str) -> String {
    match unit {
        "no unit" | "no sign" => unit.to_owned(),
        unit => format!("{unit:?}"),
    }
}

fn list(columns: &[String]) -> String {
    let (shown, more) = columns.split_at(columns.len().min(30));
    match more.len() {
        0 => shown.join(", "),
        count => format!("{} and {count} more", shown.join(", ")),
    }
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

/// `a (an index), b (text)`, shortened if there are many.
pub(super) fn reasons(ignored: &[(String, Reason)], options: OptionNames) -> String {
    let named =
        |(label, reason): &(String, Reason)| format!("{label:?} ({})", reason.text(options));
    let shown: Vec<String> = ignored.iter().take(12).map(named).collect();
    match ignored.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Chooses the columns to judge and the time.
///
/// # Errors
/// A named column does not exist, or there is nothing to judge.
pub fn choose(sample: &Sample, named: &Named) -> Result<Choice, ChoiceError> {
    if sample.records == 0 {
        return Err(ChoiceError::NoRecords);
    }
    let find = |name: &String| sample.find(name).ok_or_else(|| no_such(sample, name));
    let key = named.key.as_ref().map(find).transpose()?;
    let values = named
        .values
        .iter()
        .map(find)
        .collect::<Result<Vec<_>, _>>()?;
    let categorical = named
        .categorical
        .iter()
        .map(find)
        .collect::<Result<Vec<_>, _>>()?;
    let (time, format) = match &named.time {
        // A user who names the time may mean a date alone.
        Some(name) => {
            let parts = [name].into_iter().chain(&named.time_of_day);
            let columns = parts.map(find).collect::<Result<Vec<_>, _>>()?;
            let format = time_format(&columns);
            (columns, format)
        }
        None => best_time(sample, &values, key, named.time_format.as_ref())
            .map_or_else(Default::default, |found| (found.columns, found.format)),
    };
    let is = |column: &Column, other: Option<&Column>| {
        other.is_some_and(|other| other.path == column.path)
    };
    let mut choice = Choice {
        values: values.iter().map(|column| column.path.clone()).collect(),
        categorical: categorical
            .iter()
            .map(|column| column.path.clone())
            .collect(),
        key: key.map(|column| column.path.clone()),
        time: time.first().map(|column| column.path.clone()),
        time_of_day: time.iter().skip(1).map(|it| it.path.clone()).collect(),
        time_format: named.time_format.clone().or(format).unwrap_or_default(),
        order: Order::default(),
        ignored: Vec::new(),
        ..Choice::default()
    };
    let times = split_time::joined(&time).or_else(|| Some(time.first()?.texts.clone()));
    let times = times.unwrap_or_default();
    choice.order = order(&times, &choice.time_format);
    // One column called `second` may be anything, but `hour` and `minute` are parts of a date.
    let has_calendar = sample.columns.iter().filter(|it| is_calendar(it)).count() > 1;
    let times_repeat = key.is_none() && !time.is_empty() && repeats(&times);
    let are_dates = |column: &&Column| {
        let reason = reason(column, false);
        matches!(reason, Some(Reason::ExcelDates | Reason::UnclearDates(..)))
    };
    let dates = match time.as_slice() {
        [date] => Some(*date),
        [] => sample.columns.iter().find(are_dates),
        _ => None,
    };
    for column in &sample.columns {
        let mut named = values.iter().chain(&categorical);
        let is_judged = named.any(|value| value.path == column.path);
        let is_time = time.iter().any(|part| part.path == column.path);
        if is_judged || is(column, key) || is_time {
            continue;
        }
        // Unless a key is named, a column may name the series of the file.
        let series = || match (key, time.first()) {
            (None, Some(_)) => series_of(sample, &times, column).map(Reason::Series),
            _ => None,
        };
        let clock = || {
            let date = dates.filter(|date| is_clock_of(date, column))?;
            Some(Reason::ClockOf(date.label.clone()))
        };
        let reason = clock()
            .or_else(series)
            .or_else(|| reason(column, has_calendar));
        let reason = match reason {
            Some(Reason::Id) if times_repeat => Some(Reason::IdOfMany),
            reason => reason,
        };
        match reason {
            None if values.is_empty() => choice.values.push(column.path.clone()),
            None => choice
                .ignored
                .push((column.label.clone(), Reason::NotNamed)),
            // Outside the bars at the edges of a table.
            Some(Reason::Empty) if is_outer(sample, column) => {}
            Some(reason) => choice.ignored.push((column.label.clone(), reason)),
        }
    }
    if choice.values.is_empty() && choice.categorical.is_empty() {
        second_choice(sample, &mut choice);
    }
    if choice.values.is_empty() && choice.categorical.is_empty() {
        let mut ignored = choice.ignored;
        ignored.extend(key.map(|column| (column.label.clone(), Reason::Key)));
        for (n, column) in time.iter().enumerate() {
            let reason = if n == 0 {
                Reason::Time
            } else {
                Reason::TimeOfDay
            };
            ignored.push((column.label.clone(), reason));
        }
        let options = Box::new(named.options);
        return Err(ChoiceError::Nothing {
            ignored,
            delimiter: None,
            options,
        });
    }
    add_units(sample, &mut choice)?;
    Ok(choice)
}

/// Whether a column is the first or the last, and has no name.
fn is_outer(sample: &Sample, column: &Column) -> bool {
    let ends = [sample.columns.first(), sample.columns.last()];
    let is_end = ends
        .into_iter()
        .flatten()
        .any(|end| end.path == column.path);
    is_end && column.label.starts_with("column_")
}

/// The units of the columns that are judged.
fn add_units(sample: &Sample, choice: &mut Choice) -> Result<(), ChoiceError> {
    let column = |path: &FieldPath| sample.columns.iter().find(|it| it.path == *path);
    for column in choice.values.iter().filter_map(column) {
        // Numbers with a sign and without one may be the same, if someone says so.
        let has_texts = column.numbers.len() * 10 < column.present() * 9;
        match &column.unlike {
            Some((one, other)) if has_texts || other != "no sign" && column.texts.is_empty() => {
                return Err(ChoiceError::Unlike {
                    name: column.label.clone(),
                    one: one.clone(),
                    other: other.clone(),
                });
            }
            _ => {}
        }
    }
    let units = |path| Some(column(path)?.unit.as_ref()?.0.clone());
    choice.units = choice.values.iter().map(units).collect();
    if choice.units.iter().all(Option::is_none) {
        choice.units.clear();
    }
    let is_mixed = |path: &&FieldPath| {
        let unit = column(path).and_then(|column| column.unit.as_ref());
        unit.is_some_and(|(_, is_mixed)| *is_mixed)
    };
    let sentinel = |path: &FieldPath| {
        let (number, count) = sentinel(&column(path)?.numbers)?;
        Some((path.clone(), number.to_string(), count))
    };
    choice.sentinels = choice.values.iter().filter_map(sentinel).collect();
    choice.converted = choice.values.iter().filter(is_mixed).cloned().collect();
    Ok(())
}

fn no_such(sample: &Sample, name: &str) -> ChoiceError {
    let columns: Vec<String> = sample
        .columns
        .iter()
        .map(|column| column.label.clone())
        .collect();
    let known = columns.iter().map(String::as_str);
    ChoiceError::NoSuchColumn {
        name: name.to_owned(),
        suggestion: closest(name, known).map(str::to_owned),
        columns,
    }
}

/// If there is nothing else to judge, counters are judged, otherwise columns that were constant so
/// far, otherwise record counters.
fn second_choice(sample: &Sample, choice: &mut Choice) {
    for kind in [
        &[Reason::Counter][..],
        &[Reason::Constant],
        &[Reason::Index, Reason::Clock, Reason::ExcelDates],
    ] {
        let is_kind = |label: &String| {
            choice
                .ignored
                .iter()
                .any(|(name, reason)| name == label && kind.contains(reason))
        };
        let columns = sample
            .columns
            .iter()
            .filter(|column| is_kind(&column.label));
        choice.values = columns.map(|column| column.path.clone()).collect();
        if !choice.values.is_empty() {
            choice.ignored.retain(|(_, reason)| !kind.contains(reason));
            return;
        }
    }
}

/// Dates of Excel are looked for between these days.
const EXCEL_1954: f64 = 20_000.0;
const EXCEL_2119: f64 = 80_000.0;

/// Why a column is not judged; `None` if it is.
fn reason(column: &Column, has_calendar: bool) -> Option<Reason> {
    let numbers = &column.numbers;
    if column.present() == 0 {
        return Some(Reason::Empty);
    }
    if numbers.len() * 10 < column.present() * 9 {
        return Some(match column.texts.len() {
            0 => Reason::NoNumbers,
            _ if is_times_of_day(column) => Reason::TimesOfDay,
            _ if time_rank(column).is_some() => Reason::OtherTime,
            _ if let Some((one, other)) = &column.unlike => {
                Reason::Unlike(one.clone(), other.clone())
            }
            _ if column.texts.iter().all(|text| has_unit(text)) => {
                Reason::Unit(column.texts[0].clone())
            }
            _ if column.texts.iter().all(|text| is_marked(text)) => {
                Reason::Marked(column.texts[0].clone())
            }
            _ => match column.texts.iter().collect::<BTreeSet<_>>().len() {
                count @ 2..=50 if is_unit_name(&column.label) => Reason::Units(count),
                count => Reason::Text(count),
            },
        });
    }
    if let (true, Some((one, other))) = (column.texts.is_empty(), &column.unlike) {
        return Some(Reason::Unlike(one.clone(), other.clone()));
    }
    let words = words(&column.label);
    let last = words.last().map_or("", String::as_str);
    let distinct = distinct(numbers);
    let is_whole = numbers.iter().all(|number| number.fract() == 0.0);
    let is_unnamed = words.is_empty()
        || column.label.starts_with("column_")
        || column.label.to_lowercase().starts_with("unnamed");
    let growth = Growth::of(numbers);
    if numbers.len() >= ENOUGH && distinct == 1 {
        return Some(Reason::Constant);
    }
    if let [one, other, ..] = times::of_digits(numbers).as_slice()
        && is_time_name(&words)
    {
        return Some(Reason::UnclearDates(one, other));
    }
    if is_whole && (is_unnamed || INDEX.contains(&last)) && growth.is_index() {
        return Some(Reason::Index);
    }
    if is_time_name(&words)
        && numbers.iter().all(is_excel_date)
        && growth.rises > 0
        && growth.falls == 0
        && (growth.is_steady() || numbers.len() >= ENOUGH)
    {
        return Some(Reason::ExcelDates);
    }
    if is_time_name(&words) && growth.is_steady() {
        return Some(Reason::Clock);
    }
    if numbers.len() >= ENOUGH {
        if is_whole && growth.is_index() {
            return Some(Reason::Index);
        }
        if growth.is_steady() {
            return Some(Reason::Clock);
        }
        if growth.is_counter() {
            return Some(Reason::Counter);
        }
    }
    if time_rank(column).is_some() {
        return Some(Reason::OtherTime);
    }
    let is_year = Part::of(column) == Some(Part::Year) && growth.falls == 0;
    if is_year || has_calendar && is_calendar(column) {
        return Some(Reason::Calendar);
    }
    if is_whole
        && (ID.contains(&last) || column.label.ends_with("Id") || column.label.ends_with("ID"))
    {
        return Some(Reason::Id);
    }
    let is_flag = distinct <= 2
        && (words.len() > 1 && ["is", "has"].contains(&words[0].as_str())
            || words.iter().any(|word| FLAG.contains(&word.as_str())));
    let is_label = words.iter().any(|word| LABEL.contains(&word.as_str())) && distinct <= 50;
    (is_whole && (is_flag || is_label)).then_some(Reason::Label)
}

/// Whether a column has a part of a date, by its name.
fn is_calendar(column: &Column) -> bool {
    let is_whole = column.numbers.iter().all(|number| number.fract() == 0.0);
    let words = words(&column.label);
    let last = words.last().map_or("", String::as_str);
    Part::of(column).is_some() || (is_whole && CALENDAR.contains(&last))
}

/// Whether a column beside dates has times of day in a form that is not read: it is named so, and
/// grows on each date, or has texts or gaps; or, whatever its name, it counts the records of each.
fn is_clock_of(date: &Column, column: &Column) -> bool {
    let are_dates = is_dates(date) || date.numbers.iter().all(is_excel_date);
    let Some(days) = date.cells().filter(|_| are_dates) else {
        return false;
    };
    let is_named = is_clock_name(&column.label) || Part::of(column) == Some(Part::Hour);
    let is_number = column.numbers.len() == column.present();
    if days.len() != column.numbers.len() {
        let is_like = column.numbers.is_empty() || (is_number && Digits::of(column).is_some());
        return is_named && is_like && column.present() > 0 && repeats(&days);
    }
    let steps = || days.windows(2).zip(column.numbers.windows(2));
    let within = || steps().filter(|(days, _)| days[0] == days[1]);
    let count = |is: &dyn Fn(f64) -> bool| {
        within()
            .filter(|(_, times)| is(times[1] - times[0]))
            .count()
    };
    let (all, rises, ones) = (
        within().count(),
        count(&|it| it > 0.0),
        count(&|it| it == 1.0),
    );
    let begins_again = steps().any(|(days, times)| days[0] != days[1] && times[1] < times[0]);
    let is_index = days.len() >= ENOUGH && ones * 20 >= all * 19 && begins_again;
    ones > 0 && is_index || is_named && rises > 0 && (all - rises) * 10 <= rises
}

fn is_excel_date(number: &f64) -> bool {
    (EXCEL_1954..EXCEL_2119).contains(number)
}

/// Whether a text is a number, in any style, with a unit after it: `49.5 °C`, `12M`.
fn has_unit(text: &str) -> bool {
    let is_unit = |c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',');
    let number = text.trim_end_matches(is_unit);
    let unit = text[number.len()..].trim();
    (1..=8).contains(&unit.chars().count()) && Shape::of(number) == Shape::Number
}

/// Whether a text is a number between single quotes, or as a formula of a spreadsheet: `'49.5'`,
/// `="49.5"`.
fn is_marked(text: &str) -> bool {
    let between = |begin, end| text.strip_prefix(begin)?.strip_suffix(end);
    let number = between("'", "'").or_else(|| between("=\"", "\""));
    number.is_some_and(|number| Shape::of(number) == Shape::Number)
}

fn distinct(numbers: &[f64]) -> usize {
    numbers
        .iter()
        .map(|number| number.to_bits())
        .collect::<BTreeSet<_>>()
        .len()
}
