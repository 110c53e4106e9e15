//! Parts of leaves and ancestors that the visitors of this crate use beyond the public traits:
//! coordinates and bounding boxes, as the forest stores them.
#![allow(
    unreachable_pub,
    private_interfaces,
    reason = "supertraits that seal the public ones"
)]

use super::Visitor;
use crate::geometry::Corners;

/// The inside of a [`Leaf`](super::Leaf).
pub trait LeafParts {
    /// The number of the leaf's point in the store.
    fn point(&self) -> usize;

    /// The leaf's point, padded.
    fn row(&self) -> &[f32];

    /// The mass of the node of the path at this depth; of the leaf, at its own.
    fn mass_at(&self, depth: usize) -> usize;

    /// Makes `record` the bounding box of all points of the tree.
    fn tree_box(&self, record: &mut Vec<f32>);

    /// The bounding box in a row that [`tree_box`](Self::tree_box) has filled.
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b>;

    /// Adds `factor` of the distance from the point, times the distance by which `x` lies above it,
    /// less that by which it lies below, to `sums`.
    fn add_gaps(&self, x: &[f32], factor: impl FnOnce(f64) -> f64, sums: &mut [f64]);

    /// Shows the *shadow* boxes to a visitor, from the bottom up and as long as they do not contain
    /// `x`: at each ancestor the bounding box of the sibling subtrees along the path, which is what
    /// the ancestor's would be without the leaf. The tree must have been traversed with nothing
    /// ignored.
    fn shadow<V: Visitor>(&self, x: &[f32], record: &mut Vec<f32>, visitor: &mut V);
}

/// The inside of an [`Ancestor`](super::Ancestor).
pub trait AncestorParts {
    /// The bounding box.
    fn corners(&self) -> Corners<'_>;

    /// The bounding box in a row that [`LeafParts::tree_box`] has filled.
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b>;

    /// Adds `factor` times the distance by which `x` lies above the box, less that by which it lies
    /// below, to `sums`.
    fn add_gaps(&self, x: &[f32], factor: f64, sums: &mut [f64]);
}
