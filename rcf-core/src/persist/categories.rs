//! Saved encoders of categories. Format version 1, frozen: a change of the struct is a new version
//! in a new file.

use serde::{Deserialize, Serialize};

use super::envelope::{self, Kind, Trust};
use super::parts_v1::are_amounts;
use super::{codec, inconsistent, size};
use crate::categories::CategoryEncoder;
use crate::error::StateError;

const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct CategoriesV1 {
    capacity: u64,
    time_decay: f64,
    records: u64,
    total: f64,
    new: f64,
    known: f64,
    /// In ascending order.
    hashes: Vec<u64>,
    weights: Vec<f64>,
}

impl CategoryEncoder {
    /// Saves the whole state: an encoder restored by [`from_bytes`](Self::from_bytes) continues
    /// exactly as this one would. Save it together with the detector that it feeds.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = codec::encode(&CategoriesV1 {
            capacity: self.capacity as u64,
            time_decay: self.time_decay,
            records: self.observations,
            total: self.total,
            new: self.new,
            known: self.known,
            hashes: self.counts.keys().copied().collect(),
            weights: self.counts.values().copied().collect(),
        });
        envelope::seal(Kind::Categories, VERSION, &body)
    }

    /// Restores a saved encoder.
    ///
    /// # Errors
    /// The bytes are not the state of an encoder, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (_, body) = envelope::open(Kind::Categories, VERSION, bytes, Trust::Nothing)?;
        let saved: CategoriesV1 = codec::decode(body)?;
        let mut encoder = Self::new(size(saved.capacity), saved.time_decay)?;
        let count = saved.hashes.len();
        let most = encoder.time_decay * saved.records as f64 + libm::log(saved.records as f64);
        let are_counts = count == saved.weights.len()
            && count <= encoder.capacity
            && count as u64 <= saved.records
            && saved.hashes.is_sorted_by(|a, b| a < b)
            && saved
                .weights
                .iter()
                .all(|weight| (0.0..=most + 1e-6).contains(weight));
        let amounts = [saved.total, saved.new, saved.known];
        let are_sums = are_amounts(&amounts)
            && amounts.iter().all(|&amount| amount <= saved.records as f64)
            && (saved.known > 0.0) == (count > 0);
        if !(are_counts && are_sums) {
            return Err(inconsistent("the counts of categories are invalid"));
        }
        encoder.observations = saved.records;
        [encoder.total, encoder.new, encoder.known] = amounts;
        encoder.counts = saved.hashes.into_iter().zip(saved.weights).collect();
        Ok(encoder)
    }
}
