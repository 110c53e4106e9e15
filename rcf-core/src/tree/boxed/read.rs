//! The walk of a functional, of a tree as it is or without the query's own copy.
//!
//! # Without its own copy
//! A query that is in the sample meets itself. What would be there without it is known without
//! changing the tree: deletion puts the leaf's sibling in the place of their parent and makes each
//! box above the union of what remains, the *shadow* box. The walk goes on into that sibling and
//! climbs through the shadow boxes; what it sees is, to the bit, the tree after a deletion.

use std::ops::ControlFlow;

use super::Tree;
use super::node::NodeRef;
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::visitor::functional::{Functional, Passed, Reached};

/// Walks, and keeps its working memory from tree to tree.
#[derive(Debug, Default)]
pub(crate) struct Walker<I> {
    path: Vec<NodeRef<I>>,
    /// The mass of each node of the path, then that of what lies below.
    masses: Vec<usize>,
    /// The shadow box of the last node, or the box of the last twig.
    room: Vec<f32>,
    /// The box of the whole tree.
    root: Vec<f32>,
}

impl<I: Index> Walker<I> {
    /// Walks a tree that is not empty. A leaf equal to the query, of at most `ignored_mass`, counts
    /// as if it were not there; nothing is seen of a tree that holds nothing else.
    #[inline(always)]
    pub(crate) fn walk<G: Geometry, F: Functional>(
        &mut self,
        tree: &Tree<I>,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ignored_mass: usize,
        functional: &mut F,
    ) -> ControlFlow<()> {
        self.path.clear();
        self.masses.clear();
        self.masses.push(tree.mass());
        let mut leaf = self.descend(tree, geometry, x, tree.root());
        let mut removed = None;
        let mass = self.masses[self.path.len()];
        if mass <= ignored_mass && points.row(geometry, tree.point(leaf)) == x {
            let Some(parent) = self.path.pop() else {
                return functional.finish(0);
            };
            self.masses.pop();
            self.masses.iter_mut().for_each(|all| *all -= mass);
            let sibling = tree.sibling(parent, leaf);
            removed = Some(Removed {
                depth: self.path.len(),
                parent,
                sibling,
            });
            leaf = self.descend(tree, geometry, x, sibling);
        }
        self.climb(tree, points, geometry, x, leaf, removed, functional);
        functional.finish(self.masses[0])
    }

    /// Goes down from `reference`, whose mass is the last one noted, to a leaf.
    #[inline(always)]
    fn descend<G: Geometry>(
        &mut self,
        tree: &Tree<I>,
        geometry: G,
        x: &[f32],
        mut reference: NodeRef<I>,
    ) -> NodeRef<I> {
        let mut mass = self.masses[self.path.len()];
        while let Some(node) = tree.node(reference) {
            self.path.push(reference);
            reference = node.toward(geometry, x);
            mass = Tree::child_mass(node, mass, reference);
            self.masses.push(mass);
        }
        reference
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a walk, cut in two")]
    fn climb<G: Geometry, F: Functional>(
        &mut self,
        tree: &Tree<I>,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        leaf: NodeRef<I>,
        removed: Option<Removed<I>>,
        functional: &mut F,
    ) {
        let point = tree.point(leaf);
        let row = points.row(geometry, point);
        self.root.resize(geometry.box_len(), 0.0);
        tree.whole_box(geometry, points, &mut self.root);
        let root = geometry.corners(&self.root);
        let reached = Reached {
            point,
            row,
            equal: row == x,
            masses: &self.masses,
            root,
        };
        if !functional.leaf(&reached) {
            return;
        }
        self.room.resize(geometry.box_len(), 0.0);
        let everywhere = geometry.everywhere();
        let mut outside = geometry.everywhere();
        let mut below = leaf;
        for depth in (0..self.path.len()).rev() {
            let node = self.path[depth];
            let bounds = match (removed, tree.kept_box(geometry, points, node.get())) {
                (Some(removed), _) if depth < removed.depth => {
                    // The shadow box: that of the node below, and what hangs beside it.
                    if depth + 1 == removed.depth {
                        geometry.clear(&everywhere, &mut self.room);
                        let sibling = removed.sibling;
                        tree.extend(geometry, points, sibling, &everywhere, &mut self.room);
                        below = removed.parent;
                    }
                    let beside = tree.sibling(node, below);
                    tree.extend(geometry, points, beside, &everywhere, &mut self.room);
                    geometry.measure(&mut self.room);
                    &self.room
                }
                (_, Some(bounds)) => bounds,
                (_, None) => {
                    tree.grow(geometry, points, node, below, &mut self.room);
                    &self.room
                }
            };
            below = node;
            let corners = geometry.corners(bounds);
            let Some(gap) = geometry.gap(&mut outside, corners, x) else {
                break;
            };
            functional.ancestor(&Passed {
                depth,
                mass: self.masses[depth],
                gap: f64::from(gap),
                range: f64::from(geometry.range(bounds)),
                corners,
                root,
            });
        }
    }
}

/// A leaf that is to be ignored: `sibling` takes the place of `parent`, at `depth`.
#[derive(Debug, Clone, Copy)]
struct Removed<I> {
    depth: usize,
    parent: NodeRef<I>,
    sibling: NodeRef<I>,
}
