//! Visitors: what is computed along the root-to-leaf path of a query, on one tree after the other.
//!
//! A query descends to a leaf and then walks up towards the root, past bounding boxes that do not
//! contain it. The first box that does ends the walk: all boxes above contain the query, too, and
//! no cut of them separates it. Score, attribution and every other functional is a [`Visitor`] of
//! that walk, and so is your own, which [`RandomCutForest::traverse`] passes through the
//! trees:
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use rcf_core::RandomCutForest;
//! use rcf_core::visitor::{Ancestor, Leaf, Visitor};
//!
//! /// The mean number of bounding boxes that do not contain the query: higher is more anomalous.
//! #[derive(Default)]
//! struct BoxesPassed {
//!     passed: usize,
//!     trees: usize,
//! }
//!
//! impl Visitor for BoxesPassed {
//!     fn leaf(&mut self, _: &impl Leaf) -> ControlFlow<()> {
//!         self.trees += 1;
//!         ControlFlow::Continue(())
//!     }
//!
//!     fn ancestor(&mut self, _: &impl Ancestor) {
//!         self.passed += 1;
//!     }
//! }
//!
//! let mut forest = RandomCutForest::builder(1).build()?;
//! for t in 0..1000 {
//!     forest.update(&[(f64::from(t) / 10.0).sin()])?;
//! }
//! let passed = |value: f64| -> Result<f64, rcf_core::InputError> {
//!     let mut boxes = BoxesPassed::default();
//!     forest.traverse(&[value], &mut boxes)?;
//!     Ok(boxes.passed as f64 / boxes.trees as f64)
//! };
//! assert!(passed(5.0)? > passed(0.5)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/depth_quantile.rs` computes quantiles of depth over the trees, and is tested against
//! their law. A functional of depth and mass alone is shorter as a [`ScoringFunction`].
//!
//! [`RandomCutForest::traverse`]: crate::RandomCutForest::traverse

pub(crate) mod attribution;
pub(crate) mod collusive;
pub(crate) mod convergence;
pub(crate) mod density;
pub(crate) mod neighbors;
pub(crate) mod noise_floor;
pub(crate) mod parts;
pub(crate) mod score;
pub(crate) mod scoring;
pub(crate) mod scoring_function;

pub use scoring_function::{AnomalyScore, Displacement, ScoringFunction};

use std::ops::ControlFlow;

use parts::{AncestorParts, LeafParts};

/// Computes a functional of a query on trees, one after the other.
///
/// On each tree it sees the leaf, then the ancestors of the leaf from the bottom up whose bounding
/// boxes do not contain the query, and then the end of the tree. See the [module](self) for an
/// example.
pub trait Visitor {
    #[doc(hidden)]
    /// Whether it calls [`AncestorParts::add_gaps`].
    const USES_PARTS: bool = false;

    /// Sees the leaf that the query reached, the first thing of a tree. `Break` skips its
    /// ancestors.
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()>;

    /// Sees an ancestor of the leaf whose bounding box does not contain the query.
    fn ancestor(&mut self, ancestor: &impl Ancestor);

    /// Has seen a tree of this mass, or nothing of a tree, and the mass is 0, if all of its points
    /// count as if they were not there. `Break` skips the trees that are left.
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        let _ = tree_mass;
        ControlFlow::Continue(())
    }
}

/// The leaf at the end of a root-to-leaf path. Only trees implement it.
pub trait Leaf: LeafParts {
    /// The number of cuts above it.
    fn depth(&self) -> usize;

    /// The number of sampled points equal to the leaf's point.
    fn mass(&self) -> usize;

    /// The number of sampled points in the tree.
    fn tree_mass(&self) -> usize;

    /// Whether the query equals the leaf's point.
    fn is_query(&self) -> bool;
}

/// A node above the leaf whose bounding box does not contain the query. Only trees implement it.
pub trait Ancestor: AncestorParts {
    /// The number of cuts above it.
    fn depth(&self) -> usize;

    /// The number of sampled points below it.
    fn mass(&self) -> usize;

    /// The sum over the dimensions of the distances by which the query lies outside of the bounding
    /// box; positive.
    fn gap(&self) -> f64;

    /// The sum of the side lengths of the bounding box.
    fn range(&self) -> f64;

    /// The probability that a random cut of the bounding box with the query separates the two.
    fn separation(&self) -> f64 {
        self.gap() / (self.gap() + self.range())
    }
}
