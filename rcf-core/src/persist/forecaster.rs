//! Saved forecasters.

use super::codec;
use super::envelope::{self, Kind, Trust};
use super::forecaster_v1::ForecasterV1;
use super::forecaster_v2::ForecasterV2;
use crate::error::StateError;
use crate::forecaster::Forecaster;

const VERSION: u16 = 2;

impl Forecaster {
    /// Saves the whole state: a forecaster restored by [`from_bytes`](Self::from_bytes) continues
    /// exactly as this one would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = codec::encode(&ForecasterV2::save(self));
        envelope::seal(Kind::Forecaster, VERSION, &body)
    }

    /// Restores a saved forecaster, of any format so far: components that the format lacks start in
    /// warm-up.
    ///
    /// # Errors
    /// The bytes are not the state of a forecaster, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing)
    }

    /// Restores a saved forecaster from bytes that are known to be those written, as
    /// [`from_trusted_bytes`](crate::RandomCutForest::from_trusted_bytes) does for its forest.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the state is checked.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes)
    }

    fn decode(bytes: &[u8], trust: Trust) -> Result<Self, StateError> {
        let (version, body) = envelope::open(Kind::Forecaster, VERSION, bytes, trust)?;
        match version {
            1 => codec::decode::<ForecasterV1>(body)?.restore(trust),
            _ => codec::decode::<ForecasterV2>(body)?.restore(trust),
        }
    }
}
