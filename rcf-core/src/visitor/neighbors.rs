//! The leaves at which a query arrives.

use std::ops::ControlFlow;

use super::{Ancestor, Leaf, Visitor};

/// Collects the numbers of the points that the trees bring, one from each.
#[derive(Debug, Default)]
pub(crate) struct NeighborPoints {
    points: Vec<usize>,
}

impl NeighborPoints {
    /// The points, in the order of the trees.
    pub(crate) fn points(&self) -> &[usize] {
        &self.points
    }
}

impl Visitor for NeighborPoints {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.points.push(leaf.point());
        ControlFlow::Break(())
    }

    fn ancestor(&mut self, _: &impl Ancestor) {}
}
