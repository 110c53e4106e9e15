//! Attribution in one dimension, where only the direction is needed.
//!
//! The recursion is that of [`AttributionVisitor`](super::AttributionVisitor), on two numbers. A
//! query that equals no sampled point lies on one side of all bounding boxes that it passes.

use std::ops::ControlFlow;

use super::{Attribute, Parts};
use crate::visitor::score::{ScoreVisitor, TreeScore, step, unseen};
use crate::visitor::{Ancestor, Leaf, Visitor};

/// Sums scores and attributions over trees.
#[derive(Debug)]
pub(crate) struct OneDimensionalAttribution {
    /// On the present tree, not yet normalised.
    score: ScoreVisitor,
    sides: Sides,
    sum_high: f64,
    sum_low: f64,
}

/// The attribution on the present tree, not yet normalised.
#[derive(Debug)]
struct Sides {
    x: f32,
    /// The part of the score that is there because the query lies above …
    high: f64,
    /// … and below.
    low: f64,
}

impl Visitor for Sides {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let unseen = unseen(leaf.depth());
        (self.high, self.low) = if self.x > leaf.row()[0] {
            (unseen, 0.0)
        } else {
            (0.0, unseen)
        };
        ControlFlow::Continue(())
    }

    /// A part of the score for the side on which the query lies outside of the bounding box.
    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let unseen = unseen(ancestor.depth());
        let above = self.x > ancestor.corners().high[0];
        let (high, low) = if above { (unseen, 0.0) } else { (0.0, unseen) };
        let (gap, range) = (ancestor.gap(), ancestor.range());
        self.high = step(self.high, high, gap, range);
        self.low = step(self.low, low, gap, range);
    }
}

impl OneDimensionalAttribution {
    /// The attribution of a query equal to the leaf's point.
    #[cold]
    fn by_shadow(&mut self, leaf: &impl Leaf) {
        let (score, sides) = (self.score.score, &mut self.sides);
        // A tree that holds nothing else knows no direction.
        (sides.high, sides.low) = (score / 2.0, score / 2.0);
        leaf.shadow(&[sides.x], &mut Vec::new(), sides);
        let scale = score / (sides.high + sides.low);
        sides.high *= scale;
        sides.low *= scale;
    }
}

impl Visitor for OneDimensionalAttribution {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let walks_up = self.score.leaf(leaf);
        if leaf.is_query() {
            self.by_shadow(leaf);
        } else {
            let _ = self.sides.leaf(leaf);
        }
        walks_up
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        self.score.ancestor(ancestor);
        self.sides.ancestor(ancestor);
    }
}

impl TreeScore for OneDimensionalAttribution {
    #[inline(always)]
    fn score(&self) -> f64 {
        self.score.score
    }

    #[inline(always)]
    fn add_tree(&mut self, factor: f64) {
        self.sum_high += factor * self.sides.high;
        self.sum_low += factor * self.sides.low;
    }
}

impl Attribute<'_> for OneDimensionalAttribution {
    fn new(x: &[f32], _: usize) -> Self {
        Self {
            score: ScoreVisitor::default(),
            sides: Sides {
                x: x[0],
                high: 0.0,
                low: 0.0,
            },
            sum_high: 0.0,
            sum_low: 0.0,
        }
    }

    fn sum(self) -> Parts {
        Parts {
            high: vec![self.sum_high],
            low: vec![self.sum_low],
        }
    }
}
