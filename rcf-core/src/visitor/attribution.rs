//! Attribution: the share of each dimension, and of each direction, in the score.
//!
//! The score's recursion, on a vector: at each box, the part `p / (k + 1)` of the score goes to the
//! dimensions in proportion to how far the query lies outside there, above (`high`) or below
//! (`low`). The parts always add up to the score.
//!
//! A query equal to a sampled point lies outside of no box. Its score is spread by the *shadow*
//! boxes, those of the siblings along its path: what the boxes would be without the point.

use super::{Ancestor, Leaf, Visitor};
use crate::index::Index;
use crate::simd::{max, min};
use crate::tree::bounding_box::{Corners, Geometry};
use crate::visitor::score::{seen, unseen};

/// Sums of attributions over trees, with the working memory of one tree.
#[derive(Debug)]
pub(crate) struct AttributionSum {
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    tree_high: Vec<f64>,
    tree_low: Vec<f64>,
    shadow_low: Vec<f32>,
    shadow_high: Vec<f32>,
}

impl AttributionSum {
    /// For rows of `stride` floats.
    pub(crate) fn new(stride: usize) -> Self {
        let zeros = || vec![0.0; stride];
        Self {
            high: zeros(),
            low: zeros(),
            tree_high: zeros(),
            tree_low: zeros(),
            shadow_low: vec![0.0; stride],
            shadow_high: vec![0.0; stride],
        }
    }

    /// Adds the attribution that a visitor left for one tree.
    #[inline(always)]
    pub(crate) fn add_tree(&mut self, factor: f64) {
        for (sum, &part) in self.high.iter_mut().zip(&self.tree_high) {
            *sum += factor * part;
        }
        for (sum, &part) in self.low.iter_mut().zip(&self.tree_low) {
            *sum += factor * part;
        }
    }

    /// `A ← share · outside / Σ outside + keep · A`
    #[inline(always)]
    fn blend(&mut self, x: &[f32], bounds: Corners<'_>, share: f64, keep: f64) {
        let total = gap(x, bounds);
        let scale = share / total;
        let each = x.iter().zip(bounds.low).zip(bounds.high);
        let parts = self.tree_high.iter_mut().zip(self.tree_low.iter_mut());
        for (((&x, &lo), &hi), (high, low)) in each.zip(parts) {
            *high = scale * f64::from(max(x - hi, 0.0)) + keep * *high;
            *low = scale * f64::from(max(lo - x, 0.0)) + keep * *low;
        }
    }

    /// The attribution of a query equal to the leaf's point.
    fn by_shadow<I: Index, G: Geometry>(
        &mut self,
        x: &[f32],
        dimensions: usize,
        leaf: &Leaf<'_, I, G>,
        score: f64,
    ) {
        // A tree that holds nothing else knows no direction.
        let even = score / (2.0 * dimensions as f64);
        self.tree_high[..dimensions].fill(even);
        self.tree_low[..dimensions].fill(even);
        let (mut shadow_low, mut shadow_high) = (
            std::mem::take(&mut self.shadow_low),
            std::mem::take(&mut self.shadow_high),
        );
        for depth in (0..leaf.depth()).rev() {
            let Some(Corners { low, high }) = leaf.sibling(depth) else {
                break;
            };
            if depth + 1 == leaf.depth() {
                shadow_low.copy_from_slice(low);
                shadow_high.copy_from_slice(high);
            } else {
                shadow_low
                    .iter_mut()
                    .zip(low)
                    .for_each(|(a, &b)| *a = min(*a, b));
                shadow_high
                    .iter_mut()
                    .zip(high)
                    .for_each(|(a, &b)| *a = max(*a, b));
            }
            let shadow = Corners {
                low: &shadow_low,
                high: &shadow_high,
            };
            let gap = gap(x, shadow);
            if gap == 0.0 {
                break;
            }
            let range: f64 = shadow
                .high
                .iter()
                .zip(shadow.low)
                .map(|(&h, &l)| f64::from(h) - f64::from(l))
                .sum();
            let p = gap / (gap + range);
            self.blend(x, shadow, p * unseen(depth), 1.0 - p);
        }
        (self.shadow_low, self.shadow_high) = (shadow_low, shadow_high);
        let total: f64 = self.tree_high.iter().chain(&self.tree_low).sum();
        let scale = score / total;
        self.tree_high
            .iter_mut()
            .chain(&mut self.tree_low)
            .for_each(|part| *part *= scale);
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

/// Computes the attribution on one tree, not yet normalised.
#[derive(Debug)]
pub(crate) struct AttributionVisitor<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) dimensions: usize,
    pub(crate) sum: &'a mut AttributionSum,
}

impl<I: Index, G: Geometry> Visitor<I, G> for AttributionVisitor<'_> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &Leaf<'_, I, G>) -> bool {
        let depth = leaf.depth();
        if leaf.equal {
            let score = seen(depth, leaf.mass(), leaf.tree.mass());
            self.sum.by_shadow(self.x, self.dimensions, leaf, score);
        } else {
            let point = Corners {
                low: leaf.row,
                high: leaf.row,
            };
            self.sum.tree_high.fill(0.0);
            self.sum.tree_low.fill(0.0);
            self.sum.blend(self.x, point, unseen(depth), 0.0);
        }
        !leaf.equal
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &Ancestor<'_>) {
        let Ancestor {
            depth,
            gap,
            range,
            corners,
        } = *ancestor;
        let p = gap / (gap + range);
        self.sum.blend(self.x, corners, p * unseen(depth), 1.0 - p);
    }
}
