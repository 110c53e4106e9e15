//! Attribution on a line: there is one dimension, so all that is asked is the direction.
//!
//! The recursion is that of [`AttributionVisitor`](crate::visitor::attribution::AttributionVisitor),
//! on two numbers. A query that equals no sampled point lies on one side of all boxes that it climbs.

use crate::geometry::{Geometry, Line};
use crate::visitor::attribution::{Attribute, Parts};
use crate::visitor::score::{ScoreVisitor, step, unseen};
use crate::visitor::{Ancestor, Leaf, Place, Visitor};

/// Sums scores and attributions over trees.
#[derive(Debug)]
pub(crate) struct LineAttribution {
    x: f32,
    /// On the present tree, not yet normalised.
    score: ScoreVisitor,
    /// The part of the score that is there because the query lies above, on the present tree …
    high: f64,
    /// … and below.
    low: f64,
    sum_high: f64,
    sum_low: f64,
}

impl LineAttribution {
    /// One box: a part of the score for the side on which the query lies outside of it.
    #[inline(always)]
    fn blend(&mut self, depth: usize, gap: f64, range: f64, above: bool) {
        let unseen = unseen(depth);
        let (high, low) = if above { (unseen, 0.0) } else { (0.0, unseen) };
        self.high = step(self.high, high, gap, range);
        self.low = step(self.low, low, gap, range);
    }

    /// The attribution of a query equal to the leaf's point, by the boxes of what is beside its way.
    #[cold]
    fn by_shadow<P: Place>(&mut self, leaf: &Leaf<'_, P, Line>) {
        // A tree that holds nothing else knows no direction.
        let score = self.score.score;
        (self.high, self.low) = (score / 2.0, score / 2.0);
        let (x, mut shadow) = (self.x, [f32::INFINITY, f32::NEG_INFINITY]);
        leaf.place.beside(&mut shadow, |depth, shadow| {
            let gap = Line.gap(&mut (), Line.corners(shadow), &[x]);
            if let Some(gap) = gap {
                let range = f64::from(Line.range(shadow));
                self.blend(depth, f64::from(gap), range, x > shadow[1]);
            }
            gap.is_some()
        });
        let scale = score / (self.high + self.low);
        self.high *= scale;
        self.low *= scale;
    }
}

impl Visitor<Line> for LineAttribution {
    #[inline(always)]
    fn leaf<P: Place>(&mut self, leaf: &Leaf<'_, P, Line>) -> bool {
        let climbs = self.score.leaf(leaf);
        if leaf.equal {
            self.by_shadow(leaf);
        } else if self.x > leaf.row[0] {
            (self.high, self.low) = (self.score.score, 0.0);
        } else {
            (self.high, self.low) = (0.0, self.score.score);
        }
        climbs
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &Ancestor<'_, Line>) {
        Visitor::<Line>::ancestor(&mut self.score, ancestor);
        let above = self.x > ancestor.corners.high[0];
        self.blend(ancestor.depth, ancestor.gap, ancestor.range, above);
    }
}

impl Attribute<'_> for LineAttribution {
    fn new(x: &[f32], _: usize) -> Self {
        Self {
            x: x[0],
            score: ScoreVisitor::default(),
            high: 0.0,
            low: 0.0,
            sum_high: 0.0,
            sum_low: 0.0,
        }
    }

    #[inline(always)]
    fn score(&self) -> f64 {
        self.score.score
    }

    #[inline(always)]
    fn add_tree(&mut self, factor: f64) {
        self.sum_high += factor * self.high;
        self.sum_low += factor * self.low;
    }

    fn sum(self) -> Parts {
        Parts {
            high: vec![self.sum_high],
            low: vec![self.sum_low],
        }
    }
}
