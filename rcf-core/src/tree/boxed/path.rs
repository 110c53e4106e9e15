//! A root-to-leaf path, and the walk of a visitor up along it.

use super::BoxedTree;
use super::node::NodeRef;
use crate::arena::PointStore;
use crate::geometry::{Corners, Geometry, Unmeasured};
use crate::layout::Index;
use crate::visitor::parts::{AncestorParts, LeafParts};
use crate::visitor::{Ancestor, Leaf, Visitor};

/// A root-to-leaf path of a tree, as it is or as it would be without a leaf. Its nodes are those
/// above its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<I> {
    pub(super) leaf: NodeRef<I>,
    /// The last internal node, if there is one.
    pub(super) last: NodeRef<I>,
    /// Number of internal nodes.
    pub(super) depth: usize,
    pub(super) removed: Option<Removed<I>>,
}

/// A leaf that counts as if it were not there: `sibling` takes the place of `parent`, at `depth`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Removed<I> {
    pub(super) depth: usize,
    pub(super) parent: NodeRef<I>,
    pub(super) sibling: NodeRef<I>,
}

impl<I: Index> Path<I> {
    /// The node of the path above one that is not the root.
    #[inline(always)]
    fn above(&self, tree: &BoxedTree<I>, node: NodeRef<I>) -> NodeRef<I> {
        let parent = tree.parent(node);
        match self.removed {
            Some(removed) if parent == removed.parent => tree.parent(parent),
            _ => parent,
        }
    }
}

/// The masses of the nodes of a path, by depth.
pub(super) trait Masses: Copy {
    fn at(self, depth: usize) -> usize;
}

/// Noted on the path.
impl Masses for &[usize] {
    #[inline(always)]
    fn at(self, depth: usize) -> usize {
        self[depth]
    }
}

/// Computed on demand, which is rare.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnDemand<'a, I> {
    pub(super) tree: &'a BoxedTree<I>,
    pub(super) path: Path<I>,
}

impl<I: Index> Masses for OnDemand<'_, I> {
    fn at(self, depth: usize) -> usize {
        let Self { tree, path } = self;
        let (mut node, mut above) = (path.leaf, path.last);
        for _ in depth..path.depth {
            (node, above) = (above, path.above(tree, above));
        }
        if depth == 0 {
            return tree.mass();
        }
        tree.mass_below(node, above)
    }
}

/// Lets a visitor walk up a path. `scratch` holds a bounding box.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a walk, cut in two")]
pub(super) fn walk_up<I: Index, G: Geometry, M: Masses, V: Visitor>(
    tree: &BoxedTree<I>,
    points: &PointStore,
    geometry: G,
    x: &[f32],
    path: Path<I>,
    masses: M,
    scratch: &mut [f32],
    visitor: &mut V,
) {
    let row = points.row(geometry, tree.point(path.leaf));
    let leaf = BoxedLeaf {
        tree,
        points,
        geometry,
        path,
        masses,
        row,
        is_query: row == x,
    };
    if visitor.leaf(&leaf).is_break() {
        return;
    }
    let everywhere = geometry.everywhere();
    let mut outside = everywhere;
    let (mut below, mut next) = (path.leaf, path.last);
    let ladder = points.boxes.ladder();
    // Where the next box is, once a node had one.
    let mut place = None;
    for depth in (0..path.depth).rev() {
        let bounds = if let Some(here) = place {
            let (bounds, above) = ladder.climb(geometry, here);
            place = Some(above);
            bounds
        } else {
            let node = next;
            next = path.above(tree, node);
            let bounds = match (path.removed, tree.cached_box(geometry, points, node.get())) {
                (Some(removed), _) if depth < removed.depth => {
                    // What remains: the box of the node below, and its sibling subtree.
                    let mut bounds = if depth + 1 == removed.depth {
                        below = removed.parent;
                        let mut bounds = geometry.clear(&everywhere, scratch);
                        tree.extend(geometry, points, removed.sibling, &everywhere, &mut bounds);
                        bounds
                    } else {
                        Unmeasured::reopen(scratch)
                    };
                    let sibling = tree.sibling(node, below);
                    tree.extend(geometry, points, sibling, &everywhere, &mut bounds);
                    geometry.measure(bounds)
                }
                (removed, Some(bounds)) => {
                    place = removed.is_none().then(|| tree.place_above(next));
                    bounds
                }
                (_, None) => tree.grow(geometry, points, node, below, scratch),
            };
            below = node;
            bounds
        };
        let corners = geometry.corners(bounds.record());
        let gap = if V::USES_PARTS {
            geometry.gap_and_parts(&mut outside, corners, x)
        } else {
            geometry.gap(&mut outside, corners, x)
        };
        let Some(gap) = gap else { break };
        visitor.ancestor(&BoxedAncestor {
            depth,
            gap: f64::from(gap),
            range: f64::from(bounds.range()),
            corners,
            geometry,
            outside: &outside,
            masses,
        });
    }
}

