//! Cached bounding boxes of a tree, and how the others are computed.
//!
//! A third of the nodes of a tree hold two points, and only one in four holds more than seven: of
//! `n` leaves, about `2n / (k + 1)` nodes hold more than `k`. The boxes of *small subtrees*, those
//! of a mass up to [`Boxes::largest_uncached`](crate::arena::Boxes), are not cached but computed
//! from their points, which for a pair takes about as long as reading them.
//!
//! How many boxes a tree caches varies from tree to tree, and with time; how many all trees of a
//! forest cache hardly does. So they share one pool, and no tree needs capacity for the most that
//! it may ever have.

use super::BoxedTree;
use super::node::NodeRef;
use crate::arena::{Boxes, EVERYTHING, PointStore, WAITING};
use crate::geometry::{Corners, Geometry, Measured, Unmeasured};
use crate::layout::Index;

impl<I: Index> BoxedTree<I> {
    /// The cached box of a node; `None` if it is a small subtree.
    #[inline(always)]
    pub(crate) fn cached_box<'a, G: Geometry>(
        &self,
        geometry: G,
        points: &'a PointStore,
        node: usize,
    ) -> Option<Measured<'a>> {
        // That of a small subtree is beyond all places.
        points.boxes.get(geometry, self.nodes[node].place.get())
    }

    /// Caches the box of a node, between those above and below it.
    #[inline(always)]
    pub(super) fn cache_box<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        node: usize,
        bounds: Measured<'_>,
    ) {
        let boxes = &mut points.boxes;
        let above = self.place_above(self.nodes[node].parent());
        let place = boxes.keep(geometry, bounds, above);
        self.nodes[node].place = I::new(place);
        for child in [self.nodes[node].left(), self.nodes[node].right()] {
            self.link_box(boxes, child, place as u32);
        }
    }

    /// The place of the box of a node, `I::MAX` if it is not cached, or of what is above the root.
    #[inline(always)]
    pub(super) fn place_above(&self, node: NodeRef<I>) -> u32 {
        self.node(node)
            .map_or(EVERYTHING, |node| node.place.get() as u32)
    }

    /// Puts the box of a node, if it is cached, below the one at the place `above`.
    #[inline(always)]
    pub(super) fn link_box(&self, boxes: &mut Boxes, node: NodeRef<I>, above: u32) {
        if let Some(node) = self.node(node)
            && node.place.get() != I::MAX
        {
            boxes.link(node.place.get(), above);
        }
    }

    /// Drops the cached box of a node, if there is one.
    #[inline(always)]
    pub(super) fn drop_cached_box(&mut self, points: &mut PointStore, node: usize) {
        let place = self.nodes[node].place.get();
        if place != I::MAX {
            points.boxes.drop(place);
            self.nodes[node].place = I::new(I::MAX);
        }
    }

    /// The box of a node, cached or computed in `scratch`.
    #[inline(always)]
    pub(crate) fn bounds<'a, G: Geometry>(
        &self,
        geometry: G,
        points: &'a PointStore,
        node: usize,
        scratch: &'a mut [f32],
    ) -> Measured<'a> {
        match self.cached_box(geometry, points, node) {
            Some(bounds) => bounds,
            None => {
                let everywhere = geometry.everywhere();
                geometry.measure(self.enclose(geometry, points, node, &everywhere, scratch))
            }
        }
    }

    /// Makes `scratch`, the box of `child`, that of its `parent`, a small subtree: a step of a walk
    /// up that began at a leaf.
    #[inline(always)]
    pub(crate) fn grow<'r, G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        parent: NodeRef<I>,
        child: NodeRef<I>,
        scratch: &'r mut [f32],
    ) -> Measured<'r> {
        let sibling = self.sibling(parent, child);
        let mut bounds = if self.node(child).is_none() {
            let row = points.row(geometry, self.point(child));
            if self.node(sibling).is_none() {
                let other = points.row(geometry, self.point(sibling));
                return geometry.span(scratch, row, other);
            }
            geometry.begin(scratch, row)
        } else {
            Unmeasured::reopen(scratch)
        };
        let mut leaves = self.leaves_below(sibling);
        while let Some(leaf) = leaves.next() {
            let row = points.row(geometry, self.point(leaf));
            if leaves.next.is_none() {
                return geometry.cover_measured(bounds, row);
            }
            geometry.cover(&mut bounds, row);
        }
        geometry.measure(bounds)
    }

    /// The leaves below a small subtree, or the leaf itself.
    #[inline(always)]
    fn leaves_below(&self, top: NodeRef<I>) -> LeavesBelow<'_, I> {
        LeavesBelow {
            tree: self,
            next: Some(top),
            waiting: [top; WAITING],
            count: 0,
        }
    }

    /// Recomputes all cached boxes; the pool holds none of this tree.
    pub(crate) fn cache_boxes<G: Geometry>(&mut self, geometry: G, points: &mut PointStore) {
        for node in &mut self.nodes {
            node.place = I::new(I::MAX);
        }
        let mut large = vec![(self.root, self.mass)];
        large.retain(|&(_, mass)| mass > points.boxes.largest_uncached);
        let mut next = 0;
        while let Some(&(reference, mass)) = large.get(next) {
            next += 1;
            // A leaf may be as large.
            if let Some(node) = self.node(reference) {
                let left = node.left_mass.get();
                let children = [(node.left(), left), (node.right(), mass - left)];
                let children = children.into_iter();
                large.extend(children.filter(|&(_, mass)| mass > points.boxes.largest_uncached));
            }
        }
        // Children come after their parents: from the end, their boxes are ready, and are linked
        // once their parents have theirs.
        let mut scratch = vec![0.0; geometry.box_len()];
        for (reference, _) in large.into_iter().rev() {
            let node = self.node(reference).map(|_| reference);
            self.cache_grown(geometry, points, node, &mut scratch);
        }
    }

    /// Makes `scratch` the box of all points of a tree that is not empty.
    #[inline(always)]
    pub(crate) fn tree_box<'r, G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        scratch: &'r mut [f32],
    ) -> Measured<'r> {
        let everywhere = geometry.everywhere();
        let mut bounds = geometry.clear(&everywhere, scratch);
        self.extend(geometry, points, self.root, &everywhere, &mut bounds);
        geometry.measure(bounds)
    }

    /// Makes `scratch` the union of the boxes of a node's children, in these parts.
    #[inline(always)]
    pub(super) fn enclose<'r, G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        node: usize,
        parts: &G::Parts,
        scratch: &'r mut [f32],
    ) -> Unmeasured<'r> {
        let mut bounds = geometry.clear(parts, scratch);
        for child in [self.nodes[node].left(), self.nodes[node].right()] {
            self.extend(geometry, points, child, parts, &mut bounds);
        }
        bounds
    }

    /// Extends a box to contain all that is below `reference`, in these parts.
    #[inline(always)]
    pub(crate) fn extend<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        reference: NodeRef<I>,
        parts: &G::Parts,
        bounds: &mut Unmeasured<'_>,
    ) {
        let kept = |node: NodeRef<I>| {
            let node = self.node(node).map(|_| node.get());
            node.and_then(|node| self.cached_box(geometry, points, node))
        };
        match kept(reference) {
            Some(cached) => geometry.extend(parts, bounds, geometry.corners(cached.record())),
            None => {
                for leaf in self.leaves_below(reference) {
                    let row = Corners::of_point(points.row(geometry, self.point(leaf)));
                    geometry.extend(parts, bounds, row);
                }
            }
        }
    }
}

/// The leaves below a small subtree, from left to right.
struct LeavesBelow<'a, I> {
    tree: &'a BoxedTree<I>,
    /// What is to be looked at next.
    next: Option<NodeRef<I>>,
    /// Branches on the right that wait for theirs on the left, …
    waiting: [NodeRef<I>; WAITING],
    /// … this many.
    count: usize,
}

impl<I: Index> Iterator for LeavesBelow<'_, I> {
    type Item = NodeRef<I>;

    #[inline(always)]
    fn next(&mut self) -> Option<NodeRef<I>> {
        let mut reference = self.next?;
        while let Some(node) = self.tree.node(reference) {
            self.waiting[self.count % WAITING] = node.right();
            self.count += 1;
            reference = node.left();
        }
        self.next = self.count.checked_sub(1).map(|last| {
            self.count = last;
            self.waiting[last % WAITING]
        });
        Some(reference)
    }
}
