//! Traversals of trees that are sorted arrays, and imputation.

use std::ops::ControlFlow;

use super::{End, SortedTree, Stretch};
use crate::arena::PointStore;
use crate::geometry::{Corners, Geometry, OneDimensional, Unmeasured};
use crate::layout::Index;
use crate::tree::imputation::Imputer;
use crate::visitor::parts::{AncestorParts, LeafParts};
use crate::visitor::{Ancestor, Leaf, Visitor};

/// Trees whose cuts are searched side by side.
const GROUP: usize = 8;

/// Lets a visitor traverse trees, none of them empty, in their order.
#[inline(always)]
pub(super) fn traverse<I: Index, V: Visitor>(
    trees: &[SortedTree<I>],
    points: &PointStore,
    x: &[f32],
    visitor: &mut V,
) {
    for group in trees.chunks(GROUP) {
        let mut leaves = [0; GROUP];
        for (leaf, tree) in leaves.iter_mut().zip(group) {
            *leaf = tree.descend(x[0]);
        }
        for (&leaf, tree) in leaves.iter().zip(group) {
            walk_up(tree, points, x, leaf, visitor);
            if visitor.finish(tree.mass()).is_break() {
                return;
            }
        }
    }
}

/// Lets a visitor walk up from a leaf past the bounding boxes that do not contain the query.
#[inline(always)]
fn walk_up<I: Index, V: Visitor>(
    tree: &SortedTree<I>,
    points: &PointStore,
    x: &[f32],
    leaf: usize,
    visitor: &mut V,
) {
    let (x, at) = (x[0], tree.value(points, leaf));
    let masses = OnDemand { tree, leaf };
    let reached = SortedLeaf {
        tree,
        points,
        leaf,
        depth: tree.depth(leaf),
        masses,
        row: [at],
        is_query: at == x,
    };
    if visitor.leaf(&reached).is_break() || reached.is_query {
        return;
    }
    let gap = f64::from((x - at).abs());
    for End { depth, far } in tree.ending_at(leaf, x > at) {
        let far = tree.value(points, far);
        let bounds = [far.min(at), far.max(at)];
        visitor.ancestor(&SortedAncestor {
            depth,
            gap,
            range: f64::from(bounds[1] - bounds[0]),
            bounds,
            masses,
        });
    }
}

/// The masses of the nodes of a path, by depth.
trait Masses: Copy {
    fn at(self, depth: usize) -> usize;
}

/// Noted on the way up.
impl Masses for &[usize] {
    #[inline(always)]
    fn at(self, depth: usize) -> usize {
        self[depth]
    }
}

/// Computed on demand, which is rare.
#[derive(Debug, Clone, Copy)]
struct OnDemand<'a, I> {
    tree: &'a SortedTree<I>,
    leaf: usize,
}

impl<I: Index> Masses for OnDemand<'_, I> {
    #[inline(always)]
    fn at(self, depth: usize) -> usize {
        let Self { tree, leaf } = self;
        if depth == 0 {
            return tree.mass();
        }
        let levels = tree.depth(leaf) - depth;
        if levels == 0 {
            return tree.leaf_mass(leaf);
        }
        let mut above = std::iter::successors(Some(Stretch::leaf(leaf)), |&stretch| {
            tree.parent(stretch).map(|parent| parent.stretch)
        });
        above.nth(levels).map_or(0, |stretch| tree.mass_of(stretch))
    }
}

/// The leaf that a query reached.
struct SortedLeaf<'a, I, M> {
    tree: &'a SortedTree<I>,
    points: &'a PointStore,
    leaf: usize,
    depth: usize,
    masses: M,
    row: [f32; 1],
    is_query: bool,
}

impl<I: Index, M: Masses> Leaf for SortedLeaf<'_, I, M> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.depth
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.tree.leaf_mass(self.leaf)
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

impl<I: Index, M: Masses> LeafParts for SortedLeaf<'_, I, M> {
    fn point(&self) -> usize {
        self.tree.point(self.leaf)
    }

    #[inline(always)]
    fn row(&self) -> &[f32] {
        &self.row
    }

    #[inline(always)]
    fn mass_at(&self, depth: usize) -> usize {
        self.masses.at(depth)
    }

    fn tree_box(&self, record: &mut Vec<f32>) {
        let last = self.tree.len() - 1;
        record.clear();
        record.extend(self.tree.corners(self.points, Stretch { first: 0, last }));
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        OneDimensional.corners(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: impl FnOnce(f64) -> f64, sums: &mut [f64]) {
        let corners = Corners::of_point(&self.row);
        if let Some(gap) = OneDimensional.gap(&mut (), corners, x) {
            OneDimensional.add_gaps(&(), corners, x, factor(f64::from(gap)), sums);
        }
    }

    fn shadow<V: Visitor>(&self, x: &[f32], record: &mut Vec<f32>, visitor: &mut V) {
        record.resize(2, 0.0);
        let _ = OneDimensional.clear(&(), record);
        let mut stretch = Stretch::leaf(self.leaf);
        let mut depth = self.depth;
        while let Some(parent) = self.tree.parent(stretch) {
            let above = parent.stretch;
            let sibling = if above.first < stretch.first {
                Stretch {
                    first: above.first,
                    last: stretch.first - 1,
                }
            } else {
                Stretch {
                    first: stretch.last + 1,
                    last: above.last,
                }
            };
            depth -= 1;
            let bounds = self.tree.corners(self.points, sibling);
            let mut union = Unmeasured::reopen(record);
            OneDimensional.extend(&(), &mut union, OneDimensional.corners(&bounds));
            let union = OneDimensional.measure(union);
            let Some(gap) = OneDimensional.gap(&mut (), OneDimensional.corners(union.record()), x)
            else {
                break;
            };
            visitor.ancestor(&SortedAncestor {
                depth,
                gap: f64::from(gap),
                range: f64::from(union.range()),
                bounds: [union.record()[0], union.record()[1]],
                masses: self.masses,
            });
            stretch = above;
        }
    }
}

