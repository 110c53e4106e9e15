//! The invariants of a tree, checked from scratch.

use std::collections::HashSet;

use crate::arena::{Boxes, EVERYTHING, PointStore};
use crate::geometry::{Corners, Geometry};
use crate::layout::Index;
use crate::tree::boxed::BoxedTree;
use crate::tree::boxed::node::{Child, Node, NodeRef};

impl<I: Index> BoxedTree<I> {
    /// Panics unless boxes are tight, masses add up, cuts separate, leaves are distinct points and
    /// each node is in the tree or in the chain of unused ones. Returns the leaves from left to
    /// right: point and mass.
    pub(crate) fn validate(&self, dimensions: usize, points: &PointStore) -> Vec<(usize, usize)> {
        with_geometry!(dimensions, geometry => self.validate_all(geometry, points))
    }

    fn validate_all<G: Geometry>(&self, geometry: G, points: &PointStore) -> Vec<(usize, usize)> {
        let mut found = Found::default();
        if self.mass() > 0 {
            let above = NodeRef::none();
            self.validate_below(
                geometry,
                points,
                self.root(),
                above,
                self.mass(),
                &mut found,
            );
        }
        let rows: HashSet<Vec<u32>> = found
            .leaves
            .iter()
            .map(|&(point, _)| bits(points.padded_row(point)))
            .collect();
        assert_eq!(
            rows.len(),
            found.leaves.len(),
            "two leaves hold equal points"
        );
        assert_eq!(
            found.nodes.len(),
            found.leaves.len().saturating_sub(1),
            "not a full binary tree"
        );
        self.validate_unused(&mut found.nodes);
        let kept = self.nodes.iter().filter(|node| node.place.get() != I::MAX);
        assert_eq!(kept.count(), found.boxes, "a box is kept for no node");
        found.leaves
    }

    fn validate_below<G: Geometry>(
        &self,
        geometry: G,
        points: &PointStore,
        reference: NodeRef<I>,
        parent: NodeRef<I>,
        mass: usize,
        found: &mut Found,
    ) {
        assert!(mass > 0, "a node without mass");
        let index = match self.resolve(reference) {
            Child::Leaf { point } => {
                found.leaves.push((point, mass));
                return;
            }
            Child::Internal(index) => index,
        };
        assert!(
            found.nodes.insert(index),
            "node {index} hangs in two places"
        );
        let node: Node<I> = *self.node(reference).expect("an internal node has a record");
        assert_eq!(node.parent(), parent, "node {index} hangs elsewhere");
        let left_mass = node.left_mass.get();
        assert!(left_mass < mass, "left mass {left_mass} of {mass}");

        let first = found.leaves.len();
        self.validate_below(geometry, points, node.left(), reference, left_mass, found);
        let middle = found.leaves.len();
        self.validate_below(
            geometry,
            points,
            node.right(),
            reference,
            mass - left_mass,
            found,
        );
        for (i, &(point, _)) in found.leaves.iter().enumerate().skip(first) {
            let left = node.is_left(points.padded_row(point));
            assert_eq!(
                left,
                i < middle,
                "point {point} is on the wrong side of its cut"
            );
        }

        let kept = self.cached_box(geometry, points, index);
        assert_eq!(
            kept.is_some(),
            mass > points.boxes.largest_uncached,
            "kept box at {index}"
        );
        found.boxes += usize::from(kept.is_some());
        if kept.is_some() {
            let link = points.boxes.links[self.nodes[index].place.get()];
            let above = self.node(self.nodes[index].parent());
            let above = above.map_or(EVERYTHING, |node| node.place.get() as u32);
            assert_eq!(link.above, above, "box at {index} is elsewhere");
        }
        let mut scratch = vec![f32::NAN; geometry.box_len()];
        let bounds = self.bounds(geometry, points, index, &mut scratch);
        let Corners { low, high } = geometry.corners(bounds.record());
        let rows = found.leaves[first..].iter();
        let rows: Vec<&[f32]> = rows.map(|&(point, _)| points.padded_row(point)).collect();
        let union = |choose: fn(f32, f32) -> f32| {
            let rows = rows.iter().map(|row| row.to_vec());
            rows.reduce(|a, b| each(&a, &b, choose)).expect("leaves")
        };
        assert_eq!(bits(low), bits(&union(f32::min)), "stale box at {index}");
        assert_eq!(bits(high), bits(&union(f32::max)), "stale box at {index}");
        let side = |(&low, &high)| f64::from(high) - f64::from(low);
        let exact: f64 = low.iter().zip(high).map(side).sum();
        let range = f64::from(bounds.range());
        // Single precision: 2⁻²⁴ for each of the up to 2¹³ additions in a lane.
        assert!(
            (range - exact).abs() <= 5e-4 * exact,
            "range {range}, sides sum to {exact}"
        );
        assert!(range > 0.0, "a node over one point");
    }

    fn validate_unused(&self, nodes: &mut HashSet<usize>) {
        let mut unused = self.free;
        while unused.get() != I::MAX {
            assert!(
                nodes.insert(unused.get()),
                "node {} is used and unused",
                unused.get()
            );
            unused = self.nodes[unused.get()].left();
        }
        assert_eq!(nodes.len(), self.nodes.len(), "a node is lost");
        assert!(self.nodes.len() <= self.internal_capacity);
    }
}

#[derive(Default)]
struct Found {
    nodes: HashSet<usize>,
    leaves: Vec<(usize, usize)>,
    boxes: usize,
}

impl Boxes {
    /// Panics unless each place for a box is used by one node of these trees or in the chain of
    /// unused ones.
    pub(crate) fn validate<I: Index>(&self, trees: &[BoxedTree<I>]) {
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        let places = nodes
            .map(|node| node.place.get())
            .filter(|&place| place != I::MAX);
        let mut seen = HashSet::new();
        let everything = (!self.links.is_empty()).then_some(EVERYTHING as usize);
        for place in places.chain(self.unused()).chain(everything) {
            assert!(seen.insert(place), "place {place} is used twice");
        }
        assert_eq!(seen.len(), self.links.len(), "a place is lost");
    }

    fn unused(&self) -> Vec<usize> {
        let mut unused = Vec::new();
        let mut next = self.free;
        while next != u32::MAX {
            assert!(unused.len() < self.links.len(), "unused places go round");
            unused.push(next as usize);
            next = self.links[next as usize].above;
        }
        unused
    }
}

fn each(a: &[f32], b: &[f32], choose: fn(f32, f32) -> f32) -> Vec<f32> {
    a.iter().zip(b).map(|(&a, &b)| choose(a, b)).collect()
}

fn bits(floats: &[f32]) -> Vec<u32> {
    floats.iter().map(|float| float.to_bits()).collect()
}
