//! Deletion of points from all trees.

use super::Ensemble;
use crate::layout::Index;
use crate::simd::{Kernel, Reached, Simd, SimdLevel};
use crate::tree::{CutTree, with_trees};

/// Whether a point of this sequence number and label is deleted, where those are stored.
type IsDeleted<'a> = &'a dyn Fn(Option<i64>, Option<i64>) -> bool;

impl<I: Index> Ensemble<I> {
    /// Deletes the points whose tags are named, and returns how many places they had.
    pub(crate) fn delete(&mut self, level: SimdLevel, is_deleted: IsDeleted<'_>) -> usize {
        level.run(DeletePass {
            ensemble: self,
            is_deleted,
        })
    }
}

struct DeletePass<'a, I> {
    ensemble: &'a mut Ensemble<I>,
    is_deleted: IsDeleted<'a>,
}

impl<I: Index> Kernel for DeletePass<'_, I> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> usize {
        let Self {
            ensemble,
            is_deleted,
        } = self;
        let Ensemble {
            dimensions,
            points,
            trees,
            samplers,
            buffers,
            ..
        } = ensemble;
        let mut places = 0;
        with_trees!(simd, *dimensions, trees, geometry, trees => {
            for (tree, sampler) in trees.iter_mut().zip(samplers) {
                for point in sampler.remove(is_deleted) {
                    let mut at = [Reached::default()];
                    let row = points.row(geometry, point.get());
                    CutTree::locate(geometry, &[(&*tree, row)], &mut at);
                    let _ = CutTree::delete(tree, geometry, points, point.get(), at[0], buffers);
                    points.release(point.get());
                    places += 1;
                }
            }
        });
        places
    }
}
