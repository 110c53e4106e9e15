//! The leaves at which a query arrives.

use std::ops::ControlFlow;

use super::functional::{Functional, Passed, Reached};

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

impl Functional for NeighborPoints {
    fn leaf(&mut self, leaf: &Reached<'_>) -> bool {
        self.points.push(leaf.point);
        false
    }

    fn ancestor(&mut self, _: &Passed<'_>) {}

    fn finish(&mut self, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
