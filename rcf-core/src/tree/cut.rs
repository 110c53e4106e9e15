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
    let mut rest = rng.unit() * total;
    let mut dimension = 0;
    let mut into = 0.0;
    'passed: for four in 0..fours {
        for (i, length) in stretches(bounds, x, FOUR * four).into_iter().enumerate() {
            if length > 0.0 {
                (dimension, into) = (FOUR * four + i, rest);
                rest -= length;
                if rest < 0.0 {
                    break 'passed;
                }
                // The last stretch also gets what rounding may have left over.
            }
        }
    }
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

/// Dimensions that are measured at once.
const FOUR: usize = 4;

/// The lengths of the stretches between the box and `x` from dimension `first` on; 0 beyond the
/// last.
#[inline(always)]
fn stretches(Corners { low, high }: Corners<'_>, x: &[f32], first: usize) -> [f64; FOUR] {
    let stretch = |lo: f32, hi: f32, x: f32| {
        let (lo, hi, x) = (f64::from(lo), f64::from(hi), f64::from(x));
        larger(larger(lo - x, x - hi), 0.0)
    };
    match (
        low[first..].first_chunk(),
        high[first..].first_chunk(),
        x[first..].first_chunk(),
    ) {
        (Some(low), Some(high), Some(x)) => {
            let (low, high, x): (&[f32; FOUR], &[f32; FOUR], &[f32; FOUR]) = (low, high, x);
            std::array::from_fn(|i| stretch(low[i], high[i], x[i]))
        }
        _ => std::array::from_fn(|i| match x.get(first + i) {
            Some(&x) => stretch(low[first + i], high[first + i], x),
            None => 0.0,
        }),
    }
}
