//! One random cut tree: flat arrays of nodes and boxes, numbers instead of pointers.
//!
//! # Insertion
//! The law that an insertion preserves (Guha et al. 2016, theorem 3): the tree after inserting `x`
//! is distributed as a fresh random cut tree of the larger set. From the top down, each node draws
//! a cut of
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
//! Taking the *first* success from the bottom, an easy mistake, inserts every point next to a leaf.
//!
//! # Deletion
//! The leaf's sibling takes the place of their parent (the paper, theorem 4). On the way up, each
//! box becomes the union of the boxes of its children, until one does not change.

mod batch;
mod bounding_boxes;
mod delete;
mod insert;
pub(crate) mod node;
mod path;
mod rebuild;
mod score;
#[cfg(test)]
pub(crate) mod tests;
mod traverse;
mod traverse_one;

use std::ops::ControlFlow;

use super::CutTree;
use super::cut::Cut;
use super::imputation::Imputer;
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::{Index, size_of_val_capacity};
use crate::rng::TreeRng;
use crate::simd::Reached;
use crate::visitor::Visitor;
use crate::visitor::attribution::AttributionVisitor;
use crate::visitor::score::ScoreSum;
use batch::Batch;
use delete::Unlinked;
use node::{Child, Node, NodeRef};
use traverse_one::BoxedWalker;

/// A random cut tree over points of a [`PointStore`].
#[derive(Debug, Clone)]
pub(crate) struct BoxedTree<I> {
    /// Largest number of internal nodes: the sample size − 1. References from here on are leaves.
    internal_capacity: usize,
    nodes: Vec<Node<I>>,
    /// Head of the chain of unused nodes, linked through their left children; `I::MAX` ends it.
    free: NodeRef<I>,
    /// Meaningless while the tree is empty.
    root: NodeRef<I>,
    /// Number of points, with multiplicity.
    mass: usize,
}

/// A place in a tree, as a descent finds it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Located<I> {
    /// A leaf, or a node that is the child of another one.
    pub(crate) leaf: NodeRef<I>,
    /// The node above; [`NodeRef::none`] at the root.
    pub(crate) above: NodeRef<I>,
}

impl<I: Index> Located<I> {
    #[inline(always)]
    fn of(end: Reached) -> Self {
        Self {
            leaf: NodeRef::internal(end.leaf as usize),
            above: NodeRef::internal(end.last as usize),
        }
    }
}

/// Working memory of insertions and deletions, kept from change to change: three bounding boxes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Vec<f32>);

impl Buffers {
    /// Two bounding boxes, and a copy of the row of a point: the lower bound of its own box.
    #[inline(always)]
    fn boxes_and_row<G: Geometry>(
        &mut self,
        geometry: G,
        points: &PointStore,
        point: usize,
    ) -> ([&mut [f32]; 2], &[f32]) {
        let len = geometry.box_len();
        if self.0.len() != 3 * len {
            self.0.resize(3 * len, 0.0);
        }
        let (record, rest) = self.0.split_at_mut(len);
        let (other, copy) = rest.split_at_mut(len);
        let _ = geometry.begin(copy, points.row(geometry, point));
        ([record, other], &copy[..geometry.row_len()])
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.0)
    }
}

impl<I: Index, G: Geometry> CutTree<I, G> for BoxedTree<I> {
    type Attribution<'a> = AttributionVisitor<'a>;
    type Walker = BoxedWalker<I>;

    type Unlinked = Unlinked<I>;
    const IS_LOCATED: bool = true;

    #[inline(always)]
    fn locate(_: G, lanes: &[(&Self, &[f32])], ends: &mut [Reached]) {
        traverse::descend_few(lanes, ends);
    }

    #[inline(always)]
    fn insert(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        point: usize,
        at: Reached,
        rng: &mut TreeRng,
        buffers: &mut Buffers,
    ) -> usize {
        self.insert(geometry, points, point, Located::of(at), rng, buffers)
    }

    #[inline(always)]
    fn delete(
        &mut self,
        geometry: G,
        points: &mut PointStore,
        _: usize,
        at: Reached,
        buffers: &mut Buffers,
    ) -> Option<Unlinked<I>> {
        self.delete(geometry, points, Located::of(at), buffers)
    }

    #[inline(always)]
    fn relocate(&self, x: &[f32], at: Reached, gone: Unlinked<I>) -> Reached {
        let Located { leaf, above } = self.relocate(x, Located::of(at), gone);
        Reached {
            leaf: leaf.get() as u32,
            last: above.get() as u32,
            ..at
        }
    }

    #[inline(always)]
    fn rebuild(
        geometry: G,
        points: &mut PointStore,
        sample_size: usize,
        sample: &[I],
        cuts: &[Cut],
    ) -> Option<Self> {
        Self::rebuild(geometry, points, sample_size, sample, cuts)
    }

    #[inline(always)]
    fn cache_boxes(&mut self, geometry: G, points: &mut PointStore) {
        self.cache_boxes(geometry, points);
    }

