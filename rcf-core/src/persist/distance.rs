//! Saved detectors of objects with a distance.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec;
use super::distance_v1::DistanceV1;
use super::envelope::{self, Kind, Trust};
use crate::distance::DistanceDetector;
use crate::error::StateError;

const VERSION: u16 = 1;

impl<T> DistanceDetector<T> {
    /// Saves the whole state except the distance: a detector restored by
    /// [`from_bytes`](Self::from_bytes) continues exactly as this one would with the same distance.
    /// The format of the objects follows from their type, which must not change.
    ///
    /// # Errors
    /// [`StateError::Malformed`] if an object cannot be serialized, or has more than 16 MiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError>
    where
        T: Serialize,
    {
        self.to_bytes_by(codec::encode_foreign)
    }

    /// The same with a custom format for objects.
    ///
    /// # Errors
    /// The first error of `encode`.
    pub fn to_bytes_by<E>(
        &self,
        encode: impl FnMut(&T) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let body = codec::encode(&DistanceV1::save(self, encode)?);
        Ok(envelope::seal(Kind::Distance, VERSION, &body))
    }

    /// Restores a saved detector.
    ///
    /// # Errors
    /// The bytes are not the state of such a detector, or are damaged; every part is checked.
    /// Whether the objects are those of a `T` is checked as far as decoding them does.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError>
    where
        T: DeserializeOwned,
    {
        Self::from_bytes_by(bytes, codec::decode_foreign)
    }

    /// The same for what [`to_bytes_by`](Self::to_bytes_by) has saved.
    ///
    /// # Errors
    /// As for `from_bytes`; [`StateError::Malformed`] with the first error of `decode`.
    pub fn from_bytes_by<E: Display>(
        bytes: &[u8],
        decode: impl FnMut(&[u8]) -> Result<T, E>,
    ) -> Result<Self, StateError> {
        let (_, body) = envelope::open(Kind::Distance, VERSION, bytes, Trust::Nothing)?;
        codec::decode::<DistanceV1>(body)?.restore(decode)
    }
}
