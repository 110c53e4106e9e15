//! Walks: the only way to read a tree.
//!
//! A query point descends to a leaf and climbs from there towards the root, past boxes that do not
//! contain it. At the first box that does, the climb ends: all boxes above contain it too, and
//! would change nothing. A [`Visitor`] computes something of what the climb shows.

pub(crate) mod attribution;
pub(crate) mod collusive;
pub(crate) mod convergence;
pub(crate) mod density;
pub(crate) mod functional;
pub(crate) mod neighbors;
pub(crate) mod noise_floor;
pub(crate) mod score;
pub(crate) mod scoring;
pub(crate) mod scoring_function;

pub use scoring_function::{AnomalyScore, Displacement, ScoringFunction};

use crate::geometry::{Corners, Geometry};

/// Computes a functional of a query point on trees, one after the other.
pub(crate) trait Visitor<G: Geometry> {
    /// Whether it looks at [`Ancestor::outside`].
    const USES_PARTS: bool = false;

    /// Where the descent ended, the first thing seen of a tree. Tells whether to climb.
    fn leaf<P: Place>(&mut self, leaf: &Leaf<'_, P, G>) -> bool;

    /// A box on the way up that does not contain the query.
    fn ancestor(&mut self, ancestor: &Ancestor<'_, G>);
}

/// The leaf that a query reached.
pub(crate) struct Leaf<'a, P, G> {
    pub(crate) place: P,
    pub(crate) geometry: G,
    /// The leaf's point.
    pub(crate) row: &'a [f32],
    /// Whether the query equals the leaf's point.
    pub(crate) equal: bool,
}

/// Where a leaf is in its tree.
pub(crate) trait Place: Copy {
    /// Number of nodes above.
    fn depth(&self) -> usize;

    /// Number of sampled points equal to the leaf's.
    fn mass(&self) -> usize;

    fn tree_mass(&self) -> usize;

    /// Makes `room` the box of all points of the tree.
    fn whole_box(&self, room: &mut [f32]);

    /// Climbs from the leaf, as long as it is told to: each time, `room` has been extended to contain
    /// all that hangs beside the way below a node at some depth. Its range is to be measured.
    fn beside(&self, room: &mut [f32], climb: impl FnMut(usize, &mut [f32]) -> bool);
}

/// An ancestor of the leaf, whose box does not contain the query.
#[derive(Debug)]
pub(crate) struct Ancestor<'a, G: Geometry> {
    /// Number of nodes above this one.
    pub(crate) depth: usize,
    /// Sum of the distances by which the query lies outside of the box; positive.
    pub(crate) gap: f64,
    /// Sum of the side lengths of the box.
    pub(crate) range: f64,
    pub(crate) corners: Corners<'a>,
    pub(crate) geometry: G,
    /// Where the query lies outside, at least.
    pub(crate) outside: &'a G::Parts,
}
