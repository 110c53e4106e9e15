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
use super::bounding_box::{Corners, Geometry, box_len};
use super::node::NodeRef;
use crate::config::{BOX_FRACTION, Config};
use crate::grove::are_on_line;
use crate::index::Index;
use crate::point_store::PointStore;

/// Places for branches of a twig that wait to be looked at: never more than it has points.
const WAITING: usize = 16;

/// Ends the chain of unused places.
const END: u32 = u32::MAX;

/// The boxes that the trees of a forest keep.
#[derive(Debug, Clone)]
pub(crate) struct Boxes {
    pub(super) floats: Vec<f32>,
    /// Head of the chain of unused places, linked through the bits of their first float.
    pub(super) free: u32,
    /// Boxes that are enough in the long run.
    expected: usize,
    /// Largest mass of a node that keeps no box.
    pub(super) twig: usize,
}

impl Boxes {
    pub(crate) fn new() -> Self {
        Self {
            floats: Vec::new(),
            free: END,
            expected: 0,
            twig: twig(BOX_FRACTION),
        }
    }

    /// Nodes to come keep their boxes in this fraction.
    #[cfg(test)]
    pub(crate) fn keep_fraction(&mut self, fraction: f64) {
        self.twig = twig(fraction);
    }

    /// For the trees of such a forest.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            expected: expected_boxes(config),
            twig: twig(config.bounding_box_cache_fraction),
            ..Self::new()
        }
    }

    /// Takes all boxes out, and keeps the room for them.
    pub(crate) fn clear(&mut self) {
        self.floats.clear();
        self.free = END;
    }

    /// The box at a place, or `None` beyond all places.
    #[inline(always)]
    fn get<G: Geometry>(&self, geometry: G, place: usize) -> Option<&[f32]> {
        let len = geometry.box_len();
        let start = place.wrapping_mul(len);
        self.floats.get(start..start.wrapping_add(len))
    }

    #[inline(always)]
    fn get_mut<G: Geometry>(&mut self, geometry: G, place: usize) -> Option<&mut [f32]> {
        let len = geometry.box_len();
        let start = place.wrapping_mul(len);
        self.floats.get_mut(start..start.wrapping_add(len))
    }

    /// Puts a box in, and tells where.
    fn keep(&mut self, bounds: &[f32]) -> usize {
        let len = bounds.len();
        if self.free == END {
            let place = self.floats.len() / len;
            if self.floats.len() == self.floats.capacity() {
                let more = match self.expected.checked_sub(place) {
                    // Whoever came so far is likely to go on: one last step to what is expected.
                    Some(missing @ 1..) if missing <= 2 * place => missing,
                    Some(missing @ 1..) => missing.min(place.max(8)),
                    _ => (place / 16).max(4),
                };
                self.floats.reserve_exact(more * len);
            }
            self.floats.extend_from_slice(bounds);
            return place;
        }
        let place = self.free as usize;
        let room = &mut self.floats[place * len..][..len];
        self.free = room[0].to_bits();
        room.copy_from_slice(bounds);
        place
    }

    /// Takes the box at a place out.
    fn drop<G: Geometry>(&mut self, geometry: G, place: usize) {
        self.floats[place * geometry.box_len()] = f32::from_bits(self.free);
        self.free = place as u32;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * self.floats.capacity()
    }

    /// The same of a forest whose trees are full of points that all differ.
    pub(crate) fn full_heap_bytes(config: &Config) -> usize {
        size_of::<f32>() * box_len(config.dimensions()) * expected_boxes(config)
    }
}

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

/// The largest mass of nodes without a box, where this fraction of the nodes has one.
fn twig(fraction: f64) -> usize {
    ((2.0 / fraction) as usize)
        .saturating_sub(1)
        .clamp(1, WAITING)
}

/// Number of boxes that the trees of a forest are likely to keep at most in the long run.
///
/// The expectation is that of trees whose cuts part any number of points evenly at random; those of
/// real points are less even, and keep more: those of shingles a tenth.
fn expected_boxes(config: &Config) -> usize {
    let Config {
        number_of_trees,
        sample_size,
        ..
    } = *config;
    if are_on_line(config) {
        return 0;
    }
    let twig = twig(config.bounding_box_cache_fraction);
    let mean = number_of_trees * (2 * sample_size / (twig + 1));
    let most = number_of_trees * sample_size.saturating_sub(twig);
    (mean + mean / 8 + 8).min(most)
}
