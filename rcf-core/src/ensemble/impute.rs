//! Candidates for missing coordinates, one from each tree.

use super::{Ensemble, by_length};
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::imputation::Imputer;
use crate::tree::{CutTree, with_trees};

/// The query to all trees.
#[derive(Debug)]
pub(crate) struct Imputation<'a> {
    /// The query, padded; its missing coordinates may be anything.
    pub(crate) x: &'a [f32],
    pub(crate) missing: &'a [usize],
    pub(crate) centrality: f64,
    pub(crate) draws: TreeRng,
    /// The block of the newest observation, if it is known and shingles rotate: candidates whose
    /// newest observation is elsewhere do not count, unless there are no others.
    pub(crate) phase: Option<usize>,
}

impl<I: Index> Ensemble<I> {
    /// The number of the point that fits the query best in each tree, or in each that has one of
    /// the right phase. No tree is empty.
    pub(crate) fn candidates(&self, level: SimdLevel, imputation: Imputation<'_>) -> Vec<usize> {
        level.run(ImputePass {
            ensemble: self,
            imputation,
        })
    }
}

struct ImputePass<'a, I> {
    ensemble: &'a Ensemble<I>,
    imputation: Imputation<'a>,
}

impl<I: Index> Kernel for ImputePass<'_, I> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<usize> {
        let Ensemble {
            points,
            phases,
            trees,
            ..
        } = self.ensemble;
        let Imputation {
            x,
            missing,
            centrality,
            draws,
            phase,
        } = self.imputation;
        let fits = |point| phase.is_none_or(|phase| phases.fits(point, phase));
        let mut imputer = Imputer::new(x, missing, centrality, draws);
        let mut candidates = Vec::with_capacity(trees.len());
        with_trees!(by length if by_length::<S, I>(); simd, self.ensemble.dimensions, trees, geometry, trees => for tree in trees {
            candidates.push(tree.best(&mut imputer, points, geometry, fits));
        });
        if candidates.iter().any(|&point| fits(point)) {
            candidates.retain(|&point| fits(point));
        }
        candidates
    }
}
