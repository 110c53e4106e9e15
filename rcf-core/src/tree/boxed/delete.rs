//! Deletion.

use super::node::NodeRef;
use super::{BoxedTree, Buffers, Located};
use crate::arena::PointStore;
use crate::geometry::{Geometry, Unmeasured};
use crate::layout::Index;

/// A leaf that has been taken out of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unlinked<I> {
    leaf: NodeRef<I>,
    /// The node that was deleted with it, …
    parent: NodeRef<I>,
    /// … and the subtree that has taken its place.
    sibling: Located<I>,
}

impl<I: Index> BoxedTree<I> {
    /// Deletes one occurrence of the point of a leaf. Returns the leaf, if it is gone and was not
    /// the only one.
    #[inline(always)]
    pub(crate) fn delete<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        at: Located<I>,
        buffers: &mut Buffers,
    ) -> Option<Unlinked<I>> {
        let ([scratch, _], x) = buffers.boxes_and_row(geometry, points, self.point(at.leaf));
        let (mass, shrunk) = self.count_out(at, points.boxes.largest_uncached);
        if let Some(node) = shrunk {
            self.drop_cached_box(points, node.get());
        }
        if mass > 1 || self.mass == 0 {
            return None;
        }
        let unlinked = self.unlink(points, at);

        let mut changing = geometry.everywhere();
        // The last node whose box was recomputed, in `scratch`.
        let mut below = None;
        let mut next = unlinked.sibling.above;
        while let Some(node) = self.node(next) {
            let ancestor = next;
            next = node.parent();
            let place = node.place.get();
            let Some(bounds) = points.boxes.get(geometry, place) else {
                continue;
            };
            if !geometry.is_touched(&mut changing, bounds, x) {
                break;
            }
            match below {
                None => {
                    let _ = self.enclose(geometry, points, ancestor.get(), &changing, scratch);
                }
                Some(below) => {
                    let sibling = self.sibling(ancestor, below);
                    let bounds = &mut Unmeasured::reopen(scratch);
                    self.extend(geometry, points, sibling, &changing, bounds);
                }
            }
            below = Some(ancestor);
            if let Some((bounds, range)) = points.boxes.ladder_mut().get(geometry, place) {
                *range = geometry
                    .measure(geometry.copy(&changing, bounds, scratch))
                    .range();
            }
        }
        Some(unlinked)
    }

    /// Removes a leaf and the node above it.
    #[inline(never)]
    fn unlink(&mut self, points: &mut PointStore, at: Located<I>) -> Unlinked<I> {
        let parent = at.above;
        let sibling = Located {
            leaf: self.sibling(parent, at.leaf),
            above: self.parent(parent),
        };
        self.relink(sibling.above, parent, sibling.leaf);
        let above = self.place_above(sibling.above);
        self.link_box(&mut points.boxes, sibling.leaf, above);
        self.release(points, parent);
        Unlinked {
            leaf: at.leaf,
            parent,
            sibling,
        }
    }

    /// The leaf of a descent to `x` after a deletion, from its leaf before.
    #[inline(always)]
    pub(crate) fn relocate(&self, x: &[f32], at: Located<I>, gone: Unlinked<I>) -> Located<I> {
        if at.above != gone.parent {
            at
        } else if at.leaf == gone.leaf {
            self.descend_from(x, gone.sibling)
        } else {
            gone.sibling
        }
    }

    /// Subtracts one point from a leaf and from all nodes above. Returns the mass of the leaf
    /// before, and the smallest subtree above with a cached box, if it was of the smallest mass
    /// that has one: now it loses it.
    #[inline(never)]
    fn count_out(
        &mut self,
        at: Located<I>,
        largest_uncached: usize,
    ) -> (usize, Option<NodeRef<I>>) {
        let mass = self.mass_below(at.leaf, at.above);
        let mut large = at.above;
        while let Some(node) = self.node(large)
            && node.place.get() == I::MAX
        {
            large = node.parent();
        }
        let shrunk = self
            .node(large)
            .filter(|node| self.mass_below(large, node.parent()) == largest_uncached + 1);
        let shrunk = shrunk.map(|_| large);

        self.mass -= 1;
        let (mut below, mut above) = (at.leaf, at.above);
        let nodes = &mut self.nodes[..];
        while let Some(node) = nodes.get_mut(above.get()) {
            let left = usize::from(node.left() == below);
            node.left_mass = I::new(node.left_mass.get() - left);
            (below, above) = (above, node.parent());
        }
        (mass, shrunk)
    }
}
