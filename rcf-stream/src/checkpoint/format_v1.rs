//! The JSON of checkpoints, format 1: plain structs that nothing else uses.
//!
//! Frozen. Additions of later releases are optional and absent if unused, so that every release
//! reads the files of earlier ones; anything else would be format 2. The order of the fields is
//! part of the format: `position.json` has a checksum over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChunkInfo, CommittedPosition, Fingerprint, Manifest};
use crate::identity::{FileIdentity, FilePosition};
use crate::record::{HeldRecord, Position, Positions, ShardSilence, Watched};
use crate::sink::{SinkPosition, SinkPositions};
use crate::time::TimeUnit;

/// The header of a manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ManifestV1 {
    program: String,
    number: u64,
    records: u64,
    settings: BTreeMap<String, Value>,
    positions: BTreeMap<String, PositionV1>,
    sink: SinkV1,
    models: u64,
    chunks: Vec<ChunkV1>,
}

/// A chunk of a manifest.
#[derive(Debug, Serialize, Deserialize)]
struct ChunkV1 {
    name: String,
    bytes: u64,
    records: u32,
}

/// The `position` of `position.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CommittedV1 {
    writer: String,
    number: u64,
    manifest: Option<String>,
    records: u64,
    positions: BTreeMap<String, PositionV1>,
    sink: SinkV1,
}

/// How far a shard was consumed.
#[derive(Debug, Serialize, Deserialize)]
struct PositionV1 {
    sequence: Option<String>,
    sub_sequence: Option<u64>,
    ended: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<i64>,
    // The following fields were added in release 0.2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<FileV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    held: Vec<HeldV1>,
    // The following field was added in the release after 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watched: Option<WatchedV1>,
}

/// How the keys of a shard are watched.
#[derive(Debug, Serialize, Deserialize)]
struct WatchedV1 {
    since: i64,
    clock: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    silences: Vec<(i64, i64)>,
}

/// How far a file was read.
#[derive(Debug, Serialize, Deserialize)]
struct FileV1 {
    device: u64,
    inode: u64,
    offset: u64,
    fingerprint: u32,
    line: u64,
}

/// A record that is held back.
#[derive(Debug, Serialize, Deserialize)]
struct HeldV1 {
    stream: String,
    sequence: String,
    sub_sequence: Option<u64>,
    line: Option<u64>,
    partition_key: String,
    timestamp: Option<i64>,
    data: String,
    agree: u8,
    against: u8,
    contested: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, Option<String>)>,
}

/// How far the sinks have got.
#[derive(Debug, Serialize, Deserialize)]
struct SinkV1 {
    results: Option<String>,
    dead_letters: Option<String>,
}

impl From<Manifest> for ManifestV1 {
    fn from(manifest: Manifest) -> Self {
        let chunk = |chunk: ChunkInfo| ChunkV1 {
            name: chunk.name,
            bytes: chunk.bytes,
            records: chunk.records,
        };
        Self {
            program: manifest.program,
            number: manifest.number,
            records: manifest.records,
            settings: manifest.settings.to_map(),
            positions: positions_v1(&manifest.positions),
            sink: manifest.sink.into(),
            models: manifest.models,
            chunks: manifest.chunks.into_iter().map(chunk).collect(),
        }
    }
}

impl From<ManifestV1> for Manifest {
    fn from(saved: ManifestV1) -> Self {
        let chunk = |chunk: ChunkV1| ChunkInfo {
            name: chunk.name,
            bytes: chunk.bytes,
            records: chunk.records,
        };
        Self {
            program: saved.program,
            number: saved.number,
            records: saved.records,
            settings: Fingerprint::from_map(saved.settings),
            positions: positions(saved.positions),
            sink: saved.sink.into(),
            models: saved.models,
            chunks: saved.chunks.into_iter().map(chunk).collect(),
        }
    }
}

impl From<CommittedPosition> for CommittedV1 {
    fn from(position: CommittedPosition) -> Self {
        Self {
            writer: position.writer,
            number: position.number,
            manifest: position.manifest,
            records: position.records,
            positions: positions_v1(&position.positions),
            sink: position.sink.into(),
        }
    }
}

impl From<CommittedV1> for CommittedPosition {
    fn from(saved: CommittedV1) -> Self {
        Self {
            writer: saved.writer,
            number: saved.number,
            manifest: saved.manifest,
            records: saved.records,
            positions: positions(saved.positions),
            sink: saved.sink.into(),
        }
    }
}

