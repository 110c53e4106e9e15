//! Score and attribution of one tree in one traversal.

use super::attribution::AttributionVisitor;
use super::score::ScoreVisitor;
use super::{Ancestor, Leaf, Visitor};
use crate::index::Index;
use crate::tree::bounding_box::Geometry;

#[derive(Debug)]
pub(crate) struct ExplanationVisitor<'a> {
    pub(crate) score: ScoreVisitor,
    pub(crate) attribution: AttributionVisitor<'a>,
}

impl<I: Index, G: Geometry> Visitor<I, G> for ExplanationVisitor<'_> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &Leaf<'_, I, G>) -> bool {
        self.attribution.leaf(leaf);
        self.score.leaf(leaf)
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &Ancestor<'_>) {
        Visitor::<I, G>::ancestor(&mut self.score, ancestor);
        Visitor::<I, G>::ancestor(&mut self.attribution, ancestor);
    }
}
