//! Classification of columns by their names.

pub(super) const INDEX: &[&str] = &[
    "index", "idx", "row", "rownum", "no", "nr", "n", "seq", "sequence", "i",
];
pub(super) const ID: &[&str] = &[
    "id", "ids", "uuid", "guid", "pid", "ppid", "tid", "uid", "gid", "key", "zip", "zipcode",
    "postcode", "phone", "serial", "isbn", "ssn", "asn",
];
pub(super) const LABEL: &[&str] = &[
    "label",
    "labels",
    "class",
    "target",
    "anomaly",
    "anomalous",
    "outlier",
    "changepoint",
    "truth",
    "fault",
    "attack",
    "cluster",
    "category",
    "type",
    "code",
    "group",
    "fold",
    "split",
];
/// Labels if they have two values.
pub(super) const FLAG: &[&str] = &["alarm", "alert", "failure", "failed"];
/// Parts of times, also where their numbers are not in the range of the calendar.
#[rustfmt::skip] // fewer lines
pub(super) const CALENDAR: &[&str] = &[
    "year", "month", "day", "hour", "minute", "second", "weekday", "dayofweek", "dow", "week",
    "quarter", "yr", "mnth", "hr",
];
/// Words of the names of times of day.
const CLOCK: &[&str] = &[
    "time", "hhmm", "hhmmss", "hrmn", "hms", "hm", "hour", "clock", "tod", "utc", "gmt", "local",
    "of", "day", "zeit", "uhrzeit", "hora", "heure", "hhmmz",
];
pub(super) const TIME: &[&str] = &[
    "t",
    "ts",
    "time",
    "timestamp",
    "timestamps",
    "date",
    "datetime",
    "epoch",
    "at",
    "when",
    "zeit",
    "zeitpunkt",
    "datum",
    "uhrzeit",
    "fecha",
    "hora",
    "heure",
    "tiempo",
    "ds",
    "clock",
    "dt",
    "ymd",
    "yyyymmdd",
    "yrmoda",
    "yyyymm",
    "yearmonth",
    "yeardoy",
    "millis",
    "ms",
];

/// The words of a name, in lower case: `eventTime` and `event_time` are both `event`, `time`.
pub(super) fn words(label: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in label.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

pub(super) fn is_time_name(words: &[String]) -> bool {
    let ends = [words.first(), words.last()];
    ends.into_iter()
        .flatten()
        .any(|word| TIME.contains(&word.as_str()))
}

/// Whether a column is named as the unit of others.
pub(super) fn is_unit_name(label: &str) -> bool {
    let names = ["unit", "units", "uom", "einheit"];
    words(label)
        .last()
        .is_some_and(|last| names.contains(&last.as_str()))
}

/// Whether a column is named as a time of day, and nothing else.
pub(super) fn is_clock_name(label: &str) -> bool {
    let words = words(label);
    !words.is_empty() && words.iter().all(|word| CLOCK.contains(&word.as_str()))
}
