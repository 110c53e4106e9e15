//! Saved forecasters.

use super::codec;
use super::envelope::{self, Kind, Trust};
use super::forecaster_v1::ForecasterV1;
use crate::detector::Forecaster;
use crate::error::StateError;

const VERSION: u16 = 1;

impl Forecaster {
    /// Saves the whole state: what [`from_bytes`](Self::from_bytes) makes of it continues exactly
    /// as this forecaster would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = codec::encode(&ForecasterV1::save(self));
        envelope::seal(Kind::Forecaster, VERSION, &body)
    }

    /// Restores a saved forecaster.
    ///
    /// # Errors
    /// The bytes are no state of a forecaster, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing)
    }

    /// Restores a saved forecaster from bytes that are known to be those written, as
    /// [`from_trusted_bytes`](crate::RandomCutForest::from_trusted_bytes) does for its forest.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the faults are looked for.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes)
    }

    fn decode(bytes: &[u8], trust: Trust) -> Result<Self, StateError> {
        let (_, body) = envelope::open(Kind::Forecaster, VERSION, bytes, trust)?;
        codec::decode::<ForecasterV1>(body)?.restore(trust)
    }
}
