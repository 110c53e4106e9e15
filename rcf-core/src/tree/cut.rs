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
pub(crate) fn separating_cut(bounds: Corners<'_>, x: &[f32], rng: &mut TreeRng) -> Cut {
    let stretches = || {
        bounds
            .low
            .iter()
            .zip(bounds.high)
            .zip(x)
            .enumerate()
            .filter_map(|(i, ((&lo, &hi), &x))| {
                if x < lo {
                    Some((i, x, lo))
                } else if x > hi {
                    Some((i, hi, x))
                } else {
                    None
                }
            })
    };
    let length = |from: f32, to: f32| f64::from(to) - f64::from(from);
    let total: f64 = stretches().map(|(_, from, to)| length(from, to)).sum();
    let mut rest = rng.unit() * total;
    let mut cut = Cut {
        dimension: 0,
        value: 0.0,
    };
    for (dimension, from, to) in stretches() {
        let value = (f64::from(from) + rest) as f32;
        // Half-open: a value rounded onto the far end would leave nothing to the right.
        cut = Cut {
            dimension,
            value: if value < to { value } else { to.next_down() },
        };
        rest -= length(from, to);
        if rest < 0.0 {
            break;
        }
        // The last stretch also gets what rounding may have left over.
    }
    cut
}
