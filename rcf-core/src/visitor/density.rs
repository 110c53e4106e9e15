//! Density around a query, by dimension and direction.
//!
//! The score's recursion on three vectors with a high and a low part for each dimension `i`. With
//! `g_i` the distance by which the query lies outside of a box there, `N` the sum of sides of the
//! box that would include it, `p = Σg / N`, and `m` the mass of the node:
//!
//! ```text
//! probability_i ← g_i / N                        + (1 − p) · probability_i
//! distance_i    ← g_i / N · |x_i − far side_i|   + (1 − p) · distance_i
//! measure_i     ← g_i / N · (m + 1)              + (1 − p) · measure_i
//! ```
//!
//! (at the leaf without the second terms): the probability that a cut in that direction sets the
//! query apart, and the expectations of the extent and of the mass of what it is set apart from. A
//! query equal to the leaf's point has all its directions alike, and no distance.
//!
//! (The interpolation visitor of the AWS libraries.)

use std::ops::ControlFlow;

use super::attribution::gap;
use super::{Ancestor, Leaf, Visitor};
use crate::geometry::Corners;

/// What is known of one direction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Toward {
    pub(crate) probability: f64,
    pub(crate) distance: f64,
    pub(crate) measure: f64,
}

impl Toward {
    #[inline(always)]
    fn blend(&mut self, share: f64, distance: f64, measure: f64, keep: f64) {
        self.probability = share + keep * self.probability;
        self.distance = share * distance + keep * self.distance;
        self.measure = share * measure + keep * self.measure;
    }

    fn add(&mut self, other: &Self) {
        self.probability += other.probability;
        self.distance += other.distance;
        self.measure += other.measure;
    }
}

/// Sums over trees what a query sees in each direction.
#[derive(Debug)]
pub(crate) struct DensitySum<'a> {
    x: &'a [f32],
    /// High and low of each dimension, on the present tree.
    here: Vec<[Toward; 2]>,
    pub(crate) sum: Vec<[Toward; 2]>,
}

impl<'a> DensitySum<'a> {
    /// For a query without its padding.
    pub(crate) fn new(x: &'a [f32]) -> Self {
        let nothing = vec![[Toward::default(); 2]; x.len()];
        Self {
            x,
            here: nothing.clone(),
            sum: nothing,
        }
    }

    #[inline(always)]
    fn blend(&mut self, corners: Corners<'_>, gap: f64, range: f64, mass: usize) {
        let extent = gap + range;
        let keep = range / extent;
        let measure = mass as f64 + 1.0;
        let sides = self.x.iter().zip(corners.low).zip(corners.high);
        for ([high, low], ((&x, &lo), &hi)) in self.here.iter_mut().zip(sides) {
            let (x, lo, hi) = (f64::from(x), f64::from(lo), f64::from(hi));
            high.blend((x - hi).max(0.0) / extent, x - lo, measure, keep);
            low.blend((lo - x).max(0.0) / extent, hi - x, measure, keep);
        }
    }
}

impl Visitor for DensitySum<'_> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        if leaf.is_query() {
            let even = 0.5 / self.x.len() as f64;
            let toward = Toward {
                probability: even,
                distance: 0.0,
                measure: even * (leaf.mass() as f64 + 1.0),
            };
            self.here.fill([toward; 2]);
            return ControlFlow::Break(());
        }
        let corners = Corners::of_point(leaf.row());
        self.here.fill([Toward::default(); 2]);
        self.blend(corners, gap(self.x, corners), 0.0, leaf.mass());
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        // In double precision, so that the shares add up.
        let gap = gap(self.x, ancestor.corners());
        self.blend(ancestor.corners(), gap, ancestor.range(), ancestor.mass());
    }

    #[inline(always)]
    fn finish(&mut self, _: usize) -> ControlFlow<()> {
        for (sum, here) in self.sum.iter_mut().zip(&self.here) {
            sum[0].add(&here[0]);
            sum[1].add(&here[1]);
        }
        ControlFlow::Continue(())
    }
}
