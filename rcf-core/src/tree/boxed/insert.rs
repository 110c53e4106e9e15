//! Insertion.

use std::hint::select_unpredictable;

use super::node::{Node, NodeRef};
use super::{BoxedTree, PathBuffer};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::tree::cut::{Cut, separating_cut};

impl<I: Index> BoxedTree<I> {
    /// Inserts a point. Returns the point that the leaf refers to: another one, if an equal point
    /// was there already.
    #[inline(always)]
    pub(crate) fn insert<G: Geometry>(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        rng: &mut TreeRng,
        path: &mut PathBuffer<I>,
    ) -> usize {
        if self.mass == 0 {
            self.root = NodeRef::leaf(point, self.internal_capacity);
            self.mass = 1;
            return point;
        }
        let leaf = self.descend(geometry, points.row(geometry, point), path);
        let (path, [scratch, split_box], x) =
            path.parts_and_row(geometry, points.row(geometry, point));
        let neighbor = self.point(leaf);
        if points.row(geometry, neighbor) == x {
            let (_, grown) = self.add_mass_along(geometry, points.boxes.largest_uncached, x, path);
            self.cache_grown(geometry, points, grown, scratch);
            return neighbor;
        }

        // `split`: how many nodes of the path stay above the new one; `split_box`: the box below
        // it. `containing`: how many nodes of the path contain x already.
        let mut split = path.len();
        let mut split_box = geometry.begin(split_box, points.row(geometry, neighbor));
        let mut containing = 0;
        let everywhere = geometry.everywhere();
        let mut outside = everywhere;
        let mut below = leaf;
        for level in (0..path.len()).rev() {
            let bounds = match self.cached_box(geometry, points, path[level].get()) {
                Some(bounds) => bounds,
                None => self.grow(geometry, points, path[level], below, scratch),
            };
            below = path[level];
            let Some(gap) = geometry.gap(&mut outside, geometry.corners(bounds.record()), x) else {
                containing = level + 1;
                break;
            };
            let range = geometry.range(bounds);
            if rng.unit() * (f64::from(gap) + f64::from(range)) < f64::from(gap) {
                split = level;
                split_box = geometry.copy(&everywhere, split_box, bounds.record());
            }
        }
        for reference in &path[containing.min(split)..split] {
            if let Some(bounds) = self.cached_box_mut(geometry, points, reference.get()) {
                geometry.cover_measured(bounds, x);
            }
        }
        let below = path.get(split).copied().unwrap_or(leaf);
        let (mass_below, grown) =
            self.add_mass_along(geometry, points.boxes.largest_uncached, x, &path[..split]);

        let cut = separating_cut(geometry.corners(split_box.record()), x, rng);
        let node = self.join(cut, x, point, below, mass_below);
        self.relink(path[..split].last(), below, node);
        if mass_below + 1 > points.boxes.largest_uncached {
            let bounds = geometry.cover_measured(split_box, x);
            self.cache_box(points, node.get(), bounds);
        }
        self.cache_grown(geometry, points, grown, scratch);
        point
    }

    /// Counts `x` in the nodes of `path`, a path from the root. Returns the former mass of
    /// what lies below the path, and the node that has become too large to go without a cached box.
    #[inline(always)]
    fn add_mass_along<G: Geometry>(
        &mut self,
        geometry: G,
        largest_uncached: usize,
        x: &[f32],
        path: &[NodeRef<I>],
    ) -> (usize, Option<NodeRef<I>>) {
        let mut mass = self.mass;
        let mut grown = None;
        for reference in path {
            if mass == largest_uncached {
                grown = Some(*reference);
            }
            let node = &mut self.nodes[reference.get()];
            let left = node.is_left(geometry, x);
            mass = node.mass_toward(left, mass);
            node.left_mass = I::new(node.left_mass.get() + usize::from(left));
        }
        self.mass += 1;
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
        let node = Node {
            left,
            right,
            left_mass: I::new(left_mass),
            ..Node::new(cut)
        };
        self.allocate(node)
    }

    /// Puts `new` where `old` was: below `parent`, or at the root.
    #[inline(always)]
    pub(super) fn relink(&mut self, parent: Option<&NodeRef<I>>, old: NodeRef<I>, new: NodeRef<I>) {
        match parent {
            None => self.root = new,
            Some(parent) => {
                let parent = &mut self.nodes[parent.get()];
                let left = parent.left == old;
                parent.left = select_unpredictable(left, new, parent.left);
                parent.right = select_unpredictable(left, parent.right, new);
            }
        }
    }
}
