//! Which boxes a tree keeps, and how it makes the others.
//!
//! Half of the nodes of a tree hold three points or fewer, and only one in four holds more than seven:
//! of `n` leaves, about `2n / (k + 1)` nodes hold more than `k`. The boxes of *twigs*, nodes of mass
//! up to seven, or what [`Boxes::twig`] says, are not kept but made of their points, which takes about as long as
//! reading them and needs a quarter of the memory, so that more of it is in the cache.
//!
//! How many boxes a tree keeps varies from tree to tree, and with time; how many all trees of a forest
//! keep hardly does. So they share one pool, and none needs room for the most that it may ever keep.

use super::Tree;
use super::node::NodeRef;
use crate::arena::{PointStore, WAITING};
use crate::geometry::{Corners, Geometry};
use crate::layout::Index;

impl<I: Index> Tree<I> {
    /// The box of a node, unless it is a twig.
    #[inline(always)]
    pub(crate) fn kept_box<'a, G: Geometry>(
        &self,
        geometry: G,
        points: &'a PointStore,
        node: usize,
    ) -> Option<&'a [f32]> {
        // That of a twig is beyond all places.
        points.boxes.get(geometry, self.nodes[node].place.get())
    }

    #[inline(always)]
    pub(super) fn kept_box_mut<'a, G: Geometry>(
        &self,
        geometry: G,
        points: &'a mut PointStore,
        node: usize,
    ) -> Option<&'a mut [f32]> {
        points.boxes.get_mut(geometry, self.nodes[node].place.get())
    }

    /// Keeps the box of a node from now on.
    #[inline(always)]
    pub(super) fn keep_box(&mut self, points: &mut PointStore, node: usize, bounds: &[f32]) {
        self.nodes[node].place = I::new(points.boxes.keep(bounds));
    }

    /// Drops the box of a node, if it is no twig.
    #[inline(always)]
    pub(super) fn drop_box<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        node: usize,
    ) {
        let place = self.nodes[node].place.get();
        if place != I::MAX {
            points.boxes.drop(geometry, place);
            self.nodes[node].place = I::new(I::MAX);
        }
    }

    /// The box of a node; if it is a twig, made in `room`.
    #[inline(always)]
    pub(crate) fn bounds<'a, G: Geometry>(
        &self,
        geometry: G,
        points: &'a PointStore,
        node: usize,
        room: &'a mut [f32],
    ) -> &'a [f32] {
        match self.kept_box(geometry, points, node) {
            Some(bounds) => bounds,
            None => {
                self.enclose(geometry, points, node, &geometry.everywhere(), room);
                geometry.measure(room);
                room
            }
        }
    }

    /// Makes `room`, the box of what is below `child`, that of `parent`, a twig: a step of a climb
    /// that began at a leaf.
    #[inline(always)]
    pub(crate) fn grow<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        parent: NodeRef<I>,
        child: NodeRef<I>,
        room: &mut [f32],
    ) {
        let sibling = self.sibling(parent, child);
        if self.node(child).is_none() {
            let row = points.row(geometry, self.point(child));
            if self.node(sibling).is_none() {
                geometry.span(room, row, points.row(geometry, self.point(sibling)));
                return;
            }
            geometry.begin(room, row);
        }
        let mut twig = self.twig(sibling);
        while let Some(leaf) = twig.next() {
            let row = points.row(geometry, self.point(leaf));
            if twig.next.is_some() {
                geometry.cover(room, row);
            } else {
                geometry.cover_measured(room, row);
            }
        }
    }

    /// The leaves below a twig, or the leaf itself.
    #[inline(always)]
    fn twig(&self, top: NodeRef<I>) -> Twig<'_, I> {
        Twig {
            tree: self,
            next: Some(top),
            waiting: [top; WAITING],
            count: 0,
        }
    }

    /// Makes all boxes that are kept anew; the pool has none of this tree.
    pub(crate) fn make_boxes<G: Geometry>(&mut self, geometry: G, points: &mut PointStore) {
        for node in &mut self.nodes {
            node.place = I::new(I::MAX);
        }
        let mut large = vec![(self.root, self.mass)];
        large.retain(|&(_, mass)| mass > points.boxes.twig);
        let mut next = 0;
        while let Some(&(reference, mass)) = large.get(next) {
            next += 1;
            // A leaf may be as large.
            if let Some(node) = self.node(reference) {
                let left = node.left_mass.get();
                let children = [(node.left, left), (node.right, mass - left)];
                let children = children.into_iter();
                large.extend(children.filter(|&(_, mass)| mass > points.boxes.twig));
            }
        }
        // Children come after their parents: from the end, their boxes are ready.
        let mut room = vec![0.0; geometry.box_len()];
        for (reference, _) in large.into_iter().rev() {
            let node = self.node(reference).map(|_| reference);
            self.keep_grown(geometry, points, node, &mut room);
        }
    }

    /// Makes `room` the box of all points of a tree that is not empty.
    #[inline(always)]
    pub(crate) fn whole_box<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        room: &mut [f32],
    ) {
        let everywhere = geometry.everywhere();
        geometry.clear(&everywhere, room);
        self.extend(geometry, points, self.root, &everywhere, room);
        geometry.measure(room);
    }

    /// Makes `room` the union of the boxes of a node's children in these parts; its range is to be
    /// measured.
    #[inline(always)]
    pub(super) fn enclose<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        node: usize,
        parts: &G::Parts,
        room: &mut [f32],
    ) {
        geometry.clear(parts, room);
        for child in [self.nodes[node].left, self.nodes[node].right] {
            self.extend(geometry, points, child, parts, room);
        }
    }

    /// Extends the box in `room` to contain all that is below `reference`, in these parts; its range
    /// is to be measured.
    #[inline(always)]
    pub(crate) fn extend<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        reference: NodeRef<I>,
        parts: &G::Parts,
        room: &mut [f32],
    ) {
        let kept = |node: NodeRef<I>| {
            let node = self.node(node).map(|_| node.get());
            node.and_then(|node| self.kept_box(geometry, points, node))
        };
        match kept(reference) {
            Some(bounds) => geometry.extend(parts, room, geometry.corners(bounds)),
            None => {
                for leaf in self.twig(reference) {
                    let row = Corners::of_point(points.row(geometry, self.point(leaf)));
                    geometry.extend(parts, room, row);
                }
            }
        }
    }
}

/// The leaves below a twig, from left to right.
struct Twig<'a, I> {
    tree: &'a Tree<I>,
    /// What is to be looked at next.
    next: Option<NodeRef<I>>,
    /// Branches on the right that wait for theirs on the left, …
    waiting: [NodeRef<I>; WAITING],
    /// … so many.
    count: usize,
}

impl<I: Index> Iterator for Twig<'_, I> {
    type Item = NodeRef<I>;

    #[inline(always)]
    fn next(&mut self) -> Option<NodeRef<I>> {
        let mut reference = self.next?;
        while let Some(node) = self.tree.node(reference) {
            self.waiting[self.count % WAITING] = node.right;
            self.count += 1;
            reference = node.left;
        }
        self.next = self.count.checked_sub(1).map(|last| {
            self.count = last;
            self.waiting[last % WAITING]
        });
        Some(reference)
    }
}
