//! The traversal of all trees, eight at a time.

use super::node::NodeRef;
use super::path::{OnDemand, Path, walk_up};
use super::{BoxedTree, PathBuffer};
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::visitor::Visitor;

/// Trees that descend side by side: each waits for memory while the others go on.
const GROUP: usize = 8;
/// Depth up to which a group records its paths; deeper ones, which only extreme data make, are
/// descended again.
const GROUP_DEPTH: usize = 64;
/// The internal nodes of one path of a group.
type Nodes<I> = [NodeRef<I>; GROUP_DEPTH];

/// Lets a visitor traverse trees, none of them empty, in their order. `scratch` is a record of a
/// bounding box.
#[inline(always)]
pub(super) fn traverse<I: Index, G: Geometry, V: Visitor>(
    trees: &[BoxedTree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    scratch: &mut [f32],
    visitor: &mut V,
) {
    // Cut to lengths that the compiler knows.
    let (x, scratch) = (&x[..geometry.row_len()], &mut scratch[..geometry.box_len()]);
    let mut nodes = [[NodeRef::default(); GROUP_DEPTH]; GROUP];
    let mut descents = [Descent::default(); GROUP];
    let mut deep = PathBuffer::new();
    for group in trees.chunks(GROUP) {
        if let Ok(group) = <&[_; GROUP]>::try_from(group) {
            descents = descend_group(group, geometry, x, &mut nodes);
        } else {
            for (lane, tree) in group.iter().enumerate() {
                let one = std::array::from_ref(tree);
                [descents[lane]] = descend_group(one, geometry, x, &mut nodes[lane..]);
            }
        }
        // One walk up for all of them: each one that is written here is compiled into every kernel.
        for ((tree, descent), nodes) in group.iter().zip(&descents).zip(&nodes) {
            let (nodes, leaf) = match nodes.get(..descent.depth) {
                Some(nodes) => (nodes, descent.end),
                None => {
                    let leaf = tree.descend(geometry, x, &mut deep);
                    (&deep.nodes[..], leaf)
                }
            };
            let path = Path {
                nodes,
                leaf,
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

/// How far a descent has come.
#[derive(Debug, Clone, Copy, Default)]
struct Descent<I> {
    /// Nodes passed; more than [`GROUP_DEPTH`] if there were too many to be recorded.
    depth: usize,
    end: NodeRef<I>,
}

/// Takes each of `N` trees one level down in turn, and records the nodes passed in `nodes`.
#[inline(always)]
fn descend_group<const N: usize, I: Index, G: Geometry>(
    trees: &[BoxedTree<I>; N],
    geometry: G,
    x: &[f32],
    nodes: &mut [Nodes<I>],
) -> [Descent<I>; N] {
    let nodes = &mut nodes[..N];
    let mut descents = std::array::from_fn(|lane| Descent {
        depth: 0,
        end: trees[lane].root(),
    });
    for level in 0..GROUP_DEPTH {
        let mut moved = false;
        for ((descent, tree), nodes) in descents.iter_mut().zip(trees).zip(&mut *nodes) {
            if let Some(node) = tree.node(descent.end) {
                nodes[level] = descent.end;
                descent.end = node.toward(geometry, x);
                descent.depth = level + 1;
                moved = true;
            }
        }
        if !moved {
            return descents;
        }
    }
    for (descent, tree) in descents.iter_mut().zip(trees) {
        descent.depth += usize::from(tree.node(descent.end).is_some());
    }
    descents
}
