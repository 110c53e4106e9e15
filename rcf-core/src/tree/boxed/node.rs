//! Nodes, and the numbers that refer to them.

use std::hint::select_unpredictable;

use crate::geometry::Geometry;
use crate::layout::Index;
use crate::tree::cut::Cut;

/// An internal node: a cut, what lies on either side of it, and where its box is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<I> {
    /// The cut, as bytes: so the node needs no padding, which an aligned number would ask for.
    pub(super) cut: [u8; size_of::<f32>()],
    pub(super) dimension: I,
    pub(crate) left: NodeRef<I>,
    pub(crate) right: NodeRef<I>,
    /// Number of sampled points on the left, with multiplicity. The masses of all nodes follow
    /// from these on the path from the root.
    pub(crate) left_mass: I,
    /// The place of its box in the pool of the forest; `I::MAX` if it is a small subtree.
    pub(crate) place: I,
}

impl<I: Index> Node<I> {
    /// Without children, and without a box.
    pub(crate) fn new(cut: Cut) -> Self {
        Self {
            cut: cut.value.to_ne_bytes(),
            dimension: I::new(cut.dimension),
            left: NodeRef::default(),
            right: NodeRef::default(),
            left_mass: I::default(),
            place: I::new(I::MAX),
        }
    }

    #[inline(always)]
    pub(crate) fn cut(&self) -> Cut {
        Cut {
            dimension: self.dimension.get(),
            value: f32::from_ne_bytes(self.cut),
        }
    }

    /// The child on the side on which `x` lies. The branch would be unpredictable.
    #[inline(always)]
    pub(crate) fn toward<G: Geometry>(&self, geometry: G, x: &[f32]) -> NodeRef<I> {
        select_unpredictable(self.is_left(geometry, x), self.left, self.right)
    }

    /// Whether `x` lies to the left: points with `x[dimension] <= value` do.
    #[inline(always)]
    pub(crate) fn is_left<G: Geometry>(&self, geometry: G, x: &[f32]) -> bool {
        let cut = self.cut();
        geometry.coordinate(x, cut.dimension) <= cut.value
    }

    /// The mass on the left or on the right of a node of this mass.
    #[inline(always)]
    pub(crate) fn mass_toward(&self, left: bool, mass: usize) -> usize {
        let left_mass = self.left_mass.get();
        select_unpredictable(left, left_mass, mass - left_mass)
    }
}

/// Refers to an internal node (numbers below the tree's capacity for them) or to a leaf (the
/// capacity plus the number of the leaf's point): a leaf needs no record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NodeRef<I>(I);

/// What a [`NodeRef`] refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    Internal(usize),
    Leaf { point: usize },
}

impl<I: Index> NodeRef<I> {
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
