//! Any [`ScoringFunction`], averaged over trees.

use std::ops::ControlFlow;

use super::scoring_function::ScoringFunction;
use super::{Ancestor, Leaf, Visitor};

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

impl<F: ScoringFunction> Visitor for ScoringSum<'_, F> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let (depth, mass) = (leaf.depth(), leaf.mass());
        if leaf.is_query() {
            let damp = self.function.damp(mass, leaf.tree_mass());
            self.value = damp * self.function.seen(depth, mass);
            return ControlFlow::Break(());
        }
        self.value = self.function.unseen(depth, mass);
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let p = ancestor.separation();
        let unseen = self.function.unseen(ancestor.depth(), ancestor.mass());
        self.value = p * unseen + (1.0 - p) * self.value;
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        if tree_mass > 0 {
            self.sum += self.function.normalizer(tree_mass) * self.value;
        }
        ControlFlow::Continue(())
    }
}
