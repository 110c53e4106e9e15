//! Bounding boxes, and how points are measured against them.
//!
//! A box is a record of single-precision floats: low corner, high corner and, except on a line, its
//! range (the sum of its side lengths). A [`Geometry`] knows the layout. One dimension has a
//! geometry of its own, a few instructions long; all others go by vectors.

use crate::simd::portable::{HALF, LANES, accumulate, any_positive, gaps, max, min, sides, total};

/// How points and boxes are laid out, and measured against each other.
pub(crate) trait Geometry: Copy {
    /// Where a point that climbs from box to larger box may still lie outside of them.
    type Outside;

    /// Floats in a box.
    fn box_len(self) -> usize;

    /// The coordinate of `x` in this dimension.
    fn coordinate(self, x: &[f32], dimension: usize) -> f32;

    /// Before the climb: a point may lie outside anywhere.
    fn anywhere(self) -> Self::Outside;

    /// Sum over the dimensions of the distances by which `x` lies outside of `bounds`; 0 exactly if
    /// `x` is inside. `outside` narrows: boxes must come in growing order.
    fn gap(self, outside: &mut Self::Outside, bounds: &[f32], x: &[f32]) -> f32;

    /// Sum of the side lengths.
    fn range(self, bounds: &[f32]) -> f32;

    /// The corners of a box.
    fn corners(self, bounds: &[f32]) -> Corners<'_>;

    /// Extends the box to contain `x`.
    fn include(self, bounds: &mut [f32], x: &[f32]);

    /// Makes `bounds` the union of the boxes `[lo_a | hi_a]` and `[lo_b | hi_b]`; tells whether it
    /// changed.
    fn unite(self, bounds: &mut [f32], a: Corners<'_>, b: Corners<'_>) -> bool;
}

/// A box given by its corners; a point is the box of which it is both corners.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Corners<'a> {
    pub(crate) low: &'a [f32],
    pub(crate) high: &'a [f32],
}

impl<'a> Corners<'a> {
    #[inline(always)]
    pub(crate) fn of_point(row: &'a [f32]) -> Self {
        Self {
            low: row,
            high: row,
        }
    }
}

/// Floats in a row of `dimensions` coordinates: whole vectors and at most one half, the rest zeros.
pub(crate) fn stride(dimensions: usize) -> usize {
    if dimensions == 1 {
        1
    } else {
        dimensions.next_multiple_of(HALF)
    }
}

/// One dimension.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line;

impl Geometry for Line {
    type Outside = ();

    #[inline(always)]
    fn box_len(self) -> usize {
        2
    }

    #[inline(always)]
    fn coordinate(self, x: &[f32], _: usize) -> f32 {
        x[0]
    }

    #[inline(always)]
    fn anywhere(self) {}

    #[inline(always)]
    fn gap(self, _: &mut (), bounds: &[f32], x: &[f32]) -> f32 {
        max(max(bounds[0] - x[0], x[0] - bounds[1]), 0.0)
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
    fn include(self, bounds: &mut [f32], x: &[f32]) {
        bounds[0] = min(bounds[0], x[0]);
        bounds[1] = max(bounds[1], x[0]);
    }

    #[inline(always)]
    fn unite(self, bounds: &mut [f32], a: Corners<'_>, b: Corners<'_>) -> bool {
        let new = [min(a.low[0], b.low[0]), max(a.high[0], b.high[0])];
        let changed = bounds != new;
        bounds.copy_from_slice(&new);
        changed
    }
}

/// Two dimensions or more, by vectors of eight lanes and at most one half vector.
///
/// A point that is inside a box in some dimension stays inside all larger boxes there. The climb
/// therefore keeps a set of the vectors in which the point was last seen outside, and reads no
/// other part of the boxes above.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes {
    stride: usize,
    /// Whole vectors in a row.
    vectors: usize,
    /// Vectors that share one bit of the set of [`Outside`].
    vectors_per_bit: usize,
}

/// The vectors in which a climbing point may be outside: a bit each, or for several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outside {
    vectors: u64,
    half: bool,
}

impl Lanes {
    pub(crate) fn new(dimensions: usize) -> Self {
        let stride = stride(dimensions);
        let vectors = stride / LANES;
        let vectors_per_bit = vectors.div_ceil(u64::BITS as usize).max(1);
        Self {
            stride,
            vectors,
            vectors_per_bit,
        }
    }

