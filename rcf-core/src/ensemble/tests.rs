//! The invariants that tie trees, samples and points together.

use std::collections::HashMap;

use super::Ensemble;
use crate::index::Index;
use crate::tree::tests::Naive;

impl<I: Index> Ensemble<I> {
    /// Panics unless every invariant of every part holds, each tree is one of exactly its sample,
    /// and each point is counted as often as it is sampled.
    pub(crate) fn validate(&self) {
        let mut references = vec![0; self.points.capacity()];
        for (tree, sampler) in self.trees.iter().zip(&self.samplers) {
            sampler.validate();
            let mut slots: HashMap<usize, usize> = HashMap::new();
            for point in sampler.points() {
                *slots.entry(point.get()).or_default() += 1;
                references[point.get()] += 1;
            }
            let leaves = tree.validate(self.dimensions, &self.points);
            assert_eq!(
                leaves.into_iter().collect::<HashMap<_, _>>(),
                slots,
                "tree and sample differ"
            );
        }
        self.points.validate(&references);
        for point in (0..references.len()).filter(|&point| references[point] > 0) {
            let padding = &self.points.row(point)[self.dimensions..];
            assert!(padding.iter().all(|&x| x == 0.0), "{padding:?}");
        }
        let counts = [self.trees.len(), self.samplers.len(), self.rngs.len()];
        assert!(counts.iter().all(|&count| count == counts[0]), "{counts:?}");
    }

    /// The score by the definition.
    pub(crate) fn naive_score(&self, x: &[f32]) -> f64 {
        let score = |tree| {
            let naive = Naive::of(tree, &self.points, self.dimensions).expect("points");
            naive.score(&x[..self.dimensions]) * (naive.mass() as f64 + 1.0).log2()
        };
        self.trees.iter().map(score).sum::<f64>() / self.trees.len() as f64
    }
}
