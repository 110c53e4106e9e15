//! The one place that names the serialisation library.
//!
//! bincode in its legacy configuration: fixed-width little-endian integers, u64 lengths. For plain
//! structs this layout is what several other crates write too, so that leaving is a small step.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StateError;

/// The number by which the envelope names this encoding.
pub(crate) const ENCODING: u16 = 1;

fn config() -> impl bincode::config::Config {
    bincode::config::legacy()
}

/// Encodes a plain struct.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, config())
        .expect("plain structs of numbers and vectors always encode")
}

/// Decodes a struct that takes up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    let (value, consumed) =
        bincode::serde::decode_from_slice(bytes, config()).map_err(|error| {
            StateError::Malformed {
                reason: error.to_string(),
            }
        })?;
    match bytes.len() - consumed {
        0 => Ok(value),
        extra => Err(StateError::TrailingBytes {
            extra: extra as u64,
        }),
    }
}
