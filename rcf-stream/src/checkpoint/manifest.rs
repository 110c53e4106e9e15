//! A manifest as bytes: what one checkpoint consists of.
//!
//! All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | signature `89 52 43 46 43 50 0D 0A` (`\x89RCFCP\r\n`) |
//! | 2 | format version, 2 |
//! | 4 | length of the header |
//! | | the header: a JSON object with `program`, `number`, `records`, `settings`, `positions`, `sink`, `models`, `chunks` |
//! | 8 | length of the live set |
//! | | the live set: for each chunk one bit for each of its models, the lowest bit first, in whole bytes; set where the model counts |
//! | 4 | CRC-32C of all the bytes before |

use serde::Serialize;

use super::chunk::LiveSet;
use super::format_v1::ManifestV1;
use super::{Fingerprint, FormatError, frame};
use crate::record::Positions;
use crate::sink::SinkPositions;

const SIGNATURE: [u8; 8] = *b"\x89RCFCP\r\n";
const VERSION: u16 = 2;

/// The contents of a checkpoint: the positions of source and sink, and the chunks with the models.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(into = "ManifestV1")]
#[non_exhaustive]
pub struct Manifest {
    /// The release that wrote it.
    pub program: String,
    /// Checkpoints are numbered from 1.
    pub number: u64,
    /// How many records were consumed since the very first start.
    pub records: u64,
    /// The settings that the state depends on.
    pub settings: Fingerprint,
    /// How far each shard was consumed.
    pub positions: Positions,
    /// How far the sinks got.
    pub sink: SinkPositions,
    /// How many models there are.
    pub models: u64,
    /// Where they are.
    pub chunks: Vec<ChunkInfo>,
}

/// A chunk of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkInfo {
    /// The name of the object, below the folder of the stream.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// How many models it holds, including older ones that are no longer live.
    pub records: u32,
}

pub(super) fn encode(manifest: &Manifest, live: &LiveSet) -> Vec<u8> {
    let header = serde_json::to_vec(manifest).expect("all names in the header are text");
    let header_length = u32::try_from(header.len()).expect("a header has some bytes per shard");
    let live = live.to_bytes();

    let mut bytes = Vec::with_capacity(header.len() + live.len() + 26);
    bytes.extend(SIGNATURE);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(header_length.to_le_bytes());
    bytes.extend(header);
    bytes.extend((live.len() as u64).to_le_bytes());
    bytes.extend(live);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<(Manifest, LiveSet), FormatError> {
    let truncated = || FormatError::Truncated { got: bytes.len() };
    let rest = frame::open(bytes, &SIGNATURE, VERSION)?;
    // Lengths first: a truncated file must be reported as such.
    let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let (header, rest) = split(rest, u32::from_le_bytes(*length).into()).ok_or_else(truncated)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let (live, rest) = split(rest, u64::from_le_bytes(*length)).ok_or_else(truncated)?;
    let (checksum, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let found = u32::from_le_bytes(*checksum);
    let computed = crc32c::crc32c(&bytes[..bytes.len() - rest.len() - size_of::<u32>()]);
    if found != computed {
        return Err(FormatError::Checksum { found, computed });
    }
    let malformed = |reason: String| FormatError::Malformed { reason };
    if !rest.is_empty() {
        return Err(malformed(format!("{} bytes follow its end", rest.len())));
    }
    let manifest: ManifestV1 = serde_json::from_slice(header)
        .map_err(|error| malformed(format!("its header: {error}")))?;
    let manifest = Manifest::from(manifest);
    let records = manifest.chunks.iter().map(|chunk| chunk.records);
    let live = LiveSet::from_bytes(live, records)
        .ok_or_else(|| malformed("its live set does not fit its chunks".to_owned()))?;
    Ok((manifest, live))
}

fn split(bytes: &[u8], length: u64) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Manifest, LiveSet) {
        let mut settings = Fingerprint::default();
        settings.insert("forest.seed", 7.into());
        let mut positions = Positions::default();
        positions.end("shard-1");
        let chunk = |name: &str, records| ChunkInfo {
            name: name.to_owned(),
            bytes: 100,
            records,
        };
        let manifest = Manifest {
            program: "rcf".to_owned(),
            number: 3,
            records: 17,
            settings,
            positions,
            sink: SinkPositions {
                results: Some(crate::sink::SinkPosition("812".to_owned())),
                dead_letters: None,
            },
            models: 2,
            chunks: vec![chunk("a", 3), chunk("b", 9)],
        };
        let mut live = LiveSet::new([3, 9].into_iter());
        live.set(0, 1);
        live.set(1, 8);
        (manifest, live)
    }

    fn bytes() -> Vec<u8> {
        let (manifest, live) = example();
        encode(&manifest, &live)
    }

    #[test]
    fn round_trip() {
        assert_eq!(decode(&bytes()), Ok(example()));
    }

    #[test]
    fn every_prefix_is_cut_short() {
        let bytes = self::bytes();
        for got in 0..bytes.len() {
            assert_eq!(decode(&bytes[..got]), Err(FormatError::Truncated { got }));
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = self::bytes();
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                assert!(decode(&damaged).is_err(), "bit {bit} of byte {index}");
            }
        }
    }

    #[test]
    fn errors_name_the_problem() {
        let mut newer = bytes();
        newer[8] = 3;
        assert_eq!(
            decode(&newer),
            Err(FormatError::UnsupportedVersion { found: 3 })
        );
        assert_eq!(decode(b"another file"), Err(FormatError::NotACheckpoint));
        let mut longer = bytes();
        longer.push(0);
        assert!(matches!(
            decode(&longer),
            Err(FormatError::Malformed { .. })
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_strange(strange: Vec<u8>, at in 0_usize..200) {
            let _ = decode(&strange);
            let mut mixed = bytes();
            let at = at.min(mixed.len());
            mixed.splice(at..at, strange);
            let _ = decode(&mixed);
        }
    }
}
