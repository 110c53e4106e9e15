//! Walks: the only way to read a tree.
//!
//! A query point descends to a leaf and climbs from there towards the root, past boxes that do not
//! contain it. At the first box that does, the climb ends: all boxes above contain it too, and
//! would change nothing. A [`Visitor`] computes something of what the climb shows.

pub(crate) mod attribution;
pub(crate) mod collusive;
pub(crate) mod convergence;
pub(crate) mod density;
pub(crate) mod explanation;
pub(crate) mod functional;
pub(crate) mod impute;
pub(crate) mod neighbors;
pub(crate) mod noise_floor;
pub(crate) mod score;
pub(crate) mod scoring;

use crate::index::Index;
use crate::point_store::PointStore;
use crate::tree::bounding_box::{Corners, Geometry};
use crate::tree::node::NodeRef;
use crate::tree::{Path, Tree, side};

/// Computes a functional of a query point on one tree.
pub(crate) trait Visitor<I: Index, G: Geometry> {
    /// Where the descent ended. Tells whether to climb.
    fn leaf(&mut self, leaf: &Leaf<'_, I, G>) -> bool;

    /// A box on the way up that does not contain the query.
    fn ancestor(&mut self, ancestor: &Ancestor<'_>);
}

/// A way down a tree, possibly one of several recorded together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail<'a, I> {
    /// The nodes passed: those of this way stand at `lane`, `lane + lanes`, …
    steps: &'a [NodeRef<I>],
    lanes: usize,
    lane: usize,
    /// Number of nodes passed.
    depth: usize,
    /// The leaf at the end.
    leaf: NodeRef<I>,
}

impl<'a, I: Index> Trail<'a, I> {
    pub(crate) fn of_path(path: &'a Path<I>, leaf: NodeRef<I>) -> Self {
        Self {
            steps: path,
            lanes: 1,
            lane: 0,
            depth: path.len(),
            leaf,
        }
    }

    /// The node at this depth, or the leaf below the last one.
    #[inline(always)]
    pub(crate) fn at(&self, depth: usize) -> NodeRef<I> {
        if depth < self.depth {
            self.steps[depth * self.lanes + self.lane]
        } else {
            self.leaf
        }
    }
}

/// The leaf that a query reached.
pub(crate) struct Leaf<'a, I, G> {
    pub(crate) tree: &'a Tree<I>,
    pub(crate) points: &'a PointStore,
    pub(crate) geometry: G,
    pub(crate) trail: Trail<'a, I>,
    /// The leaf's point.
    pub(crate) row: &'a [f32],
    /// Whether the query equals the leaf's point.
    pub(crate) equal: bool,
}

impl<I: Index, G: Geometry> Leaf<'_, I, G> {
    /// Number of nodes above the leaf.
    #[inline(always)]
    pub(crate) fn depth(&self) -> usize {
        self.trail.depth
    }

    /// Number of sampled points equal to the leaf's.
    pub(crate) fn mass(&self) -> usize {
        let mut mass = self.tree.mass();
        for depth in 0..self.trail.depth {
            if let Some(node) = self.tree.node(self.trail.at(depth)) {
                mass = Tree::child_mass(node, mass, self.trail.at(depth + 1));
            }
        }
        mass
    }

    /// The box of what hangs beside the trail below the node at this depth.
    pub(crate) fn sibling(&self, depth: usize) -> Option<Corners<'_>> {
        let node = self.tree.node(self.trail.at(depth))?;
        let taken = self.trail.at(depth + 1);
        let sibling = if node.left == taken {
            node.right
        } else {
            node.left
        };
        Some(self.tree.corners(self.geometry, self.points, sibling))
    }
}

/// An ancestor of the leaf, whose box does not contain the query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ancestor<'a> {
    /// Number of nodes above this one.
    pub(crate) depth: usize,
    /// Sum of the distances by which the query lies outside of the box; positive.
    pub(crate) gap: f64,
    /// Sum of the side lengths of the box.
    pub(crate) range: f64,
    pub(crate) corners: Corners<'a>,
}

/// Climbs a recorded trail.
#[inline(always)]
pub(crate) fn climb<I: Index, G: Geometry, V: Visitor<I, G>>(
    tree: &Tree<I>,
    points: &PointStore,
    geometry: G,
    x: &[f32],
    trail: Trail<'_, I>,
    visitor: &mut V,
) {
    let corners = tree.corners(geometry, points, trail.leaf);
    let row = corners.low;
    let leaf = Leaf {
        tree,
        points,
        geometry,
        trail,
        row,
        equal: row == x,
    };
    if !visitor.leaf(&leaf) {
        return;
    }
    let mut outside = geometry.everywhere();
    for depth in (0..trail.depth).rev() {
        let bounds = tree.bounds(geometry, trail.at(depth).get());
        let gap = geometry.gap(&mut outside, bounds, x);
        if gap == 0.0 {
            break;
        }
        visitor.ancestor(&Ancestor {
            depth,
            gap: f64::from(gap),
            range: f64::from(geometry.range(bounds)),
            corners: geometry.corners(bounds),
        });
    }
}

