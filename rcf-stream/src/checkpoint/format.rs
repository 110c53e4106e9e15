//! A checkpoint as bytes.
//!
//! All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | signature `89 52 43 46 43 50 0D 0A` (`\x89RCFCP\r\n`) |
//! | 2 | format version, 1 |
//! | 4 | length of the header |
//! | | the header: a JSON object with `program`, `records`, `settings`, `positions`, `sink` |
//! | 8 | length of the state |
//! | | the state: a snapshot of the operator |
//! | 4 | CRC-32C of all the bytes before |

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Checkpoint, Fingerprint};
use crate::record::Positions;
use crate::sink::SinkPosition;

const SIGNATURE: [u8; 8] = *b"\x89RCFCP\r\n";
const VERSION: u16 = 1;

/// Bytes are not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes do not start with the signature.
    #[error("it is not a checkpoint: the signature is missing")]
    NotACheckpoint,
    /// Written by a release whose format this one does not know.
    #[error("its format {found} is not supported; this release reads format {VERSION}")]
    UnsupportedVersion {
        /// The format version found.
        found: u16,
    },
    /// The file ends too early.
    #[error("it is cut short at {got} bytes")]
    Truncated {
        /// The bytes that are there.
        got: usize,
    },
    /// The checksum does not match.
    #[error("it is damaged: checksum {found:#010x}, computed {computed:#010x}")]
    Checksum {
        /// The checksum that was stored.
        found: u32,
        /// The checksum of the bytes that are there.
        computed: u32,
    },
    /// The checksum matches, but the content makes no sense.
    #[error("it is malformed: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    /// The release that wrote it, for people.
    program: String,
    records: u64,
    settings: Fingerprint,
    positions: Positions,
    sink: Option<SinkPosition>,
}

pub(super) fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let header = serde_json::to_vec(&Header {
        program: concat!("rcf ", env!("CARGO_PKG_VERSION")).to_owned(),
        records: checkpoint.records,
        settings: checkpoint.fingerprint.clone(),
        positions: checkpoint.positions.clone(),
        sink: checkpoint.sink.clone(),
    })
    .expect("all names in the header are text");
    let header_length = u32::try_from(header.len()).expect("a header has some bytes per shard");

    let mut bytes = Vec::with_capacity(header.len() + checkpoint.state.len() + 26);
    bytes.extend(SIGNATURE);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(header_length.to_le_bytes());
    bytes.extend(header);
    bytes.extend((checkpoint.state.len() as u64).to_le_bytes());
    bytes.extend(&checkpoint.state);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Checkpoint, FormatError> {
    let truncated = || FormatError::Truncated { got: bytes.len() };
    let rest =
        bytes
            .strip_prefix(&SIGNATURE)
            .ok_or_else(|| match SIGNATURE.starts_with(bytes) {
                true => truncated(),
                false => FormatError::NotACheckpoint,
            })?;
    let (version, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(FormatError::UnsupportedVersion { found: version });
    }
    // Lengths first: a file that is cut short shall be called that.
    let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let (header, rest) = split(rest, u32::from_le_bytes(*length).into()).ok_or_else(truncated)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let (state, rest) = split(rest, u64::from_le_bytes(*length)).ok_or_else(truncated)?;
    let (checksum, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
    let found = u32::from_le_bytes(*checksum);
    let computed = crc32c::crc32c(&bytes[..bytes.len() - rest.len() - size_of::<u32>()]);
    if found != computed {
        return Err(FormatError::Checksum { found, computed });
    }
    if !rest.is_empty() {
        let reason = format!("{} bytes follow its end", rest.len());
        return Err(FormatError::Malformed { reason });
    }
    let header: Header =
        serde_json::from_slice(header).map_err(|error| FormatError::Malformed {
            reason: format!("its header: {error}"),
        })?;
    Ok(Checkpoint {
        fingerprint: header.settings,
        records: header.records,
        positions: header.positions,
        sink: header.sink,
        state: state.to_vec(),
    })
}

fn split(bytes: &[u8], length: u64) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let mut fingerprint = Fingerprint::default();
        fingerprint.insert("forest.seed", 7.into());
        let mut positions = Positions::default();
        positions.end("shard-1");
        let sink = Some(SinkPosition("812".to_owned()));
        Checkpoint {
            fingerprint,
            records: 17,
            positions,
            sink,
            state: vec![1, 2, 3],
        }
    }

    #[test]
    fn round_trip() {
        assert_eq!(decode(&encode(&checkpoint())), Ok(checkpoint()));
    }

    #[test]
    fn every_prefix_is_cut_short() {
        let bytes = encode(&checkpoint());
        for got in 0..bytes.len() {
            assert_eq!(decode(&bytes[..got]), Err(FormatError::Truncated { got }));
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = encode(&checkpoint());
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                assert!(decode(&damaged).is_err(), "bit {bit} of byte {index}");
            }
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let mut newer = encode(&checkpoint());
        newer[8] = 2;
        assert_eq!(
            decode(&newer),
            Err(FormatError::UnsupportedVersion { found: 2 })
        );
        assert_eq!(decode(b"another file"), Err(FormatError::NotACheckpoint));
        let mut longer = encode(&checkpoint());
        longer.push(0);
        assert!(matches!(
            decode(&longer),
            Err(FormatError::Malformed { .. })
        ));
    }
}
