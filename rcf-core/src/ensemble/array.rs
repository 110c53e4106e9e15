//! The scores of many points: tree by tree instead of point by point.

use super::{Ensemble, Normalizers, by_length};
use crate::layout::Index;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::{CutTree, with_trees};

impl<I: Index> Ensemble<I> {
    /// The mean scores of points, given row after row: those of [`score`](Self::score), to the bit.
    pub(crate) fn score_all(&self, level: SimdLevel, rows: &[f32]) -> Vec<f64> {
        level.run(ScoreAllPass {
            ensemble: self,
            rows,
        })
    }
}

struct ScoreAllPass<'a, I> {
    ensemble: &'a Ensemble<I>,
    rows: &'a [f32],
}

impl<I: Index> Kernel for ScoreAllPass<'_, I> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self {
            ensemble:
                Ensemble {
                    dimensions,
                    points,
                    trees,
                    ..
                },
            rows,
        } = self;
        let mut normalizers = Normalizers::default();
        let mut sums = with_trees!(by length if by_length::<S, I>(); simd, *dimensions, trees, geometry, trees => {
            let normalizer = |mass| normalizers.of(mass);
            CutTree::sum_scores(trees, points, geometry, rows, normalizer)
        });
        for sum in &mut sums {
            *sum /= trees.len() as f64;
        }
        sums
    }
}
