//! Score and attribution in one traversal, and with no more trees than a precision asks for.

use super::{Ensemble, Normalizers};
use crate::index::Index;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::bounding_box::*;
use crate::tree::{Path, Tree};
use crate::visitor::attribution::{AttributionSum, AttributionVisitor};
use crate::visitor::convergence::{Convergence, STEP};
use crate::visitor::explanation::ExplanationVisitor;
use crate::visitor::noise_floor::{Floored, NoiseFloor};
use crate::visitor::score::ScoreVisitor;
use crate::visitor::{walk, walk_all};

/// A mean over the first trees.
pub(crate) struct Explained {
    pub(crate) score: f64,
    /// Padded, as is `low`.
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    /// Trees that were asked.
    pub(crate) trees: usize,
}

impl<I: Index> Ensemble<I> {
    /// The mean score over as many trees as the precision asks for, and their number.
    pub(crate) fn converging_score(
        &self,
        level: SimdLevel,
        x: &[f32],
        precision: f64,
        floor: Option<&NoiseFloor>,
    ) -> (f64, usize) {
        level.run(ConvergingPass {
            ensemble: self,
            x,
            precision,
            floor,
        })
    }

    /// The mean score and attribution over as many trees as the precision asks for.
    pub(crate) fn explain(
        &self,
        level: SimdLevel,
        x: &[f32],
        precision: f64,
        floor: Option<&NoiseFloor>,
    ) -> Explained {
        level.run(ExplainPass {
            ensemble: self,
            x,
            precision,
            floor,
        })
    }
}

struct ConvergingPass<'a, I> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    precision: f64,
    floor: Option<&'a NoiseFloor>,
}

impl<I: Index> Kernel for ConvergingPass<'_, I> {
    type Output = (f64, usize);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let Self {
            ensemble,
            x,
            precision,
            floor,
        } = self;
        let Ensemble { points, trees, .. } = ensemble;
        let mut convergence = Convergence::new(precision, trees.len());
        let mut normalizers = Normalizers::default();
        with_geometry!(simd, ensemble.dimensions, geometry => for step in trees.chunks(STEP) {
            let mut add = |tree: &Tree<I>, visitor: ScoreVisitor| {
                convergence.add(normalizers.of(tree.mass()) * visitor.score);
            };
            match floor {
                None => walk_all(step, points, geometry, x, |_| ScoreVisitor::default(), add),
                Some(floor) => walk_all(
                    step,
                    points,
                    geometry,
                    x,
                    |tree| Floored {
                        visitor: ScoreVisitor::default(),
                        floor,
                        x,
                        root: tree.corners(geometry, points, tree.root()),
                    },
                    |tree, visitor| add(tree, visitor.visitor),
                ),
            }
            if convergence.is_reached() {
                break;
            }
        });
        (convergence.mean(), convergence.trees())
    }
}

struct ExplainPass<'a, I> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    precision: f64,
    floor: Option<&'a NoiseFloor>,
}

impl<I: Index> Kernel for ExplainPass<'_, I> {
    type Output = Explained;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Explained {
        let Self {
            ensemble,
            x,
            precision,
            floor,
        } = self;
        let Ensemble { points, trees, .. } = ensemble;
        let dimensions = ensemble.dimensions;
        let mut convergence = Convergence::new(precision, trees.len());
        let mut sum = AttributionSum::new(x.len());
        let mut normalizers = Normalizers::default();
        let mut path = Path::new();
        with_geometry!(simd, dimensions, geometry => for tree in trees {
            let mut visitor = ExplanationVisitor {
                score: ScoreVisitor::default(),
                attribution: AttributionVisitor { x, dimensions, sum: &mut sum },
            };
            match floor {
                None => walk(tree, points, geometry, x, &mut path, &mut visitor),
                Some(floor) => {
                    let root = tree.corners(geometry, points, tree.root());
                    let mut floored = Floored { visitor, floor, x, root };
                    walk(tree, points, geometry, x, &mut path, &mut floored);
                    visitor = floored.visitor;
                }
            }
            let normalizer = normalizers.of(tree.mass());
            convergence.add(normalizer * visitor.score.score);
            sum.add_tree(normalizer);
            if convergence.trees().is_multiple_of(STEP) && convergence.is_reached() {
                break;
            }
        });
        let trees = convergence.trees();
        let AttributionSum {
            mut high, mut low, ..
        } = sum;
        high.iter_mut()
            .chain(&mut low)
            .for_each(|part| *part /= trees as f64);
        Explained {
            score: convergence.mean(),
            high,
            low,
            trees,
        }
    }
}
