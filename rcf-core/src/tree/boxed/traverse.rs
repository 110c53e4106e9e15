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
        reach(trees, geometry, x, &mut ends);
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
#[inline(always)]
pub(super) fn reach<I: Index, G: Geometry>(
    trees: &[BoxedTree<I>],
    geometry: G,
    x: &[f32],
    ends: &mut [Reached; TOGETHER],
) {
    let has_descended = geometry
        .descents()
        .is_some_and(|descents| descend_as_vectors(descents, trees, x, ends));
    if !has_descended {
        descend(trees, geometry, x, ends);
    }
}

/// Descends trees as vectors, if their nodes have the width for it. A tree of a single leaf has
/// nothing to descend.
#[inline(always)]
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

/// Descends trees to the leaves of `x`, each of a group one level in turn.
#[inline(always)]
fn descend<I: Index, G: Geometry>(
    trees: &[BoxedTree<I>],
    geometry: G,
    x: &[f32],
    ends: &mut [Reached; TOGETHER],
) {
    for (group, ends) in trees.chunks(GROUP).zip(ends.chunks_exact_mut(GROUP)) {
        match <&[_; GROUP]>::try_from(group) {
            Ok(group) => descend_group(geometry, group.each_ref().map(|tree| (tree, x)), ends),
            Err(_) => {
                for (tree, end) in group.iter().zip(ends) {
                    descend_group(geometry, [(tree, x)], std::slice::from_mut(end));
                }
            }
        }
    }
}

/// Descends trees, each to the leaf of a different point.
#[inline(always)]
pub(super) fn descend_lanes<'a, I: Index, G: Geometry>(
    geometry: G,
    ends: &mut [Reached],
    lane: impl Fn(usize) -> (&'a BoxedTree<I>, &'a [f32]),
) {
    for (few, ends) in ends.chunks_mut(FEW).enumerate() {
        // Lanes without a tree do what the last one does.
        let last = ends.len() - 1;
        let lanes: [_; FEW] = std::array::from_fn(|number| lane(few * FEW + number.min(last)));
        let mut all = [Reached::default(); FEW];
        descend_group(geometry, lanes, &mut all);
        ends.copy_from_slice(&all[..=last]);
    }
}

/// Takes each of `N` trees one level down in turn, each toward a point.
#[inline(always)]
fn descend_group<const N: usize, I: Index, G: Geometry>(
    geometry: G,
    lanes: [(&BoxedTree<I>, &[f32]); N],
    ends: &mut [Reached],
) {
    let mut places: [Located<I>; N] = std::array::from_fn(|lane| lanes[lane].0.whole());
    let mut depths = [0; N];
    loop {
        let mut moved = false;
        for ((place, depth), (tree, x)) in places.iter_mut().zip(&mut depths).zip(lanes) {
            if let Some(node) = tree.node(place.leaf) {
                *place = Located {
                    leaf: node.toward(geometry, x),
                    above: place.leaf,
                };
                *depth += 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    for ((end, place), depth) in ends.iter_mut().zip(places).zip(depths) {
        *end = Reached {
            leaf: place.leaf.get() as u32,
            last: place.above.get() as u32,
            depth,
        };
    }
}
