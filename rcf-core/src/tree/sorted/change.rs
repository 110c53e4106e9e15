//! Insertion and deletion: the law of [`BoxedTree`](crate::tree::boxed::BoxedTree), see there.
//!
//! A change affects one entry of each array, the levels of the nodes below, which are a contiguous
//! range, and the ends of nodes.

use super::{End, SortedTree, Stretch};
use crate::arena::PointStore;
use crate::geometry::{Geometry, OneDimensional};
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::tree::cut::separating_cut;

impl<I: Index> SortedTree<I> {
    /// Inserts a point. Returns the point to which the leaf refers: a different one if an equal
    /// point was already present.
    #[inline(always)]
    pub(crate) fn insert(&mut self, points: &PointStore, point: usize, rng: &mut TreeRng) -> usize {
        let x = points.values()[point];
        if self.mass == 0 {
            self.insert_first(point);
            return point;
        }
        let leaf = self.descend(x);
        let neighbor = self.point(leaf);
        let place = self.value(points, leaf);
        if place == x {
            self.add_mass(leaf);
            return neighbor;
        }

        // The highest node whose cut separates x, which lies on one side of all boxes that it
        // passes.
        let mut split = Stretch::leaf(leaf);
        let gap = (x - place).abs();
        let right = x > place;
        for End { far, .. } in self.ending_at(leaf, right) {
            let range = (self.value(points, far) - place).abs();
            if rng.unit() * (f64::from(gap) + f64::from(range)) < f64::from(gap) {
                split = Stretch {
                    first: leaf.min(far),
                    last: leaf.max(far),
                };
            }
        }
        let corners = self.corners(points, split);
        let cut = separating_cut(OneDimensional.corners(&corners), &[x], rng).value;
        self.part(split, point, right, cut);
        point
    }

    /// The first point.
    fn insert_first(&mut self, point: usize) {
        self.grow();
        self.cuts.push(f32::NEG_INFINITY);
        self.leaves.push(point);
        self.leaves.push(0);
        self.mass = 1;
    }

    /// Counts one more copy of a leaf's point.
    fn add_mass(&mut self, leaf: usize) {
        if self.masses.is_empty() {
            // For all leaves at once: if some points coincide, more will.
            self.masses.reserve_exact(self.sample_size);
            self.masses.resize(self.len(), I::new(1));
        }
        self.masses[leaf] = I::new(self.masses[leaf].get() + 1);
        self.mass += 1;
    }

    /// Puts a new node above another one, which a cut separates from a new point to its right or
    /// left.
    #[inline(always)]
    fn part(&mut self, below: Stretch, point: usize, right: bool, cut: f32) {
        if self.cuts.is_full() {
            self.grow();
        }
        self.leaves.part(below, point, right);
        let Stretch { first, last } = below;
        let place = if right { last + 1 } else { first };
        self.cuts.insert(if right { place } else { place + 1 }, cut);
        if !self.masses.is_empty() {
            self.masses.insert(place, I::new(1));
        }
        self.mass += 1;
    }

    /// Grows the capacity.
    #[cold]
    fn grow(&mut self) {
        let scratch = (2 * self.len()).clamp(8, self.sample_size.max(8));
        self.reserve(scratch.min(self.sample_size));
    }

    /// Deletes one occurrence of a point that is in the tree.
    #[inline(always)]
    pub(crate) fn delete(&mut self, points: &PointStore, point: usize) {
        let leaf = self.descend(points.values()[point]);
        debug_assert_eq!(self.point(leaf), point);
        self.mass -= 1;
        if let Some(mass) = self.masses.get_mut(leaf)
            && mass.get() > 1
        {
            *mass = I::new(mass.get() - 1);
            return;
        }
        let Some(parent) = self.parent(Stretch::leaf(leaf)) else {
            return self.clear();
        };
        self.leaves.join(leaf, parent.cut);
        self.cuts.remove(parent.cut);
        if !self.masses.is_empty() {
            self.masses.remove(leaf);
        }
    }
}
