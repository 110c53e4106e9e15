//! Saved detectors: versions 3 to 5 are written, 1 to 5 are read.

use super::codec;
use super::detector_v1::DetectorV1;
use super::detector_v2::DetectorV2;
use super::detector_v3::DetectorV3;
use super::detector_v4::DetectorV4;
use super::detector_v5::DetectorV5;
use super::envelope::{self, Kind, Trust};
use crate::detector::AnomalyDetector;
use crate::error::StateError;

/// The newest version.
const VERSION: u16 = 5;
/// The version of a detector that takes timestamps at any distance, as all did before version 4.
const WITHOUT_LIMIT: u16 = 3;
/// The version of a detector without rules and feedback, as all were before version 5.
const WITHOUT_RULES: u16 = 4;

impl AnomalyDetector {
    /// Saves the whole state: a detector restored by [`from_bytes`](Self::from_bytes) continues
    /// exactly as this one would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (version, body) = match self.config.max_time_jump {
            _ if DetectorV5::is_needed(self) => (VERSION, codec::encode(&DetectorV5::save(self))),
            None => (WITHOUT_LIMIT, codec::encode(&DetectorV3::save(self))),
            Some(limit) => {
                let body = codec::encode(&DetectorV4::save(self, limit));
                (WITHOUT_RULES, body)
            }
        };
        envelope::seal(Kind::Detector, version, &body)
    }

    /// Restores a saved detector.
    ///
    /// # Errors
    /// The bytes are not the state of a detector, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing)
    }

    /// Restores a saved detector from bytes that are known to be those written, as
    /// [`from_trusted_bytes`](crate::RandomCutForest::from_trusted_bytes) does for its forest.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the state is checked.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes)
    }

    fn decode(bytes: &[u8], trust: Trust) -> Result<Self, StateError> {
        let (version, body) = envelope::open(Kind::Detector, VERSION, bytes, trust)?;
        match version {
            1 => codec::decode::<DetectorV1>(body)?.restore(trust),
            2 => codec::decode::<DetectorV2>(body)?.restore(trust),
            WITHOUT_LIMIT => codec::decode::<DetectorV3>(body)?.restore(trust),
            WITHOUT_RULES => codec::decode::<DetectorV4>(body)?.restore(trust),
            _ => codec::decode::<DetectorV5>(body)?.restore(trust),
        }
    }
}
