//! One random cut tree: flat arrays of nodes and boxes, numbers instead of pointers.
//!
//! # Insertion
//! The law to keep (Guha et al. 2016, theorem 3): the tree after inserting `x` is distributed as a
//! fresh random cut tree of the larger set. From the top down, each node draws a cut of
//! `box ∪ x`; the first one that leaves `x` alone becomes a new node there. Going up instead, only
//! boxes that do not contain `x` need to be read: a box that does cannot be separated from it, nor
//! can any above. Since the draws are independent, "first from the top" is "last from the bottom":
//!
//! ```text
//! descend to a leaf; equal to x → count it there, done
//! split := the leaf                                (a single point is always separated)
//! for each ancestor, upwards, until its box contains x:
//!     with probability gap / (gap + range):  split := ancestor
//! draw the cut between x and split's box; it and x become a new node above split
//! ```
//!
//! Taking the *first* success from the bottom, an easy mistake, hangs every point next to a leaf.
//!
//! # Deletion
//! The leaf's sibling takes the place of their parent (the paper, theorem 4). Upwards, each box is
//! made the union of its two children's, until one does not change.

pub(crate) mod bounding_box;
pub(crate) mod cut;
pub(crate) mod node;
mod rebuild;
#[cfg(test)]
pub(crate) mod tests;

use crate::index::Index;
use crate::point_store::PointStore;
use crate::rng::TreeRng;
use crate::sampler::size_of_val_capacity;
use bounding_box::{Corners, Geometry};
use cut::{Cut, separating_cut};
use node::{Child, Node, NodeRef, Side};

/// A random cut tree over points of a [`PointStore`].
#[derive(Debug, Clone)]
pub(crate) struct Tree<I> {
    /// Largest number of internal nodes: the sample size − 1. References from here on are leaves.
    internal_capacity: usize,
    nodes: Vec<Node<I>>,
    /// The box of each node.
    boxes: Vec<f32>,
    /// Head of the chain of unused nodes, linked through `left`; `I::MAX` ends it.
    free: NodeRef<I>,
    /// Without meaning while the tree is empty.
    root: NodeRef<I>,
    /// Number of points, with multiplicity.
    mass: usize,
}

/// The way from the root down to a leaf: the internal nodes passed.
pub(crate) type Path<I> = Vec<NodeRef<I>>;

impl<I: Index> Tree<I> {
    pub(crate) fn new(sample_size: usize) -> Self {
        Self {
            internal_capacity: sample_size - 1,
            nodes: Vec::new(),
            boxes: Vec::new(),
            free: NodeRef::internal(I::MAX),
            root: NodeRef::default(),
            mass: 0,
        }
    }

