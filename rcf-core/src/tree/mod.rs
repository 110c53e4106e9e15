//! The trees of a forest, in the form that suits their dimensions.

pub(crate) mod boxed;
pub(crate) mod cut;
pub(crate) mod imputation;
pub(crate) mod sorted;

use std::ops::ControlFlow;

use crate::arena::PointStore;
use crate::config::Config;
use crate::geometry::Geometry;
use crate::layout::{Index, are_sorted, size_of_val_capacity};
use crate::rng::TreeRng;
use crate::simd::Reached;
use crate::visitor::Visitor;
use crate::visitor::attribution::Attribute;
use boxed::{BoxedTree, Buffers};
use cut::Cut;
use imputation::Imputer;
use sorted::SortedTree;

/// Trees of one form.
#[derive(Debug, Clone)]
pub(crate) enum TreeSet<I> {
    /// Sorted arrays.
    Sorted(Vec<SortedTree<I>>),
    /// Nodes with boxes.
    Boxed(Vec<BoxedTree<I>>),
}

/// Evaluates `$body` with `$geometry` and `$trees` bound to the geometry for this number of
/// dimensions and the trees of a [`TreeSet`].
///
/// Inside of a [`Kernel`](crate::simd::Kernel) for `S: Simd`, of an ensemble of width `I: Index`.
///
/// Rows of one vector are a separate case, if vectors are wide. With `by length if
/// CONDITION` they always are, and so are, where that is so, those of all usual lengths: a third
/// fewer instructions, but each length takes space in the program.
macro_rules! with_trees {
    (by length if $by_length:expr; $($rest:tt)*) => {
        $crate::tree::with_trees!(
            lengths: 4 12 16 20 24 28 32 36 40 44 48 52 56 60 64, if $by_length, true; $($rest)*
        )
    };
    (
        lengths: $($stride:literal)*, if $by_length:expr, $is_hot:literal;
        $simd:expr, $dimensions:expr, $set:expr, $geometry:ident, $trees:ident => $body:expr
    ) => {
        match $set {
            $crate::tree::TreeSet::Sorted($trees) => {
                let $geometry = $crate::geometry::OneDimensional;
                $body
            }
            $crate::tree::TreeSet::Boxed($trees)
                if const { I::MAX > u16::MAX as usize } && $dimensions == 1 =>
            {
                let $geometry = $crate::geometry::OneDimensional;
                $body
            }
            $crate::tree::TreeSet::Boxed($trees) => {
                match $crate::layout::stride($dimensions) {
                    8 if const { S::IS_WIDE || $is_hot } => {
                        let $geometry =
                            $crate::geometry::Lanes::<_, 8>::new($simd, $dimensions);
                        $body
                    }
                    $($stride if const { $by_length } => {
                        let $geometry =
                            $crate::geometry::Lanes::<_, $stride>::new($simd, $dimensions);
                        $body
                    })*
                    _ => {
                        let $geometry =
                            $crate::geometry::Lanes::<_, 0>::new($simd, $dimensions);
                        $body
                    }
                }
            }
        }
    };
    ($simd:expr, $dimensions:expr, $set:expr, $geometry:ident, $trees:ident => $body:expr) => {
        $crate::tree::with_trees!(
            lengths: , if false, false; $simd, $dimensions, $set, $geometry, $trees => $body
        )
    };
}
pub(crate) use with_trees;

/// What a forest needs from its trees.
pub(crate) trait CutTree<I: Index, G: Geometry>: Sized {
    /// Gathers score and attribution.
    type Attribution<'a>: Attribute<'a>;

    /// Working memory of [`traverse_one`](Self::traverse_one).
    type Walker: Default;

    /// The result of a deletion.
    type Unlinked;

    /// Whether changes begin where a descent ended. If not, each change searches again.
    const IS_LOCATED: bool;

    /// Descends trees, each to the leaf of a point. For an empty tree the result is arbitrary.
    fn locate(geometry: G, lanes: &[(&Self, &[f32])], ends: &mut [Reached]);

    /// Inserts a point, which has been located unless the tree is empty. Returns the point that
    /// the leaf refers to: a different one if an equal point was there already.
    fn insert(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        at: Reached,
        rng: &mut TreeRng,
        buffers: &mut Buffers,
    ) -> usize;

