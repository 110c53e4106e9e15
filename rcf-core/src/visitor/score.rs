//! The anomaly score.
//!
//! The expectation, over the random insertion of the query, of the inverse of its depth: a point
//! that the cuts set apart early is an anomaly. (The AWS libraries' scoring function; the paper's
//! displacement is another.) With `gap` and `range` of each box passed on the way up,
//! `p = gap / (gap + range)` is the probability that a cut there separates the query, and
//!
//! ```text
//! at the leaf, depth k:     S = 1 / (k + 1),  or if the query equals its point, of mass m in M,
//!                           S = (1 − m / 2M) / (k + log₂(m + 1))  and the climb ends
//! at an ancestor, depth k:  S ← p / (k + 1) + (1 − p) S
//! score = log₂(M + 1) · S
//! ```
//!
//! About 0.5 to 1 for usual points, `log₂(M + 1)` for one that any cut sets apart.

use super::{Ancestor, Leaf, Place, Visitor};
use crate::geometry::Geometry;

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

/// Computes the score on one tree, not yet normalised.
#[derive(Debug, Default)]
pub(crate) struct ScoreVisitor {
    pub(crate) score: f64,
}

impl<G: Geometry> Visitor<G> for ScoreVisitor {
    #[inline(always)]
    fn leaf<P: Place>(&mut self, leaf: &Leaf<'_, P, G>) -> bool {
        self.score = if leaf.equal {
            seen(
                leaf.place.depth(),
                leaf.place.mass(),
                leaf.place.tree_mass(),
            )
        } else {
            unseen(leaf.place.depth())
        };
        !leaf.equal
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &Ancestor<'_, G>) {
        let Ancestor {
            depth, gap, range, ..
        } = *ancestor;
        self.score = step(self.score, unseen(depth), gap, range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_beyond_the_table_go_on_as_those_in_it() {
        for depth in 0..3 * UNSEEN.len() {
            let product = unseen(depth) * (depth as f64 + 1.0);
            assert!((product - 1.0).abs() <= f64::EPSILON, "{depth}: {product}");
        }
    }
}
