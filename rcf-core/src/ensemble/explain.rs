//! Score and attribution in one traversal, and with no more trees than a precision asks for.

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
use crate::visitor::score::ScoreVisitor;

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
        let mut room = RowBuffer::new(box_len(ensemble.dimensions));
        let mut visitor = ScoreVisitor::default();
        with_trees!(simd, ensemble.dimensions, trees, geometry, trees => for step in trees.chunks(STEP) {
            let room = room.as_mut();
            let mut add = |mass, visitor: &ScoreVisitor| {
                convergence.add(normalizers.of(mass) * visitor.score);
            };
            match floor {
                None => CutTree::walk_all(step, points, geometry, x, room, &mut visitor, |mass, visitor| {
                    add(mass, visitor);
                }),
                Some(floor) => {
                    let mut floored = Floored::new(&mut visitor, floor, x);
                    CutTree::walk_all(step, points, geometry, x, room, &mut floored, |mass, floored| {
                        add(mass, floored.visitor);
                    });
                }
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
        let Ensemble { trees, .. } = ensemble;
        with_trees!(by length if by_length::<S, I>(); simd, ensemble.dimensions, trees, geometry, trees => {
            explain(trees, geometry, ensemble, x, precision, floor)
        })
    }
}

/// What the trees, which are those of the ensemble, say.
#[inline(always)]
fn explain<I: Index, G: Geometry, T: CutTree<I, G>>(
    trees: &[T],
    geometry: G,
    ensemble: &Ensemble<I>,
    x: &[f32],
    precision: f64,
    floor: Option<&NoiseFloor>,
) -> Explained {
    let points = &ensemble.points;
    let mut convergence = Convergence::new(precision, trees.len());
    let mut visitor = T::Attribution::new(x, ensemble.dimensions);
    let mut normalizers = Normalizers::default();
    let mut room = RowBuffer::new(geometry.box_len());
    for step in trees.chunks(STEP) {
        let room = room.as_mut();
        let mut add = |mass, visitor: &mut T::Attribution<'_>| {
            let normalizer = normalizers.of(mass);
            convergence.add(normalizer * visitor.score());
            visitor.add_tree(normalizer);
        };
        match floor {
            None => T::walk_all(step, points, geometry, x, room, &mut visitor, add),
            Some(floor) => {
                let mut floored = Floored::new(&mut visitor, floor, x);
                let finish = |mass, floored: &mut Floored<'_, _>| add(mass, floored.visitor);
                T::walk_all(step, points, geometry, x, room, &mut floored, finish);
            }
        }
        if convergence.is_reached() {
            break;
        }
    }
    let trees = convergence.trees();
    let score = convergence.mean();
    let mut parts = visitor.sum();
    parts.rescale(score);
    let Parts { high, low } = parts;
    Explained {
        score,
        high,
        low,
        trees,
    }
}
