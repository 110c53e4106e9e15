//! The leaves at which a query arrives.

use std::ops::ControlFlow;

use super::functional::{Functional, Passed, Reached};

/// Collects the numbers of the points that the trees bring, one from each.
#[derive(Debug, Default)]
pub(crate) struct NeighborPoints {
    points: Vec<usize>,
}

impl NeighborPoints {
    /// Each point once, with the number of trees that brought it.
    pub(crate) fn counted(mut self) -> Vec<(usize, usize)> {
        self.points.sort_unstable();
        let same = self.points.chunk_by(|a, b| a == b);
        same.map(|trees| (trees[0], trees.len())).collect()
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
