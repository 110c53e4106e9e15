//! Drawing the cut that separates a new point from a box.

use super::bounding_box::Corners;
use crate::rng::TreeRng;

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
    let Corners { low, high } = bounds;
    let stretches = || {
        low.iter()
            .zip(high)
            .zip(x)
            .map(|((&lo, &hi), &x)| stretch(lo, hi, x))
    };
    let total: f64 = stretches().sum();
    let mut rest = rng.unit() * total;
    let mut dimension = 0;
    let mut into = 0.0;
    for (i, length) in stretches().enumerate() {
        if length > 0.0 {
            (dimension, into) = (i, rest);
            rest -= length;
            if rest < 0.0 {
                break;
            }
            // The last stretch also gets what rounding may have left over.
        }
    }
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

/// The length of the stretch between `[lo, hi]` and `x`.
#[inline(always)]
fn stretch(lo: f32, hi: f32, x: f32) -> f64 {
    let (lo, hi, x) = (f64::from(lo), f64::from(hi), f64::from(x));
    larger(larger(lo - x, x - hi), 0.0)
}

/// Unlike `f64::max` it need not care for NaN, and is one instruction.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
