//! Nodes, and the numbers that refer to them.

use std::hint::select_unpredictable;

use crate::layout::Index;
pub(crate) use crate::simd::Node;
use crate::tree::cut::Cut;

impl<I: Index> Node<I> {
    /// Without children, and without a box.
    pub(crate) fn new(cut: Cut) -> Self {
        Self {
            cut: cut.value,
            children: [I::default(); 2],
            dimension: I::new(cut.dimension),
            parent: I::new(I::MAX),
            left_mass: I::default(),
            place: I::new(I::MAX),
        }
    }

    #[inline(always)]
    pub(crate) fn cut(&self) -> Cut {
        Cut {
            dimension: self.dimension.get(),
            value: self.cut,
        }
    }

    #[inline(always)]
    pub(crate) fn left(&self) -> NodeRef<I> {
        NodeRef(self.children[0])
    }

    #[inline(always)]
    pub(crate) fn right(&self) -> NodeRef<I> {
        NodeRef(self.children[1])
    }

    #[inline(always)]
    pub(super) fn set_children(&mut self, left: NodeRef<I>, right: NodeRef<I>) {
        self.children = [left.0, right.0];
    }

    /// Puts `new` where the child `old` was.
    #[inline(always)]
    pub(super) fn replace_child(&mut self, old: NodeRef<I>, new: NodeRef<I>) {
        self.children[usize::from(self.children[0] != old.0)] = new.0;
    }

    /// The node above; [`NodeRef::none`] at the root.
    #[inline(always)]
    pub(crate) fn parent(&self) -> NodeRef<I> {
        NodeRef(self.parent)
    }

    /// The other child.
    #[inline(always)]
    pub(crate) fn sibling(&self, child: NodeRef<I>) -> NodeRef<I> {
        NodeRef(self.children[usize::from(self.children[0] == child.0)])
    }

    /// The child on the side on which `x` lies. By its number: the compiler makes a branch of a
    /// selection between two that it loads, and this one would be unpredictable.
    #[inline(always)]
    pub(crate) fn toward(&self, x: &[f32]) -> NodeRef<I> {
        NodeRef(self.children[usize::from(!self.is_left(x))])
    }

    /// Whether `x` lies to the left: points with `x[dimension] <= value` do.
    #[inline(always)]
    pub(crate) fn is_left(&self, x: &[f32]) -> bool {
        x[self.dimension.get()] <= self.cut
    }

    /// The mass on the left or on the right of a node of this mass.
    #[inline(always)]
    pub(crate) fn mass_toward(&self, left: bool, mass: usize) -> usize {
        let left_mass = self.left_mass.get();
        select_unpredictable(left, left_mass, mass - left_mass)
    }
}

/// Refers to an internal node (numbers below the tree's capacity for them) or to a leaf (the
/// capacity plus the number of the leaf's point): a leaf needs no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NodeRef<I>(pub(super) I);

/// What a [`NodeRef`] refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    Internal(usize),
    Leaf { point: usize },
}

impl<I: Index> NodeRef<I> {
    /// Names neither a node nor a leaf.
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self(I::new(I::MAX))
    }

    #[inline(always)]
    pub(crate) fn internal(node: usize) -> Self {
        Self(I::new(node))
    }

    #[inline(always)]
    pub(crate) fn leaf(point: usize, internal_capacity: usize) -> Self {
        Self(I::new(internal_capacity + point))
    }

    /// The bare number.
    #[inline(always)]
    pub(crate) fn get(self) -> usize {
        self.0.get()
    }

    #[inline(always)]
    pub(crate) fn resolve(self, internal_capacity: usize) -> Child {
        match self.get().checked_sub(internal_capacity) {
            None => Child::Internal(self.get()),
            Some(point) => Child::Leaf { point },
        }
    }
}
