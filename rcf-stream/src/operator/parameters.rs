//! The parameters of the forests of an operator.

use rcf_core::{MemoryProfile, RandomCutForest, RandomCutForestBuilder};
use serde::{Deserialize, Serialize};

/// The parameters of every forest of an operator. What is `None` has the default of
/// [`RandomCutForest::builder`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestParameters {
    /// How many consecutive records of a key form one point of its forest.
    pub shingle_size: Option<usize>,
    /// How many trees each forest has.
    pub number_of_trees: Option<usize>,
    /// How many points each tree holds.
    pub sample_size: Option<usize>,
    /// How fast old points leave the samples, per record; 0 keeps all equally likely.
    pub time_decay: Option<f64>,
    /// After how many points a forest starts to score; the score is 0 before.
    pub output_after: Option<usize>,
    /// Up to which fraction of `sample_size` every point is accepted at the start.
    pub initial_accept_fraction: Option<f64>,
    /// The seed from which the seed of each forest is [derived](super::seed_for_key).
    pub seed: u64,
}

impl ForestParameters {
    /// A builder with these parameters and with shingling inside the forest.
    pub fn forest(&self, dimensions: usize) -> RandomCutForestBuilder {
        // One of many: a key each, and all in one memory budget.
        let mut forest = RandomCutForest::builder(dimensions)
            .seed(self.seed)
            .memory_profile(MemoryProfile::Compact);
        if let Some(records) = self.shingle_size {
            forest = forest.shingle_size(records);
        }
        if let Some(trees) = self.number_of_trees {
            forest = forest.number_of_trees(trees);
        }
        if let Some(points) = self.sample_size {
            forest = forest.sample_size(points);
        }
        if let Some(rate) = self.time_decay {
            forest = forest.time_decay(rate);
        }
        if let Some(points) = self.output_after {
            forest = forest.output_after(points);
        }
        if let Some(fraction) = self.initial_accept_fraction {
            forest = forest.initial_accept_fraction(fraction);
        }
        forest
    }
}
