//! Bounding boxes, and how points are measured against them.
//!
//! A box is a row of single-precision floats, lower bound and upper bound; a [`Measured`] one also
//! has its range, the sum of the side lengths. A [`Geometry`] knows the layout. One dimension has
//! its own geometry, a few instructions long; all others use vectors.

mod lanes;
mod one_dimensional;

pub(crate) use lanes::Lanes;
pub(crate) use one_dimensional::OneDimensional;

use crate::simd::{Descents, Simd};

/// How points and boxes are laid out, and measured against each other.
pub(crate) trait Geometry: Copy {
    /// The parts of the space that still matter to a walk up from box to larger box.
    type Parts: Copy;

    type Simd: Simd;

    /// Floats in a padded row.
    fn row_len(self) -> usize;

    /// Floats in a box.
    fn box_len(self) -> usize;

    /// Descents as vectors, where they are faster.
    #[inline(always)]
    fn descents(self) -> Option<Descents> {
        None
    }

    /// The whole space.
    fn everywhere(self) -> Self::Parts;

    /// Sum over the dimensions of the distances by which `x` lies outside of a box; `None` if `x`
    /// is inside. Examines at least `outside`, and for long rows reduces it to the parts in which
    /// `x` is outside: larger boxes contain `x` everywhere else.
    fn gap(self, outside: &mut Self::Parts, corners: Corners<'_>, x: &[f32]) -> Option<f32>;

    /// Whether walks up of several trees go in step: boxes that are read for nothing are short.
    fn goes_in_step(self) -> bool;

    fn simd(self) -> Self::Simd;

    /// The terms of [`gap`](Self::gap), whose total is 0 if `x` is inside.
    fn gap_terms(self, corners: Corners<'_>, x: &[f32]) -> Vector<Self>;

    /// The same for a walk up that will [use](Self::add_gaps) the parts, too.
    fn gap_and_parts(
        self,
        outside: &mut Self::Parts,
        corners: Corners<'_>,
        x: &[f32],
    ) -> Option<f32>;

    /// Adds `factor` times the distance by which `x` lies above a box, less that by which it lies
    /// below, to `sums`, in these parts.
    fn add_gaps(
        self,
        parts: &Self::Parts,
        corners: Corners<'_>,
        x: &[f32],
        factor: f64,
        sums: &mut [f64],
    );

    /// Lower and upper bound of a box.
    fn corners(self, record: &[f32]) -> Corners<'_>;

    /// Makes the box of two points.
    fn span<'r>(self, record: &'r mut [f32], a: &[f32], b: &[f32]) -> Measured<'r>;

    /// Makes the box that contains `x` alone.
    fn begin<'r>(self, record: &'r mut [f32], x: &[f32]) -> Unmeasured<'r>;

    /// Makes a box that contains nothing, in these parts.
    fn clear<'r>(self, parts: &Self::Parts, record: &'r mut [f32]) -> Unmeasured<'r>;

    /// Extends the box to contain `x`.
    fn cover(self, bounds: &mut Unmeasured<'_>, x: &[f32]);

    /// [`cover`](Self::cover) and [`measure`](Self::measure) at once.
    fn cover_measured<'r>(self, bounds: Unmeasured<'r>, x: &[f32]) -> Measured<'r>;

    /// Extends the box to contain another one, in these parts.
    fn extend(self, parts: &Self::Parts, bounds: &mut Unmeasured<'_>, other: Corners<'_>);

    /// Copies these parts of a box.
    fn copy<'r>(self, parts: &Self::Parts, bounds: Unmeasured<'r>, from: &[f32]) -> Unmeasured<'r>;

    /// Sums the side lengths. The range is always computed from the bounds, so that it does not
    /// drift.
    fn measure(self, bounds: Unmeasured<'_>) -> Measured<'_>;

    /// Leaves in `changing` the parts in which `x` lies on the surface of the box that contains it,
    /// and returns whether there are any: without `x` all else stays as it is, as it does in larger
    /// boxes.
    fn is_touched(self, changing: &mut Self::Parts, bounds: Measured<'_>, x: &[f32]) -> bool;
}

/// Eight lanes.
pub(crate) type Vector<G> = <<G as Geometry>::Simd as Simd>::Vector;

/// The row of a box, and its range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured<'a> {
    record: &'a [f32],
    range: f32,
}

impl<'a> Measured<'a> {
    /// What the pool keeps, which holds only measured boxes.
    #[inline(always)]
    pub(crate) fn from_pool(record: &'a [f32], range: f32) -> Self {
        Self { record, range }
    }

    #[inline(always)]
    pub(crate) fn record(self) -> &'a [f32] {
        self.record
    }

    /// Sum of the side lengths.
    #[inline(always)]
    pub(crate) fn range(self) -> f32 {
        self.range
    }
}

/// The row of a box whose bounds change: its range is not known.
#[derive(Debug)]
#[must_use = "the range of the box is not known until it is measured"]
pub(crate) struct Unmeasured<'a>(&'a mut [f32]);

impl<'a> Unmeasured<'a> {
    /// Reopens a row to change its bounds.
    #[inline(always)]
    pub(crate) fn reopen(record: &'a mut [f32]) -> Self {
        Self(record)
    }

    #[inline(always)]
    pub(crate) fn record(&self) -> &[f32] {
        self.0
    }
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

/// Whether two rows of the same length are equal. A loop without an end in between becomes vectors.
#[inline(always)]
pub(crate) fn is_equal(a: &[f32], b: &[f32]) -> bool {
    let b = &b[..a.len()];
    let mut differ = false;
    for i in 0..a.len() {
        differ |= a[i] != b[i];
    }
    !differ
}