    /// Deletes one occurrence of a point that is in the tree and has been located. `None` if all
    /// other points are where they were.
    fn delete(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        at: Reached,
        buffers: &mut Buffers,
    ) -> Option<Self::Unlinked>;

    /// Where the descent to `x` ends after a deletion, given where it ended before.
    fn relocate(&self, x: &[f32], at: Reached, gone: Self::Unlinked) -> Reached;

    /// The tree of these points, with multiplicity, and cuts from the root, left before right.
    /// `None` if the cuts are not those of a tree of these points.
    fn rebuild(
        geometry: G,
        points: &mut PointStore,
        sample_size: usize,
        sample: &[I],
        cuts: &[Cut],
    ) -> Option<Self>;

    /// Recomputes all cached boxes, in a pool that has been cleared.
    fn cache_boxes(&mut self, geometry: G, points: &mut PointStore);

    /// Lets a visitor traverse trees, none of them empty, in their order. `scratch` holds a
    /// bounding box. Records where each descent ended, if requested and if [`insert`](Self::insert)
    /// needs it.
    fn traverse<V: Visitor>(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        scratch: &mut [f32],
        noted: Option<&mut Vec<Reached>>,
        visitor: &mut V,
    );

    /// The sum over trees of the score of a row, each times the normalizer of the tree's mass.
    /// Takes what [`traverse`](Self::traverse) takes.
    fn sum_score(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        scratch: &mut [f32],
        noted: Option<&mut Vec<Reached>>,
        normalizer: impl FnMut(usize) -> f64,
    ) -> f64;

    /// The sums over trees, none of them empty, of the scores of padded rows, each times the
    /// normalizer of the tree's mass.
    fn sum_scores(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        rows: &[f32],
        normalizer: impl FnMut(usize) -> f64,
    ) -> Vec<f64>;

    /// Lets a visitor traverse the tree, which is not empty. A leaf equal to the query, of at most
    /// `ignored_mass`, counts as if it were not there; nothing is seen of a tree that holds nothing
    /// else.
    fn traverse_one<V: Visitor>(
        &self,
        walker: &mut Self::Walker,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()>;

    /// The number of the point that fits a query with missing coordinates best; one of those that
    /// may be, if there is one. The tree is not empty.
    fn best(
        &self,
        imputer: &mut Imputer<'_, I>,
        points: &PointStore,
        geometry: G,
        may_be: impl Fn(usize) -> bool,
    ) -> usize;
}

impl<I: Index> TreeSet<I> {
    /// This many empty trees.
    pub(crate) fn new(config: &Config) -> Self {
        let sample_size = config.sample_size;
        let numbers = 0..config.number_of_trees;
        if are_sorted(config) {
            Self::Sorted(numbers.map(|_| SortedTree::new(sample_size)).collect())
        } else {
            Self::Boxed(numbers.map(|_| BoxedTree::new(sample_size)).collect())
        }
    }

    /// No trees, with capacity for all.
    pub(crate) fn with_capacity(config: &Config) -> Self {
        if are_sorted(config) {
            Self::Sorted(Vec::with_capacity(config.number_of_trees))
        } else {
            Self::Boxed(Vec::with_capacity(config.number_of_trees))
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Sorted(trees) => trees.len(),
            Self::Boxed(trees) => trees.len(),
        }
    }

    /// The cuts of a tree, from the root, left before right.
    pub(crate) fn cuts(&self, tree: usize) -> Vec<Cut> {
        match self {
            Self::Sorted(trees) => trees[tree].cuts(),
            Self::Boxed(trees) => trees[tree].cuts(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Sorted(trees) => {
                let below = trees.iter().map(SortedTree::heap_bytes).sum::<usize>();
                size_of_val_capacity(trees) + below
            }
            Self::Boxed(trees) => {
                let below = trees.iter().map(BoxedTree::heap_bytes).sum::<usize>();
                size_of_val_capacity(trees) + below
            }
        }
    }

    /// The bytes of one tree, full of distinct points.
    pub(crate) fn full_tree_bytes(config: &Config) -> usize {
        let sample_size = config.sample_size;
        if are_sorted(config) {
            size_of::<SortedTree<I>>() + SortedTree::<I>::full_heap_bytes(sample_size)
        } else {
            size_of::<BoxedTree<I>>() + BoxedTree::<I>::full_heap_bytes(sample_size)
        }
    }
}
