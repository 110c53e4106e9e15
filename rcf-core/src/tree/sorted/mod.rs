//! A random cut tree over points of one dimension: a sorted array.
//!
//! The leaves of a tree are sorted, and a node is a range of neighbours. Between two neighbours
//! there is one cut, which is the node in which they part. So nodes need neither children nor
//! boxes:
//!
//! ```text
//! leaves     a     b     c     d     e          the node of cut i covers span + 1 leaves,
//! cuts          1     2     3     4             from one end on which we stand
//! levels        2     1     3     2             1 is the root; the deeper of the two cuts
//!                                               around a stretch is its parent's
//! ```
//!
//! To descend is to search the cuts, which takes no branches; to walk up is to compare the levels
//! at both ends. A box is the first and the last leaf of a stretch, hence never stale. What a query
//! walks up past is known too: right of its leaf, it is outside of those ancestors in which the
//! leaf is the last one, and its distance from all of them is that from the leaf.
//!
//! The law is that of [`BoxedTree`](crate::tree::boxed::BoxedTree), and the draws are the same, so
//! that both are equal to the bit, which the tests make sure of.

mod change;
mod rebuild;
mod sweep;
#[cfg(test)]
mod tests;
mod traverse;

pub(crate) use sweep::Sweep;
pub(crate) use traverse::SortedWalker;

use std::hint::select_unpredictable;
use std::ops::ControlFlow;

use super::CutTree;
use super::boxed::Buffers;
use super::cut::Cut;
use super::imputation::Imputer;
use crate::arena::PointStore;
use crate::geometry::OneDimensional;
use crate::layout::{Index, size_of_val_capacity};
use crate::rng::TreeRng;
use crate::simd::Reached;
use crate::visitor::Visitor;
use crate::visitor::attribution::OneDimensionalAttribution;

/// A random cut tree over one-dimensional points of a [`PointStore`].
#[derive(Debug, Clone)]
pub(crate) struct SortedTree<I> {
    sample_size: usize,
    /// What is to the left of each leaf: a cut, except for the first one. Points up to it are on
    /// the left.
    cuts: Vec<f32>,
    /// The leaves in the order of their points, and one more without a point that ends them.
    leaves: Vec<Leaf<I>>,
    /// How often each leaf's point is in the sample; empty while no point is there twice.
    masses: Vec<I>,
    /// Number of points, with multiplicity.
    mass: usize,
}

/// A leaf, and the node of the cut to its left.
#[derive(Debug, Clone, Copy, Default)]
struct Leaf<I> {
    point: I,
    /// Number of nodes from the root to that of the cut, both counted; 0 where there is no cut.
    level: I,
    /// Number of leaves below the node, less one.
    span: I,
}

/// A node: the leaves from `first` to `last`, a single one or all that are below a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    first: usize,
    last: usize,
}

impl Stretch {
    const fn leaf(leaf: usize) -> Self {
        Self {
            first: leaf,
            last: leaf,
        }
    }
}

/// A node, as one comes to it from a child.
#[derive(Debug, Clone, Copy)]
struct Parent {
    stretch: Stretch,
    /// The leaf to the right of its cut.
    cut: usize,
}

/// A node of which one end is known.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Number of nodes above.
    depth: usize,
    /// The leaf at the other end.
    far: usize,
}

/// Nodes that end at a leaf, upwards.
struct EndingAt<'a, I> {
    leaves: &'a [Leaf<I>],
    /// The level of the cut beyond the leaf: nodes above that are larger in both directions.
    bound: I,
    leaf: usize,
    /// On which side of its far end the cut of a node is: 0 or 1.
    beside: usize,
    /// All bits where spans lead to the left. No branch: on which side a query lies, no processor
    /// can predict.
    sign: usize,
    far: usize,
}

impl<I: Index> Iterator for EndingAt<'_, I> {
    type Item = End;

    #[inline(always)]
    fn next(&mut self) -> Option<End> {
        let node = &self.leaves[self.far + self.beside];
        if node.level <= self.bound {
            return None;
        }
        // Plus or minus the span, in two's complement.
        let step = (node.span.get() ^ self.sign).wrapping_sub(self.sign);
        self.far = self.leaf.wrapping_add(step);
        Some(End {
            depth: node.level.get() - 1,
            far: self.far,
        })
    }
}

impl<I: Index> CutTree<I, OneDimensional> for SortedTree<I> {
    type Attribution<'a> = OneDimensionalAttribution;
    type Walker = SortedWalker;

    type Unlinked = ();

    /// A search is short, and its end moves with every change: it is done again.
    const IS_LOCATED: bool = false;

    #[inline(always)]
    fn locate<'a>(_: OneDimensional, _: &mut [Reached], _: impl Fn(usize) -> (&'a Self, &'a [f32]))
    where
        I: 'a,
    {
    }

    #[inline(always)]
    fn insert(
        &mut self,
        _: OneDimensional,
        points: &mut PointStore,
        point: usize,
        _: Reached,
        rng: &mut TreeRng,
        _: &mut Buffers,
    ) -> usize {
        self.insert(points, point, rng)
    }

    #[inline(always)]
    fn delete(
        &mut self,
        _: OneDimensional,
        points: &mut PointStore,
        point: usize,
        _: Reached,
        _: &mut Buffers,
    ) -> Option<()> {
        self.delete(points, point);
        None
    }

    #[inline(always)]
    fn relocate(&self, _: OneDimensional, _: &[f32], at: Reached, (): ()) -> Reached {
        at
    }

    fn rebuild(
        _: OneDimensional,
        points: &mut PointStore,
        sample_size: usize,
        sample: &[I],
        cuts: &[Cut],
    ) -> Option<Self> {
        Self::rebuild(points, sample_size, sample, cuts)
    }

