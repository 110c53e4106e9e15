//! The kernels, lane by lane, in the form that compilers turn into vector instructions.

/// Lanes of one vector.
pub(crate) const LANES: usize = 8;
/// Lanes of the half vector that ends a row whose length is not a multiple of [`LANES`].
pub(crate) const HALF: usize = LANES / 2;

/// The larger one. Unlike `f32::max` it need not care for NaN, and is one instruction.
#[inline(always)]
pub(crate) fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller one.
#[inline(always)]
pub(crate) fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// How far each coordinate of `x` lies outside of `[lo, hi]`.
#[inline(always)]
pub(crate) fn gaps<const N: usize>(lo: &[f32; N], hi: &[f32; N], x: &[f32; N]) -> [f32; N] {
    std::array::from_fn(|i| max(max(lo[i] - x[i], x[i] - hi[i]), 0.0))
}

/// The side lengths of the box.
#[inline(always)]
pub(crate) fn sides<const N: usize>(lo: &[f32; N], hi: &[f32; N]) -> [f32; N] {
    std::array::from_fn(|i| hi[i] - lo[i])
}

/// Adds `values` to the first lanes.
#[inline(always)]
pub(crate) fn accumulate<const N: usize>(sums: &mut [f32; LANES], values: &[f32; N]) {
    for i in 0..N {
        sums[i] += values[i];
    }
}

/// The sum of the lanes, always in this order.
#[inline(always)]
pub(crate) fn total(s: &[f32; LANES]) -> f32 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// Whether any value is above zero.
#[inline(always)]
pub(crate) fn any_positive<const N: usize>(values: &[f32; N]) -> bool {
    values.iter().fold(false, |any, &value| any | (value > 0.0))
}
