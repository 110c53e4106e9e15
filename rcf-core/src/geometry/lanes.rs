//! Two dimensions or more, by vectors of eight lanes.

use super::{Corners, Geometry, Measured, Unmeasured};
use crate::layout::{goes_in_step, stride};
use crate::simd::{Descents, HALF, LANES, Simd};

/// Two dimensions or more, by vectors of eight lanes and at most one half vector.
///
/// A point that is inside a box in some dimension stays inside all larger boxes there, and a box
/// that did not change in some dimension changes no larger box there. Walks up therefore keep a set
/// of the vectors that still matter, and read no other part of the boxes above.
///
/// Where the length of a row is known beforehand, `STRIDE`, as for the usual shingles, the compiler
/// drops sets, loops and checks; 0 means any length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes<S, const STRIDE: usize> {
    simd: S,
    stride: usize,
    /// A bit for each lane of the last vector, or half, that is not padding.
    last_lanes: u32,
}

/// A set of vectors of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// A bit for each of the first vectors. Those beyond, of very long rows, are always in it.
    vectors: u64,
    half: bool,
}

/// Rows of up to this many whole vectors are compared as a whole: which ones matter is hard to
/// predict.
const SHORT: usize = 16;

/// The same where the parts are used for more than to compare.
const FEW: usize = 3;

/// Vectors that have a bit in [`Parts`].
const TRACKED: usize = u64::BITS as usize;

impl<S: Simd, const STRIDE: usize> Lanes<S, STRIDE> {
    pub(crate) fn new(simd: S, dimensions: usize) -> Self {
        let stride = stride(dimensions);
        let last = if stride.is_multiple_of(LANES) {
            LANES
        } else {
            HALF
        };
        Self {
            simd,
            stride,
            last_lanes: (1 << (last - (stride - dimensions))) - 1,
        }
    }

    #[inline(always)]
    fn stride(self) -> usize {
        if STRIDE == 0 { self.stride } else { STRIDE }
    }

    #[inline(always)]
    fn vectors(self) -> usize {
        self.stride() / LANES
    }

    #[inline(always)]
    fn has_half(self) -> bool {
        !self.stride().is_multiple_of(LANES)
    }

    /// How far each lane of `x` lies outside.
    #[inline(always)]
    fn gaps(self, low: S::Vector, high: S::Vector, x: S::Vector) -> S::Vector {
        let simd = self.simd;
        simd.max(simd.max(simd.sub(low, x), simd.sub(x, high)), simd.zero())
    }

    /// The whole vectors of a row. All rows have as many, so that one check of a number does for
    /// several of them.
    #[inline(always)]
    fn whole(self, row: &[f32]) -> &[[f32; LANES]] {
        &row.as_chunks().0[..self.vectors()]
    }

    #[inline(always)]
    fn whole_mut(self, row: &mut [f32]) -> &mut [[f32; LANES]] {
        &mut row.as_chunks_mut().0[..self.vectors()]
    }
}

/// Evaluates `$body` for the number `$i` of each vector in the set, in order. (Closures are not
/// always inlined, and their vectors then not instructions.)
macro_rules! for_each_vector {
    ($geometry:expr, $parts:expr, $i:ident => $body:block) => {
        if STRIDE != 0 {
            for $i in 0..STRIDE / LANES {
                $body
            }
        } else {
            let mut remaining = $parts.vectors;
            while remaining != 0 {
                let $i = remaining.trailing_zeros() as usize;
                remaining &= remaining - 1;
                $body
            }
            for $i in TRACKED..$geometry.vectors() {
                $body
            }
        }
    };
}

/// The half vector that ends a row.
#[inline(always)]
fn half(row: &[f32]) -> &[f32; HALF] {
    row.last_chunk()
        .expect("a row of vectors has at least four floats")
}

#[inline(always)]
fn half_mut(row: &mut [f32]) -> &mut [f32; HALF] {
    row.last_chunk_mut()
        .expect("a row of vectors has at least four floats")
}

impl<S: Simd, const STRIDE: usize> Geometry for Lanes<S, STRIDE> {
    type Parts = Parts;
    type Simd = S;

    #[inline(always)]
    fn row_len(self) -> usize {
        self.stride()
    }

    #[inline(always)]
    fn box_len(self) -> usize {
        2 * self.stride()
    }

    #[inline(always)]
    fn descents(self) -> Option<Descents> {
        self.simd.descents()
    }

    #[inline(always)]
    fn everywhere(self) -> Parts {
        let vectors = if self.vectors() < TRACKED {
            (1 << self.vectors()) - 1
        } else {
            u64::MAX
        };
        Parts {
            vectors,
            half: self.has_half(),
        }
    }

