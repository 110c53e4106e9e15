//! The laws of one tree.

/// Evaluates `$body` with `$geometry` bound to the geometry for this number of dimensions.
macro_rules! with_geometry {
    ($dimensions:expr, $geometry:ident => $body:expr) => {
        if $dimensions == 1 {
            let $geometry = crate::geometry::OneDimensional;
            $body
        } else if crate::layout::stride($dimensions) == 20 {
            let $geometry =
                crate::geometry::Lanes::<_, 20>::new(crate::simd::Portable, $dimensions);
            $body
        } else {
            let $geometry = crate::geometry::Lanes::<_, 0>::new(crate::simd::Portable, $dimensions);
            $body
        }
    };
}

mod churn;
mod cut_law;
mod density;
mod expectation;
mod functionals;
mod impute;
mod naive;
mod noise_floor;
mod operations;
mod symmetry;
mod validate;

use super::node::Child;
use super::score;
use super::traverse::{descend_few, traverse};
use super::{BoxedTree, Buffers};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::layout::{box_len, stride};
use crate::rng::TreeRng;
use crate::simd::{LANES, Reached};
use crate::testing::Random;
use crate::visitor::Visitor;
use crate::visitor::attribution::{Attribute, AttributionVisitor, Parts};
use crate::visitor::score::{ScoreVisitor, TreeScore};
pub(crate) use naive::Naive;

/// A tree together with all that its operations need.
#[derive(Debug, Clone)]
struct Grown<I> {
    dimensions: usize,
    store: PointStore,
    tree: BoxedTree<I>,
    rng: TreeRng,
    buffers: Buffers,
}

impl<I: Index> Grown<I> {
    /// The seed also determines which boxes are kept.
    fn new(dimensions: usize, sample_size: usize, seed: u64) -> Self {
        let mut store = PointStore::new(stride(dimensions), 0);
        store
            .boxes
            .keep_fraction([0.25, 1.0, 0.4, 0.125][seed as usize % 4]);
        Self {
            dimensions,
            store,
            tree: BoxedTree::new(sample_size),
            rng: TreeRng::family(seed, 1).remove(0),
            buffers: Buffers::default(),
        }
    }

    fn of(points: &[Vec<f32>], seed: u64) -> Self {
        let mut grown = Self::new(points[0].len(), points.len() + 1, seed);
        points.iter().for_each(|point| grown.insert(point));
        grown
    }

    fn pad(&self, x: &[f32]) -> Vec<f32> {
        assert_eq!(x.len(), self.dimensions);
        let mut row = vec![0.0; stride(self.dimensions)];
        row[..x.len()].copy_from_slice(x);
        row
    }

    fn insert(&mut self, x: &[f32]) {
        let point = self.store.add(&self.pad(x));
        let Self {
            store,
            tree,
            rng,
            buffers,
            ..
        } = self;
        let leaf = with_geometry!(self.dimensions, geometry => {
            let at = tree.descend_from(store.row(geometry, point), tree.whole());
            tree.insert(geometry, store, point, at, rng, buffers)
        });
        self.store.retain(leaf);
        self.store.drop_if_unused(point);
    }

    /// Deletes one occurrence of `x`, which is in the tree.
    fn delete(&mut self, x: &[f32]) {
        let row = self.pad(x);
        let Self {
            store,
            tree,
            buffers,
            ..
        } = self;
        let point = with_geometry!(self.dimensions, geometry => {
            let at = tree.descend_from(&row, tree.whole());
            let Child::Leaf { point } = tree.resolve(at.leaf) else {
                panic!("a descent ends at a leaf");
            };
            assert_eq!(store.padded_row(point), row, "the descent misses a point of the tree");
            let _ = tree.delete(geometry, store, at, buffers);
            point
        });
        self.store.release(point);
    }

    /// The number of cuts above the leaf that `x` descends to.
    fn depth(&self, x: &[f32]) -> usize {
        let row = self.pad(x);
        let mut ends = [Reached::default()];
        descend_few(&[(&self.tree, &row[..])], &mut ends);
        ends[0].depth as usize
    }

    /// The sum of the scores of this many trees like this one, not normalised.
    fn score_of_equal_trees(&self, x: &[f32], trees: usize) -> f64 {
        let (row, trees) = (self.pad(x), vec![self.tree.clone(); trees]);
        let mut scratch = vec![0.0; LANES * box_len(self.dimensions)];
        with_geometry!(self.dimensions, geometry => {
            score::sum(&trees, &self.store, geometry, &row, &mut scratch, None, |_| 1.0)
        })
    }

    /// Not normalised.
    fn score(&self, x: &[f32]) -> f64 {
        let row = self.pad(x);
        let mut visitor = ScoreVisitor::default();
        with_geometry!(self.dimensions, geometry => {
            visit(&self.tree, &self.store, geometry, &row, &mut visitor);
        });
        visitor.score
    }

    /// Not normalised: high, then low.
    fn attribution(&self, x: &[f32]) -> Vec<f64> {
        let row = self.pad(x);
        let mut visitor = AttributionVisitor::new(&row, self.dimensions);
        with_geometry!(self.dimensions, geometry => {
            visit(&self.tree, &self.store, geometry, &row, &mut visitor);
        });
        visitor.add_tree(1.0);
        let Parts { high, low } = visitor.sum();
        [&high[..self.dimensions], &low[..self.dimensions]].concat()
    }

    /// Checks all invariants; returns the tree in its naive form.
    fn validate(&self) -> Option<Naive> {
        self.tree.validate(self.dimensions, &self.store);
        Naive::of(&self.tree, &self.store, self.dimensions)
    }
}

/// Lets a visitor walk one tree.
fn visit<I: Index, G: Geometry, V: Visitor>(
    tree: &BoxedTree<I>,
    store: &PointStore,
    geometry: G,
    row: &[f32],
    visitor: &mut V,
) {
    let mut scratch = vec![0.0; geometry.box_len()];
    let one = std::slice::from_ref(tree);
    traverse(one, store, geometry, row, &mut scratch, None, visitor);
}

/// Small integers: all sums are exact in single precision, in whatever order they are taken.
fn integers(dimensions: usize, random: &mut Random) -> Vec<f32> {
    random
        .normal_point(dimensions)
        .iter()
        .map(|x| (8.0 * x).round() as f32 + 0.0)
        .collect()
}
