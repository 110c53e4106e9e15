//! Deletion.

use std::hint::select_unpredictable;

use super::node::NodeRef;
use super::{PathBuffer, Tree};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;

impl<I: Index> Tree<I> {
    /// Deletes one occurrence of a point that is in the tree.
    #[inline(always)]
    pub(crate) fn delete<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        path: &mut PathBuffer<I>,
    ) {
        let (path, [room, _], x) = path.parts_and_row(geometry, points.row(geometry, point));
        let (leaf, mass) = self.descend_and_count_out(geometry, points, x, path);
        if mass > 1 || self.mass == 0 {
            return;
        }
        let parent = path.pop().expect("a leaf beside others has a parent");
        let sibling = self.sibling(parent, leaf);
        self.relink(path.last(), parent, sibling);
        self.release(geometry, points, parent);

        let mut changing = geometry.everywhere();
        // The last box that was made anew, in `room`.
        let mut below = None;
        while let Some(ancestor) = path.pop() {
            let Some(bounds) = self.kept_box(geometry, points, ancestor.get()) else {
                continue;
            };
            if !geometry.is_touched(&mut changing, bounds, x) {
                break;
            }
            match below {
                None => self.enclose(geometry, points, ancestor.get(), &changing, room),
                Some(below) => {
                    let beside = self.sibling(ancestor, below);
                    self.extend(geometry, points, beside, &changing, room);
                }
            }
            below = Some(ancestor);
            if let Some(bounds) = self.kept_box_mut(geometry, points, ancestor.get()) {
                geometry.copy(&changing, bounds, room);
                geometry.measure(bounds);
            }
        }
    }

    /// Descends to the leaf of `x`, which is in the tree, and counts `x` out of the nodes on the way; the
    /// one that becomes a twig loses its box. Returns the leaf, and its mass before.
    #[inline(always)]
    fn descend_and_count_out<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        x: &[f32],
        path: &mut Vec<NodeRef<I>>,
    ) -> (NodeRef<I>, usize) {
        path.clear();
        let (mut reference, mut mass) = (self.root, self.mass);
        let mut shrunk = None;
        while let Some(node) = self.nodes.get_mut(reference.get()) {
            if mass == points.boxes.twig + 1 {
                shrunk = Some(reference);
            }
            path.push(reference);
            let left = node.is_left(geometry, x);
            mass = node.mass_toward(left, mass);
            node.left_mass = I::new(node.left_mass.get() - usize::from(left));
            reference = select_unpredictable(left, node.left, node.right);
        }
        if let Some(node) = shrunk {
            self.drop_box(geometry, points, node.get());
        }
        self.mass -= 1;
        (reference, mass)
    }
}
