//! Deletion.

use super::bounding_box::Geometry;
use super::node::{NodeRef, Side};
use super::{Path, Tree, side};
use crate::index::Index;
use crate::point_store::PointStore;

impl<I: Index> Tree<I> {
    /// Deletes one occurrence of a point that is in the tree.
    #[inline(always)]
    pub(crate) fn delete<G: Geometry>(
        &mut self,
        geometry: G,
        points: &PointStore,
        point: usize,
        path: &mut Path<I>,
    ) {
        let x = points.row(point);
        let leaf = self.descend(geometry, x, path);
        let (path, room) = path.parts(geometry);
        let mass = self.take_mass_along(geometry, x, path);
        if mass > 1 || self.mass == 0 {
            return;
        }
        let parent = path.pop().expect("a leaf beside others has a parent");
        let sibling = self.sibling(parent, leaf);
        self.relink(path.last(), parent, sibling);
        self.release(geometry, parent);

        let mut changing = geometry.everywhere();
        while let Some(ancestor) = path.pop() {
            let Some(bounds) = self.kept_box(geometry, ancestor.get()) else {
                continue;
            };
            if !geometry.is_touched(&mut changing, bounds, x) {
                break;
            }
            self.enclose(geometry, points, ancestor.get(), &changing, room);
            if let Some(bounds) = self.boxes.get_mut(geometry, ancestor.get()) {
                geometry.replace(&changing, bounds, room);
            }
        }
    }

    /// Counts `x` out of the nodes of `path`, a way down from the root, and drops the box of the one
    /// that becomes a twig. Returns the former mass of what lies below the path.
    #[inline(always)]
    fn take_mass_along<G: Geometry>(
        &mut self,
        geometry: G,
        x: &[f32],
        path: &[NodeRef<I>],
    ) -> usize {
        let mut mass = self.mass;
        for reference in path {
            if mass == G::TWIG + 1 {
                self.boxes.drop(geometry, reference.get());
            }
            let node = &mut self.nodes[reference.get()];
            let left_mass = node.left_mass.get();
            mass = match side(geometry, node, x) {
                Side::Left => {
                    node.left_mass = I::new(left_mass - 1);
                    left_mass
                }
                Side::Right => mass - left_mass,
            };
        }
        self.mass -= 1;
        mass
    }
}
