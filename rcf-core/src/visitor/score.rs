//! The anomaly score.
//!
//! The expectation, over the random insertion of the query, of the inverse of its depth: a point
//! that the cuts separate early is an anomaly. (The AWS libraries' scoring function; the paper's
//! displacement is another.) With `gap` and `range` of each box passed on the way up,
//! `p = gap / (gap + range)` is the probability that a cut there separates the query, and
//!
//! ```text
//! at the leaf, depth k:     S = 1 / (k + 1),  or if the query equals its point, of mass m in M,
//!                           S = (1 − m / 2M) / (k + log₂(m + 1))  and the walk ends
//! at an ancestor, depth k:  S ← p / (k + 1) + (1 − p) S
//! score = log₂(M + 1) · S
//! ```
//!
//! About 0.5 to 1 for usual points, `log₂(M + 1)` for one that any cut separates.

use std::ops::ControlFlow;

use super::{Ancestor, Leaf, Visitor};

/// `S` of a query that is alone at depth `k`.
#[inline(always)]
pub(crate) fn unseen(depth: usize) -> f64 {
    match UNSEEN.get(depth) {
        Some(&unseen) => unseen,
        None => 1.0 / (depth as f64 + 1.0),
    }
}

/// `1 / (k + 1)` for the depths of usual trees.
const UNSEEN: [f64; 64] = {
    let mut unseen = [0.0; 64];
    let mut depth = 0;
    while depth < unseen.len() {
        unseen[depth] = 1.0 / (depth as f64 + 1.0);
        depth += 1;
    }
    unseen
};

/// `S` of a query that equals `mass` of the `tree_mass` sampled points, at depth `k`.
pub(crate) fn seen(depth: usize, mass: usize, tree_mass: usize) -> f64 {
    let damp = 1.0 - mass as f64 / (2.0 * tree_mass as f64);
    damp / (depth as f64 + libm::log2(mass as f64 + 1.0))
}

/// `S` at an ancestor, of the `S` below it.
#[inline(always)]
pub(crate) fn step(below: f64, unseen: f64, gap: f64, range: f64) -> f64 {
    // The quotient waits for no earlier step.
    let per_length = 1.0 / (gap + range);
    gap * per_length * unseen + range * per_length * below
}

/// The factor that makes scores of trees of different mass comparable.
pub(crate) fn normalizer(tree_mass: usize) -> f64 {
    libm::log2(tree_mass as f64 + 1.0)
}

/// A visitor whose result on one tree includes a score.
pub(crate) trait TreeScore: Visitor {
    /// The score, not yet normalised.
    fn score(&self) -> f64;

    /// Adds its other results, times the normalizer, to their sums over trees.
    fn add_tree(&mut self, normalizer: f64);
}

impl TreeScore for ScoreVisitor {
    #[inline(always)]
    fn score(&self) -> f64 {
        self.score
    }

    #[inline(always)]
    fn add_tree(&mut self, _: f64) {}
}

/// Computes the score on one tree, not yet normalised.
#[derive(Debug, Default)]
pub(crate) struct ScoreVisitor {
    pub(crate) score: f64,
}

impl Visitor for ScoreVisitor {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        if leaf.is_query() {
            self.score = seen(leaf.depth(), leaf.mass(), leaf.tree_mass());
            return ControlFlow::Break(());
        }
        self.score = unseen(leaf.depth());
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let unseen = unseen(ancestor.depth());
        self.score = step(self.score, unseen, ancestor.gap(), ancestor.range());
    }
}

/// Sums the scores of trees, each times the normalizer of the tree's mass.
#[derive(Debug)]
pub(crate) struct ScoreSum<F> {
    visitor: ScoreVisitor,
    normalizer: F,
    sum: f64,
}

impl<F: FnMut(usize) -> f64> ScoreSum<F> {
    pub(crate) fn new(normalizer: F) -> Self {
        Self {
            visitor: ScoreVisitor::default(),
            normalizer,
            sum: 0.0,
        }
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }
}

impl<F: FnMut(usize) -> f64> Visitor for ScoreSum<F> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.visitor.leaf(leaf)
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        self.visitor.ancestor(ancestor);
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        self.sum += (self.normalizer)(tree_mass) * self.visitor.score;
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_beyond_the_table_follow_the_same_formula() {
        for depth in 0..3 * UNSEEN.len() {
            let product = unseen(depth) * (depth as f64 + 1.0);
            assert!((product - 1.0).abs() <= f64::EPSILON, "{depth}: {product}");
        }
    }
}
