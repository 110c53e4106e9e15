//! Insertion.

use super::node::{Node, NodeRef};
use super::{BoxedTree, Buffers, Located};
use crate::arena::PointStore;
use crate::geometry::{Geometry, is_equal};
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::tree::cut::{Cut, separating_cut};

impl<I: Index> BoxedTree<I> {
    /// Inserts a point, whose place has been located unless the tree is empty. Returns the point
    /// that the leaf refers to: a different one if an equal point was there already.
    #[inline(always)]
    pub(crate) fn insert<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        at: Located<I>,
        rng: &mut TreeRng,
        buffers: &mut Buffers,
    ) -> usize {
        if self.mass == 0 {
            self.root = NodeRef::leaf(point, self.internal_capacity);
            self.mass = 1;
            return point;
        }
        let ([scratch, split_box], x) = buffers.boxes_and_row(geometry, points, point);
        let largest_uncached = points.boxes.largest_uncached;
        let neighbor = self.point(at.leaf);
        let (leaf, grown) = 'counted: {
            if is_equal(points.row(geometry, neighbor), x) {
                let (_, grown) = self.count_in(at, largest_uncached);
                break 'counted (neighbor, grown);
            }
            // `split`: the reference that moves below the new node; `split_box`: its box.
            let mut split = at;
            let mut split_box = geometry.begin(split_box, points.row(geometry, neighbor));
            let everywhere = geometry.everywhere();
            let mut outside = everywhere;
            let mut here = at;
            let ladder = points.boxes.ladder();
            // Up to the first node whose box contains x already.
            while let Some(node) = self.node(here.above) {
                let bounds = match ladder.get(geometry, node.place.get()) {
                    Some(bounds) => bounds,
                    None => self.grow(geometry, points, here.above, here.leaf, scratch),
                };
                let Some(gap) = geometry.gap(&mut outside, geometry.corners(bounds.record()), x)
                else {
                    break;
                };
                here = Located {
                    leaf: here.above,
                    above: node.parent(),
                };
                let range = bounds.range();
                if rng.unit() * (f64::from(gap) + f64::from(range)) < f64::from(gap) {
                    split = here;
                    split_box = geometry.copy(&everywhere, split_box, bounds.record());
                }
            }
            let containing = here.above;
            let mut growing = split.above;
            let mut boxes = points.boxes.ladder_mut();
            while growing != containing {
                let node = &self.nodes[growing.get()];
                if let Some((bounds, range)) = boxes.get(geometry, node.place.get()) {
                    *range = geometry.cover_measured(bounds, x).range();
                }
                growing = node.parent();
            }

            let (mass_below, grown) = self.count_in(split, largest_uncached);
            let cut = separating_cut(geometry.corners(split_box.record()), x, rng);
            let is_left = x[cut.dimension] <= cut.value;
            let node = self.join(cut, is_left, point, split, mass_below);
            if mass_below + 1 > largest_uncached {
                let bounds = geometry.cover_measured(split_box, x);
                self.cache_box(geometry, points, node.get(), bounds);
            }
            (point, grown)
        };
        self.cache_grown(geometry, points, grown, scratch);
        leaf
    }

    /// Counts one more point in a subtree and in all nodes above. Returns its mass before, and the
    /// largest subtree without a cached box from there up, if it was of the largest mass that has
    /// none: now it needs one.
    ///
    /// What does not depend on the length of rows is not inlined into kernels.
    #[inline(never)]
    fn count_in(&mut self, at: Located<I>, largest_uncached: usize) -> (usize, Option<NodeRef<I>>) {
        let mass = self.mass_below(at.leaf, at.above);
        let (mut grown, mut next) = (None, at.above);
        while let Some(node) = self.node(next)
            && node.place.get() == I::MAX
        {
            (grown, next) = (Some(next), node.parent());
        }
        let grown = grown.filter(|&grown| self.mass_below(grown, next) == largest_uncached);

        self.mass += 1;
        let (mut below, mut above) = (at.leaf, at.above);
        let nodes = &mut self.nodes[..];
        while let Some(node) = nodes.get_mut(above.get()) {
            let left = usize::from(node.left() == below);
            node.left_mass = I::new(node.left_mass.get() + left);
            (below, above) = (above, node.parent());
        }
        (mass, grown)
    }

    /// Makes and caches the box of a node that has been a small subtree.
    #[inline(always)]
    pub(super) fn cache_grown<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        node: Option<NodeRef<I>>,
        scratch: &mut [f32],
    ) {
        let Some(node) = node else { return };
        let everywhere = geometry.everywhere();
        let bounds = self.enclose(geometry, points, node.get(), &everywhere, scratch);
        self.cache_box(geometry, points, node.get(), geometry.measure(bounds));
    }

    /// Makes a node of a cut, the point that it separates, on this side, and what it separates it
    /// from, which it replaces.
    #[inline(never)]
    fn join(
        &mut self,
        cut: Cut,
        is_left: bool,
        point: usize,
        below: Located<I>,
        mass_below: usize,
    ) -> NodeRef<I> {
        let leaf = NodeRef::leaf(point, self.internal_capacity);
        let (left, right, left_mass) = if is_left {
            (leaf, below.leaf, 1)
        } else {
            (below.leaf, leaf, mass_below)
        };
        let mut node = Node {
            left_mass: I::new(left_mass),
            ..Node::new(cut)
        };
        node.set_children(left, right);
        let node = self.allocate(node);
        self.set_parent(below.leaf, node);
        self.relink(below.above, below.leaf, node);
        node
    }

    /// Puts `new` where `old` was: below `parent`, or at the root if there is none.
    #[inline(always)]
    pub(super) fn relink(&mut self, parent: NodeRef<I>, old: NodeRef<I>, new: NodeRef<I>) {
        match self.nodes.get_mut(parent.get()) {
            None => self.root = new,
            Some(parent) => parent.replace_child(old, new),
        }
        self.set_parent(new, parent);
    }

    /// Notes that `child` lies below `parent`, unless it is a leaf.
    #[inline(always)]
    pub(super) fn set_parent(&mut self, child: NodeRef<I>, parent: NodeRef<I>) {
        if let Some(node) = self.nodes.get_mut(child.get()) {
            node.parent = parent.0;
        }
    }
}
