//! Bounding boxes, and how points are measured against them.
//!
//! A box is a record of single-precision floats: low corner, high corner and, except on a line, its
//! range (the sum of its side lengths). A [`Geometry`] knows the layout. One dimension has a
//! geometry of its own, a few instructions long; all others go by vectors.

use crate::simd::{HALF, LANES, Simd, max, min};

/// How points and boxes are laid out, and measured against each other.
pub(crate) trait Geometry: Copy {
    /// The parts of the space that matter to a climb from box to larger box; they become fewer.
    type Parts;

    /// Floats in a box.
    fn box_len(self) -> usize;

    /// The coordinate of `x` in this dimension.
    fn coordinate(self, x: &[f32], dimension: usize) -> f32;

    /// Whether rows and boxes are large enough to be worth a [`Self::prefetch`].
    const PREFETCHES: bool;

    /// Asks for floats that will be read soon.
    fn prefetch(self, floats: &[f32]);

    /// The whole space.
    fn everywhere(self) -> Self::Parts;

    /// Sum over the dimensions of the distances by which `x` lies outside of `bounds`; 0 exactly if
    /// `x` is inside. Looks only at `outside`, and leaves there the parts in which it found `x`
    /// outside: larger boxes contain `x` everywhere else.
    fn gap(self, outside: &mut Self::Parts, bounds: &[f32], x: &[f32]) -> f32;

    /// Sum of the side lengths.
    fn range(self, bounds: &[f32]) -> f32;

    /// The corners of a box.
    fn corners(self, bounds: &[f32]) -> Corners<'_>;

    /// Extends the box to contain `x`.
    fn include(self, bounds: &mut [f32], x: &[f32]);

    /// Makes `bounds` the union of two boxes; tells whether it changed. Looks only at `changing`,
    /// and leaves there the parts that did change: larger boxes stay as they are everywhere else.
    fn unite(
        self,
        changing: &mut Self::Parts,
        bounds: &mut [f32],
        a: Corners<'_>,
        b: Corners<'_>,
    ) -> bool;
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

/// Whether rows of so many coordinates are one vector.
pub(crate) const fn is_one_vector(dimensions: usize) -> bool {
    dimensions > HALF && dimensions <= LANES
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
    type Parts = ();

    #[inline(always)]
    fn box_len(self) -> usize {
        2
    }

    #[inline(always)]
    fn coordinate(self, x: &[f32], _: usize) -> f32 {
        x[0]
    }

    const PREFETCHES: bool = false;

    #[inline(always)]
    fn prefetch(self, _: &[f32]) {}

    #[inline(always)]
    fn everywhere(self) {}

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
    fn unite(self, _: &mut (), bounds: &mut [f32], a: Corners<'_>, b: Corners<'_>) -> bool {
        let new = [min(a.low[0], b.low[0]), max(a.high[0], b.high[0])];
        let changed = bounds != new;
        bounds.copy_from_slice(&new);
        changed
    }
}

/// Two dimensions or more, by vectors of eight lanes and at most one half vector.
///
/// A point that is inside a box in some dimension stays inside all larger boxes there, and a box
/// that did not change in some dimension changes no larger box there. Climbs therefore keep a set
/// of the vectors that still matter, and read no other part of the boxes above.
///
/// With `ONE`, a row is one vector, as for the usual shingles of up to eight values: the compiler then
/// drops sets and loops.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes<S, const ONE: bool> {
    simd: S,
    stride: usize,
    /// Whole vectors in a row.
    vectors: usize,
}

/// A set of vectors of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// A bit for each of the first vectors. Those beyond, of very long rows, are always in it.
    vectors: u64,
    half: bool,
}

/// Vectors that have a bit in [`Parts`].
const TRACKED: usize = u64::BITS as usize;

impl<S: Simd, const ONE: bool> Lanes<S, ONE> {
    pub(crate) fn new(simd: S, dimensions: usize) -> Self {
        let stride = stride(dimensions);
        Self {
            simd,
            stride,
            vectors: stride / LANES,
        }
    }

    #[inline(always)]
    fn stride(self) -> usize {
        if ONE { LANES } else { self.stride }
    }

