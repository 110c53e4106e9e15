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
//! the box. Leaves are boxes too, then: below the floor, a query beside a leaf's point counts as
//! equal to it with probability `1 − p`. The trees themselves stay what they are.

use std::ops::ControlFlow;

use super::functional::{Functional, Passed, Reached};
use super::{Ancestor, Leaf, Place, Visitor};
use crate::config::Config;
use crate::geometry::{Corners, Geometry};
use crate::layout::stride;
use crate::visitor::attribution::gap;

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

/// A visitor that sees nothing narrower than the floor.
#[derive(Debug)]
pub(crate) struct Floored<'a, V> {
    pub(crate) visitor: &'a mut V,
    floor: &'a NoiseFloor,
    x: &'a [f32],
    /// The box of the whole tree.
    root: Vec<f32>,
}

impl<'a, V> Floored<'a, V> {
    pub(crate) fn new(visitor: &'a mut V, floor: &'a NoiseFloor, x: &'a [f32]) -> Self {
        Self {
            visitor,
            floor,
            x,
            root: Vec::new(),
        }
    }
}

impl<G: Geometry, V: Visitor<G>> Visitor<G> for Floored<'_, V> {
    const USES_PARTS: bool = V::USES_PARTS;

    #[inline(always)]
    fn leaf<P: Place>(&mut self, leaf: &Leaf<'_, P, G>) -> bool {
        if leaf.equal {
            return self.visitor.leaf(leaf);
        }
        let geometry = leaf.geometry;
        self.root.resize(geometry.box_len(), 0.0);
        leaf.place.whole_box(&mut self.root);
        self.visitor.leaf(&Leaf {
            equal: true,
            ..*leaf
        });
        let corners = Corners::of_point(leaf.row);
        Visitor::<G>::ancestor(
            self,
            &Ancestor {
                depth: leaf.place.depth(),
                gap: gap(self.x, corners),
                range: 0.0,
                corners,
                geometry,
                outside: &geometry.everywhere(),
            },
        );
        true
    }

    #[inline(always)]
    fn ancestor(&mut self, ancestor: &Ancestor<'_, G>) {
        let Ancestor {
            gap,
            corners,
            geometry,
            ..
        } = *ancestor;
        let root = geometry.corners(&self.root);
        self.visitor.ancestor(&Ancestor {
            range: self.floor.range(self.x, root, corners, gap),
            ..*ancestor
        });
    }
}

/// A functional that sees nothing narrower than the floor.
#[derive(Debug)]
pub(crate) struct FlooredFunctional<'a, F> {
    pub(crate) functional: &'a mut F,
    pub(crate) floor: &'a NoiseFloor,
    pub(crate) x: &'a [f32],
}

impl<F: Functional> Functional for FlooredFunctional<'_, F> {
    #[inline(always)]
    fn leaf(&mut self, leaf: &Reached<'_>) -> bool {
        if leaf.equal {
            return self.functional.leaf(leaf);
        }
        self.functional.leaf(&Reached {
            equal: true,
            ..*leaf
        });
        let corners = Corners::of_point(leaf.row);
        self.ancestor(&Passed {
            depth: leaf.depth(),
            mass: leaf.mass(),
            gap: gap(self.x, corners),
            range: 0.0,
            corners,
            root: leaf.root,
        });
        true
    }

    #[inline(always)]
    fn ancestor(&mut self, node: &Passed<'_>) {
        self.functional.ancestor(&Passed {
            range: self.floor.range(self.x, node.root, node.corners, node.gap),
            ..*node
        });
    }

    #[inline(always)]
    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        self.functional.finish(tree_mass)
    }
}