    #[inline(always)]
    fn gap(self, outside: &mut Parts, corners: Corners<'_>, x: &[f32]) -> Option<f32> {
        if self.vectors() <= SHORT {
            self.gap_of_all(corners, x)
        } else {
            self.gap_of_parts(outside, corners, x)
        }
    }

    #[inline(always)]
    fn goes_in_step(self) -> bool {
        goes_in_step(self.stride())
    }

    #[inline(always)]
    fn simd(self) -> S {
        self.simd
    }

    #[inline(always)]
    fn gap_terms(self, corners: Corners<'_>, x: &[f32]) -> S::Vector {
        let simd = self.simd;
        let mut sum = simd.zero();
        let (lows, highs) = (self.whole(corners.low), self.whole(corners.high));
        let xs = self.whole(x);
        for i in 0..self.vectors() {
            let (low, high, x) = (&lows[i], &highs[i], &xs[i]);
            let gaps = self.gaps(simd.load(low), simd.load(high), simd.load(x));
            // No gap is a negative zero, so that the first sum is the gap.
            sum = if i == 0 { gaps } else { simd.add(sum, gaps) };
        }
        if self.has_half() {
            let (low, high, x) = (half(corners.low), half(corners.high), half(x));
            let gaps = self.gaps(simd.load_half(low), simd.load_half(high), simd.load_half(x));
            sum = simd.add(sum, gaps);
        }
        sum
    }

    #[inline(always)]
    fn gap_and_parts(self, outside: &mut Parts, corners: Corners<'_>, x: &[f32]) -> Option<f32> {
        if self.vectors() <= FEW {
            self.gap_of_all(corners, x)
        } else {
            self.gap_of_parts(outside, corners, x)
        }
    }

    #[inline(always)]
    fn add_gaps(
        self,
        parts: &Parts,
        corners: Corners<'_>,
        x: &[f32],
        factor: f64,
        sums: &mut [f64],
    ) {
        let simd = self.simd;
        let distances = |low, high, x| {
            let (above, below) = (simd.sub(x, high), simd.sub(low, x));
            simd.sub(simd.max(above, simd.zero()), simd.max(below, simd.zero()))
        };
        let (lows, highs) = (self.whole(corners.low), self.whole(corners.high));
        let xs = self.whole(x);
        let sums = sums.as_chunks_mut().0;
        let (sums, last) = sums.split_at_mut(self.vectors());
        for_each_vector!(self, parts, i => {
            let (low, high, x) = (&lows[i], &highs[i], &xs[i]);
            let distances = distances(simd.load(low), simd.load(high), simd.load(x));
            simd.add_scaled(distances, factor, &mut sums[i]);
        });
        if self.has_half() && parts.half {
            let (low, high, x) = (half(corners.low), half(corners.high), half(x));
            let distances = distances(simd.load_half(low), simd.load_half(high), simd.load_half(x));
            simd.add_scaled(distances, factor, &mut last[0]);
        }
    }

