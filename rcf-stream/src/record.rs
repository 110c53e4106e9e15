//! Records, and positions in a stream of them.

mod headers;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::identity::FilePosition;
use crate::time::TimeUnit;
pub use crate::time::{ParseTimestampError, Timestamp};
pub use headers::{Header, Headers};

/// One record as the source delivered it, not decoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream: its name on Kinesis, the file name, or the name of the generator.
    pub stream: Arc<str>,
    /// The shard within the stream; sources without shards have one, named `0`.
    pub shard: Arc<str>,
    /// The position within the shard. Opaque, and unique within the shard together with
    /// `sub_sequence`: a Kinesis sequence number, a line number, or the `t` of a generator.
    pub sequence: String,
    /// The position within an aggregated record.
    pub sub_sequence: Option<u64>,
    /// The partition key; empty if the source has none.
    pub partition_key: String,
    /// When the record arrived in the stream, if the source knows it. It comes from the
    /// stream, never from the clock of the reader, so that a replay sees it unchanged.
    pub timestamp: Option<Timestamp>,
    /// The headers that are forwarded to its result.
    pub headers: Headers,
    /// The payload.
    pub data: Bytes,
}

impl Record {
    /// The id of the result: `stream/shard/sequence`, with `/sub_sequence` if there is one.
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
    /// The headers of the record it was computed from.
    pub headers: Headers,
    /// The encoded result, without a line feed at its end.
    pub data: Bytes,
}

/// How far one shard was consumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The sequence number of the last consumed record; `None` before the first.
    pub sequence: Option<String>,
    /// Its position within an aggregated record. A source resumes after this sub-record, so it has
    /// to read the record at `sequence` again and drop what was consumed.
    pub sub_sequence: Option<u64>,
    /// The shard is closed and was read to its end; its children may be read.
    pub ended: bool,
    /// The latest time of a record so far, in milliseconds since 1970: the clock of the shard, by
    /// which silent keys are forgotten.
    pub clock: Option<i64>,
    /// The time from which the shard is read, in milliseconds since 1970, if reading began at its
    /// newest record and none has arrived yet.
    pub since: Option<i64>,
    /// How far the file was read, if the source is one.
    pub file: Option<FilePosition>,
    /// The unit of times that are numbers, if it was detected.
    pub time_unit: Option<TimeUnit>,
    /// Records that were consumed, but are held back until others confirm their time.
    pub held: Vec<HeldRecord>,
    /// The state that determines which keys were reported as silent, if they are watched.
    pub watched: Option<Watched>,
}

/// How the keys of a shard are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// A key counts from its first record whose clock is not before this.
    pub since: i64,
    /// The clock up to which overdue keys were reported.
    pub clock: i64,
    /// The newest times for which the whole shard was silent, in their order.
    pub silences: Vec<ShardSilence>,
}

/// A time without any record of a shard, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardSilence {
    /// The clock of the shard before.
    pub from: i64,
    /// The clock of the shard after.
    pub to: i64,
}

/// A record that waits because its time is far ahead, as a checkpoint keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRecord {
    /// The stream.
    pub stream: String,
    /// Its sequence number.
    pub sequence: String,
    /// Its position within an aggregated record.
    pub sub_sequence: Option<u64>,
    /// The index of the line within the record, if it has more than one.
    pub line: Option<usize>,
    /// Its partition key.
    pub partition_key: String,
    /// When it arrived.
    pub timestamp: Option<i64>,
    /// Its headers, in base64 if they have a value.
    pub headers: Vec<(String, Option<String>)>,
    /// The bytes of the line in base64.
    pub data: String,
    /// Later records with a similar time.
    pub agree: u8,
    /// Later records of its key with a time that follows the clock.
    pub against: u8,
    /// Whether other keys have continued at the clock since.
    pub contested: bool,
}

/// How far each shard was consumed. Reading resumes *after* these positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<String, Position>);

impl Positions {
    /// The position of a shard; `None` if nothing was consumed yet.
    #[must_use]
    pub fn get(&self, shard: &str) -> Option<&Position> {
        self.0.get(shard)
    }

    /// Whether nothing was consumed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes the position of a shard.
    pub fn remove(&mut self, shard: &str) -> Option<Position> {
        self.0.remove(shard)
    }

    /// Sets the position of a shard.
    pub fn insert(&mut self, shard: &str, position: Position) {
        self.0.insert(shard.to_owned(), position);
    }

    /// Adds the positions of other shards.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(others.0.clone());
        all
    }

    /// All shards in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Position)> {
        self.0
            .iter()
            .map(|(shard, position)| (shard.as_str(), position))
    }

    /// Moves the clock of a shard forward, never back, and reads it; 0 if no time is known.
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
        // A shard without records does not count.
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

    /// Marks the time from which a shard is read that has no record yet.
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

    /// Adds the rest of a checkpoint: the unit of times, and the records that are held back, each
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

    /// Adds how the keys of each shard are watched.
    pub fn note_watched(&mut self, of: impl Fn(&str) -> Option<Watched>) {
        for (shard, position) in &mut self.0 {
            position.watched = of(shard);
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
            headers: Headers::default(),
            data: Bytes::new(),
        }
    }

    #[test]
    fn ids_name_stream_shard_and_sequence() {
        assert_eq!(record("17", None).id(), "s/shard-1/17");
        assert_eq!(record("17", Some(3)).id(), "s/shard-1/17/3");
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
