//! Which boxes a tree keeps, and how it makes the others.
//!
//! Half of the nodes of a tree hold three points or fewer, and only two in nine hold more than eight:
//! of `n` leaves, about `2n / (k + 1)` nodes hold more than `k`. The boxes of *twigs*, nodes of mass
//! up to [`Geometry::TWIG`], are not kept but made of their points, which takes about as long as
//! reading them and needs a quarter of the memory, so that more of it is in the cache.

use super::Tree;
use super::bounding_box::{Corners, Geometry, TWIG, box_len};
use super::node::{Child, NodeRef};
use crate::index::Index;
use crate::point_store::PointStore;
use crate::sampler::size_of_val_capacity;

/// Places for branches of a twig that wait to be looked at: never more than it has points.
const WAITING: usize = 8;

/// The boxes of the nodes that are no twigs.
#[derive(Debug, Clone)]
pub(super) struct Boxes<I> {
    /// For each node where its box is, or `I::MAX`. Empty where all nodes have one: at their number.
    pub(super) slots: Vec<I>,
    pub(super) floats: Vec<f32>,
    /// Head of the chain of unused places, linked through the bits of their first float; `I::MAX`
    /// ends it.
    pub(super) free: usize,
}

impl<I: Index> Boxes<I> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            floats: Vec::new(),
            free: I::MAX,
        }
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.floats.clear();
        self.free = I::MAX;
    }

    /// The box of a node, unless it is a twig.
    #[inline(always)]
    pub(super) fn get<G: Geometry>(&self, geometry: G, node: usize) -> Option<&[f32]> {
        let slot = self.slot::<G>(node)?;
        let len = geometry.box_len();
        Some(&self.floats[slot * len..][..len])
    }

    #[inline(always)]
    pub(super) fn get_mut<G: Geometry>(&mut self, geometry: G, node: usize) -> Option<&mut [f32]> {
        let slot = self.slot::<G>(node)?;
        let len = geometry.box_len();
        Some(&mut self.floats[slot * len..][..len])
    }

    #[inline(always)]
    fn slot<G: Geometry>(&self, node: usize) -> Option<usize> {
        if G::TWIG == 1 {
            return Some(node);
        }
        let slot = self.slots[node].get();
        (slot != I::MAX).then_some(slot)
    }

    /// Makes room for the records of so many nodes.
    pub(super) fn reserve<G: Geometry>(&mut self, geometry: G, nodes: usize) {
        if G::TWIG == 1 {
            let floats = nodes * geometry.box_len();
            self.floats.reserve_exact(floats - self.floats.len());
        } else {
            self.slots.reserve_exact(nodes - self.slots.len());
        }
    }

    /// One more node, a twig for now. There is room for it.
    pub(super) fn push<G: Geometry>(&mut self, geometry: G) {
        if G::TWIG == 1 {
            let len = self.floats.len() + geometry.box_len();
            self.floats.resize(len, 0.0);
        } else {
            self.slots.push(I::new(I::MAX));
        }
    }

    /// Gives a node a place for its box, of which there will be about `expected`.
    pub(super) fn keep<G: Geometry>(&mut self, geometry: G, node: usize, expected: usize) {
        if G::TWIG == 1 {
            return;
        }
        let len = geometry.box_len();
        let slot = if self.free == I::MAX {
            let slot = self.floats.len() / len;
            if self.floats.len() == self.floats.capacity() {
                let more = match expected.checked_sub(slot) {
                    // The last step ends at the expected number.
                    Some(missing @ 1..) if missing <= 2 * slot => missing,
                    Some(missing @ 1..) => missing.min(slot.max(8)),
                    _ => (slot / 8).max(4),
                };
                self.floats.reserve_exact(more * len);
            }
            self.floats.resize(self.floats.len() + len, 0.0);
            slot
        } else {
            let slot = self.free;
            self.free = self.floats[slot * len].to_bits() as usize;
            slot
        };
        self.slots[node] = I::new(slot);
    }

    /// Takes the place of a node's box back, if it has one.
    pub(super) fn drop<G: Geometry>(&mut self, geometry: G, node: usize) {
        if G::TWIG == 1 {
            return;
        }
        if let Some(slot) = self.slot::<G>(node) {
            self.floats[slot * geometry.box_len()] = f32::from_bits(self.free as u32);
            self.free = slot;
            self.slots[node] = I::new(I::MAX);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.slots) + size_of_val_capacity(&self.floats)
    }
}

