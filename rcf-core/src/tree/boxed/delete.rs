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
        let mass = self.mass_below(at.leaf, at.above);
        if let Some(node) = self.barely_large(at.above, points.boxes.largest_uncached) {
            self.drop_cached_box(points, node.get());
        }
        self.count_out(at);
        if mass > 1 || self.mass == 0 {
            return None;
        }
        let parent = at.above;
        let sibling = Located {
            leaf: self.sibling(parent, at.leaf),
            above: self.parent(parent),
        };
        self.relink(sibling.above, parent, sibling.leaf);
        self.link_box(
            &mut points.boxes,
            sibling.leaf,
            self.place_above(sibling.above),
        );
        self.release(points, parent);

        let mut changing = geometry.everywhere();
        // The last node whose box was recomputed, in `scratch`.
        let mut below = None;
        let mut next = sibling.above;
        while let Some(node) = self.node(next) {
            let ancestor = next;
            next = node.parent();
            let Some(bounds) = self.cached_box(geometry, points, ancestor.get()) else {
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
            if let Some((bounds, range)) = self.cached_box_mut(geometry, points, ancestor.get()) {
                *range = geometry
                    .measure(geometry.copy(&changing, bounds, scratch))
                    .range();
            }
        }
        Some(Unlinked {
            leaf: at.leaf,
            parent,
            sibling,
        })
    }

    /// The leaf of a descent to `x` after a deletion, from its leaf before.
    #[inline(always)]
    pub(crate) fn relocate<G: Geometry>(
        &self,
        geometry: G,
        x: &[f32],
        at: Located<I>,
        gone: Unlinked<I>,
    ) -> Located<I> {
        if at.above != gone.parent {
            at
        } else if at.leaf == gone.leaf {
            self.descend_from(geometry, x, gone.sibling)
        } else {
            gone.sibling
        }
    }

    /// The smallest subtree with a cached box on the path from `node` to the root, if it has
    /// the smallest mass with a cached box, and so loses it with one point less.
    #[inline(always)]
    fn barely_large(&self, mut node: NodeRef<I>, largest_uncached: usize) -> Option<NodeRef<I>> {
        while let Some(record) = self.node(node) {
            let parent = record.parent();
            if record.place.get() != I::MAX {
                let is_barely = self.mass_below(node, parent) == largest_uncached + 1;
                return is_barely.then_some(node);
            }
            node = parent;
        }
        None
    }

    /// Subtracts one point from all nodes above a leaf.
    #[inline(always)]
    fn count_out(&mut self, at: Located<I>) {
        self.mass -= 1;
        let (mut below, mut above) = (at.leaf, at.above);
        while let Some(node) = self.nodes.get_mut(above.get()) {
            let left = usize::from(node.left() == below);
            node.left_mass = I::new(node.left_mass.get() - left);
            (below, above) = (above, node.parent());
        }
    }
}