    #[inline(always)]
    fn corners(self, record: &[f32]) -> Corners<'_> {
        let (low, rest) = record.split_at(self.stride());
        Corners {
            low,
            high: &rest[..self.stride()],
        }
    }

    #[inline(always)]
    fn span<'r>(self, bounds: &'r mut [f32], a: &[f32], b: &[f32]) -> Measured<'r> {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs) = (self.whole_mut(low), self.whole_mut(high));
        let (whole_a, whole_b) = (self.whole(a), self.whole(b));
        let mut sum = simd.zero();
        for i in 0..self.vectors() {
            let (a, b) = (simd.load(&whole_a[i]), simd.load(&whole_b[i]));
            let (least, most) = (simd.min(a, b), simd.max(a, b));
            simd.store(least, &mut lows[i]);
            simd.store(most, &mut highs[i]);
            sum = simd.add(sum, simd.sub(most, least));
        }
        if self.has_half() {
            let (a, b) = (simd.load_half(half(a)), simd.load_half(half(b)));
            let (least, most) = (simd.min(a, b), simd.max(a, b));
            simd.store_half(least, half_mut(low));
            simd.store_half(most, half_mut(high));
            sum = simd.add(sum, simd.sub(most, least));
        }
        let range = simd.total(sum);
        Measured {
            record: bounds,
            range,
        }
    }

    #[inline(always)]
    fn cover_measured<'r>(self, Unmeasured(bounds): Unmeasured<'r>, x: &[f32]) -> Measured<'r> {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs, xs) = (self.whole_mut(low), self.whole_mut(high), self.whole(x));
        let mut sum = simd.zero();
        for i in 0..self.vectors() {
            let x = simd.load(&xs[i]);
            let least = simd.min(simd.load(&lows[i]), x);
            let most = simd.max(simd.load(&highs[i]), x);
            simd.store(least, &mut lows[i]);
            simd.store(most, &mut highs[i]);
            sum = simd.add(sum, simd.sub(most, least));
        }
        if self.has_half() {
            let (low, high, x) = (half_mut(low), half_mut(high), simd.load_half(half(x)));
            let least = simd.min(simd.load_half(low), x);
            let most = simd.max(simd.load_half(high), x);
            simd.store_half(least, low);
            simd.store_half(most, high);
            sum = simd.add(sum, simd.sub(most, least));
        }
        let range = simd.total(sum);
        Measured {
            record: bounds,
            range,
        }
    }

    #[inline(always)]
    fn begin<'r>(self, bounds: &'r mut [f32], x: &[f32]) -> Unmeasured<'r> {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs, xs) = (self.whole_mut(low), self.whole_mut(high), self.whole(x));
        for i in 0..self.vectors() {
            let x = simd.load(&xs[i]);
            simd.store(x, &mut lows[i]);
            simd.store(x, &mut highs[i]);
        }
        if self.has_half() {
            let x = simd.load_half(half(x));
            simd.store_half(x, half_mut(low));
            simd.store_half(x, half_mut(high));
        }
        Unmeasured(bounds)
    }

    #[inline(always)]
    fn cover(self, Unmeasured(bounds): &mut Unmeasured<'_>, x: &[f32]) {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs, xs) = (self.whole_mut(low), self.whole_mut(high), self.whole(x));
        for i in 0..self.vectors() {
            let x = simd.load(&xs[i]);
            simd.store(simd.min(simd.load(&lows[i]), x), &mut lows[i]);
            simd.store(simd.max(simd.load(&highs[i]), x), &mut highs[i]);
        }
        if self.has_half() {
            let (low, high, x) = (half_mut(low), half_mut(high), simd.load_half(half(x)));
            simd.store_half(simd.min(simd.load_half(low), x), low);
            simd.store_half(simd.max(simd.load_half(high), x), high);
        }
    }

    #[inline(always)]
    fn clear<'r>(self, parts: &Parts, bounds: &'r mut [f32]) -> Unmeasured<'r> {
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs) = (self.whole_mut(low), self.whole_mut(high));
        // By vectors, here and where boxes are copied: the compiler makes loops over plain floats
        // its own vectors, after a thousand instructions that ask whether these rows overlap.
        let simd = self.simd;
        let (infinity, minus) = (simd.splat(f32::INFINITY), simd.splat(f32::NEG_INFINITY));
        for_each_vector!(self, parts, i => {
            simd.store(infinity, &mut lows[i]);
            simd.store(minus, &mut highs[i]);
        });
        if self.has_half() && parts.half {
            simd.store_half(infinity, half_mut(low));
            simd.store_half(minus, half_mut(high));
        }
        Unmeasured(bounds)
    }

    #[inline(always)]
    fn extend(self, parts: &Parts, Unmeasured(bounds): &mut Unmeasured<'_>, other: Corners<'_>) {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs) = (self.whole_mut(low), self.whole_mut(high));
        let (other_lows, other_highs) = (self.whole(other.low), self.whole(other.high));
        for_each_vector!(self, parts, i => {
            let least = simd.min(simd.load(&lows[i]), simd.load(&other_lows[i]));
            let most = simd.max(simd.load(&highs[i]), simd.load(&other_highs[i]));
            simd.store(least, &mut lows[i]);
            simd.store(most, &mut highs[i]);
        });
        if self.has_half() && parts.half {
            let (low, high) = (half_mut(low), half_mut(high));
            let (other_low, other_high) = (half(other.low), half(other.high));
            simd.store_half(
                simd.min(simd.load_half(low), simd.load_half(other_low)),
                low,
            );
            simd.store_half(
                simd.max(simd.load_half(high), simd.load_half(other_high)),
                high,
            );
        }
    }

    #[inline(always)]
    fn measure(self, Unmeasured(bounds): Unmeasured<'_>) -> Measured<'_> {
        let simd = self.simd;
        let Corners { low, high } = self.corners(bounds);
        let (lows, highs) = (self.whole(low), self.whole(high));
        let mut sum = simd.zero();
        for i in 0..self.vectors() {
            sum = simd.add(sum, simd.sub(simd.load(&highs[i]), simd.load(&lows[i])));
        }
        if self.has_half() {
            let side = simd.sub(simd.load_half(half(high)), simd.load_half(half(low)));
            sum = simd.add(sum, side);
        }
        let range = simd.total(sum);
        Measured {
            record: bounds,
            range,
        }
    }

    #[inline(always)]
    fn copy<'r>(
        self,
        parts: &Parts,
        Unmeasured(bounds): Unmeasured<'r>,
        from: &[f32],
    ) -> Unmeasured<'r> {
        let simd = self.simd;
        let from = self.corners(from);
        let (low, high) = self.corners_mut(bounds);
        let (lows, highs) = (self.whole_mut(low), self.whole_mut(high));
        let (from_lows, from_highs) = (self.whole(from.low), self.whole(from.high));
        for_each_vector!(self, parts, i => {
            simd.store(simd.load(&from_lows[i]), &mut lows[i]);
            simd.store(simd.load(&from_highs[i]), &mut highs[i]);
        });
        if self.has_half() && parts.half {
            simd.store_half(simd.load_half(half(from.low)), half_mut(low));
            simd.store_half(simd.load_half(half(from.high)), half_mut(high));
        }
        Unmeasured(bounds)
    }

    #[inline(always)]
    fn is_touched(self, changing: &mut Parts, bounds: Measured<'_>, x: &[f32]) -> bool {
        let simd = self.simd;
        let Corners { low, high } = self.corners(bounds.record);
        let (lows, highs, xs) = (self.whole(low), self.whole(high), self.whole(x));
        let (mut still, mut any) = (0, false);
        for_each_vector!(self, changing, i => {
            let (low, high) = (simd.load(&lows[i]), simd.load(&highs[i]));
            let mut lanes = simd.equal_lanes(simd.load(&xs[i]), low, high);
            if i + 1 == self.vectors() && !self.has_half() {
                lanes &= self.last_lanes;
            }
            any |= lanes != 0;
            if i < TRACKED {
                still |= u64::from(lanes != 0) << i;
            }
        });
        changing.vectors = still;
        if self.has_half() && changing.half {
            let (low, high, x) = (half(low), half(high), half(x));
            let lanes =
                simd.equal_lanes(simd.load_half(x), simd.load_half(low), simd.load_half(high));
            changing.half = lanes & self.last_lanes != 0;
            any |= changing.half;
        }
        any
    }
}