/// The leaf at the end of a path.
struct BoxedLeaf<'a, I, G, M> {
    tree: &'a BoxedTree<I>,
    points: &'a PointStore,
    geometry: G,
    path: Path<I>,
    masses: M,
    row: &'a [f32],
    is_query: bool,
}

impl<I: Index, G: Geometry, M: Masses> Leaf for BoxedLeaf<'_, I, G, M> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.path.depth
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.masses.at(self.path.depth)
    }

    #[inline(always)]
    fn tree_mass(&self) -> usize {
        self.masses.at(0)
    }

    #[inline(always)]
    fn is_query(&self) -> bool {
        self.is_query
    }
}

impl<I: Index, G: Geometry, M: Masses> LeafParts for BoxedLeaf<'_, I, G, M> {
    fn point(&self) -> usize {
        self.tree.point(self.path.leaf)
    }

    #[inline(always)]
    fn row(&self) -> &[f32] {
        self.row
    }

    #[inline(always)]
    fn mass_at(&self, depth: usize) -> usize {
        self.masses.at(depth)
    }

    #[inline(always)]
    fn tree_box(&self, record: &mut Vec<f32>) {
        record.resize(self.geometry.box_len(), 0.0);
        let _ = self.tree.tree_box(self.geometry, self.points, record);
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        self.geometry.corners(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: impl FnOnce(f64) -> f64, sums: &mut [f64]) {
        let Self { geometry, row, .. } = *self;
        let corners = Corners::of_point(row);
        let mut outside = geometry.everywhere();
        if let Some(gap) = geometry.gap_and_parts(&mut outside, corners, x) {
            geometry.add_gaps(&outside, corners, x, factor(f64::from(gap)), sums);
        }
    }

    #[inline(always)]
    fn shadow<V: Visitor>(&self, x: &[f32], record: &mut Vec<f32>, visitor: &mut V) {
        let Self {
            tree,
            points,
            geometry,
            path,
            masses,
            ..
        } = *self;
        let everywhere = geometry.everywhere();
        let mut outside = everywhere;
        record.resize(geometry.box_len(), 0.0);
        let _ = geometry.clear(&everywhere, record);
        let (mut below, mut next) = (path.leaf, path.last);
        for depth in (0..path.depth).rev() {
            let node = next;
            next = path.above(tree, node);
            let sibling = tree.sibling(node, below);
            below = node;
            let mut bounds = Unmeasured::reopen(record);
            tree.extend(geometry, points, sibling, &everywhere, &mut bounds);
            let bounds = geometry.measure(bounds);
            let corners = geometry.corners(bounds.record());
            let Some(gap) = geometry.gap_and_parts(&mut outside, corners, x) else {
                break;
            };
            visitor.ancestor(&BoxedAncestor {
                depth,
                gap: f64::from(gap),
                range: f64::from(bounds.range()),
                corners,
                geometry,
                outside: &outside,
                masses,
            });
        }
    }
}

/// An ancestor of the leaf.
struct BoxedAncestor<'a, G: Geometry, M> {
    depth: usize,
    gap: f64,
    range: f64,
    corners: Corners<'a>,
    geometry: G,
    /// The parts in which the query may lie outside.
    outside: &'a G::Parts,
    masses: M,
}

impl<G: Geometry, M: Masses> Ancestor for BoxedAncestor<'_, G, M> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.depth
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.masses.at(self.depth)
    }

    #[inline(always)]
    fn gap(&self) -> f64 {
        self.gap
    }

    #[inline(always)]
    fn range(&self) -> f64 {
        self.range
    }
}

impl<G: Geometry, M: Masses> AncestorParts for BoxedAncestor<'_, G, M> {
    #[inline(always)]
    fn corners(&self) -> Corners<'_> {
        self.corners
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        self.geometry.corners(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: f64, sums: &mut [f64]) {
        self.geometry
            .add_gaps(self.outside, self.corners, x, factor, sums);
    }
}
