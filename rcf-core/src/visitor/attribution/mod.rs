//! Attribution: the share of each dimension, and of each direction, in the score.
//!
//! The score's recursion, on a vector: at each box, the part `p / (k + 1)` of the score goes to the
//! dimensions in proportion to how far the query lies outside there, above (`high`) or below
//! (`low`). The parts always add up to the score.
//!
//! The factors `1 − p`, by which all that came from below is multiplied at each box, are gathered
//! in one number instead: what is added above is divided by it. So a box costs no more than the
//! dimensions in which the query lies outside of it.
//!
//! Boxes on the way up only grow, so in each dimension the query lies on one side of all of those
//! that it is outside of: one signed number does for both directions, until the tree is done.
//!
//! A query equal to a sampled point lies outside of no box. Its score is spread by the *shadow*
//! boxes, those of the siblings along its path: what the boxes would be without the point.

mod one_dimensional;

use std::ops::ControlFlow;

pub(crate) use one_dimensional::OneDimensionalAttribution;

use super::score::{ScoreVisitor, TreeScore, unseen};
use super::{Ancestor, Leaf, Visitor};
use crate::geometry::Corners;
use crate::simd::{LANES, larger, max};

/// Below this the gathered factor is multiplied in, before it becomes zero.
const SMALL: f64 = 1e-150;

/// Sums scores and attributions over trees.
#[derive(Debug)]
pub(crate) struct AttributionVisitor<'a> {
    dimensions: usize,
    /// The score on the present tree, not yet normalised.
    score: ScoreVisitor,
    /// How it is spread.
    spread: Spread<'a>,
    /// The sums over trees.
    sum: Parts,
    /// A bounding box.
    scratch: Vec<f32>,
}

/// The attribution on the present tree, not yet normalised.
#[derive(Debug)]
struct Spread<'a> {
    x: &'a [f32],
    /// The attribution, but for a factor: to below it is less than 0.
    tree: Vec<f64>,
    /// What comes on top of that on a tree that has the query; empty on others.
    shadow: Parts,
    /// What `tree` and `shadow` would have to be multiplied by.
    kept: f64,
}

/// An attribution; both rows are padded.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
}

impl Parts {
    fn new(len: usize) -> Self {
        Self {
            high: vec![0.0; len],
            low: vec![0.0; len],
        }
    }

    /// Adds `scale` times the parts of `signed`.
    #[inline(always)]
    fn add_signed(&mut self, scale: f64, signed: &[f64]) {
        for (high, part) in self.high.iter_mut().zip(signed) {
            *high += larger(scale * part, 0.0);
        }
        for (low, part) in self.low.iter_mut().zip(signed) {
            *low += larger(-scale * part, 0.0);
        }
    }

    /// Multiplies all parts by what lets them add up to `total`.
    pub(crate) fn rescale(&mut self, total: f64) {
        let sum = self.high.iter().chain(&self.low).sum::<f64>();
        self.scale(total / sum);
    }

    fn scale(&mut self, factor: f64) {
        let parts = self.high.iter_mut().chain(&mut self.low);
        parts.for_each(|part| *part *= factor);
    }
}

/// Gathers an attribution from trees.
pub(crate) trait Attribute<'a>: TreeScore {
    /// For a padded query of this many dimensions.
    fn new(x: &'a [f32], dimensions: usize) -> Self;

    /// The sum over the trees. But for single precision the parts of each add up to its score.
    fn sum(self) -> Parts;
}

impl TreeScore for AttributionVisitor<'_> {
    #[inline(always)]
    fn score(&self) -> f64 {
        self.score.score
    }

    #[inline(always)]
    fn add_tree(&mut self, factor: f64) {
        let scale = factor * self.spread.kept;
        let Parts { high, low } = &self.spread.shadow;
        self.sum.add_signed(scale, &self.spread.tree);
        for (sum, part) in self.sum.high.iter_mut().zip(high) {
            *sum += scale * part;
        }
        for (sum, part) in self.sum.low.iter_mut().zip(low) {
            *sum += scale * part;
        }
    }
}

impl<'a> Attribute<'a> for AttributionVisitor<'a> {
    fn new(x: &'a [f32], dimensions: usize) -> Self {
        let len = x.len().next_multiple_of(LANES);
        Self {
            dimensions,
            score: ScoreVisitor::default(),
            spread: Spread {
                x,
                tree: vec![0.0; len],
                shadow: Parts::new(0),
                kept: 1.0,
            },
            sum: Parts::new(len),
            scratch: Vec::new(),
        }
    }

    fn sum(self) -> Parts {
        self.sum
    }
}

impl Visitor for Spread<'_> {
    const USES_PARTS: bool = true;

    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.kept = 1.0;
        self.tree.fill(0.0);
        self.shadow = Parts::new(0);
        if !leaf.is_query() {
            let unseen = unseen(leaf.depth());
            leaf.add_gaps(self.x, |gap| unseen / gap, &mut self.tree);
        }
        ControlFlow::Continue(())
    }

    /// `A ← p / (k + 1) · outside / gap + (1 − p) · A`
    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let range = ancestor.range();
        let per_length = 1.0 / (ancestor.gap() + range);
        self.kept *= range * per_length;
        if self.kept < SMALL {
            self.tree.iter_mut().for_each(|part| *part *= self.kept);
            self.shadow.scale(self.kept);
            self.kept = 1.0;
        }
        let factor = per_length * unseen(ancestor.depth()) / self.kept;
        ancestor.add_gaps(self.x, factor, &mut self.tree);
    }
}

impl AttributionVisitor<'_> {
    /// The attribution of a query equal to the leaf's point.
    #[cold]
    #[inline(never)]
    fn by_shadow(&mut self, leaf: &impl Leaf) {
        let Self {
            dimensions,
            score: ScoreVisitor { score },
            spread,
            scratch,
            ..
        } = self;
        // A tree that holds nothing else knows no direction.
        let even = *score / (2.0 * *dimensions as f64);
        spread.shadow = Parts::new(spread.tree.len());
        spread.shadow.high[..*dimensions].fill(even);
        spread.shadow.low[..*dimensions].fill(even);
        leaf.shadow(spread.x, scratch, spread);
        // Of boxes that are to come, the noise floor's, it may lie on other sides than of the
        // shadows.
        spread.shadow.add_signed(1.0, &spread.tree);
        spread.tree.fill(0.0);
        spread.shadow.rescale(*score);
        spread.kept = 1.0;
    }
}

impl Visitor for AttributionVisitor<'_> {
    const USES_PARTS: bool = true;

    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let walks_up = self.score.leaf(leaf);
        let _ = self.spread.leaf(leaf);
        if leaf.is_query() {
            self.by_shadow(leaf);
        }
        walks_up
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        self.score.ancestor(ancestor);
        self.spread.ancestor(ancestor);
    }
}

/// Sum of the distances by which `x` lies outside of the box, in double precision.
#[inline(always)]
pub(crate) fn gap(x: &[f32], bounds: Corners<'_>) -> f64 {
    // Eight sums, for the sake of vector instructions.
    let mut sums = [0.0; 8];
    for (i, ((&x, &lo), &hi)) in x.iter().zip(bounds.low).zip(bounds.high).enumerate() {
        sums[i % 8] += f64::from(max(max(lo - x, x - hi), 0.0));
    }
    sums.iter().sum()
}
