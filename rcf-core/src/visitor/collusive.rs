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
//! each ancestor at depth `j` (of mass `m_j`, and now one more) what hangs beside that.

use std::ops::ControlFlow;

use super::functional::{Functional, Passed, Reached};

/// Sums collusive displacements over trees.
#[derive(Debug, Default)]
pub(crate) struct CollusiveDisplacementSum {
    /// The best ratio of the nodes of the way down to each depth.
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

impl Functional for CollusiveDisplacementSum {
    #[inline(always)]
    fn leaf(&mut self, leaf: &Reached<'_>) -> bool {
        self.best.clear();
        let mut best: f64 = 0.0;
        self.best.push(best);
        for pair in leaf.masses.windows(2) {
            let (parent, child) = (pair[0], pair[1]);
            best = best.max((parent - child) as f64 / (child as f64 + 1.0));
            self.best.push(best);
        }
        self.value = if leaf.equal {
            best
        } else {
            self.apart_from(leaf.depth(), leaf.mass())
        };
        !leaf.equal
    }

    #[inline(always)]
    fn ancestor(&mut self, node: &Passed<'_>) {
        let p = node.gap / (node.gap + node.range);
        self.value = p * self.apart_from(node.depth, node.mass) + (1.0 - p) * self.value;
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        if tree_mass > 0 {
            self.sum += self.value;
        }
        ControlFlow::Continue(())
    }
}
