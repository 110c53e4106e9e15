//! Deletion.

use std::hint::select_unpredictable;

use super::node::NodeRef;
use super::{BoxedTree, PathBuffer};
use crate::arena::PointStore;
use crate::geometry::{Geometry, Unmeasured};
use crate::layout::Index;

impl<I: Index> BoxedTree<I> {
    /// Deletes one occurrence of a point that is in the tree.
    #[inline(always)]
    pub(crate) fn delete<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        path: &mut PathBuffer<I>,
    ) {
        let (path, [scratch, _], x) = path.parts_and_row(geometry, points.row(geometry, point));
        let (leaf, mass) = self.descend_and_count_out(geometry, points, x, path);
        if mass > 1 || self.mass == 0 {
            return;
        }
        let parent = path.pop().expect("a leaf among others has a parent");
        let sibling = self.sibling(parent, leaf);
        self.relink(path.last(), parent, sibling);
        self.release(geometry, points, parent);

        let mut changing = geometry.everywhere();
        // The last node whose box was made again, in `scratch`.
        let mut below = None;
        while let Some(ancestor) = path.pop() {
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
            if let Some(bounds) = self.cached_box_mut(geometry, points, ancestor.get()) {
                let _ = geometry.measure(geometry.copy(&changing, bounds, scratch));
            }
        }
    }

    /// Descends to the leaf of `x`, which is in the tree, and counts `x` out of the nodes of the
    /// path; the one that becomes a small subtree loses its cached box. Returns the leaf, and its
    /// mass before.
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
            if mass == points.boxes.largest_uncached + 1 {
                shrunk = Some(reference);
            }
            path.push(reference);
            let left = node.is_left(geometry, x);
            mass = node.mass_toward(left, mass);
            node.left_mass = I::new(node.left_mass.get() - usize::from(left));
            reference = select_unpredictable(left, node.left, node.right);
        }
        if let Some(node) = shrunk {
            self.drop_cached_box(geometry, points, node.get());
        }
        self.mass -= 1;
        (reference, mass)
    }
}