    fn cache_boxes(&mut self, _: OneDimensional, _: &mut PointStore) {}

    #[inline(always)]
    fn traverse<V: Visitor>(
        trees: &[Self],
        points: &PointStore,
        _: OneDimensional,
        x: &[f32],
        _: &mut [f32],
        _: Option<&mut Vec<Reached>>,
        visitor: &mut V,
    ) {
        traverse::traverse(trees, points, x, visitor);
    }

    #[inline(always)]
    fn sum_scores(
        trees: &[Self],
        points: &PointStore,
        _: OneDimensional,
        rows: &[f32],
        mut normalizer: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let mut sweep = Sweep::new(rows);
        for tree in trees {
            sweep.add_scores(tree, points, normalizer(tree.mass()));
        }
        sweep.into_sums()
    }

    #[inline(always)]
    fn traverse_one<V: Visitor>(
        &self,
        walker: &mut SortedWalker,
        points: &PointStore,
        _: OneDimensional,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()> {
        walker.traverse(self, points, x, ignored_mass, visitor)
    }

    fn best(
        &self,
        imputer: &mut Imputer<'_, I>,
        points: &PointStore,
        _: OneDimensional,
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        imputer.best_of_sorted(self, points, may_be)
    }
}

impl<I: Index> SortedTree<I> {
    pub(crate) const fn new(sample_size: usize) -> Self {
        Self {
            sample_size,
            cuts: Vec::new(),
            leaves: Vec::new(),
            masses: Vec::new(),
            mass: 0,
        }
    }

    /// Takes all points out, and keeps their capacity.
    pub(crate) fn clear(&mut self) {
        self.cuts.clear();
        self.leaves.clear();
        self.masses.clear();
        self.mass = 0;
    }

    #[inline(always)]
    pub(crate) fn mass(&self) -> usize {
        self.mass
    }

    /// Number of leaves.
    #[inline(always)]
    fn len(&self) -> usize {
        self.cuts.len()
    }

    /// The number of a leaf's point.
    #[inline(always)]
    fn point(&self, leaf: usize) -> usize {
        self.leaves[leaf].point.get()
    }

    /// The coordinate of a leaf's point.
    #[inline(always)]
    fn value(&self, points: &PointStore, leaf: usize) -> f32 {
        points.values()[self.point(leaf)]
    }

    /// The leaf to which `x` descends, in a tree that is not empty.
    #[inline(always)]
    fn descend(&self, x: f32) -> usize {
        // By hand, since the library's search is not always inlined.
        let (mut leaf, mut count) = (0, self.cuts.len());
        while count > 1 {
            let half = count / 2;
            let middle = leaf + half;
            leaf = select_unpredictable(self.cuts[middle] < x, middle, leaf);
            count -= half;
        }
        leaf
    }

    /// Number of nodes above a leaf.
    #[inline(always)]
    fn depth(&self, leaf: usize) -> usize {
        let [left, right] = [&self.leaves[leaf], &self.leaves[leaf + 1]];
        left.level.get().max(right.level.get())
    }

    /// How many times a leaf's point is in the sample.
    #[inline(always)]
    fn leaf_mass(&self, leaf: usize) -> usize {
        self.masses.get(leaf).map_or(1, |mass| mass.get())
    }

    /// Number of points below a node, with multiplicity.
    fn mass_of(&self, Stretch { first, last }: Stretch) -> usize {
        if self.masses.is_empty() {
            return last + 1 - first;
        }
        self.masses[first..=last]
            .iter()
            .map(|mass| mass.get())
            .sum()
    }

    /// The corners of a node's box.
    #[inline(always)]
    fn corners(&self, points: &PointStore, stretch: Stretch) -> [f32; 2] {
        [
            self.value(points, stretch.first),
            self.value(points, stretch.last),
        ]
    }

    /// The node above, or `None` of the root. Which of the two cuts around a node is the deeper one
    /// no processor can predict.
    #[inline(always)]
    fn parent(&self, Stretch { first, last }: Stretch) -> Option<Parent> {
        let (left, right) = (self.leaves[first].level, self.leaves[last + 1].level);
        let from_right = left > right;
        let cut = select_unpredictable(from_right, first, last + 1);
        let span = self.leaves[cut].span.get();
        let stretch = Stretch {
            first: select_unpredictable(from_right, last.wrapping_sub(span), first),
            last: select_unpredictable(from_right, last, first + span),
        };
        (left.max(right) > I::default()).then_some(Parent { stretch, cut })
    }

    /// The nodes of which a leaf is the last one, if `last`, or else the first one, upwards. A
    /// query beyond it is outside of their boxes, and by the same distance.
    #[inline(always)]
    fn ending_at(&self, leaf: usize, last: bool) -> EndingAt<'_, I> {
        EndingAt {
            leaves: &self.leaves,
            bound: self.leaves[leaf + usize::from(last)].level,
            leaf,
            beside: usize::from(!last),
            sign: usize::from(last).wrapping_neg(),
            far: leaf,
        }
    }

    /// Grows the capacity to this many leaves.
    fn reserve(&mut self, leaves: usize) {
        self.cuts.reserve_exact(leaves - self.cuts.len());
        self.leaves.reserve_exact(leaves + 1 - self.leaves.len());
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.cuts)
            + size_of_val_capacity(&self.leaves)
            + size_of_val_capacity(&self.masses)
    }

    /// The same of a full tree over points that all differ.
    pub(crate) const fn full_heap_bytes(sample_size: usize) -> usize {
        sample_size * size_of::<f32>() + (sample_size + 1) * size_of::<Leaf<I>>()
    }
}
