//! The one mutable object: it names the current checkpoint, and the process that may write the
//! next.

use serde::{Deserialize, Serialize};

use super::FormatError;
use super::format_v1::CommittedV1;
use super::store::Found;
use crate::record::Positions;
use crate::sink::SinkPositions;

/// The content of `position.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(into = "CommittedV1")]
#[non_exhaustive]
pub struct CommittedPosition {
    /// The process that wrote it. Another process that finds its own name replaced has lost the
    /// right to commit.
    pub writer: String,
    /// The number of the current checkpoint; 0 before the first.
    pub number: u64,
    /// The name of its manifest.
    pub manifest: Option<String>,
    /// How many records were consumed.
    pub records: u64,
    /// How far each shard was consumed.
    pub positions: Positions,
    /// How far the sinks got.
    pub sink: SinkPositions,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    format: u16,
    /// CRC-32C of the rest as compact JSON.
    checksum: u32,
    position: CommittedV1,
}

/// The format of a folder of checkpoints: this file is its root, and names everything else.
const FORMAT: u16 = 1;

impl CommittedPosition {
    /// The position that names this checkpoint.
    pub(super) fn of(found: Found) -> Self {
        Self {
            writer: String::new(),
            number: found.manifest.number,
            manifest: Some(found.name),
            records: found.manifest.records,
            positions: found.manifest.positions,
            sink: found.manifest.sink,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let signed = Signed {
            format: FORMAT,
            checksum: self.checksum(),
            position: self.clone().into(),
        };
        let mut text = serde_json::to_vec_pretty(&signed).expect("all names are text");
        text.push(b'\n');
        text
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let signed: Signed =
            serde_json::from_slice(bytes).map_err(|error| FormatError::Malformed {
                reason: error.to_string(),
            })?;
        if signed.format != FORMAT {
            return Err(FormatError::UnsupportedVersion {
                found: signed.format,
            });
        }
        let position = Self::from(signed.position);
        let computed = position.checksum();
        if signed.checksum != computed {
            return Err(FormatError::Checksum {
                found: signed.checksum,
                computed,
            });
        }
        Ok(position)
    }

    fn checksum(&self) -> u32 {
        crc32c::crc32c(&serde_json::to_vec(self).expect("all names are text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_detected() {
        let mut positions = Positions::default();
        positions.end("shard-1");
        let position = CommittedPosition {
            writer: "w".to_owned(),
            number: 12,
            positions,
            ..CommittedPosition::default()
        };
        let bytes = position.encode();
        assert_eq!(CommittedPosition::decode(&bytes), Ok(position));
        let edited = String::from_utf8(bytes).unwrap().replace("12", "13");
        assert!(matches!(
            CommittedPosition::decode(edited.as_bytes()),
            Err(FormatError::Checksum { .. })
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>) {
            let _ = CommittedPosition::decode(&bytes);
        }
    }
}
