//! Saved forests. Points are numbered in the order in which the samples name them: forests that
//! behave the same are saved as the same bytes.

use super::codec;
use super::envelope::{self, Kind, Trust};
use super::forest_v1::{self as v1, ForestV1};
use crate::config::{BOX_FRACTION, MemoryProfile};
use crate::error::StateError;
use crate::forest::RandomCutForest;

impl RandomCutForest {
    /// Saves the whole state: a forest restored by [`from_bytes`](Self::from_bytes) continues
    /// exactly as this one would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        envelope::seal(
            Kind::Forest,
            v1::VERSION,
            &codec::encode(&ForestV1::save(self)),
        )
    }

    /// Restores a saved forest.
    ///
    /// # Errors
    /// The bytes are not the state of a forest, or are damaged; every index and invariant is
    /// checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing, BOX_FRACTION)
    }

    /// Restores one of many forests that share the memory, as those of a keyed map do.
    pub(crate) fn compact_from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let boxes = MemoryProfile::Compact.bounding_box_cache_fraction();
        Self::decode(bytes, Trust::Nothing, boxes)
    }

    /// Restores a saved forest from bytes that are known to be those written, such as a copy in
    /// memory or one that a store has checked: without computing the checksum, and without looking
    /// whether keys are in order. Memory-safe anyway: damaged bytes give an error, or a
    /// forest that samples or scores wrongly.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the state is checked.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes, BOX_FRACTION)
    }

    fn decode(bytes: &[u8], trust: Trust, boxes: f64) -> Result<Self, StateError> {
        let (_, body) = envelope::open(Kind::Forest, v1::VERSION, bytes, trust)?;
        codec::decode::<ForestV1>(body)?.restore(trust, boxes)
    }
}
