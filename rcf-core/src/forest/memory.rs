//! Estimates of the memory of a forest.

use crate::arena::PointStore;
use crate::config::{Config, RandomCutForestBuilder};
use crate::ensemble::Ensemble;
use crate::error::ConfigError;
use crate::forest::RandomCutForest;
use crate::layout::Index;
use crate::layout::fits;
use crate::layout::stride;
use crate::rng::TreeRng;
use crate::sampling::{Sampler, expected_points};
use crate::tree::TreeSet;

impl Config {
    /// The bytes, itself and on the heap, that a forest of these parameters will occupy once its
    /// samples are full, of distinct points: what
    /// [`size_in_bytes`](RandomCutForest::size_in_bytes) then returns, within a few per cent.
    /// Points that coincide take less. How many different points the samples share depends on
    /// chance and on [`time_decay`](Self::time_decay); without decay they are assumed to share
    /// none.
    #[must_use]
    pub fn estimate_bytes(&self) -> usize {
        let row = stride(self.dimensions());
        let noise_floors = self.relative_noise_floor > 0.0 || !self.noise_floor.is_empty();
        let forest = size_of::<RandomCutForest>()
            + 4 * 2 * row
            + 8 * (self.input_dimensions + self.noise_floor.len())
            + if noise_floors { 8 * row } else { 0 };
        let phase = if self.shingle_rotation { 8 } else { 0 };
        let points = expected_points(self) * phase + PointStore::full_heap_bytes(self);
        let trees = if fits::<u16>(self.number_of_trees, self.sample_size) {
            self.trees_bytes::<u16>()
        } else {
            self.trees_bytes::<u32>()
        };
        forest + points + trees
    }

    fn trees_bytes<I: Index>(&self) -> usize {
        let tags = usize::from(self.store_sequence_numbers) + usize::from(self.store_labels);
        let slot = size_of::<f32>() + size_of::<I>() + 8 * tags;
        let tree = TreeSet::<I>::full_tree_bytes(self)
            + size_of::<Sampler<I>>()
            + self.sample_size * slot
            + size_of::<TreeRng>();
        debug_assert!(size_of::<Ensemble<I>>() <= size_of::<RandomCutForest>());
        self.number_of_trees * tree
    }
}

impl RandomCutForestBuilder {
    /// [`Config::estimate_bytes`] of what would be built, without building it.
    ///
    /// # Errors
    /// As for [`build`](Self::build).
    pub fn estimate_bytes(&self) -> Result<usize, ConfigError> {
        Ok(self.clone().config()?.estimate_bytes())
    }
}
