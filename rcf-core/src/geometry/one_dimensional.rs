//! One-dimensional bounding boxes: intervals.

use super::{Corners, Geometry, Measured, Unmeasured};
use crate::simd::{LANES, Portable, max, min};

/// One dimension. Only large samples have trees with boxes in it; the tests also compare
/// [`SortedTree`](crate::tree::sorted::SortedTree) with them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneDimensional;

impl Geometry for OneDimensional {
    type Parts = ();
    type Simd = Portable;

    #[inline(always)]
    fn row_len(self) -> usize {
        1
    }

    #[inline(always)]
    fn box_len(self) -> usize {
        2
    }

    #[inline(always)]
    fn everywhere(self) {}

    #[inline(always)]
    fn gap(self, _: &mut (), Corners { low, high }: Corners<'_>, x: &[f32]) -> Option<f32> {
        let gap = max(low[0] - x[0], x[0] - high[0]);
        (gap > 0.0).then_some(gap)
    }

    #[inline(always)]
    fn goes_in_step(self) -> bool {
        false
    }

    #[inline(always)]
    fn simd(self) -> Portable {
        Portable
    }

    #[inline(always)]
    fn gap_terms(self, Corners { low, high }: Corners<'_>, x: &[f32]) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        lanes[0] = max(max(low[0] - x[0], x[0] - high[0]), 0.0);
        lanes
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
    fn corners(self, record: &[f32]) -> Corners<'_> {
        Corners {
            low: &record[..1],
            high: &record[1..],
        }
    }

    #[inline(always)]
    fn span<'r>(self, record: &'r mut [f32], a: &[f32], b: &[f32]) -> Measured<'r> {
        record.copy_from_slice(&[min(a[0], b[0]), max(a[0], b[0])]);
        self.measure(Unmeasured(record))
    }

    #[inline(always)]
    fn begin<'r>(self, record: &'r mut [f32], x: &[f32]) -> Unmeasured<'r> {
        record.fill(x[0]);
        Unmeasured(record)
    }

    #[inline(always)]
    fn clear<'r>(self, (): &(), record: &'r mut [f32]) -> Unmeasured<'r> {
        record.copy_from_slice(&[f32::INFINITY, f32::NEG_INFINITY]);
        Unmeasured(record)
    }

    #[inline(always)]
    fn cover(self, Unmeasured(bounds): &mut Unmeasured<'_>, x: &[f32]) {
        bounds[0] = min(bounds[0], x[0]);
        bounds[1] = max(bounds[1], x[0]);
    }

    #[inline(always)]
    fn cover_measured<'r>(self, mut bounds: Unmeasured<'r>, x: &[f32]) -> Measured<'r> {
        self.cover(&mut bounds, x);
        self.measure(bounds)
    }

    #[inline(always)]
    fn extend(self, (): &(), Unmeasured(bounds): &mut Unmeasured<'_>, other: Corners<'_>) {
        bounds[0] = min(bounds[0], other.low[0]);
        bounds[1] = max(bounds[1], other.high[0]);
    }

    #[inline(always)]
    fn copy<'r>(self, (): &(), bounds: Unmeasured<'r>, from: &[f32]) -> Unmeasured<'r> {
        bounds.0.copy_from_slice(from);
        bounds
    }

    /// The range is the difference of the bounds.
    #[inline(always)]
    fn measure(self, Unmeasured(bounds): Unmeasured<'_>) -> Measured<'_> {
        Measured {
            range: bounds[1] - bounds[0],
            record: bounds,
        }
    }

    #[inline(always)]
    fn is_touched(self, (): &mut (), bounds: Measured<'_>, x: &[f32]) -> bool {
        (bounds.record[0] == x[0]) | (bounds.record[1] == x[0])
    }
}
