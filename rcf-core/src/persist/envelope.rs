//! The frame around a saved state: what it is, how it is encoded, and that it is whole.
//!
//! | bytes | content |
//! |---|---|
//! | 0–7 | signature `89 52 43 46 0D 0A 1A 0A`, in the manner of PNG: damaged by a transfer that strips the eighth bit or changes line ends |
//! | 8–9 | format version |
//! | 10–11 | encoding of the body |
//! | 12–13 | kind of model |
//! | 14–15 | zero |
//! | 16–23 | length of the body |
//! | 24–27 | CRC-32C of bytes 0–23 and the body |
//! | 28– | body |
//!
//! All integers are little-endian.

use super::codec;
use crate::error::StateError;

const SIGNATURE: [u8; 8] = *b"\x89RCF\r\n\x1a\n";
const HEADER: usize = 28;

/// The kinds of model that can be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Forest = 1,
    Detector = 2,
    Forecaster = 3,
    Distance = 4,
    Categories = 5,
}

/// Wraps an encoded body.
pub(crate) fn seal(kind: Kind, version: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(SIGNATURE);
    bytes.extend(version.to_le_bytes());
    bytes.extend(codec::ENCODING.to_le_bytes());
    bytes.extend((kind as u16).to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(checksum(&bytes, body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// What is trusted: nothing that is needed for memory safety, termination, or invariants
/// on which the code relies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// All that can be checked is.
    Nothing,
    /// The bytes are those that were written: neither checksum nor order of keys is looked at.
    Bytes,
}

/// Takes the body out of its frame, together with its format version; trusted bytes are spared the
/// checksum.
pub(crate) fn open(
    kind: Kind,
    newest: u16,
    bytes: &[u8],
    trust: Trust,
) -> Result<(u16, &[u8]), StateError> {
    let known = bytes.len().min(SIGNATURE.len());
    if bytes[..known] != SIGNATURE[..known] || known == 0 {
        return Err(StateError::NotAState);
    }
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        let (expected, got) = (HEADER as u64, bytes.len() as u64);
        return Err(StateError::Truncated { expected, got });
    };
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let version = u16_at(8);
    // Another kind of model may have newer formats; the kind is checked below.
    let is_ours = u16_at(12) == kind as u16;
    if version == 0 || version > newest && is_ours {
        return Err(StateError::UnsupportedVersion {
            found: version,
            supported: newest,
        });
    }
    if u16_at(10) != codec::ENCODING {
        return Err(StateError::UnsupportedEncoding { found: u16_at(10) });
    }
    let length = header[16..24]
        .iter()
        .rev()
        .fold(0, |n, &byte| n << 8 | u64::from(byte));
    let got = body.len() as u64;
    if got < length {
        let header = HEADER as u64;
        return Err(StateError::Truncated {
            expected: header.saturating_add(length),
            got: header + got,
        });
    }
    if got > length {
        return Err(StateError::TrailingBytes {
            extra: got - length,
        });
    }
    if trust == Trust::Nothing {
        let found = u32::from_le_bytes([header[24], header[25], header[26], header[27]]);
        let computed = checksum(&header[..24], body);
        if found != computed {
            return Err(StateError::Checksum { found, computed });
        }
    }
    // After the checksum: a damaged kind is damage, not another model.
    if !is_ours {
        return Err(StateError::WrongKind {
            expected: kind as u16,
            found: u16_at(12),
        });
    }
    Ok((version, body))
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), body)
}