    #[inline(always)]
    fn traverse<V: Visitor>(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        scratch: &mut [f32],
        noted: Option<&mut Vec<Reached>>,
        visitor: &mut V,
    ) {
        traverse::traverse(trees, points, geometry, x, scratch, noted, visitor);
    }

    #[inline(always)]
    fn sum_score(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        scratch: &mut [f32],
        noted: Option<&mut Vec<Reached>>,
        normalizer: impl FnMut(usize) -> f64,
    ) -> f64 {
        if geometry.goes_in_step() {
            return score::sum(trees, points, geometry, x, scratch, noted, normalizer);
        }
        let mut score = ScoreSum::new(normalizer);
        traverse::traverse(trees, points, geometry, x, scratch, noted, &mut score);
        score.sum()
    }

    #[inline(always)]
    fn sum_scores(
        trees: &[Self],
        points: &PointStore,
        geometry: G,
        rows: &[f32],
        mut normalizer: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let mut batch = Batch::new(geometry, rows);
        for tree in trees {
            batch.add_scores(tree, points, normalizer(tree.mass()));
        }
        batch.into_sums()
    }

    #[inline(always)]
    fn traverse_one<V: Visitor>(
        &self,
        walker: &mut BoxedWalker<I>,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()> {
        walker.traverse(self, points, geometry, x, ignored_mass, visitor)
    }

    #[inline(always)]
    fn best(
        &self,
        imputer: &mut Imputer<'_, I>,
        points: &PointStore,
        geometry: G,
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        imputer.best(self, points, geometry, may_be)
    }
}

impl<I: Index> BoxedTree<I> {
    pub(crate) fn new(sample_size: usize) -> Self {
        Self {
            internal_capacity: sample_size - 1,
            nodes: Vec::new(),
            free: NodeRef::internal(I::MAX),
            root: NodeRef::default(),
            mass: 0,
        }
    }

    /// Removes all points and keeps their capacity. The caller clears the pool of boxes.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
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

    /// All of the tree.
    #[inline(always)]
    fn whole(&self) -> Located<I> {
        Located {
            leaf: self.root,
            above: NodeRef::none(),
        }
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

    /// The number of a leaf's point.
    #[inline(always)]
    pub(crate) fn point(&self, leaf: NodeRef<I>) -> usize {
        leaf.get() - self.internal_capacity
    }

    /// The sibling subtree of `child` below `parent`.
    #[inline(always)]
    pub(crate) fn sibling(&self, parent: NodeRef<I>, child: NodeRef<I>) -> NodeRef<I> {
        self.nodes[parent.get()].sibling(child)
    }

    /// The node above a node; [`NodeRef::none`] at the root.
    #[inline(always)]
    pub(crate) fn parent(&self, node: NodeRef<I>) -> NodeRef<I> {
        self.nodes[node.get()].parent()
    }

    /// The mass of the subtree below `above`, or of the tree if that is none.
    ///
    /// Walking up, the masses to the left are subtracted until the first node that has the whole
    /// subtree on its left: two steps on average.
    #[inline(always)]
    fn mass_below(&self, mut below: NodeRef<I>, mut above: NodeRef<I>) -> usize {
        let mut beside = 0;
        while let Some(node) = self.node(above) {
            if node.left() == below {
                return node.left_mass.get() - beside;
            }
            beside += node.left_mass.get();
            (below, above) = (above, node.parent());
        }
        self.mass - beside
    }

    /// The mass of `reference`, which is the child of `parent`, whose mass is `parent_mass`.
    #[inline(always)]
    pub(crate) fn child_mass(parent: &Node<I>, parent_mass: usize, reference: NodeRef<I>) -> usize {
        parent.mass_toward(parent.left() == reference, parent_mass)
    }

    /// Continues a descent to `x`. The tree is not empty.
    fn descend_from(&self, x: &[f32], mut at: Located<I>) -> Located<I> {
        while let Some(node) = self.node(at.leaf) {
            at = Located {
                leaf: node.toward(x),
                above: at.leaf,
            };
        }
        at
    }

    /// Adds a node, without a cached box at first.
    fn allocate(&mut self, node: Node<I>) -> NodeRef<I> {
        if self.free.get() != I::MAX {
            let reference = self.free;
            self.free = self.nodes[reference.get()].left();
            self.nodes[reference.get()] = node;
            return reference;
        }
        let reference = NodeRef::internal(self.nodes.len());
        if self.nodes.len() == self.nodes.capacity() {
            let scratch = (2 * self.nodes.len()).clamp(8, self.internal_capacity.max(8));
            let scratch = scratch.min(self.internal_capacity);
            self.nodes.reserve_exact(scratch - self.nodes.len());
        }
        self.nodes.push(node);
        reference
    }

    /// Frees a node and its box.
    fn release(&mut self, points: &mut PointStore, reference: NodeRef<I>) {
        self.drop_cached_box(points, reference.get());
        let end = NodeRef::default();
        self.nodes[reference.get()].set_children(self.free, end);
        self.free = reference;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.nodes)
    }

    /// The same for a full tree over distinct points.
    pub(crate) fn full_heap_bytes(sample_size: usize) -> usize {
        (sample_size - 1) * size_of::<Node<I>>()
    }
}
