//! Bounding boxes, and how points are measured against them.
//!
//! A box is a record of single-precision floats: low corner, high corner and, except on a line, its
//! range (the sum of its side lengths). A [`Geometry`] knows the layout. One dimension has a
//! geometry of its own, a few instructions long; all others go by vectors.

mod lanes;
mod one_dimensional;

pub(crate) use lanes::Lanes;
pub(crate) use one_dimensional::Line;

/// How points and boxes are laid out, and measured against each other.
pub(crate) trait Geometry: Copy {
    /// The parts of the space that matter to a climb from box to larger box; they become fewer.
    type Parts: Copy;

    /// Floats in a padded row.
    fn row_len(self) -> usize;

    /// Floats in a box.
    fn box_len(self) -> usize;

    /// The coordinate of `x` in this dimension.
    fn coordinate(self, x: &[f32], dimension: usize) -> f32;

    /// The whole space.
    fn everywhere(self) -> Self::Parts;

    /// Sum over the dimensions of the distances by which `x` lies outside of a box; `None` if `x` is
    /// inside. Looks at `outside` at least, and leaves there, of a long row, the parts in which it
    /// found `x` outside: larger boxes contain `x` everywhere else.
    fn gap(self, outside: &mut Self::Parts, corners: Corners<'_>, x: &[f32]) -> Option<f32>;

    /// The same for a climb that will [use](Self::add_gaps) the parts, too.
    fn gap_and_parts(
        self,
        outside: &mut Self::Parts,
        corners: Corners<'_>,
        x: &[f32],
    ) -> Option<f32>;

    /// Adds `factor` times the distance by which `x` lies above a box, less that by which it lies below,
    /// to `sums`, in these parts.
    fn add_gaps(
        self,
        parts: &Self::Parts,
        corners: Corners<'_>,
        x: &[f32],
        factor: f64,
        sums: &mut [f64],
    );

    /// Sum of the side lengths.
    fn range(self, bounds: &[f32]) -> f32;

    /// The corners of a box.
    fn corners(self, bounds: &[f32]) -> Corners<'_>;

    /// Makes the box of two points, measured.
    fn span(self, bounds: &mut [f32], a: &[f32], b: &[f32]);

    /// [`cover`](Self::cover) and [`measure`](Self::measure) at once.
    fn cover_measured(self, bounds: &mut [f32], x: &[f32]);

    /// Makes the box that contains `x` alone. Its range is then to be [measured](Self::measure).
    fn begin(self, bounds: &mut [f32], x: &[f32]);

    /// Extends the box to contain `x`. Its range is then to be [measured](Self::measure).
    fn cover(self, bounds: &mut [f32], x: &[f32]);

    /// Makes a box that contains nothing, in these parts.
    fn clear(self, parts: &Self::Parts, bounds: &mut [f32]);

    /// Extends the box to contain another one, in these parts. Its range is then to be [measured].
    ///
    /// [measured]: Self::measure
    fn extend(self, parts: &Self::Parts, bounds: &mut [f32], other: Corners<'_>);

    /// Writes the range of the box into its record.
    fn measure(self, bounds: &mut [f32]);

    /// Copies these parts of a box. The range of the new one is then to be [measured](Self::measure).
    fn copy(self, parts: &Self::Parts, bounds: &mut [f32], from: &[f32]);

    /// Leaves in `changing` the parts in which `x` lies on the surface of the box that contains it,
    /// and tells whether there are any: without `x` all else stays as it is, as it does in larger
    /// boxes.
    fn is_touched(self, changing: &mut Self::Parts, bounds: &[f32], x: &[f32]) -> bool;
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
