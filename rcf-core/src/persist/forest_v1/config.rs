//! The saved parameters.

use serde::{Deserialize, Serialize};

use super::super::size;
use crate::config::Config;
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct ConfigV1 {
    input_dimensions: u64,
    shingle_size: u64,
    internal_shingling: bool,
    shingle_rotation: bool,
    number_of_trees: u64,
    sample_size: u64,
    /// λ in force.
    time_decay: f64,
    output_after: u64,
    initial_accept_fraction: f64,
    seed: u64,
    store_sequence_numbers: bool,
    store_labels: bool,
    noise_floor: Vec<f64>,
    relative_noise_floor: f64,
}

impl ConfigV1 {
    pub(super) fn save(config: &Config) -> Self {
        Self {
            input_dimensions: config.input_dimensions as u64,
            shingle_size: config.shingle_size as u64,
            internal_shingling: config.internal_shingling,
            shingle_rotation: config.shingle_rotation,
            number_of_trees: config.number_of_trees as u64,
            sample_size: config.sample_size as u64,
            time_decay: config.time_decay,
            output_after: config.output_after as u64,
            initial_accept_fraction: config.initial_accept_fraction,
            seed: config.seed,
            store_sequence_numbers: config.store_sequence_numbers,
            store_labels: config.store_labels,
            noise_floor: config.noise_floor.clone(),
            relative_noise_floor: config.relative_noise_floor,
        }
    }

    pub(super) fn restore(self, boxes: f64) -> Result<Config, StateError> {
        let config = Config {
            input_dimensions: size(self.input_dimensions),
            shingle_size: size(self.shingle_size),
            internal_shingling: self.internal_shingling,
            shingle_rotation: self.shingle_rotation,
            number_of_trees: size(self.number_of_trees),
            sample_size: size(self.sample_size),
            time_decay: self.time_decay,
            output_after: size(self.output_after),
            initial_accept_fraction: self.initial_accept_fraction,
            seed: self.seed,
            store_sequence_numbers: self.store_sequence_numbers,
            store_labels: self.store_labels,
            noise_floor: self.noise_floor,
            relative_noise_floor: self.relative_noise_floor,
            bounding_box_cache_fraction: boxes,
        };
        Ok(config.check()?)
    }
}
