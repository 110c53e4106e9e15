//! Insertion and deletion: the law of [`BoxedTree`](crate::tree::boxed::BoxedTree), see there.
//!
//! What changes is one entry of each array, the spans of the nodes above, and the levels of the
//! nodes below: a contiguous stretch.

use super::{End, Leaf, SortedTree, Stretch};
use crate::arena::PointStore;
use crate::geometry::{Geometry, OneDimensional};
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::tree::cut::separating_cut;

impl<I: Index> SortedTree<I> {
    /// Inserts a point. Returns the point that the leaf refers to: another one, if an equal point
    /// was there already.
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

        // The highest node of which a cut separates x. It lies on one side of all boxes that it
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
        self.leaves.extend([
            Leaf {
                point: I::new(point),
                ..Leaf::default()
            },
            Leaf::default(),
        ]);
        self.mass = 1;
    }

    /// One more of a leaf's point.
    fn add_mass(&mut self, leaf: usize) {
        if self.masses.is_empty() {
            // Once for all: where points coincide, more of them will.
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
        let mut above = below;
        while let Some(parent) = self.parent(above) {
            above = parent.stretch;
            let node = &mut self.leaves[parent.cut];
            node.span = I::new(node.span.get() + 1);
        }
        let Stretch { first, last } = below;
        let level = self.leaves[first]
            .level
            .get()
            .max(self.leaves[last + 1].level.get())
            + 1;
        for node in &mut self.leaves[first + 1..=last] {
            node.level = I::new(node.level.get() + 1);
        }
        if self.cuts.len() == self.cuts.capacity() {
            self.grow();
        }
        // The new cut is to the left of the new leaf, or of the first one below.
        let new = Leaf {
            point: I::new(point),
            level: I::new(level),
            span: I::new(last + 1 - first),
        };
        if right {
            self.leaves.insert(last + 1, new);
            self.cuts.insert(last + 1, cut);
        } else {
            let old = self.leaves[first];
            self.leaves[first] = Leaf {
                point: old.point,
                ..new
            };
            let new = Leaf {
                point: new.point,
                ..old
            };
            self.leaves.insert(first, new);
            self.cuts.insert(first + 1, cut);
        }
        if !self.masses.is_empty() {
            let place = if right { last + 1 } else { first };
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
        let Stretch { first, last } = parent.stretch;
        let mut above = parent.stretch;
        while let Some(parent) = self.parent(above) {
            above = parent.stretch;
            let node = &mut self.leaves[parent.cut];
            node.span = I::new(node.span.get() - 1);
        }
        // All cuts of the stretch but that of the parent are the sibling's.
        for node in &mut self.leaves[first + 1..=last] {
            node.level = I::new(node.level.get() - 1);
        }
        // The removed cut is to the left of the leaf, or of the next one, which then gets the
        // leaf's.
        self.cuts.remove(parent.cut);
        let gone = self.leaves.remove(leaf);
        if parent.cut != leaf {
            let next = &mut self.leaves[leaf];
            (next.level, next.span) = (gone.level, gone.span);
        }
        if !self.masses.is_empty() {
            self.masses.remove(leaf);
        }
    }
}