/// An ancestor of the leaf.
struct SortedAncestor<M> {
    depth: usize,
    gap: f64,
    range: f64,
    bounds: [f32; 2],
    masses: M,
}

impl<M: Masses> Ancestor for SortedAncestor<M> {
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

impl<M: Masses> AncestorParts for SortedAncestor<M> {
    #[inline(always)]
    fn corners(&self) -> Corners<'_> {
        OneDimensional.corners(&self.bounds)
    }

    #[inline(always)]
    fn corners_of<'b>(&self, record: &'b [f32]) -> Corners<'b> {
        OneDimensional.corners(record)
    }

    #[inline(always)]
    fn add_gaps(&self, x: &[f32], factor: f64, sums: &mut [f64]) {
        OneDimensional.add_gaps(&(), self.corners(), x, factor, sums);
    }
}

/// Working memory that is kept from tree to tree.
#[derive(Debug, Default)]
pub(crate) struct SortedWalker {
    /// From the parent of the leaf to the root.
    path: Vec<Stretch>,
    /// The mass of each node of the path, from the root, and of the leaf.
    masses: Vec<usize>,
}

impl SortedWalker {
    /// Lets a visitor traverse a tree that is not empty. A leaf equal to the query, of at most
    /// `ignored_mass`, counts as if it were not there; a tree that contains nothing else is not
    /// traversed.
    #[inline(always)]
    pub(crate) fn traverse<I: Index, V: Visitor>(
        &mut self,
        tree: &SortedTree<I>,
        points: &PointStore,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) -> ControlFlow<()> {
        let Self { path, masses } = self;
        let mut leaf = tree.descend(x[0]);
        let equal = tree.value(points, leaf) == x[0];
        let mut ignored = None;
        if equal && tree.leaf_mass(leaf) <= ignored_mass {
            let Some(parent) = tree.parent(Stretch::leaf(leaf)) else {
                return visitor.finish(0);
            };
            ignored = Some((leaf, parent));
            leaf = if parent.cut == leaf {
                leaf - 1
            } else {
                leaf + 1
            };
        }

        // From the leaf to the root. Ignored points are in no node's mass, and their parent is
        // skipped.
        path.clear();
        masses.clear();
        let mut stretch = Stretch::leaf(leaf);
        masses.push(tree.leaf_mass(leaf));
        while let Some(parent) = tree.parent(stretch) {
            let without = ignored.filter(|(leaf, _)| parent.stretch.holds(*leaf));
            stretch = parent.stretch;
            if without.is_some_and(|(_, above)| above.cut == parent.cut) {
                continue;
            }
            let gone = without.map_or(0, |(leaf, _)| tree.leaf_mass(leaf));
            masses.push(tree.mass_of(stretch) - gone);
            path.push(match without {
                None => stretch,
                Some((leaf, _)) => stretch.without(leaf),
            });
        }
        masses.reverse();

        let at = tree.value(points, leaf);
        let masses = &masses[..];
        let reached = SortedLeaf {
            tree,
            points,
            leaf,
            depth: path.len(),
            masses,
            row: [at],
            is_query: at == x[0],
        };
        if visitor.leaf(&reached).is_continue() {
            for (&stretch, depth) in path.iter().zip((0..path.len()).rev()) {
                let bounds = tree.corners(points, stretch);
                let Some(gap) = OneDimensional.gap(&mut (), OneDimensional.corners(&bounds), x)
                else {
                    break;
                };
                visitor.ancestor(&SortedAncestor {
                    depth,
                    gap: f64::from(gap),
                    range: f64::from(bounds[1] - bounds[0]),
                    bounds,
                    masses,
                });
            }
        }
        visitor.finish(masses[0])
    }
}

impl<I: Index> Imputer<'_, I> {
    /// [`best`](Self::best) of a tree in one dimension.
    pub(crate) fn best_of_sorted(
        &mut self,
        tree: &SortedTree<I>,
        points: &PointStore,
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        // If the coordinate is missing, all leaves are candidates.
        let leaves = match self.known(0) {
            None => 0..tree.len(),
            Some(x) => {
                let leaf = tree.descend(x);
                leaf..leaf + 1
            }
        };
        for leaf in leaves.clone() {
            let (depth, mass) = (tree.depth(leaf), tree.leaf_mass(leaf));
            self.candidate(points, tree.point(leaf), depth, mass);
            if leaf > leaves.start {
                self.join(&may_be);
            }
        }
        self.take()
    }
}

impl Stretch {
    fn holds(self, leaf: usize) -> bool {
        (self.first..=self.last).contains(&leaf)
    }

    /// What remains of it without a leaf, if that is at its end.
    fn without(self, leaf: usize) -> Self {
        Self {
            first: self.first + usize::from(self.first == leaf),
            last: self.last - usize::from(self.last == leaf),
        }
    }
}
