//! Functionals that ask for masses, of a tree as it is or without the query's own copy.

use std::ops::ControlFlow;

use crate::geometry::Corners;

/// Computes something of a query point on trees, one after the other.
pub(crate) trait Functional {
    /// Where the descent ended. Tells whether to climb.
    fn leaf(&mut self, leaf: &Reached<'_>) -> bool;

    /// A box on the way up that does not contain the query.
    fn ancestor(&mut self, node: &Passed<'_>);

    /// All of a tree has been seen. Tells whether to go on to the next.
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()>;
}

/// The leaf that a query reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached<'a> {
    /// The number of the leaf's point.
    pub(crate) point: usize,
    pub(crate) row: &'a [f32],
    /// Whether the query equals the leaf's point.
    pub(crate) equal: bool,
    /// The masses on the way, from the root to the leaf.
    pub(crate) masses: &'a [usize],
    /// The box of the whole tree.
    pub(crate) root: Corners<'a>,
}

impl Reached<'_> {
    pub(crate) fn depth(&self) -> usize {
        self.masses.len() - 1
    }

    /// Number of sampled points equal to the leaf's.
    pub(crate) fn mass(&self) -> usize {
        self.masses[self.depth()]
    }

    pub(crate) fn tree_mass(&self) -> usize {
        self.masses[0]
    }
}

/// An ancestor of the leaf, whose box does not contain the query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passed<'a> {
    pub(crate) depth: usize,
    /// Number of sampled points below.
    pub(crate) mass: usize,
    /// Sum of the distances by which the query lies outside of the box; positive.
    pub(crate) gap: f64,
    /// Sum of the side lengths of the box.
    pub(crate) range: f64,
    pub(crate) corners: Corners<'a>,
    /// The box of the whole tree.
    pub(crate) root: Corners<'a>,
}
