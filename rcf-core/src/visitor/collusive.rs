//! Collusive displacement (CoDisp; Guha et al. 2016, definition 3).
//!
//! A point that is removed lets its sibling rise by a level: the mass of the sibling is what the
//! point displaces. Outliers that come together hide each other, so whole subtrees around the point
//! are removed, and the best ratio counts:
//!
//! ```text
//! CoDisp(x) = max over the nodes C from x up to below the root of  mass(sibling of C) / mass(C)
//! ```
//!
//! as the Python package rrcf has it. We give its expectation over the random insertion of the
//! query: set apart from a node of mass `m` at depth `k`, the query displaces `m` alone, and with
//! each ancestor at depth `j` (of mass `m_j`, and now one more) the sibling subtree that.

use std::ops::ControlFlow;

use super::{Ancestor, Leaf, Visitor};

/// Sums collusive displacements over trees.
#[derive(Debug, Default)]
pub(crate) struct CollusiveDisplacementSum {
    /// The best ratio of the nodes of the path to each depth.
    best: Vec<f64>,
    /// The value on the present tree.
    value: f64,
    sum: f64,
}

impl CollusiveDisplacementSum {
    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }

    #[inline(always)]
    fn apart_from(&self, depth: usize, mass: usize) -> f64 {
        self.best[depth].max(mass as f64)
    }
}

impl Visitor for CollusiveDisplacementSum {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.best.clear();
        let mut best: f64 = 0.0;
        self.best.push(best);
        for depth in 1..=leaf.depth() {
            let (parent, child) = (leaf.mass_at(depth - 1), leaf.mass_at(depth));
            best = best.max((parent - child) as f64 / (child as f64 + 1.0));
            self.best.push(best);
        }
        if leaf.is_query() {
            self.value = best;
            return ControlFlow::Break(());
        }
        self.value = self.apart_from(leaf.depth(), leaf.mass());
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let p = ancestor.separation();
        let apart = self.apart_from(ancestor.depth(), ancestor.mass());
        self.value = p * apart + (1.0 - p) * self.value;
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        if tree_mass > 0 {
            self.sum += self.value;
        }
        ControlFlow::Continue(())
    }
}
