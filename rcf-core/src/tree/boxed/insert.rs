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
        if is_equal(points.row(geometry, neighbor), x) {
            let grown = self.small_subtree_of(at.above, largest_uncached);
            self.count_in(at.leaf, at.above);
            self.cache_grown(geometry, points, grown, scratch);
            return neighbor;
        }

        // `split`: the reference that moves below the new node; `split_box`: its box.
        let mut split = at;
        let mut split_box = geometry.begin(split_box, points.row(geometry, neighbor));
        let everywhere = geometry.everywhere();
        let mut outside = everywhere;
        let mut here = at;
        // Up to the first node whose box contains x already.
        while let Some(node) = self.node(here.above) {
            let bounds = match self.cached_box(geometry, points, here.above.get()) {
                Some(bounds) => bounds,
                None => self.grow(geometry, points, here.above, here.leaf, scratch),
            };
            let Some(gap) = geometry.gap(&mut outside, geometry.corners(bounds.record()), x) else {
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
        while growing != containing {
            if let Some((bounds, range)) = self.cached_box_mut(geometry, points, growing.get()) {
                *range = geometry.cover_measured(bounds, x).range();
            }
            growing = self.parent(growing);
        }

        let mass_below = self.mass_below(split.leaf, split.above);
        let grown = self.small_subtree_of(split.above, largest_uncached);
        self.count_in(split.leaf, split.above);
        let cut = separating_cut(geometry.corners(split_box.record()), x, rng);
        let node = self.join(cut, x, point, split.leaf, mass_below);
        self.relink(split.above, split.leaf, node);
        if mass_below + 1 > largest_uncached {
            let bounds = geometry.cover_measured(split_box, x);
            self.cache_box(points, node.get(), bounds);
        }
        self.cache_grown(geometry, points, grown, scratch);
        point
    }

    /// The largest subtree without a cached box on the path from `node` to the root, if it is of
    /// the largest mass that has none: one more point, and it needs one.
    #[inline(always)]
    fn small_subtree_of(&self, node: NodeRef<I>, largest_uncached: usize) -> Option<NodeRef<I>> {
        let (mut largest, mut above) = (None, node);
        while let Some(node) = self.node(above)
            && node.place.get() == I::MAX
        {
            (largest, above) = (Some(above), node.parent());
        }
        largest.filter(|&largest| self.mass_below(largest, above) == largest_uncached)
    }

    /// Counts one more point in `below`, which lies below `above`, and in all nodes from there on.
    #[inline(always)]
    fn count_in(&mut self, mut below: NodeRef<I>, mut above: NodeRef<I>) {
        self.mass += 1;
        while let Some(node) = self.nodes.get_mut(above.get()) {
            let left = usize::from(node.left() == below);
            node.left_mass = I::new(node.left_mass.get() + left);
            (below, above) = (above, node.parent());
        }
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
        self.cache_box(points, node.get(), geometry.measure(bounds));
    }

    /// Makes a node of a cut, the point that it separates, and what it separates it from.
    #[inline(always)]
    fn join(
        &mut self,
        cut: Cut,
        x: &[f32],
        point: usize,
        below: NodeRef<I>,
        mass_below: usize,
    ) -> NodeRef<I> {
        let leaf = NodeRef::leaf(point, self.internal_capacity);
        let (left, right, left_mass) = if x[cut.dimension] <= cut.value {
            (leaf, below, 1)
        } else {
            (below, leaf, mass_below)
        };
        let mut node = Node {
            left_mass: I::new(left_mass),
            ..Node::new(cut)
        };
        node.set_children(left, right);
        let node = self.allocate(node);
        self.set_parent(below, node);
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
