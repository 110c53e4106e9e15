//! Drawing the cut that separates a new point from a box.

use crate::geometry::Corners;
use crate::rng::TreeRng;
use crate::simd::larger;

/// A cut: `x[dimension] <= value` lies to the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    pub(crate) dimension: usize,
    pub(crate) value: f32,
}

/// Draws a random cut of `box ∪ x`, given that it leaves `x` alone: uniform over the stretches
/// between the box and `x`, all dimensions laid end to end (the paper, definition 1).
///
/// `x` must lie outside of the box. Sums are in double precision, dimension by dimension.
#[inline(always)]
pub(crate) fn separating_cut(bounds: Corners<'_>, x: &[f32], rng: &mut TreeRng) -> Cut {
    let fours = x.len().div_ceil(FOUR);
    let mut total = 0.0;
    for four in 0..fours {
        for length in stretches(bounds, x, FOUR * four) {
            total += length;
        }
    }
    let (dimension, into) = place(bounds, x, rng.unit() * total);
    let Corners { low, high } = bounds;
    let x = x[dimension];
    let (from, to) = if x < low[dimension] {
        (x, low[dimension])
    } else {
        (high[dimension], x)
    };
    let value = (f64::from(from) + into) as f32;
    // Half-open: a value rounded onto the far end would leave nothing to the right.
    Cut {
        dimension,
        value: if value < to { value } else { to.next_down() },
    }
}

/// The dimension of the stretch that holds this distance from the start of the first one, and the
/// distance from its own start. A length beyond the last stretch, by rounding, is in the last one.
#[inline(always)]
fn place(bounds: Corners<'_>, x: &[f32], distance: f64) -> (usize, f64) {
    let mut rest = distance;
    for four in 0..x.len().div_ceil(FOUR) {
        let lengths = stretches(bounds, x, FOUR * four);
        // Where it ends is unpredictable, so that the stretches it passes are counted.
        let (mut before, mut passed) = ([rest; FOUR], 0);
        for i in 0..FOUR {
            before[i] = rest;
            rest -= lengths[i];
            passed += usize::from(rest >= 0.0);
        }
        if passed < FOUR {
            return (FOUR * four + passed, before[passed]);
        }
    }
    last_place(bounds, x, distance)
}

#[cold]
fn last_place(Corners { low, high }: Corners<'_>, x: &[f32], distance: f64) -> (usize, f64) {
    let (mut place, mut rest) = ((0, 0.0), distance);
    for dimension in 0..x.len() {
        let length = stretch(low[dimension], high[dimension], x[dimension]);
        if length > 0.0 {
            place = (dimension, rest);
            rest -= length;
        }
    }
    place
}

/// Dimensions that are measured at once.
const FOUR: usize = 4;

/// The lengths of the stretches between the box and `x` from dimension `first` on; 0 beyond the
/// last.
#[inline(always)]
fn stretches(Corners { low, high }: Corners<'_>, x: &[f32], first: usize) -> [f64; FOUR] {
    let mut lengths = [0.0; FOUR];
    match (
        low[first..].first_chunk::<FOUR>(),
        high[first..].first_chunk::<FOUR>(),
        x[first..].first_chunk::<FOUR>(),
    ) {
        // Loops, because closures are not always inlined into kernels.
        (Some(low), Some(high), Some(x)) => {
            for i in 0..FOUR {
                lengths[i] = stretch(low[i], high[i], x[i]);
            }
        }
        _ => {
            for i in first..x.len() {
                lengths[i - first] = stretch(low[i], high[i], x[i]);
            }
        }
    }
    lengths
}

#[inline(always)]
fn stretch(low: f32, high: f32, x: f32) -> f64 {
    let (low, high, x) = (f64::from(low), f64::from(high), f64::from(x));
    larger(larger(low - x, x - high), 0.0)
}