impl<I: Index> Tree<I> {
    /// The box of a node, unless it is a twig.
    #[inline(always)]
    pub(crate) fn kept_box<G: Geometry>(&self, geometry: G, node: usize) -> Option<&[f32]> {
        self.boxes.get(geometry, node)
    }

    /// The box of a node; if it is a twig, made in `room`.
    #[inline(always)]
    pub(crate) fn bounds<'a, G: Geometry>(
        &'a self,
        geometry: G,
        points: &PointStore,
        node: usize,
        room: &'a mut [f32],
    ) -> &'a [f32] {
        match self.kept_box(geometry, node) {
            Some(bounds) => bounds,
            None => {
                self.enclose(geometry, points, node, &geometry.everywhere(), room);
                geometry.measure(room);
                room
            }
        }
    }

    pub(super) fn expected_boxes<G: Geometry>(&self) -> usize {
        expected_boxes(self.internal_capacity + 1, G::TWIG)
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
        if let Child::Leaf { point } = self.resolve(child) {
            if let Child::Leaf { point: other } = self.resolve(sibling) {
                geometry.span(room, points.row(point), points.row(other));
                return;
            }
            geometry.begin(room, points.row(point));
        }
        let mut waiting = [sibling; WAITING];
        let mut count = 1;
        while count > 0 {
            count -= 1;
            match self.resolve(waiting[count % WAITING]) {
                Child::Leaf { point } if count == 0 => {
                    geometry.cover_measured(room, points.row(point));
                }
                Child::Leaf { point } => geometry.cover(room, points.row(point)),
                Child::Internal(node) => {
                    waiting[count % WAITING] = self.nodes[node].right;
                    waiting[(count + 1) % WAITING] = self.nodes[node].left;
                    count += 2;
                }
            }
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
        const { assert!(G::TWIG <= WAITING) };
        let mut waiting = [reference; WAITING];
        let mut count = 1;
        while count > 0 {
            count -= 1;
            let reference = waiting[count % WAITING];
            match self.resolve(reference) {
                Child::Leaf { point } => {
                    let row = Corners::of_point(points.row(point));
                    geometry.extend(parts, room, row);
                }
                Child::Internal(node) => match self.kept_box(geometry, node) {
                    Some(bounds) => geometry.extend(parts, room, geometry.corners(bounds)),
                    None => {
                        waiting[count % WAITING] = self.nodes[node].right;
                        waiting[(count + 1) % WAITING] = self.nodes[node].left;
                        count += 2;
                    }
                },
            }
        }
    }
}

/// Number of boxes that a full tree of so many points is likely to keep at most: the expectation is
/// that of a tree whose cuts part any number of points evenly at random.
fn expected_boxes(sample_size: usize, twig: usize) -> usize {
    let expected = 2 * sample_size / (twig + 1);
    (expected + expected / 3 + 8).min(sample_size - 1)
}

/// Bytes on the heap for the boxes of a full tree.
pub(super) fn full_heap_bytes<I: Index>(dimensions: usize, sample_size: usize) -> usize {
    let box_bytes = size_of::<f32>() * box_len(dimensions);
    if dimensions == 1 {
        return (sample_size - 1) * box_bytes;
    }
    (sample_size - 1) * size_of::<I>() + expected_boxes(sample_size, TWIG) * box_bytes
}
