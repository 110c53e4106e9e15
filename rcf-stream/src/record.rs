//! Records, and positions in a stream of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::identity::FilePosition;
use crate::time::TimeUnit;

/// One record as the source delivered it, not decoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream: its name on Kinesis, the file name, or the name of the generator.
    pub stream: Arc<str>,
    /// The shard within the stream; sources without shards have one, named `0`.
    pub shard: Arc<str>,
    /// The place within the shard. Opaque, and unique within the shard together with
    /// `sub_sequence`: a Kinesis sequence number, a line number, or the `t` of a generator.
    pub sequence: String,
    /// The place within an aggregated record.
    pub sub_sequence: Option<u64>,
    /// The partition key; empty where the source has none.
    pub partition_key: String,
    /// When the record arrived in the stream, where the source knows it. It comes from the
    /// stream, never from the clock of the reader, so that a replay sees it unchanged.
    pub timestamp: Option<Timestamp>,
    /// The payload.
    pub data: Bytes,
}

impl Record {
    /// The id of the result: `stream/shard/sequence`, with `/sub_sequence` where there is one.
    /// A replay gives every result its old id, so that a consumer can drop repeated ones.
    #[must_use]
    pub fn id(&self) -> String {
        match self.sub_sequence {
            None => format!("{}/{}/{}", self.stream, self.shard, self.sequence),
            Some(sub) => format!("{}/{}/{}/{sub}", self.stream, self.shard, self.sequence),
        }
    }
}

/// One encoded result, on its way to the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRecord {
    /// The [id](Record::id) of the record it was computed from.
    pub id: String,
    /// The partition key of the record it was computed from; may be empty.
    pub partition_key: String,
    /// The encoded result, without a line feed at its end.
    pub data: Bytes,
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// RFC 3339 in UTC with three decimals, such as `2026-01-27T08:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400_000;
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let in_day = self.0.rem_euclid(DAY);
        let (seconds, millis) = (in_day / 1000, in_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

/// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the
/// leap day is the last of its year; an era of 400 years always has 146,097 days.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // counted from 0000-03-01
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The text is not a valid UTC timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a valid UTC timestamp; write it as 2026-01-27T08:00:00Z, with up to three decimals"
)]
pub struct ParseTimestampError(String);

/// Reads what `Display` writes; decimals may be missing.
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseTimestampError(text.to_owned());
        let utc = text.strip_suffix('Z').ok_or_else(error)?;
        let (seconds, decimals) = utc.split_once('.').unwrap_or((utc, "0"));
        let full = format!("{seconds}.{decimals:0<3}Z");
        let numbers: Vec<i64> = full
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse::<u16>().ok().map(i64::from))
            .collect();
        let &[year, month, day, hour, minute, second, millis] = numbers.as_slice() else {
            return Err(error());
        };
        let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute;
        let read = Self((minutes * 60 + second) * 1000 + millis);
        // Only the one right way to write a moment comes back unchanged: this checks the
        // punctuation, the length of months and leap years, and the range of every number.
        if read.to_string() == full {
            Ok(read)
        } else {
            Err(error())
        }
    }
}

/// The inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// How far one shard was consumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The sequence number of the last consumed record; `None` before the first.
    pub sequence: Option<String>,
    /// Its place within an aggregated record. A source resumes after this sub-record, so it has to
    /// read the record at `sequence` again and drop what was consumed.
    pub sub_sequence: Option<u64>,
    /// The shard is closed and was read to its end; its children may be read.
    pub ended: bool,
    /// The latest time of a record so far, in milliseconds since 1970: the clock of the shard, by
    /// which silent keys are forgotten.
    pub clock: Option<i64>,
    /// Since when the shard is read, in milliseconds since 1970, where it began at its newest
    /// record and none has come yet.
    pub since: Option<i64>,
    /// How far the file was read, where the source is one.
    pub file: Option<FilePosition>,
    /// The unit of times that are numbers, where it was recognised.
    pub time_unit: Option<TimeUnit>,
    /// Records that were consumed, but wait for others before they are judged.
    pub held: Vec<HeldRecord>,
}

/// A record that waits because its time is far ahead, as a checkpoint keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRecord {
    /// The stream.
    pub stream: String,
    /// Its sequence number.
    pub sequence: String,
    /// Its place within an aggregated record.
    pub sub_sequence: Option<u64>,
    /// The index of the line within the record, where it has more than one.
    pub line: Option<usize>,
    /// Its partition key.
    pub partition_key: String,
    /// When it arrived.
    pub timestamp: Option<i64>,
    /// The bytes of the line in base64.
    pub data: String,
    /// Later records with a time like it.
    pub agree: u8,
    /// Later records of its key with a time that follows the clock.
    pub against: u8,
    /// Whether other keys have gone on with the clock since.
    pub contested: bool,
}

/// How far each shard was consumed. Reading resumes *after* these positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<String, Position>);

impl Positions {
    /// The position of a shard; `None` where nothing was consumed yet.
    #[must_use]
    pub fn get(&self, shard: &str) -> Option<&Position> {
        self.0.get(shard)
    }

