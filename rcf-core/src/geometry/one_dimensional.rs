//! One dimension: a bounding box is its two ends.

use super::{Corners, Geometry};
use crate::simd::{max, min};

/// One dimension. Trees with boxes over it are those of large samples, and what the tests hold
/// [`LineTree`](crate::tree::sorted::LineTree)s to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line;

impl Geometry for Line {
    type Parts = ();

    #[inline(always)]
    fn row_len(self) -> usize {
        1
    }

    #[inline(always)]
    fn box_len(self) -> usize {
        2
    }

    #[inline(always)]
    fn coordinate(self, x: &[f32], _: usize) -> f32 {
        x[0]
    }

    #[inline(always)]
    fn everywhere(self) {}

    #[inline(always)]
    fn gap(self, _: &mut (), Corners { low, high }: Corners<'_>, x: &[f32]) -> Option<f32> {
        let gap = max(low[0] - x[0], x[0] - high[0]);
        (gap > 0.0).then_some(gap)
    }

    #[inline(always)]
    fn gap_and_parts(self, (): &mut (), corners: Corners<'_>, x: &[f32]) -> Option<f32> {
        self.gap(&mut (), corners, x)
    }

    #[inline(always)]
    fn add_gaps(self, (): &(), corners: Corners<'_>, x: &[f32], factor: f64, sums: &mut [f64]) {
        let (above, below) = (x[0] - corners.high[0], corners.low[0] - x[0]);
        sums[0] += factor * f64::from(max(above, 0.0) - max(below, 0.0));
    }

    #[inline(always)]
    fn range(self, bounds: &[f32]) -> f32 {
        bounds[1] - bounds[0]
    }

    #[inline(always)]
    fn corners(self, bounds: &[f32]) -> Corners<'_> {
        Corners {
            low: &bounds[..1],
            high: &bounds[1..],
        }
    }

    #[inline(always)]
    fn span(self, bounds: &mut [f32], a: &[f32], b: &[f32]) {
        bounds.copy_from_slice(&[min(a[0], b[0]), max(a[0], b[0])]);
    }

    #[inline(always)]
    fn cover_measured(self, bounds: &mut [f32], x: &[f32]) {
        self.cover(bounds, x);
    }

    #[inline(always)]
    fn begin(self, bounds: &mut [f32], x: &[f32]) {
        bounds.fill(x[0]);
    }

    #[inline(always)]
    fn cover(self, bounds: &mut [f32], x: &[f32]) {
        bounds[0] = min(bounds[0], x[0]);
        bounds[1] = max(bounds[1], x[0]);
    }

    #[inline(always)]
    fn clear(self, (): &(), bounds: &mut [f32]) {
        bounds.copy_from_slice(&[f32::INFINITY, f32::NEG_INFINITY]);
    }

    #[inline(always)]
    fn extend(self, (): &(), bounds: &mut [f32], other: Corners<'_>) {
        bounds[0] = min(bounds[0], other.low[0]);
        bounds[1] = max(bounds[1], other.high[0]);
    }

    #[inline(always)]
    fn measure(self, _: &mut [f32]) {}

    #[inline(always)]
    fn copy(self, (): &(), bounds: &mut [f32], from: &[f32]) {
        bounds.copy_from_slice(from);
    }

    #[inline(always)]
    fn is_touched(self, (): &mut (), bounds: &[f32], x: &[f32]) -> bool {
        (bounds[0] == x[0]) | (bounds[1] == x[0])
    }
}
