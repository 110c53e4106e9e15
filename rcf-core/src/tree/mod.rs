//! The trees of a forest, in the form that suits their dimensions.

pub(crate) mod boxed;
pub(crate) mod cut;
pub(crate) mod imputation;
pub(crate) mod sorted;

use std::ops::ControlFlow;

use crate::arena::PointStore;
use crate::config::Config;
use crate::geometry::Geometry;
use crate::layout::{Index, are_on_line, size_of_val_capacity};
use crate::rng::TreeRng;
use crate::visitor::Visitor;
use crate::visitor::attribution::Attribute;
use boxed::{PathBuffer, Tree};
use cut::Cut;
use imputation::Imputer;
use sorted::LineTree;

/// Trees of one form.
#[derive(Debug, Clone)]
pub(crate) enum Grove<I> {
    /// Sorted arrays.
    Line(Vec<LineTree<I>>),
    /// Nodes with boxes.
    Space(Vec<Tree<I>>),
}

/// Evaluates `$body` with `$geometry` and `$trees` bound to the geometry for this number of dimensions
/// and the trees of a [`Grove`].
///
/// Inside of a [`Kernel`](crate::simd::Kernel) for `S: Simd`, of an ensemble of width `I: Index`.
///
/// Rows of one vector are a case of their own, where vectors are wide. With `by length if CONDITION` they always
/// are, and so are, where that is so, those of all usual lengths: a third fewer instructions, but each length
/// takes room in the program.
macro_rules! with_trees {
    (by length if $by_length:expr; $($rest:tt)*) => {
        $crate::tree::with_trees!(
            lengths: 4 12 16 20 24 28 32 36 40 44 48 52 56 60 64, if $by_length, true; $($rest)*
        )
    };
    (lengths: $($stride:literal)*, if $by_length:expr, $is_hot:literal; $simd:expr, $dimensions:expr, $grove:expr, $geometry:ident, $trees:ident => $body:expr) => {
        match $grove {
            $crate::tree::Grove::Line($trees) => {
                let $geometry = $crate::geometry::Line;
                $body
            }
            $crate::tree::Grove::Space($trees)
                if const { I::MAX > u16::MAX as usize } && $dimensions == 1 =>
            {
                let $geometry = $crate::geometry::Line;
                $body
            }
            $crate::tree::Grove::Space($trees) => {
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
    ($simd:expr, $dimensions:expr, $grove:expr, $geometry:ident, $trees:ident => $body:expr) => {
        $crate::tree::with_trees!(lengths: , if false, false; $simd, $dimensions, $grove, $geometry, $trees => $body)
    };
}
pub(crate) use with_trees;

/// What a forest asks of its trees.
pub(crate) trait CutTree<I: Index, G: Geometry>: Sized {
    /// Gathers score and attribution.
    type Attribution<'a>: Attribute<'a>;

    /// Working memory of [`traverse_one`](Self::traverse_one).
    type Walker: Default;

    /// Inserts a point. Returns the point that the leaf refers to: another one, if an equal point
    /// was there already.
    fn insert(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        rng: &mut TreeRng,
        path: &mut PathBuffer<I>,
    ) -> usize;

    /// Deletes one occurrence of a point that is in the tree.
    fn delete(&mut self, geometry: G, points: &mut PointStore, point: usize, path: &mut PathBuffer<I>);

    /// The tree of these points, with multiplicity, and cuts from the root, left before right.
    /// `None` if the cuts are not those of a tree of these points.
    fn rebuild(
        geometry: G,
        points: &mut PointStore,
        sample_size: usize,
        sample: &[I],
        cuts: &[Cut],
    ) -> Option<Self>;

    /// Makes the boxes of nodes anew, after the pool of them.
    fn make_boxes(&mut self, geometry: G, points: &mut PointStore);

    /// Lets a visitor traverse trees, none of them empty, in their order. `scratch` is a record of a
    /// bounding box.
    fn traverse<V: Visitor>(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        scratch: &mut [f32],
        visitor: &mut V,
    );

    /// The sums over trees, none of them empty, of the scores of padded rows, each times the normalizer of
    /// the tree's mass.
    fn sum_scores(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        rows: &[f32],
        normalizer: impl FnMut(usize) -> f64,
    ) -> Vec<f64>;

    /// Lets a visitor traverse the tree, which is not empty. A leaf equal to the query, of at most
    /// `ignored_mass`, counts as if it were not there; nothing is seen of a tree that holds nothing else.
    fn traverse_one<V: Visitor>(
        &self,
        walker: &mut Self::Walker,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()>;

    /// The number of the point that fits a query with missing coordinates best; one of those that may
    /// be, if there is one. The tree is not empty.
    fn best(
        &self,
        imputer: &mut Imputer<'_, I>,
        points: &PointStore,
        geometry: G,
        may_be: impl Fn(usize) -> bool,
    ) -> usize;
}

impl<I: Index> Grove<I> {
    /// So many empty trees.
    pub(crate) fn new(config: &Config) -> Self {
        let sample_size = config.sample_size;
        let numbers = 0..config.number_of_trees;
        if are_on_line(config) {
            Self::Line(numbers.map(|_| LineTree::new(sample_size)).collect())
        } else {
            Self::Space(numbers.map(|_| Tree::new(sample_size)).collect())
        }
    }

    /// No trees, and room for all.
    pub(crate) fn with_capacity(config: &Config) -> Self {
        if are_on_line(config) {
            Self::Line(Vec::with_capacity(config.number_of_trees))
        } else {
            Self::Space(Vec::with_capacity(config.number_of_trees))
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Line(trees) => trees.len(),
            Self::Space(trees) => trees.len(),
        }
    }

    /// Whether no tree has a point.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Line(trees) => trees.iter().all(|tree| tree.mass() == 0),
            Self::Space(trees) => trees.iter().all(|tree| tree.mass() == 0),
        }
    }

    /// The cuts of a tree, from the root, left before right.
    pub(crate) fn cuts(&self, tree: usize) -> Vec<Cut> {
        match self {
            Self::Line(trees) => trees[tree].cuts(),
            Self::Space(trees) => trees[tree].cuts(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Line(trees) => {
                let below = trees.iter().map(LineTree::heap_bytes).sum::<usize>();
                size_of_val_capacity(trees) + below
            }
            Self::Space(trees) => {
                let below = trees.iter().map(Tree::heap_bytes).sum::<usize>();
                size_of_val_capacity(trees) + below
            }
        }
    }

    /// The bytes of one tree, full of points that all differ.
    pub(crate) fn full_tree_bytes(config: &Config) -> usize {
        let sample_size = config.sample_size;
        if are_on_line(config) {
            size_of::<LineTree<I>>() + LineTree::<I>::full_heap_bytes(sample_size)
        } else {
            size_of::<Tree<I>>() + Tree::<I>::full_heap_bytes(sample_size)
        }
    }
}
