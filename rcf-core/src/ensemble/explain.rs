//! Score and attribution in one traversal, from no more trees than a precision needs.

use std::ops::ControlFlow;

use super::{Ensemble, Normalizers, by_length};
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::layout::box_len;
use crate::row_buffer::RowBuffer;
use crate::simd::{Kernel, Simd, SimdLevel};
use crate::tree::{CutTree, with_trees};
use crate::visitor::attribution::{Attribute, Parts};
use crate::visitor::convergence::{Convergence, STEP};
use crate::visitor::noise_floor::{Floored, NoiseFloor};
use crate::visitor::score::{ScoreVisitor, TreeScore};
use crate::visitor::{Ancestor, Leaf, Visitor};

/// A mean over the first trees.
pub(crate) struct Explained {
    pub(crate) score: f64,
    /// Padded, as is `low`.
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    /// Trees that were used.
    pub(crate) trees: usize,
}

impl<I: Index> Ensemble<I> {
    /// The mean score over as many trees as the precision needs, and their number.
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

    /// The mean score and attribution over as many trees as the precision needs.
    pub(crate) fn explain(
        &self,
        level: SimdLevel,
        x: &[f32],
        precision: f64,
        floor: Option<&NoiseFloor>,
    ) -> Explained {
        match floor {
            None => level.run(ExplainPass::<_, false> {
                ensemble: self,
                x,
                precision,
                floor,
            }),
            Some(_) => level.run(ExplainPass::<_, true> {
                ensemble: self,
                x,
                precision,
                floor,
            }),
        }
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
        let mut scratch = RowBuffer::new(box_len(ensemble.dimensions));
        let mut visitor = Converging::new(ScoreVisitor::default(), precision, trees.len());
        let mut floored = Floored::new(&mut visitor, floor, x);
        with_trees!(simd, ensemble.dimensions, trees, geometry, trees => {
            CutTree::traverse(trees, points, geometry, x, scratch.as_mut(), None, &mut floored)
        });
        (visitor.convergence.mean(), visitor.convergence.trees())
    }
}

/// A visitor that ends when enough trees have been seen.
struct Converging<V> {
    visitor: V,
    convergence: Convergence,
    normalizers: Normalizers,
}

impl<V: TreeScore> Converging<V> {
    fn new(visitor: V, precision: f64, trees: usize) -> Self {
        Self {
            visitor,
            convergence: Convergence::new(precision, trees),
            normalizers: Normalizers::default(),
        }
    }
}

impl<V: TreeScore> Visitor for Converging<V> {
    const USES_PARTS: bool = V::USES_PARTS;

    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.visitor.leaf(leaf)
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        self.visitor.ancestor(ancestor);
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        let normalizer = self.normalizers.of(tree_mass);
        self.convergence.add(normalizer * self.visitor.score());
        self.visitor.add_tree(normalizer);
        if self.convergence.trees().is_multiple_of(STEP) && self.convergence.is_reached() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// `FLOORED`: there is a noise floor. Few forests have one; they share one kernel for rows of all
/// lengths.
struct ExplainPass<'a, I, const FLOORED: bool> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    precision: f64,
    floor: Option<&'a NoiseFloor>,
}

impl<I: Index, const FLOORED: bool> Kernel for ExplainPass<'_, I, FLOORED> {
    type Output = Explained;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Explained {
        let Self {
            ensemble,
            x,
            precision,
            floor,
        } = self;
        let Ensemble { trees, .. } = ensemble;
        let dimensions = ensemble.dimensions;
        with_trees!(
            by length if !FLOORED && by_length::<S, I>(); simd, dimensions, trees, geometry, trees =>
            explain::<_, _, _, FLOORED>(trees, geometry, ensemble, x, precision, floor)
        )
    }
}

/// The estimates of the trees, which are those of the ensemble.
#[inline(always)]
fn explain<I: Index, G: Geometry, T: CutTree<I, G>, const FLOORED: bool>(
    trees: &[T],
    geometry: G,
    ensemble: &Ensemble<I>,
    x: &[f32],
    precision: f64,
    floor: Option<&NoiseFloor>,
) -> Explained {
    let points = &ensemble.points;
    let mut scratch = RowBuffer::new(geometry.box_len());
    let attribution = T::Attribution::new(x, ensemble.dimensions);
    let mut visitor = Converging::new(attribution, precision, trees.len());
    let scratch = scratch.as_mut();
    if FLOORED {
        let mut floored = Floored::new(&mut visitor, floor, x);
        T::traverse(trees, points, geometry, x, scratch, None, &mut floored);
    } else {
        T::traverse(trees, points, geometry, x, scratch, None, &mut visitor);
    }
    let Converging {
        visitor: attribution,
        convergence,
        ..
    } = visitor;
    let score = convergence.mean();
    let mut parts = attribution.sum();
    parts.rescale(score);
    let Parts { high, low } = parts;
    Explained {
        score,
        high,
        low,
        trees: convergence.trees(),
    }
}