    #[inline(always)]
    fn vectors(self) -> usize {
        if ONE { 1 } else { self.vectors }
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

    // Not a closure inside of its caller: those are not always inlined, and then not vectors.
    #[inline(always)]
    fn gaps_at(self, i: usize, Corners { low, high }: Corners<'_>, x: &[f32]) -> S::Vector {
        let simd = self.simd;
        let (low, high, x) = (vector(low, i), vector(high, i), vector(x, i));
        self.gaps(simd.load(low), simd.load(high), simd.load(x))
    }
}

/// The whole vectors of a row.
#[inline(always)]
fn vectors(row: &[f32]) -> &[[f32; LANES]] {
    row.as_chunks().0
}

#[inline(always)]
fn vectors_mut(row: &mut [f32]) -> &mut [[f32; LANES]] {
    row.as_chunks_mut().0
}

#[inline(always)]
fn vector(row: &[f32], i: usize) -> &[f32; LANES] {
    &vectors(row)[i]
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

impl<S: Simd, const ONE: bool> Geometry for Lanes<S, ONE> {
    type Parts = Parts;

    #[inline(always)]
    fn box_len(self) -> usize {
        2 * self.stride() + 1
    }

    #[inline(always)]
    fn coordinate(self, x: &[f32], dimension: usize) -> f32 {
        x[dimension]
    }

    const PREFETCHES: bool = true;

    #[inline(always)]
    fn prefetch(self, floats: &[f32]) {
        self.simd.prefetch(floats);
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
    fn gap(self, outside: &mut Parts, bounds: &[f32], x: &[f32]) -> f32 {
        let simd = self.simd;
        let corners = self.corners(bounds);
        if ONE {
            return simd.total(self.gaps_at(0, corners, x));
        }
        let mut sum = simd.zero();
        let (mut remaining, mut still) = (outside.vectors, 0);
        while remaining != 0 {
            let i = remaining.trailing_zeros() as usize;
            remaining &= remaining - 1;
            let gaps = self.gaps_at(i, corners, x);
            sum = simd.add(sum, gaps);
            still |= u64::from(simd.any_positive(gaps)) << i;
        }
        outside.vectors = still;
        for i in TRACKED..self.vectors() {
            sum = simd.add(sum, self.gaps_at(i, corners, x));
        }
        if outside.half {
            let (low, high, x) = (half(corners.low), half(corners.high), half(x));
            let gaps = self.gaps(simd.load_half(low), simd.load_half(high), simd.load_half(x));
            sum = simd.add(sum, gaps);
            outside.half = simd.any_positive(gaps);
        }
        simd.total(sum)
    }

    #[inline(always)]
    fn range(self, bounds: &[f32]) -> f32 {
        bounds[2 * self.stride()]
    }

    #[inline(always)]
    fn corners(self, bounds: &[f32]) -> Corners<'_> {
        let (low, rest) = bounds.split_at(self.stride());
        Corners {
            low,
            high: &rest[..self.stride()],
        }
    }

    #[inline(always)]
    fn include(self, bounds: &mut [f32], x: &[f32]) {
        let simd = self.simd;
        let (low, high) = self.corners_mut(bounds);
        for ((low, high), x) in vectors_mut(low)
            .iter_mut()
            .zip(vectors_mut(high))
            .zip(vectors(x))
        {
            let x = simd.load(x);
            simd.store(simd.min(simd.load(low), x), low);
            simd.store(simd.max(simd.load(high), x), high);
        }
        if self.has_half() {
            let (low, high, x) = (half_mut(low), half_mut(high), simd.load_half(half(x)));
            simd.store_half(simd.min(simd.load_half(low), x), low);
            simd.store_half(simd.max(simd.load_half(high), x), high);
        }
        self.measure(bounds);
    }

    #[inline(always)]
    fn unite(
        self,
        changing: &mut Parts,
        bounds: &mut [f32],
        a: Corners<'_>,
        b: Corners<'_>,
    ) -> bool {
        let (low, high) = self.corners_mut(bounds);
        if ONE {
            let changed = self.unite_at(0, low, high, a, b);
            if changed {
                self.measure(bounds);
            }
            return changed;
        }
        let (mut remaining, mut still) = (changing.vectors, 0);
        while remaining != 0 {
            let i = remaining.trailing_zeros() as usize;
            remaining &= remaining - 1;
            still |= u64::from(self.unite_at(i, low, high, a, b)) << i;
        }
        changing.vectors = still;
        let mut changed = still != 0;
        for i in TRACKED..self.vectors() {
            changed |= self.unite_at(i, low, high, a, b);
        }
        if changing.half {
            changing.half = self.unite_half(low, high, a, b);
            changed |= changing.half;
        }
        if changed {
            self.measure(bounds);
        }
        changed
    }
}

impl<S: Simd, const ONE: bool> Lanes<S, ONE> {
    #[inline(always)]
    fn corners_mut(self, bounds: &mut [f32]) -> (&mut [f32], &mut [f32]) {
        let (low, rest) = bounds.split_at_mut(self.stride());
        (low, &mut rest[..self.stride()])
    }

    /// [`Geometry::unite`] of the `i`-th vectors.
    #[inline(always)]
    fn unite_at(
        self,
        i: usize,
        low: &mut [f32],
        high: &mut [f32],
        a: Corners<'_>,
        b: Corners<'_>,
    ) -> bool {
        let simd = self.simd;
        let new_low = simd.min(simd.load(vector(a.low, i)), simd.load(vector(b.low, i)));
        let new_high = simd.max(simd.load(vector(a.high, i)), simd.load(vector(b.high, i)));
        let (low, high) = (&mut vectors_mut(low)[i], &mut vectors_mut(high)[i]);
        let changed = simd.differ(new_low, simd.load(low)) | simd.differ(new_high, simd.load(high));
        simd.store(new_low, low);
        simd.store(new_high, high);
        changed
    }

    /// [`Geometry::unite`] of the half vectors.
    #[inline(always)]
    fn unite_half(self, low: &mut [f32], high: &mut [f32], a: Corners<'_>, b: Corners<'_>) -> bool {
        let simd = self.simd;
        let new_low = simd.min(simd.load_half(half(a.low)), simd.load_half(half(b.low)));
        let new_high = simd.max(simd.load_half(half(a.high)), simd.load_half(half(b.high)));
        let (low, high) = (half_mut(low), half_mut(high));
        let changed =
            simd.differ(new_low, simd.load_half(low)) | simd.differ(new_high, simd.load_half(high));
        simd.store_half(new_low, low);
        simd.store_half(new_high, high);
        changed
    }

    /// Writes the range of the box into its record.
    #[inline(always)]
    fn measure(self, bounds: &mut [f32]) {
        let simd = self.simd;
        let Corners { low, high } = self.corners(bounds);
        let mut sum = simd.zero();
        for (low, high) in vectors(low).iter().zip(vectors(high)) {
            sum = simd.add(sum, simd.sub(simd.load(high), simd.load(low)));
        }
        if self.has_half() {
            let side = simd.sub(simd.load_half(half(high)), simd.load_half(half(low)));
            sum = simd.add(sum, side);
        }
        bounds[2 * self.stride()] = simd.total(sum);
    }
}
