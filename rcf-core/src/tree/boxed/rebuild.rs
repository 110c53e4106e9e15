//! Conversion of a tree to its cuts and back.

use super::BoxedTree;
use super::node::{Node, NodeRef};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::tree::cut::Cut;

impl<I: Index> BoxedTree<I> {
    /// The cuts of all internal nodes, from the root, left before right.
    pub(crate) fn cuts(&self) -> Vec<Cut> {
        let mut cuts = Vec::with_capacity(self.nodes.len());
        let mut pending = Vec::new();
        pending.extend((self.mass > 0).then_some(self.root));
        while let Some(reference) = pending.pop() {
            if let Some(node) = self.node(reference) {
                cuts.push(node.cut());
                pending.extend([node.right(), node.left()]);
            }
        }
        cuts
    }

    /// The tree of these points, with multiplicity, and cuts in the order of [`Self::cuts`].
    /// `None` if the cuts are not those of a tree of these points.
    pub(crate) fn rebuild<G: Geometry>(
        geometry: G,
        store: &mut PointStore,
        sample_size: usize,
        points: &[I],
        cuts: &[Cut],
    ) -> Option<Self> {
        let mut tree = Self::new(sample_size);
        if points.len() > sample_size || cuts.len() > tree.internal_capacity {
            return None;
        }
        tree.mass = points.len();
        if points.is_empty() {
            return cuts.is_empty().then_some(tree);
        }
        tree.nodes.reserve_exact(cuts.len());

        // Each cut partitions a stretch of `points` in two; the left one is next.
        let mut points = points.to_vec();
        let mut cuts = cuts.iter();
        let mut pending = vec![(0..points.len(), None)];
        while let Some((stretch, parent)) = pending.pop() {
            let here = &mut points[stretch.clone()];
            let first = here[0];
            let reference = if here.iter().all(|&point| point == first) {
                NodeRef::leaf(first.get(), tree.internal_capacity)
            } else {
                let cut = cuts.next()?;
                let left_mass = partition(here, |point| {
                    let row = store.row(geometry, point.get());
                    row[cut.dimension] <= cut.value
                });
                if left_mass == 0 || left_mass == here.len() {
                    return None;
                }
                let node = Node {
                    left_mass: I::new(left_mass),
                    ..Node::new(*cut)
                };
                let reference = tree.allocate(node);
                let middle = stretch.start + left_mass;
                pending.push((middle..stretch.end, Some((reference, 1))));
                pending.push((stretch.start..middle, Some((reference, 0))));
                reference
            };
            match parent {
                None => tree.root = reference,
                Some((parent, side)) => {
                    let parent: NodeRef<I> = parent;
                    tree.nodes[parent.get()].children[side] = reference.0;
                    tree.set_parent(reference, parent);
                }
            }
        }
        if cuts.next().is_some() {
            return None;
        }
        tree.cache_boxes(geometry, store);
        Some(tree)
    }
}

/// Reorders the items so that those that satisfy the predicate come first; returns their number.
#[inline(always)]
pub(crate) fn partition<T>(items: &mut [T], predicate: impl Fn(&T) -> bool) -> usize {
    let mut first = 0;
    for i in 0..items.len() {
        // No branch: the predicate is unpredictable.
        let satisfies = predicate(&items[i]);
        items.swap(first, i);
        first += usize::from(satisfies);
    }
    first
}
