//! The noise floor: differences that are too small to mean anything.
//!
//! A random cut forest knows no scale: on a constant stream a step of 10⁻⁷ is as strange to it as
//! one of 10⁹. With a floor `f_i` for each dimension, a cut that would separate the query `x` from
//! a box is drawn from a range of at least that,
//!
//! ```text
//! p = gap / Σ_i max(side_i of box ∪ x, f_i)
//! ```
//!
//! and with the rest of the probability nothing is separated: the query passes for one of those in
//! the box. Leaves are boxes too, then: below the floor, a query next to a leaf's point counts as
//! equal to it with probability `1 − p`. The trees themselves stay what they are.

use std::ops::ControlFlow;

use super::attribution::gap;
use super::parts::{AncestorParts, LeafParts};
use super::{Ancestor, Leaf, Visitor};
use crate::config::Config;
use crate::geometry::Corners;
use crate::layout::stride;

/// The floors of a forest.
#[derive(Debug, Clone)]
pub(crate) struct NoiseFloor {
    /// For each coordinate, padded.
    absolute: Vec<f64>,
    /// As a fraction of the range of a tree's sample and the query.
    relative: f64,
}

impl NoiseFloor {
    /// `None` if there is no floor.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let is_set =
            config.relative_noise_floor > 0.0 || config.noise_floor.iter().any(|&f| f > 0.0);
        is_set.then(|| {
            let mut absolute = vec![0.0; stride(config.dimensions())];
            if !config.noise_floor.is_empty() {
                let coordinates = absolute[..config.dimensions()].iter_mut();
                for (floor, given) in coordinates.zip(config.noise_floor.iter().cycle()) {
                    *floor = *given;
                }
            }
            Self {
                absolute,
                relative: config.relative_noise_floor,
            }
        })
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * self.absolute.capacity()
    }

    /// What must be added to `gap` for the range that a separating cut is drawn from.
    fn range(&self, x: &[f32], root: Corners<'_>, bounds: Corners<'_>, gap: f64) -> f64 {
        let side = |bounds: Corners<'_>, i: usize| {
            let (low, high) = (bounds.low[i].min(x[i]), bounds.high[i].max(x[i]));
            f64::from(high) - f64::from(low)
        };
        let floors = self.absolute.iter().enumerate();
        let sides = floors.map(|(i, &floor)| {
            let floor = floor.max(self.relative * side(root, i));
            side(bounds, i).max(floor)
        });
        (sides.sum::<f64>() - gap).max(0.0)
    }
}

/// A visitor that sees nothing narrower than the floor, if there is one: checked at each step, so
/// that a traversal is compiled once for both cases.
#[derive(Debug)]
pub(crate) struct Floored<'a, V> {
    pub(crate) visitor: &'a mut V,
    floor: Option<&'a NoiseFloor>,
    x: &'a [f32],
    /// The box of the whole tree.
    root: Vec<f32>,
}

impl<'a, V> Floored<'a, V> {
    pub(crate) fn new(visitor: &'a mut V, floor: Option<&'a NoiseFloor>, x: &'a [f32]) -> Self {
        Self {
            visitor,
            floor,
            x,
            root: Vec::new(),
        }
    }
}

impl<V: Visitor> Visitor for Floored<'_, V> {
    const USES_PARTS: bool = V::USES_PARTS;

    #[inline(always)]
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        if self.floor.is_none() || leaf.is_query() {
            return self.visitor.leaf(leaf);
        }
        leaf.tree_box(&mut self.root);
        // Whether to walk up is decided here: it passes for the query only with some probability.
        let _ = self.visitor.leaf(&PassingForQuery(leaf));
        self.ancestor(&PointAsBox {
            leaf,
            gap: gap(self.x, Corners::of_point(leaf.row())),
        });
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let range = match self.floor {
            None => ancestor.range(),
            Some(floor) => {
                let root = ancestor.corners_of(&self.root);
                floor.range(self.x, root, ancestor.corners(), ancestor.gap())
            }
        };
        self.visitor.ancestor(&Widened { ancestor, range });
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        self.visitor.finish(tree_mass)
    }
}

/// A leaf whose point the query does not equal, but passes for.
struct PassingForQuery<'a, L>(&'a L);

impl<L: Leaf> Leaf for PassingForQuery<'_, L> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.0.depth()
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.0.mass()
    }

    #[inline(always)]
    fn tree_mass(&self) -> usize {
        self.0.tree_mass()
    }

    #[inline(always)]
    fn is_query(&self) -> bool {
        true
    }
}

impl<L: Leaf> LeafParts for PassingForQuery<'_, L> {
    #[inline(always)]
    fn point(&self) -> usize {
        self.0.point()
    }

    #[inline(always)]
    fn row(&self) -> &[f32] {
        self.0.row()
    }

    #[inline(always)]
    fn mass_at(&self, depth: usize) -> usize {
        self.0.mass_at(depth)
    }

    #[inline(always)]
    fn tree_box(&self, record: &mut Vec<f32>) {
        self.0.tree_box(record);
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        self.0.corners_of(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: impl FnOnce(f64) -> f64, sums: &mut [f64]) {
        self.0.add_gaps(x, factor, sums);
    }

    #[inline(always)]
    fn shadow<W: Visitor>(&self, x: &[f32], record: &mut Vec<f32>, visitor: &mut W) {
        self.0.shadow(x, record, visitor);
    }
}

/// The point of a leaf, as the bounding box of an ancestor.
struct PointAsBox<'a, L> {
    leaf: &'a L,
    gap: f64,
}

impl<L: Leaf> Ancestor for PointAsBox<'_, L> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.leaf.depth()
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.leaf.mass()
    }

    #[inline(always)]
    fn gap(&self) -> f64 {
        self.gap
    }

    #[inline(always)]
    fn range(&self) -> f64 {
        0.0
    }
}

impl<L: Leaf> AncestorParts for PointAsBox<'_, L> {
    #[inline(always)]
    fn corners(&self) -> Corners<'_> {
        Corners::of_point(self.leaf.row())
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        self.leaf.corners_of(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: f64, sums: &mut [f64]) {
        self.leaf.add_gaps(x, |_| factor, sums);
    }
}

/// An ancestor with a larger range.
struct Widened<'a, A> {
    ancestor: &'a A,
    range: f64,
}

impl<A: Ancestor> Ancestor for Widened<'_, A> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.ancestor.depth()
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.ancestor.mass()
    }

    #[inline(always)]
    fn gap(&self) -> f64 {
        self.ancestor.gap()
    }

    #[inline(always)]
    fn range(&self) -> f64 {
        self.range
    }
}

impl<A: Ancestor> AncestorParts for Widened<'_, A> {
    #[inline(always)]
    fn corners(&self) -> Corners<'_> {
        self.ancestor.corners()
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        self.ancestor.corners_of(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: f64, sums: &mut [f64]) {
        self.ancestor.add_gaps(x, factor, sums);
    }
}