impl From<SinkPositions> for SinkV1 {
    fn from(sink: SinkPositions) -> Self {
        let text = |position: Option<SinkPosition>| position.map(|it| it.0);
        Self {
            results: text(sink.results),
            dead_letters: text(sink.dead_letters),
        }
    }
}

impl From<SinkV1> for SinkPositions {
    fn from(saved: SinkV1) -> Self {
        Self {
            results: saved.results.map(SinkPosition),
            dead_letters: saved.dead_letters.map(SinkPosition),
        }
    }
}

fn positions_v1(positions: &Positions) -> BTreeMap<String, PositionV1> {
    let position = |(shard, position): (&str, &Position)| {
        let saved = PositionV1 {
            sequence: position.sequence.clone(),
            sub_sequence: position.sub_sequence,
            ended: position.ended,
            clock: position.clock,
            since: position.since,
            file: position.file.as_ref().map(file_v1),
            time_unit: position.time_unit.map(|unit| unit.name().to_owned()),
            held: position.held.iter().map(held_v1).collect(),
            watched: position.watched.as_ref().map(watched_v1),
        };
        (shard.to_owned(), saved)
    };
    positions.iter().map(position).collect()
}

fn positions(saved: BTreeMap<String, PositionV1>) -> Positions {
    let position = |(shard, saved): (String, PositionV1)| {
        let position = Position {
            sequence: saved.sequence,
            sub_sequence: saved.sub_sequence,
            ended: saved.ended,
            clock: saved.clock,
            since: saved.since,
            file: saved.file.map(file),
            time_unit: saved.time_unit.as_deref().and_then(TimeUnit::named),
            held: saved.held.into_iter().map(held).collect(),
            watched: saved.watched.map(watched),
        };
        (shard, position)
    };
    saved.into_iter().map(position).collect()
}

fn file_v1(position: &FilePosition) -> FileV1 {
    FileV1 {
        device: position.file.device,
        inode: position.file.inode,
        offset: position.offset,
        fingerprint: position.fingerprint,
        line: position.line,
    }
}

fn file(saved: FileV1) -> FilePosition {
    FilePosition {
        file: FileIdentity {
            device: saved.device,
            inode: saved.inode,
        },
        offset: saved.offset,
        fingerprint: saved.fingerprint,
        line: saved.line,
    }
}

fn held_v1(record: &HeldRecord) -> HeldV1 {
    HeldV1 {
        stream: record.stream.clone(),
        sequence: record.sequence.clone(),
        sub_sequence: record.sub_sequence,
        line: record.line.map(|line| line as u64),
        partition_key: record.partition_key.clone(),
        timestamp: record.timestamp,
        data: record.data.clone(),
        agree: record.agree,
        against: record.against,
        contested: record.contested,
        headers: record.headers.clone(),
    }
}

fn held(saved: HeldV1) -> HeldRecord {
    HeldRecord {
        stream: saved.stream,
        sequence: saved.sequence,
        sub_sequence: saved.sub_sequence,
        line: saved.line.and_then(|line| usize::try_from(line).ok()),
        partition_key: saved.partition_key,
        timestamp: saved.timestamp,
        data: saved.data,
        agree: saved.agree,
        against: saved.against,
        contested: saved.contested,
        headers: saved.headers,
    }
}

fn watched_v1(watched: &Watched) -> WatchedV1 {
    let silences = watched.silences.iter();
    WatchedV1 {
        since: watched.since,
        clock: watched.clock,
        silences: silences.map(|it| (it.from, it.to)).collect(),
    }
}

fn watched(saved: WatchedV1) -> Watched {
    let silences = saved.silences.into_iter();
    Watched {
        since: saved.since,
        clock: saved.clock,
        silences: silences
            .map(|(from, to)| ShardSilence { from, to })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_waits_is_read_as_it_was_written_with_and_without_headers() {
        let without = r#"{"stream":"in","sequence":"7","sub_sequence":null,"line":null,"#
            .to_owned()
            + r#""partition_key":"a","timestamp":5,"data":"MQ==","agree":1,"against":0,"#
            + r#""contested":false"#;
        let headers = r#","headers":[["trace","AA=="],["trace",null]]"#;
        for (text, count) in [(without.clone() + "}", 0), (without + headers + "}", 2)] {
            let read = held(serde_json::from_str(&text).unwrap());
            assert_eq!(read.headers.len(), count);
            assert_eq!(serde_json::to_string(&held_v1(&read)).unwrap(), text);
        }
    }
}
