//! The traversal of a visitor over all trees.

use super::Ensemble;
use crate::layout::Index;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::{CutTree, with_trees};
use crate::visitor::Visitor;
use crate::visitor::noise_floor::{Floored, NoiseFloor};

impl<I: Index> Ensemble<I> {
    /// Lets the visitor traverse the trees in their order, above the floor if there is one. Leaves
    /// equal to `x`, of at most `ignored_mass`, count as if they were not there.
    pub(crate) fn traverse<V: Visitor>(
        &self,
        level: SimdLevel,
        x: &[f32],
        ignored_mass: usize,
        floor: Option<&NoiseFloor>,
        visitor: &mut V,
    ) {
        level.run(TraversePass {
            ensemble: self,
            x,
            ignored_mass,
            visitor: &mut Floored::new(visitor, floor, x),
        });
    }
}

struct TraversePass<'a, I, V> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    ignored_mass: usize,
    visitor: &'a mut V,
}

impl<I: Index, V: Visitor> Kernel for TraversePass<'_, I, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            ensemble,
            x,
            ignored_mass,
            visitor,
        } = self;
        let Ensemble { points, trees, .. } = ensemble;
        with_trees!(simd, ensemble.dimensions, trees, geometry, trees => {
            let mut walker = Default::default();
            for tree in trees {
                let seen = tree.traverse_one(&mut walker, points, geometry, x, ignored_mass, visitor);
                if seen.is_break() {
                    break;
                }
            }
        });
    }
}
