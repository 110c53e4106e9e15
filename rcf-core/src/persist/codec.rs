//! The one place that names the serialisation library.
//!
//! bincode in its legacy configuration: fixed-width little-endian integers, u64 lengths. For plain
//! structs this layout is what several other crates write too, so that replacing it is a small
//! step.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StateError;

/// The number by which the envelope names this encoding.
pub(crate) const ENCODING: u16 = 1;

type Legacy = bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
    bincode::config::NoLimit,
>;

fn config() -> Legacy {
    bincode::config::legacy()
}

/// Encodes a plain struct.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, config())
        .expect("plain structs of numbers and vectors always encode")
}

/// The largest size of one value of a type that is not ours. The length of a text is trusted before
/// the text is read, so this bounds what a damaged length can allocate.
pub(crate) const MOST: usize = 1 << 24;

/// Encodes a value of a type that is not ours, which may refuse.
pub(crate) fn encode_foreign<T: Serialize>(value: &T) -> Result<Vec<u8>, StateError> {
    let malformed = |reason| StateError::Malformed { reason };
    let bytes = bincode::serde::encode_to_vec(value, config())
        .map_err(|error| malformed(error.to_string()))?;
    if bytes.len() > MOST {
        let length = bytes.len();
        return Err(malformed(format!(
            "an object has {length} bytes; the limit is {MOST}"
        )));
    }
    Ok(bytes)
}

/// Decodes a value of a type that is not ours.
pub(crate) fn decode_foreign<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    whole(
        bytes,
        bincode::serde::decode_from_slice(bytes, config().with_limit::<MOST>()),
    )
}

/// Decodes a struct that takes up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    whole(bytes, bincode::serde::decode_from_slice(bytes, config()))
}

/// The value that was decoded, if it has taken up all of the bytes.
fn whole<T>(
    bytes: &[u8],
    decoded: Result<(T, usize), bincode::error::DecodeError>,
) -> Result<T, StateError> {
    let (value, consumed) = decoded.map_err(|error| StateError::Malformed {
        reason: error.to_string(),
    })?;
    match bytes.len() - consumed {
        0 => Ok(value),
        extra => Err(StateError::TrailingBytes {
            extra: extra as u64,
        }),
    }
}
