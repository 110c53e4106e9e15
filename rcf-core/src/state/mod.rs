//! Saving and restoring.
//!
//! What is written is a frozen schema ([`v1`]) in a frame ([`envelope`]). Derived parts (boxes,
//! masses, the shape of trees) are not written but computed anew, so they cannot contradict the
//! rest. Points are numbered in the order in which the samples name them: forests that behave the
//! same are saved as the same bytes.

pub(crate) mod codec;
pub(crate) mod envelope;
pub(crate) mod v1;

use crate::error::StateError;
use crate::forest::RandomCutForest;
use envelope::Kind;

impl RandomCutForest {
    /// Saves the whole state: what [`from_bytes`](Self::from_bytes) makes of it continues exactly
    /// as this forest would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        envelope::seal(
            Kind::Forest,
            v1::VERSION,
            &codec::encode(&v1::ForestV1::save(self)),
        )
    }

    /// Restores a saved forest.
    ///
    /// # Errors
    /// The bytes are no state of a forest, or are damaged; every index and invariant is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (_, body) = envelope::open(Kind::Forest, v1::VERSION, bytes)?;
        codec::decode::<v1::ForestV1>(body)?.restore()
    }
}

#[cfg(test)]
mod tests;
