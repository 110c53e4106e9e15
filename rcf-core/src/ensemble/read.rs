//! Reading a functional off all trees.

use super::Ensemble;
use crate::layout::Index;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::{CutTree, with_trees};
use crate::visitor::functional::Functional;
use crate::visitor::noise_floor::{FlooredFunctional, NoiseFloor};

impl<I: Index> Ensemble<I> {
    /// Lets the functional walk the trees in their order, above the floor if there is one. Leaves equal to `x`, of at most
    /// `ignored_mass`, count as if they were not there.
    pub(crate) fn read<F: Functional>(
        &self,
        level: SimdLevel,
        x: &[f32],
        ignored_mass: usize,
        floor: Option<&NoiseFloor>,
        functional: &mut F,
    ) {
        match floor {
            None => level.run(ReadPass {
                ensemble: self,
                x,
                ignored_mass,
                functional,
            }),
            Some(floor) => level.run(ReadPass {
                ensemble: self,
                x,
                ignored_mass,
                functional: &mut FlooredFunctional {
                    functional,
                    floor,
                    x,
                },
            }),
        }
    }
}

struct ReadPass<'a, I, F> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    ignored_mass: usize,
    functional: &'a mut F,
}

impl<I: Index, F: Functional> Kernel for ReadPass<'_, I, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            ensemble,
            x,
            ignored_mass,
            functional,
        } = self;
        let Ensemble { points, trees, .. } = ensemble;
        with_trees!(simd, ensemble.dimensions, trees, geometry, trees => {
            let mut walker = Default::default();
            for tree in trees {
                if tree.read(&mut walker, points, geometry, x, ignored_mass, functional).is_break() {
                    break;
                }
            }
        });
    }
}