    /// Whether nothing was consumed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All shards in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Position)> {
        self.0
            .iter()
            .map(|(shard, position)| (shard.as_str(), position))
    }

    /// Moves the clock of a shard forward, never back, and reads it; 0 where no time is known.
    pub fn tick(&mut self, shard: &str, time: Option<i64>) -> i64 {
        let mut clock = self.0.get(shard).and_then(|position| position.clock);
        if time.is_some() && time > clock {
            clock = time;
            self.update(shard, |position| position.clock = time);
        }
        clock.unwrap_or(0)
    }

    /// The clock of a shard; `None` before the first time.
    #[must_use]
    pub fn clock(&self, shard: &str) -> Option<i64> {
        self.0.get(shard)?.clock
    }

    /// The earliest clock of all shards that are being read; `None` if one of them has no time.
    #[must_use]
    pub fn earliest_clock(&self) -> Option<i64> {
        // A shard of which nothing came yet has no say.
        let is_open = |it: &&Position| !it.ended && (it.since.is_none() || it.clock.is_some());
        let open = self.0.values().filter(is_open);
        open.map(|position| position.clock).min().flatten()
    }

    /// Marks a record as consumed.
    pub fn advance(&mut self, record: &Record) {
        self.update(&record.shard, |position| {
            position.sub_sequence = record.sub_sequence;
            match &mut position.sequence {
                Some(sequence) => sequence.clone_from(&record.sequence),
                none => *none = Some(record.sequence.clone()),
            }
        });
    }

    /// Marks since when a shard is read of which no record has come yet.
    pub fn start(&mut self, shard: &str, since: Timestamp) {
        self.update(shard, |position| position.since = Some(since.0));
    }

    /// Marks how far the file of a shard was read.
    pub fn read_file(&mut self, shard: &str, file: FilePosition) {
        self.update(shard, |position| position.file = Some(file));
    }

    /// The unit of times that was recognised in an earlier run.
    #[must_use]
    pub fn time_unit(&self) -> Option<TimeUnit> {
        self.0.values().find_map(|position| position.time_unit)
    }

    /// Notes what else belongs to a checkpoint: the unit of times, and the records that wait, each
    /// with its shard.
    pub fn note(&mut self, unit: Option<TimeUnit>, held: Vec<(Arc<str>, HeldRecord)>) {
        for position in self.0.values_mut() {
            position.time_unit = unit;
            position.held.clear();
        }
        for (shard, record) in held {
            self.update(&shard, |position| position.held.push(record));
        }
    }

    /// Marks a shard as read to its end.
    pub fn end(&mut self, shard: &str) {
        self.update(shard, |position| position.ended = true);
    }

    /// As `entry(shard).or_default()`, which would allocate the key for each record.
    fn update(&mut self, shard: &str, change: impl FnOnce(&mut Position)) {
        if let Some(position) = self.0.get_mut(shard) {
            return change(position);
        }
        change(self.0.entry(shard.to_owned()).or_default());
    }
}

/// Of shards and their positions.
impl FromIterator<(String, Position)> for Positions {
    fn from_iter<I: IntoIterator<Item = (String, Position)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Of shards and the sequence numbers of their last consumed records.
impl FromIterator<(String, String)> for Positions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let position = |sequence| Position {
            sequence: Some(sequence),
            ..Position::default()
        };
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(shard, sequence)| (shard, position(sequence)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: &str, sub_sequence: Option<u64>) -> Record {
        Record {
            stream: "s".into(),
            shard: "shard-1".into(),
            sequence: sequence.to_owned(),
            sub_sequence,
            partition_key: String::new(),
            timestamp: None,
            data: Bytes::new(),
        }
    }

    #[test]
    fn ids_name_stream_shard_and_sequence() {
        assert_eq!(record("17", None).id(), "s/shard-1/17");
        assert_eq!(record("17", Some(3)).id(), "s/shard-1/17/3");
    }

    #[test]
    fn timestamps_are_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_769_500_799_999, "2026-01-27T07:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(Timestamp(millis).to_string(), expected);
            assert_eq!(expected.parse(), Ok(Timestamp(millis)));
        }
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Timestamp(1000)));
        assert_eq!("1970-01-01T00:00:01.5Z".parse(), Ok(Timestamp(1500)));
    }

    #[test]
    fn only_moments_in_utc_are_read() {
        let wrong = [
            "",
            "Z",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00+01:00",
            "1970-01-01 00:00:00Z",
            "1970-1-1T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.1234Z",
            "99999-01-01T00:00:00Z",
            "99999999999999999999-01-01T00:00:00Z",
        ];
        for text in wrong {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn positions_follow_the_last_record() {
        let mut positions = Positions::default();
        positions.advance(&record("17", Some(3)));
        positions.advance(&record("18", None));
        positions.end("shard-2");
        let expected = Position {
            sequence: Some("18".into()),
            sub_sequence: None,
            ..Position::default()
        };
        assert_eq!(positions.get("shard-1"), Some(&expected));
        assert!(
            positions
                .get("shard-2")
                .is_some_and(|p| p.ended && p.sequence.is_none())
        );
    }
}
