//! A random cut tree over points of one dimension: a sorted array.
//!
//! The leaves of a tree are sorted, and a node is a range of neighbours. Between two neighbours
//! there is one cut, which is the node that separates them. So nodes need neither children nor
//! boxes:
//!
//! ```text
//! leaves     a     b     c     d     e
//! cuts          1     2     3     4
//! levels        2     1     3     2             1 is the root; the deeper of the two cuts
//!                                               around a range is its parent's
//! first leaf    a     a     c     c             below the node of the cut,
//! last leaf     b     e     d     e             and the last one
//! ```
//!
//! Descending is a search among the cuts, without branches; walking up compares the levels
//! at both ends. A box is the first and the last leaf of a range, hence never stale. The nodes that
//! a query passes on its way up are known too: right of its leaf, it is outside those ancestors in
//! which the leaf is the last one, and its distance from all of them is that from the leaf.
//!
//! The law is that of [`BoxedTree`](crate::tree::boxed::BoxedTree), and the draws are the same, so
//! that both are equal to the bit, as the tests verify.

mod change;
mod cuts;
mod entries;
mod rebuild;
mod score;
mod sweep;
#[cfg(test)]
mod tests;
mod traverse;

pub(crate) use sweep::Sweep;
pub(crate) use traverse::SortedWalker;

use std::hint::select_unpredictable;
use std::ops::ControlFlow;

use self::cuts::Cuts;
use self::entries::{Entries, FIRST, Fields, LAST, LEVEL, POINT};
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
    /// The cut to the left of each leaf, except for the first one. Points up to it are on
    /// the left.
    cuts: Cuts,
    /// The leaves and the nodes of the cuts.
    leaves: Entries<I>,
    /// How often each leaf's point is in the sample; empty while all points are distinct.
    masses: Vec<I>,
    /// Number of points, with multiplicity.
    mass: usize,
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

/// A node as reached from a child.
#[derive(Debug, Clone, Copy)]
struct Parent {
    stretch: Stretch,
    /// The leaf to the right of its cut.
    cut: usize,
}

/// A node with one known end.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Number of nodes above.
    depth: usize,
    /// The leaf at the other end.
    far: usize,
}

/// Nodes that end at a leaf, upwards.
struct EndingAt<'a, I> {
    leaves: &'a [Fields<I>],
    /// The level of the cut beyond the leaf: nodes above that are larger in both directions.
    bound: I,
    /// The side of its far end on which the cut of a node lies: 0 or 1. No branch: the side on
    /// which a query lies is unpredictable.
    beside: usize,
    far: usize,
}

impl<I: Index> Iterator for EndingAt<'_, I> {
    type Item = End;

    #[inline(always)]
    fn next(&mut self) -> Option<End> {
        let node = &self.leaves[self.far + self.beside];
        if node[LEVEL] <= self.bound {
            return None;
        }
        self.far = node[FIRST + (self.beside & 1)].get();
        Some(End {
            depth: node[LEVEL].get() - 1,
            far: self.far,
        })
    }
}

impl<I: Index> EndingAt<'_, I> {
    /// The index that no leaf has.
    const NONE: Self = Self {
        leaves: &[],
        bound: I::ZERO,
        beside: 0,
        far: 0,
    };

    /// The next node without a branch: its level and the leaf at its other end. If there is none,
    /// `goes_on` becomes false, and any level and leaf are returned.
    #[inline(always)]
    fn step(&mut self, goes_on: &mut bool) -> (usize, usize) {
        let node = &self.leaves[self.far + self.beside];
        *goes_on &= node[LEVEL] > self.bound;
        let far = node[FIRST + (self.beside & 1)].get();
        self.far = select_unpredictable(*goes_on, far, self.far);
        (node[LEVEL].get(), self.far)
    }
}

impl<I: Index> CutTree<I, OneDimensional> for SortedTree<I> {
    type Attribution<'a> = OneDimensionalAttribution;
    type Walker = SortedWalker;

    type Unlinked = ();

    /// A search is short, and its result moves with every change, so it is repeated.
    const IS_LOCATED: bool = false;

    #[inline(always)]
    fn locate(_: OneDimensional, _: &[(&Self, &[f32])], _: &mut [Reached]) {}

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
    fn relocate(&self, _: &[f32], at: Reached, (): ()) -> Reached {
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
    fn sum_score(
        trees: &[Self],
        points: &PointStore,
        _: OneDimensional,
        x: &[f32],
        _: &mut [f32],
        _: Option<&mut Vec<Reached>>,
        normalizer: impl FnMut(usize) -> f64,
    ) -> f64 {
        score::sum(trees, points, x[0], normalizer)
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
            cuts: Cuts::new(),
            leaves: Entries::new(),
            masses: Vec::new(),
            mass: 0,
        }
    }

    /// Removes all points and keeps the capacity.
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
        self.leaves[leaf][POINT].get()
    }

    /// The coordinate of a leaf's point.
    #[inline(always)]
    fn value(&self, points: &PointStore, leaf: usize) -> f32 {
        points.values()[self.point(leaf)]
    }

    /// The leaf to which `x` descends, in a tree that is not empty.
    #[inline(always)]
    fn descend(&self, x: f32) -> usize {
        self.cuts.last_below(x)
    }

    /// Number of nodes above a leaf.
    #[inline(always)]
    fn depth(&self, leaf: usize) -> usize {
        let [left, right] = [&self.leaves[leaf], &self.leaves[leaf + 1]];
        left[LEVEL].max(right[LEVEL]).get()
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

    /// The node above, or `None` for the root. Which of the two cuts around a node is deeper is
    /// unpredictable.
    #[inline(always)]
    fn parent(&self, Stretch { first, last }: Stretch) -> Option<Parent> {
        let (left, right) = (self.leaves[first][LEVEL], self.leaves[last + 1][LEVEL]);
        let cut = select_unpredictable(left > right, first, last + 1);
        let node = self.leaves[cut];
        let stretch = Stretch {
            first: node[FIRST].get(),
            last: node[LAST].get(),
        };
        (left.max(right) > I::ZERO).then_some(Parent { stretch, cut })
    }

    /// The nodes of which a leaf is the last one, if `last`, or else the first one, in ascending
    /// order. A query beyond it is outside their boxes, and by the same distance.
    #[inline(always)]
    fn ending_at(&self, leaf: usize, last: bool) -> EndingAt<'_, I> {
        EndingAt {
            leaves: &self.leaves,
            bound: self.leaves[leaf + usize::from(last)][LEVEL],
            beside: usize::from(!last),
            far: leaf,
        }
    }

    /// Grows the capacity to this many leaves.
    fn reserve(&mut self, leaves: usize) {
        self.cuts.reserve(leaves);
        self.leaves.reserve(leaves + 1);
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.cuts.heap_bytes() + self.leaves.heap_bytes() + size_of_val_capacity(&self.masses)
    }

    /// The same for a full tree over distinct points.
    pub(crate) const fn full_heap_bytes(sample_size: usize) -> usize {
        Cuts::full_heap_bytes(sample_size) + Entries::<I>::full_heap_bytes(sample_size + 1)
    }
}