/// Descends one tree, then climbs.
#[inline(always)]
pub(crate) fn walk<I: Index, G: Geometry, V: Visitor<I, G>>(
    tree: &Tree<I>,
    points: &PointStore,
    geometry: G,
    x: &[f32],
    path: &mut Path<I>,
    visitor: &mut V,
) {
    let leaf = tree.descend(geometry, x, path);
    climb(
        tree,
        points,
        geometry,
        x,
        Trail::of_path(path, leaf),
        visitor,
    );
}

/// Trees that descend side by side: each waits for memory while the others go on.
const GROUP: usize = 8;
/// Depth up to which a group records its trails; deeper trees, which only extreme data make, are
/// walked one by one.
const GROUP_DEPTH: usize = 64;

/// Walks all trees, in their order; `start` gives each its visitor and `finish` takes it back.
#[inline(always)]
pub(crate) fn walk_all<'a, I: Index, G: Geometry, V: Visitor<I, G>>(
    trees: &'a [Tree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    mut start: impl FnMut(&'a Tree<I>) -> V,
    mut finish: impl FnMut(&Tree<I>, V),
) {
    let mut steps = [NodeRef::default(); GROUP * GROUP_DEPTH];
    let (groups, rest) = trees.as_chunks::<GROUP>();
    for group in groups {
        let ways = descend_group(group, geometry, x, &mut steps);
        let prefetched = if G::PREFETCHES { ways.as_slice() } else { &[] };
        for (lane, (tree, way)) in group.iter().zip(prefetched.iter().flatten()).enumerate() {
            let trail = Trail {
                steps: &steps,
                lanes: GROUP,
                lane,
                depth: way.depth,
                leaf: way.end,
            };
            prefetch(tree, points, geometry, trail);
        }
        for (lane, tree) in group.iter().enumerate() {
            let mut visitor = start(tree);
            match ways {
                Some(ways) => {
                    let Way { depth, end: leaf } = ways[lane];
                    let trail = Trail {
                        steps: &steps,
                        lanes: GROUP,
                        lane,
                        depth,
                        leaf,
                    };
                    climb(tree, points, geometry, x, trail, &mut visitor);
                }
                None => walk_deep(tree, points, geometry, x, &mut visitor),
            }
            finish(tree, visitor);
        }
    }
    for tree in rest {
        let mut visitor = start(tree);
        match descend_group(std::array::from_ref(tree), geometry, x, &mut steps) {
            Some([Way { depth, end: leaf }]) => {
                let trail = Trail {
                    steps: &steps,
                    lanes: 1,
                    lane: 0,
                    depth,
                    leaf,
                };
                climb(tree, points, geometry, x, trail, &mut visitor);
            }
            None => walk_deep(tree, points, geometry, x, &mut visitor),
        }
        finish(tree, visitor);
    }
}

/// Boxes above a leaf that most climbs read.
const PREFETCHED: usize = 6;

/// Asks for what the climb will read first, while the other trees of the group are climbed.
#[inline(always)]
fn prefetch<I: Index, G: Geometry>(
    tree: &Tree<I>,
    points: &PointStore,
    geometry: G,
    trail: Trail<'_, I>,
) {
    geometry.prefetch(tree.corners(geometry, points, trail.leaf).low);
    for depth in trail.depth.saturating_sub(PREFETCHED)..trail.depth {
        geometry.prefetch(tree.bounds(geometry, trail.at(depth).get()));
    }
}

/// [`walk`] with a path of any length.
#[cold]
fn walk_deep<I: Index, G: Geometry, V: Visitor<I, G>>(
    tree: &Tree<I>,
    points: &PointStore,
    geometry: G,
    x: &[f32],
    visitor: &mut V,
) {
    walk(tree, points, geometry, x, &mut Path::new(), visitor);
}

/// How far a descent has come.
#[derive(Debug, Clone, Copy)]
struct Way<I> {
    depth: usize,
    end: NodeRef<I>,
}

/// Takes each of `N` trees one level down in turn, and records the nodes passed in `steps`, `N` for
/// each level. `None` if a way is too long to be recorded.
#[inline(always)]
fn descend_group<const N: usize, I: Index, G: Geometry>(
    trees: &[Tree<I>; N],
    geometry: G,
    x: &[f32],
    steps: &mut [NodeRef<I>; GROUP * GROUP_DEPTH],
) -> Option<[Way<I>; N]> {
    let mut ways = [Way {
        depth: 0,
        end: NodeRef::default(),
    }; N];
    for (way, tree) in ways.iter_mut().zip(trees) {
        way.end = tree.root();
    }
    for (level, steps) in steps.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        let mut moved = false;
        for (lane, tree) in trees.iter().enumerate() {
            let way = &mut ways[lane];
            if let Some(node) = tree.node(way.end) {
                steps[lane] = way.end;
                *way = Way {
                    depth: level + 1,
                    end: node.child(side(geometry, node, x)),
                };
                moved = true;
            }
        }
        if !moved {
            return Some(ways);
        }
    }
    None
}