    #[inline(always)]
    fn has_half(self) -> bool {
        !self.stride.is_multiple_of(LANES)
    }
}

/// The `i`-th vector of a row.
#[inline(always)]
fn vector(row: &[f32], i: usize) -> &[f32; LANES] {
    &row.as_chunks().0[i]
}

/// The half vector that ends a row.
#[inline(always)]
fn half(row: &[f32]) -> &[f32; HALF] {
    row.last_chunk()
        .expect("a row of vectors has at least four floats")
}

impl Geometry for Lanes {
    type Outside = Outside;

    #[inline(always)]
    fn box_len(self) -> usize {
        2 * self.stride + 1
    }

    #[inline(always)]
    fn coordinate(self, x: &[f32], dimension: usize) -> f32 {
        x[dimension]
    }

    #[inline(always)]
    fn anywhere(self) -> Outside {
        let bits = self.vectors.div_ceil(self.vectors_per_bit);
        let vectors = if bits == 64 {
            u64::MAX
        } else {
            (1 << bits) - 1
        };
        Outside {
            vectors,
            half: self.has_half(),
        }
    }

    #[inline(always)]
    fn gap(self, outside: &mut Outside, bounds: &[f32], x: &[f32]) -> f32 {
        let Corners { low, high } = self.corners(bounds);
        let mut sums = [0.0; LANES];
        let (mut remaining, mut still) = (outside.vectors, 0);
        while remaining != 0 {
            let bit = remaining.trailing_zeros() as usize;
            remaining &= remaining - 1;
            let mut any = false;
            let first = bit * self.vectors_per_bit;
            for i in first..(first + self.vectors_per_bit).min(self.vectors) {
                let gaps = gaps(vector(low, i), vector(high, i), vector(x, i));
                accumulate(&mut sums, &gaps);
                any |= any_positive(&gaps);
            }
            still |= u64::from(any) << bit;
        }
        outside.vectors = still;
        if outside.half {
            let gaps = gaps(half(low), half(high), half(x));
            accumulate(&mut sums, &gaps);
            outside.half = any_positive(&gaps);
        }
        total(&sums)
    }

    #[inline(always)]
    fn range(self, bounds: &[f32]) -> f32 {
        bounds[2 * self.stride]
    }

    #[inline(always)]
    fn corners(self, bounds: &[f32]) -> Corners<'_> {
        let (low, rest) = bounds.split_at(self.stride);
        Corners {
            low,
            high: &rest[..self.stride],
        }
    }

    #[inline(always)]
    fn include(self, bounds: &mut [f32], x: &[f32]) {
        let (low, high) = bounds.split_at_mut(self.stride);
        for ((low, high), &x) in low.iter_mut().zip(high).zip(x) {
            *low = min(*low, x);
            *high = max(*high, x);
        }
        self.measure(bounds);
    }

    #[inline(always)]
    fn unite(self, bounds: &mut [f32], a: Corners<'_>, b: Corners<'_>) -> bool {
        let (low, high) = bounds.split_at_mut(self.stride);
        let lows = replace_by(low, a.low, b.low, min);
        let highs = replace_by(high, a.high, b.high, max);
        let changed = lows | highs;
        if changed {
            self.measure(bounds);
        }
        changed
    }
}

impl Lanes {
    /// Writes the range of the box into its record.
    #[inline(always)]
    fn measure(self, bounds: &mut [f32]) {
        let Corners { low, high } = self.corners(bounds);
        let mut sums = [0.0; LANES];
        for i in 0..self.vectors {
            accumulate(&mut sums, &sides(vector(low, i), vector(high, i)));
        }
        if self.has_half() {
            accumulate(&mut sums, &sides(half(low), half(high)));
        }
        bounds[2 * self.stride] = total(&sums);
    }
}

/// Sets `target[i] = choose(a[i], b[i])`; tells whether anything changed.
#[inline(always)]
fn replace_by(target: &mut [f32], a: &[f32], b: &[f32], choose: impl Fn(f32, f32) -> f32) -> bool {
    let mut changed = false;
    for ((target, &a), &b) in target.iter_mut().zip(a).zip(b) {
        let new = choose(a, b);
        changed |= *target != new;
        *target = new;
    }
    changed
}
