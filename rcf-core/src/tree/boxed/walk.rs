//! Walks of a visitor over trees, eight at a time.

use super::node::NodeRef;
use super::{Path, Tree};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::visitor::{Ancestor, Leaf, Place, Visitor};

/// A way down a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail<'a, I> {
    /// The nodes passed.
    steps: &'a [NodeRef<I>],
    /// The leaf at the end.
    leaf: NodeRef<I>,
}

impl<'a, I: Index> Trail<'a, I> {
    /// The node at this depth, or the leaf below the last one.
    #[inline(always)]
    fn at(&self, depth: usize) -> NodeRef<I> {
        self.steps.get(depth).copied().unwrap_or(self.leaf)
    }

    /// Number of nodes passed.
    #[inline(always)]
    fn depth(&self) -> usize {
        self.steps.len()
    }
}

/// A leaf at the end of a trail.
#[derive(Debug, Clone, Copy)]
struct Spot<'a, I, G> {
    tree: &'a Tree<I>,
    points: &'a PointStore,
    geometry: G,
    trail: Trail<'a, I>,
}

impl<I: Index, G: Geometry> Place for Spot<'_, I, G> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.trail.depth()
    }

    fn mass(&self) -> usize {
        let mut mass = self.tree.mass();
        for depth in 0..self.trail.depth() {
            if let Some(node) = self.tree.node(self.trail.at(depth)) {
                mass = Tree::child_mass(node, mass, self.trail.at(depth + 1));
            }
        }
        mass
    }

    #[inline(always)]
    fn tree_mass(&self) -> usize {
        self.tree.mass()
    }

    #[inline(always)]
    fn whole_box(&self, room: &mut [f32]) {
        self.tree.whole_box(self.geometry, self.points, room);
    }

    #[inline(always)]
    fn beside(&self, room: &mut [f32], mut climb: impl FnMut(usize, &mut [f32]) -> bool) {
        let Self { tree, geometry, .. } = *self;
        let everywhere = geometry.everywhere();
        for depth in (0..self.trail.depth()).rev() {
            let sibling = tree.sibling(self.trail.at(depth), self.trail.at(depth + 1));
            tree.extend(geometry, self.points, sibling, &everywhere, room);
            if !climb(depth, room) {
                break;
            }
        }
    }
}

/// Climbs a recorded trail. There is room for a box.
#[inline(always)]
pub(crate) fn climb<I: Index, G: Geometry, V: Visitor<G>>(
    tree: &Tree<I>,
    points: &PointStore,
    geometry: G,
    x: &[f32],
    trail: Trail<'_, I>,
    room: &mut [f32],
    visitor: &mut V,
) {
    let row = points.row(geometry, tree.point(trail.leaf));
    let place = Spot {
        tree,
        points,
        geometry,
        trail,
    };
    let leaf = Leaf {
        place,
        geometry,
        row,
        equal: row == x,
    };
    if !visitor.leaf(&leaf) {
        return;
    }
    let mut outside = geometry.everywhere();
    let mut below = trail.leaf;
    let mut depth = trail.depth();
    for &node in trail.steps.iter().rev() {
        depth -= 1;
        let bounds = match tree.kept_box(geometry, points, node.get()) {
            Some(bounds) => bounds,
            None => {
                tree.grow(geometry, points, node, below, room);
                &*room
            }
        };
        below = node;
        let corners = geometry.corners(bounds);
        let gap = if V::USES_PARTS {
            geometry.gap_and_parts(&mut outside, corners, x)
        } else {
            geometry.gap(&mut outside, corners, x)
        };
        let Some(gap) = gap else { break };
        visitor.ancestor(&Ancestor {
            depth,
            gap: f64::from(gap),
            range: f64::from(geometry.range(bounds)),
            corners,
            geometry,
            outside: &outside,
        });
    }
}

/// Trees that descend side by side: each waits for memory while the others go on.
const GROUP: usize = 8;
/// Depth up to which a group records its trails; deeper ways, which only extreme data make, are gone once
/// more.
const GROUP_DEPTH: usize = 64;
/// The nodes passed on one way of a group.
type Steps<I> = [NodeRef<I>; GROUP_DEPTH];

/// Walks all trees, in their order; `finish` is told the mass of each one that it has seen. There is
/// room for a box.
#[inline(always)]
pub(crate) fn walk_all<I: Index, G: Geometry, V: Visitor<G>>(
    trees: &[Tree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    room: &mut [f32],
    visitor: &mut V,
    mut finish: impl FnMut(usize, &mut V),
) {
    // Cut to lengths that the compiler knows.
    let (x, room) = (&x[..geometry.row_len()], &mut room[..geometry.box_len()]);
    let mut steps = [[NodeRef::default(); GROUP_DEPTH]; GROUP];
    let mut ways = [Way::default(); GROUP];
    let mut deep = Path::new();
    for group in trees.chunks(GROUP) {
        if let Ok(group) = <&[_; GROUP]>::try_from(group) {
            ways = descend_group(group, geometry, x, &mut steps);
        } else {
            for (lane, tree) in group.iter().enumerate() {
                let one = std::array::from_ref(tree);
                [ways[lane]] = descend_group(one, geometry, x, &mut steps[lane..]);
            }
        }
        // One climb for all of them: each one that is written here is compiled into every kernel.
        for ((tree, way), steps) in group.iter().zip(&ways).zip(&steps) {
            let trail = match steps.get(..way.depth) {
                Some(steps) => Trail {
                    steps,
                    leaf: way.end,
                },
                None => {
                    let leaf = tree.descend(geometry, x, &mut deep);
                    let steps = &deep.steps;
                    Trail { steps, leaf }
                }
            };
            climb(tree, points, geometry, x, trail, room, visitor);
            finish(tree.mass(), visitor);
        }
    }
}

/// How far a descent has come.
#[derive(Debug, Clone, Copy, Default)]
struct Way<I> {
    /// Nodes passed; more than [`GROUP_DEPTH`] if there were too many to be recorded.
    depth: usize,
    end: NodeRef<I>,
}

/// Takes each of `N` trees one level down in turn, and records the nodes passed in `steps`.
#[inline(always)]
fn descend_group<const N: usize, I: Index, G: Geometry>(
    trees: &[Tree<I>; N],
    geometry: G,
    x: &[f32],
    steps: &mut [Steps<I>],
) -> [Way<I>; N] {
    let steps = &mut steps[..N];
    let mut ways = std::array::from_fn(|lane| Way {
        depth: 0,
        end: trees[lane].root(),
    });
    for level in 0..GROUP_DEPTH {
        let mut moved = false;
        for ((way, tree), steps) in ways.iter_mut().zip(trees).zip(&mut *steps) {
            if let Some(node) = tree.node(way.end) {
                steps[level] = way.end;
                way.end = node.toward(geometry, x);
                way.depth = level + 1;
                moved = true;
            }
        }
        if !moved {
            return ways;
        }
    }
    for (way, tree) in ways.iter_mut().zip(trees) {
        way.depth += usize::from(tree.node(way.end).is_some());
    }
    ways
}
