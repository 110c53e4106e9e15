//! The traversal of one tree that notes masses, of the tree as it is or without the query's own
//! copy.
//!
//! # Without its own copy
//! A query that is in the sample finds itself. The tree without it is known without
//! changing the tree: deletion puts the leaf's sibling in the place of their parent, and makes each
//! bounding box above the union of what remains. The descent continues in that sibling, and the
//! walk up passes those boxes; what the visitor sees is, to the bit, the tree after a deletion.

use std::ops::ControlFlow;

use super::BoxedTree;
use super::node::NodeRef;
use super::path::{Path, Removed, walk_up};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::visitor::Visitor;

/// Working memory that is kept from tree to tree.
#[derive(Debug, Default)]
pub(crate) struct BoxedWalker<I> {
    nodes: Vec<NodeRef<I>>,
    /// The mass of each node of the path, then that of what lies below.
    masses: Vec<usize>,
    /// A bounding box.
    scratch: Vec<f32>,
}

impl<I: Index> BoxedWalker<I> {
    /// Lets a visitor traverse a tree that is not empty. A leaf equal to the query, of at most
    /// `ignored_mass`, counts as if it were not there; nothing is seen of a tree that holds nothing
    /// else.
    #[inline(always)]
    pub(crate) fn traverse<G: Geometry, V: Visitor>(
        &mut self,
        tree: &BoxedTree<I>,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()> {
        self.nodes.clear();
        self.masses.clear();
        self.masses.push(tree.mass());
        let mut leaf = self.descend(tree, x, tree.root());
        let mut removed = None;
        let mass = self.masses[self.nodes.len()];
        if mass <= ignored_mass && points.row(geometry, tree.point(leaf)) == x {
            let Some(parent) = self.nodes.pop() else {
                return visitor.finish(0);
            };
            self.masses.pop();
            self.masses.iter_mut().for_each(|all| *all -= mass);
            let sibling = tree.sibling(parent, leaf);
            removed = Some(Removed {
                depth: self.nodes.len(),
                parent,
                sibling,
            });
            leaf = self.descend(tree, x, sibling);
        }
        self.scratch.resize(geometry.box_len(), 0.0);
        let path = Path {
            leaf,
            last: self.nodes.last().copied().unwrap_or(leaf),
            depth: self.nodes.len(),
            removed,
        };
        let (masses, scratch) = (&self.masses[..], &mut self.scratch[..]);
        walk_up(tree, points, geometry, x, path, masses, scratch, visitor);
        visitor.finish(self.masses[0])
    }

    /// Descends from `reference`, whose mass is the last one noted, to a leaf.
    fn descend(&mut self, tree: &BoxedTree<I>, x: &[f32], mut reference: NodeRef<I>) -> NodeRef<I> {
        let mut mass = self.masses[self.nodes.len()];
        while let Some(node) = tree.node(reference) {
            self.nodes.push(reference);
            reference = node.toward(x);
            mass = BoxedTree::child_mass(node, mass, reference);
            self.masses.push(mass);
        }
        reference
    }
}