impl<S: Simd, const STRIDE: usize> Lanes<S, STRIDE> {
    /// [`gap`](Geometry::gap), of these parts alone.
    #[inline(always)]
    fn gap_of_parts(self, outside: &mut Parts, corners: Corners<'_>, x: &[f32]) -> Option<f32> {
        let simd = self.simd;
        let (lows, highs) = (self.whole(corners.low), self.whole(corners.high));
        let xs = self.whole(x);
        let mut sum = simd.zero();
        let mut still = 0;
        for_each_vector!(self, outside, i => {
            let (low, high, x) = (&lows[i], &highs[i], &xs[i]);
            let gaps = self.gaps(simd.load(low), simd.load(high), simd.load(x));
            sum = simd.add(sum, gaps);
            if i < TRACKED {
                still |= u64::from(simd.any_positive(gaps)) << i;
            }
        });
        outside.vectors = still;
        if outside.half {
            let (low, high, x) = (half(corners.low), half(corners.high), half(x));
            let gaps = self.gaps(simd.load_half(low), simd.load_half(high), simd.load_half(x));
            sum = simd.add(sum, gaps);
            outside.half = simd.any_positive(gaps);
        }
        self.total_if_any(sum)
    }

    /// [`gap`](Geometry::gap) over all of a row: where it is short, a set would cost more than it
    /// saves.
    #[inline(always)]
    fn gap_of_all(self, corners: Corners<'_>, x: &[f32]) -> Option<f32> {
        self.total_if_any(self.gap_terms(corners, x))
    }

    /// The total of gaps. Whether there are any is known before it: a walk up that ends here, which
    /// is unpredictable, need not wait for the sum.
    #[inline(always)]
    fn total_if_any(self, gaps: S::Vector) -> Option<f32> {
        self.simd.any_positive(gaps).then(|| self.simd.total(gaps))
    }

    #[inline(always)]
    fn corners_mut(self, bounds: &mut [f32]) -> (&mut [f32], &mut [f32]) {
        let (low, rest) = bounds.split_at_mut(self.stride());
        (low, &mut rest[..self.stride()])
    }
}
