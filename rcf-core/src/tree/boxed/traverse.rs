//! The traversal of all trees: many descend together, then each is walked up.

use std::any::Any;

use super::node::{Node, NodeRef};
use super::path::{OnDemand, Path, walk_up};
use super::{BoxedTree, Located};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::simd::{Descents, Reached, TOGETHER, Trunk};
use crate::visitor::Visitor;

/// Trees that descend side by side without vectors: each waits for memory while the others
/// continue.
const GROUP: usize = 8;

/// The same for descents to different points, of which there are few.
const FEW: usize = 4;

/// Lets a visitor traverse trees, none of them empty, in their order. `scratch` holds a bounding
/// box. Records where each descent ended, if requested.
#[inline(always)]
pub(super) fn traverse<I: Index, G: Geometry, V: Visitor>(
    trees: &[BoxedTree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    scratch: &mut [f32],
    mut noted: Option<&mut Vec<Reached>>,
    visitor: &mut V,
) {
    // Cut to lengths that the compiler knows.
    let (x, scratch) = (&x[..geometry.row_len()], &mut scratch[..geometry.box_len()]);
    let mut ends = [Reached::default(); TOGETHER];
    if let Some(noted) = &mut noted {
        noted.reserve_exact(trees.len());
    }
    for trees in trees.chunks(TOGETHER) {
        reach(trees, geometry.descents(), x, &mut ends);
        if let Some(noted) = &mut noted {
            noted.extend_from_slice(&ends[..trees.len()]);
        }
        // One call for all of them: each call in the source is inlined into every kernel.
        for (tree, end) in trees.iter().zip(&ends) {
            let path = Path {
                leaf: NodeRef::internal(end.leaf as usize),
                last: NodeRef::internal(end.last as usize),
                depth: end.depth as usize,
                removed: None,
            };
            let masses = OnDemand { tree, path };
            walk_up(tree, points, geometry, x, path, masses, scratch, visitor);
            if visitor.finish(tree.mass()).is_break() {
                return;
            }
        }
    }
}

/// Descends trees, at most [`TOGETHER`] of them, to the leaves of `x`.
///
/// Descents are not inlined into kernels, each of which is compiled for many lengths of rows.
#[inline(never)]
pub(super) fn reach<I: Index>(
    trees: &[BoxedTree<I>],
    descents: Option<Descents>,
    x: &[f32],
    ends: &mut [Reached; TOGETHER],
) {
    let has_descended =
        descents.is_some_and(|descents| descend_as_vectors(descents, trees, x, ends));
    if !has_descended {
        let mut lanes = [(&trees[0], x); TOGETHER];
        for (lane, tree) in lanes.iter_mut().zip(trees) {
            lane.0 = tree;
        }
        descend::<GROUP, I>(&lanes[..trees.len()], ends);
    }
}

/// Descends trees as vectors, if their nodes have the width for it. A tree of a single leaf has
/// nothing to descend.
fn descend_as_vectors<I: Index>(
    descents: Descents,
    trees: &[BoxedTree<I>],
    x: &[f32],
    ends: &mut [Reached; TOGETHER],
) -> bool {
    let mut trunks = [Trunk::default(); TOGETHER];
    for (trunk, tree) in trunks.iter_mut().zip(trees) {
        let nodes = (&tree.nodes as &dyn Any).downcast_ref::<Vec<Node<u16>>>();
        match nodes {
            Some(nodes) if tree.node(tree.root).is_some() => {
                let root = tree.root.get() as u16;
                *trunk = Trunk { nodes, root };
            }
            _ => return false,
        }
    }
    descents.descend(&trunks[..trees.len()], x, ends);
    true
}

/// Descends few trees, each to the leaf of a point.
#[inline(never)]
pub(super) fn descend_few<I: Index>(lanes: &[(&BoxedTree<I>, &[f32])], ends: &mut [Reached]) {
    descend::<FEW, I>(lanes, ends);
}

/// Descends trees, each to the leaf of a point: `N` of them one level each in turn.
fn descend<const N: usize, I: Index>(lanes: &[(&BoxedTree<I>, &[f32])], ends: &mut [Reached]) {
    for (lanes, ends) in lanes.chunks(N).zip(ends.chunks_mut(N)) {
        // Lanes without a tree do what the last one does.
        let lanes: [_; N] = std::array::from_fn(|lane| lanes[lane.min(lanes.len() - 1)]);
        let mut nodes: [&[Node<I>]; N] = [&[]; N];
        let (mut places, mut depths) = ([Located::default(); N], [0; N]);
        for lane in 0..N {
            let (tree, _) = lanes[lane];
            (nodes[lane], places[lane]) = (&tree.nodes, tree.whole());
        }
        let mut moved = true;
        while moved {
            moved = false;
            for lane in 0..N {
                let at = places[lane].leaf;
                if let Some(node) = nodes[lane].get(at.get()) {
                    places[lane] = Located {
                        leaf: node.toward(lanes[lane].1),
                        above: at,
                    };
                    depths[lane] += 1;
                    moved = true;
                }
            }
        }
        for (lane, end) in ends.iter_mut().enumerate() {
            *end = Reached {
                leaf: places[lane].leaf.get() as u32,
                last: places[lane].above.get() as u32,
                depth: depths[lane],
            };
        }
    }
}
