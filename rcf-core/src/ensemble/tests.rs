//! The invariants that tie trees, samples and points together.

use std::collections::HashMap;

use super::Ensemble;
use crate::layout::Index;
use crate::tree::TreeSet;
use crate::tree::boxed::tests::Naive;

impl<I: Index> Ensemble<I> {
    /// Panics unless every invariant of every part holds, each tree is one of exactly its sample,
    /// and each point is counted as often as it is sampled.
    pub(crate) fn validate(&self) {
        let mut references = vec![0; self.points.capacity()];
        for (tree, sampler) in self.samplers.iter().enumerate() {
            sampler.validate();
            let mut slots: HashMap<usize, usize> = HashMap::new();
            for point in sampler.points() {
                *slots.entry(point.get()).or_default() += 1;
                references[point.get()] += 1;
            }
            let leaves = match &self.trees {
                TreeSet::Sorted(trees) => trees[tree].validate(&self.points),
                TreeSet::Boxed(trees) => trees[tree].validate(self.dimensions, &self.points),
            };
            assert_eq!(
                leaves.into_iter().collect::<HashMap<_, _>>(),
                slots,
                "tree and sample differ"
            );
        }
        if let TreeSet::Boxed(trees) = &self.trees {
            self.points.boxes.validate(trees);
        }
        self.points.validate(&references);
        for point in (0..references.len()).filter(|&point| references[point] > 0) {
            let padding = &self.points.padded_row(point)[self.dimensions..];
            assert!(padding.iter().all(|&x| x == 0.0), "{padding:?}");
        }
        let counts = [self.trees.len(), self.samplers.len(), self.rngs.len()];
        assert!(counts.iter().all(|&count| count == counts[0]), "{counts:?}");
    }

    /// The score by the definition.
    pub(crate) fn naive_score(&self, x: &[f32]) -> f64 {
        let mut points = self.points.clone();
        let score = |tree: usize| {
            let naive = match &self.trees {
                TreeSet::Sorted(trees) => {
                    Naive::of(&trees[tree].boxed(&mut points), &points, self.dimensions)
                }
                TreeSet::Boxed(trees) => Naive::of(&trees[tree], &self.points, self.dimensions),
            };
            let naive = naive.expect("points");
            naive.score(&x[..self.dimensions]) * (naive.mass() as f64 + 1.0).log2()
        };
        (0..self.trees.len()).map(score).sum::<f64>() / self.trees.len() as f64
    }
}