    /// Takes all points out, and keeps the room for them.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.boxes.clear();
        self.free = NodeRef::internal(I::MAX);
        self.mass = 0;
    }

    #[inline(always)]
    pub(crate) fn mass(&self) -> usize {
        self.mass
    }

    #[inline(always)]
    pub(crate) fn root(&self) -> NodeRef<I> {
        self.root
    }

    /// The node that a reference names, or `None` if it names a leaf.
    #[inline(always)]
    pub(crate) fn node(&self, reference: NodeRef<I>) -> Option<&Node<I>> {
        // Leaves are numbered from the capacity, which is never below the length.
        self.nodes.get(reference.get())
    }

    #[inline(always)]
    pub(crate) fn resolve(&self, reference: NodeRef<I>) -> Child {
        reference.resolve(self.internal_capacity)
    }

    #[inline(always)]
    pub(crate) fn bounds<G: Geometry>(&self, geometry: G, node: usize) -> &[f32] {
        &self.boxes[node * geometry.box_len()..][..geometry.box_len()]
    }

    /// The corners of a node's box, or a leaf's point twice.
    #[inline(always)]
    pub(crate) fn corners<'a, G: Geometry>(
        &'a self,
        geometry: G,
        points: &'a PointStore,
        reference: NodeRef<I>,
    ) -> Corners<'a> {
        match self.resolve(reference) {
            Child::Internal(node) => geometry.corners(self.bounds(geometry, node)),
            Child::Leaf { point } => Corners::of_point(points.row(point)),
        }
    }

    /// The mass of `reference`, which is the child of `parent`, whose mass is `parent_mass`.
    #[inline(always)]
    pub(crate) fn child_mass(parent: &Node<I>, parent_mass: usize, reference: NodeRef<I>) -> usize {
        let left_mass = parent.left_mass.get();
        if parent.left == reference {
            left_mass
        } else {
            parent_mass - left_mass
        }
    }

    /// Writes the way to `x` into `path` and returns the leaf. The tree is not empty.
    #[inline(always)]
    pub(crate) fn descend<G: Geometry>(
        &self,
        geometry: G,
        x: &[f32],
        path: &mut Path<I>,
    ) -> NodeRef<I> {
        path.clear();
        let mut reference = self.root;
        while let Some(node) = self.node(reference) {
            path.push(reference);
            reference = node.child(side(geometry, node, x));
        }
        reference
    }

    /// Inserts a point. Returns the point that the leaf refers to: another one, if an equal point
    /// was there already.
    #[inline(always)]
    pub(crate) fn insert<G: Geometry>(
        &mut self,
        geometry: G,
        points: &PointStore,
        point: usize,
        rng: &mut TreeRng,
        path: &mut Path<I>,
    ) -> usize {
        let x = points.row(point);
        if self.mass == 0 {
            self.root = NodeRef::leaf(point, self.internal_capacity);
            self.mass = 1;
            return point;
        }
        let leaf = self.descend(geometry, x, path);
        let neighbor = leaf.get() - self.internal_capacity;
        if points.row(neighbor) == x {
            self.add_mass_along(geometry, x, path);
            return neighbor;
        }

        // `split`: how many nodes of the path stay above the new one.
        // `containing`: how many nodes of the path contain x already.
        let mut split = path.len();
        let mut containing = 0;
        let mut outside = geometry.everywhere();
        for level in (0..path.len()).rev() {
            let bounds = self.bounds(geometry, path[level].get());
            let gap = geometry.gap(&mut outside, bounds, x);
            if gap == 0.0 {
                containing = level + 1;
                break;
            }
            let range = geometry.range(bounds);
            if rng.unit() * (f64::from(gap) + f64::from(range)) < f64::from(gap) {
                split = level;
            }
        }
        for reference in &path[containing..split] {
            let start = reference.get() * geometry.box_len();
            geometry.include(&mut self.boxes[start..][..geometry.box_len()], x);
        }
        let below = path.get(split).copied().unwrap_or(leaf);
        let mass_below = self.add_mass_along(geometry, x, &path[..split]);
        let cut = separating_cut(self.corners(geometry, points, below), x, rng);
        let node = self.join(geometry, points, cut, point, below, mass_below);
        self.relink(path[..split].last(), below, node);
        point
    }

    /// Counts `x` in the nodes of `path`, a way down from the root. Returns the former mass of
    /// what lies below the path.
    #[inline(always)]
    fn add_mass_along<G: Geometry>(
        &mut self,
        geometry: G,
        x: &[f32],
        path: &[NodeRef<I>],
    ) -> usize {
        let mut mass = self.mass;
        for reference in path {
            let node = &mut self.nodes[reference.get()];
            let left_mass = node.left_mass.get();
            mass = match side(geometry, node, x) {
                Side::Left => {
                    node.left_mass = I::new(left_mass + 1);
                    left_mass
                }
                Side::Right => mass - left_mass,
            };
        }
        self.mass += 1;
        mass
    }

    /// Makes a node of a cut, the point that it separates, and what it separates it from.
    #[inline(always)]
    fn join<G: Geometry>(
        &mut self,
        geometry: G,
        points: &PointStore,
        cut: Cut,
        point: usize,
        below: NodeRef<I>,
        mass_below: usize,
    ) -> NodeRef<I> {
        let x = points.row(point);
        let leaf = NodeRef::leaf(point, self.internal_capacity);
        let (left, right, left_mass) = if x[cut.dimension] <= cut.value {
            (leaf, below, 1)
        } else {
            (below, leaf, mass_below)
        };
        let node = Node {
            cut: cut.value,
            dimension: I::new(cut.dimension),
            left,
            right,
            left_mass: I::new(left_mass),
        };
        let reference = self.allocate(geometry, node);
        self.unite_children(
            geometry,
            points,
            reference.get(),
            &mut geometry.everywhere(),
        );
        reference
    }

    /// Makes the box of `node` the union of its children's, as [`Geometry::unite`] does.
    #[inline(always)]
    fn unite_children<G: Geometry>(
        &mut self,
        geometry: G,
        points: &PointStore,
        node: usize,
        changing: &mut G::Parts,
    ) -> bool {
        let Node { left, right, .. } = self.nodes[node];
        let len = geometry.box_len();
        let target = node * len..(node + 1) * len;
        match (self.resolve(left), self.resolve(right)) {
            (Child::Leaf { point: a }, Child::Leaf { point: b }) => {
                let (a, b) = (points.row(a), points.row(b));
                let bounds = &mut self.boxes[target];
                geometry.unite(changing, bounds, Corners::of_point(a), Corners::of_point(b))
            }
            (Child::Internal(child), Child::Leaf { point })
            | (Child::Leaf { point }, Child::Internal(child)) => {
                let other = Corners::of_point(points.row(point));
                let ranges = [target, child * len..(child + 1) * len];
                let [bounds, child] = disjoint(&mut self.boxes, ranges);
                geometry.unite(changing, bounds, geometry.corners(child), other)
            }
            (Child::Internal(a), Child::Internal(b)) => {
                let ranges = [target, a * len..(a + 1) * len, b * len..(b + 1) * len];
                let [bounds, a, b] = disjoint(&mut self.boxes, ranges);
                geometry.unite(changing, bounds, geometry.corners(a), geometry.corners(b))
            }
        }
    }

    /// Puts `new` where `old` hung: below `parent`, or at the root.
    #[inline(always)]
    fn relink(&mut self, parent: Option<&NodeRef<I>>, old: NodeRef<I>, new: NodeRef<I>) {
        match parent {
            None => self.root = new,
            Some(parent) => {
                let parent = &mut self.nodes[parent.get()];
                let side = if parent.left == old {
                    Side::Left
                } else {
                    Side::Right
                };
                *parent.child_mut(side) = new;
            }
        }
    }

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
        if G::PREFETCHES {
            self.prefetch_children(geometry, points, path);
        }
        let mut mass = self.mass;
        for reference in &*path {
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
        if mass > 1 || self.mass == 0 {
            return;
        }
        let parent = path.pop().expect("a leaf beside others has a parent");
        let node = &self.nodes[parent.get()];
        let sibling = if node.left == leaf {
            node.right
        } else {
            node.left
        };
        self.relink(path.last(), parent, sibling);
        self.release(parent);
        let mut changing = geometry.everywhere();
        while let Some(ancestor) = path.pop() {
            if !self.unite_children(geometry, points, ancestor.get(), &mut changing) {
                break;
            }
        }
    }

    /// Asks for the boxes that shrinking the ancestors of a deleted leaf will read first.
    #[inline(always)]
    fn prefetch_children<G: Geometry>(&self, geometry: G, points: &PointStore, path: &Path<I>) {
        const PREFETCHED: usize = 6;
        for reference in path.iter().rev().skip(1).take(PREFETCHED) {
            let node = &self.nodes[reference.get()];
            for child in [node.left, node.right] {
                let Corners { low, high } = self.corners(geometry, points, child);
                geometry.prefetch(low);
                geometry.prefetch(high);
            }
        }
    }

    fn allocate<G: Geometry>(&mut self, geometry: G, node: Node<I>) -> NodeRef<I> {
        if self.free.get() != I::MAX {
            let reference = self.free;
            self.free = self.nodes[reference.get()].left;
            self.nodes[reference.get()] = node;
            return reference;
        }
        let reference = NodeRef::internal(self.nodes.len());
        if self.nodes.len() == self.nodes.capacity() {
            let more = self
                .nodes
                .len()
                .max(8)
                .min(self.internal_capacity - self.nodes.len());
            self.nodes.reserve_exact(more);
            self.boxes.reserve_exact(more * geometry.box_len());
        }
        self.nodes.push(node);
        self.boxes
            .resize(self.nodes.len() * geometry.box_len(), 0.0);
        reference
    }

    fn release(&mut self, reference: NodeRef<I>) {
        self.nodes[reference.get()].left = self.free;
        self.free = reference;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.nodes) + size_of_val_capacity(&self.boxes)
    }

    /// The same of a full tree over points that all differ.
    pub(crate) fn full_heap_bytes(dimensions: usize, sample_size: usize) -> usize {
        let floats = if dimensions == 1 {
            2
        } else {
            2 * bounding_box::stride(dimensions) + 1
        };
        (sample_size - 1) * (size_of::<Node<I>>() + size_of::<f32>() * floats)
    }
}

/// The side of the node's cut on which `x` lies.
#[inline(always)]
pub(crate) fn side<I: Index, G: Geometry>(geometry: G, node: &Node<I>, x: &[f32]) -> Side {
    let coordinate = geometry.coordinate(x, node.dimension.get());
    if coordinate <= node.cut {
        Side::Left
    } else {
        Side::Right
    }
}

/// Parts of one array that do not overlap, all but the first only to be read.
#[inline(always)]
fn disjoint<const N: usize>(
    array: &mut [f32],
    ranges: [std::ops::Range<usize>; N],
) -> [&mut [f32]; N] {
    array
        .get_disjoint_mut(ranges)
        .expect("the boxes of different nodes lie apart")
}
