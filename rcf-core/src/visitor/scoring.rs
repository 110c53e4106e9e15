//! Any [`ScoringFunction`], averaged over trees.

use std::ops::ControlFlow;

use super::functional::{Functional, Passed, Reached};
use crate::visitor::scoring_function::ScoringFunction;

/// Sums the values of a scoring function over trees.
#[derive(Debug)]
pub(crate) struct ScoringSum<'a, F> {
    function: &'a F,
    /// The value on the present tree, not yet normalised.
    value: f64,
    sum: f64,
}

impl<'a, F> ScoringSum<'a, F> {
    pub(crate) fn new(function: &'a F) -> Self {
        Self {
            function,
            value: 0.0,
            sum: 0.0,
        }
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }
}

impl<F: ScoringFunction> Functional for ScoringSum<'_, F> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &Reached<'_>) -> bool {
        let (depth, mass) = (leaf.depth(), leaf.mass());
        self.value = if leaf.equal {
            self.function.damp(mass, leaf.tree_mass()) * self.function.seen(depth, mass)
        } else {
            self.function.unseen(depth, mass)
        };
        !leaf.equal
    }

    #[inline(always)]
    fn ancestor(&mut self, node: &Passed<'_>) {
        let p = node.gap / (node.gap + node.range);
        self.value = p * self.function.unseen(node.depth, node.mass) + (1.0 - p) * self.value;
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        if tree_mass > 0 {
            self.sum += self.function.normalizer(tree_mass) * self.value;
        }
        ControlFlow::Continue(())
    }
}
