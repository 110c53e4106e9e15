//! Walks over trees on a line, for visitors, functionals and imputation.

use std::ops::ControlFlow;

use super::{End, LineTree, Stretch};
use crate::arena::PointStore;
use crate::geometry::{Geometry, Line};
use crate::layout::Index;
use crate::tree::imputation::Imputer;
use crate::visitor::functional::{Functional, Passed, Reached};
use crate::visitor::{Ancestor, Leaf, Place, Visitor};

/// Trees whose cuts are searched side by side.
const GROUP: usize = 8;

impl<I: Index> LineTree<I> {
    /// Lets a visitor walk all trees, in their order; `finish` is told the mass of each one that it has
    /// seen.
    #[inline(always)]
    pub(crate) fn walk_all<V: Visitor<Line>>(
        trees: &[Self],
        points: &PointStore,
        x: &[f32],
        visitor: &mut V,
        mut finish: impl FnMut(usize, &mut V),
    ) {
        for group in trees.chunks(GROUP) {
            let mut leaves = [0; GROUP];
            for (leaf, tree) in leaves.iter_mut().zip(group) {
                *leaf = tree.descend(x[0]);
            }
            for (&leaf, tree) in leaves.iter().zip(group) {
                tree.climb(points, x, leaf, visitor);
                finish(tree.mass(), visitor);
            }
        }
    }

    /// Climbs from a leaf past the boxes that do not contain the query.
    #[inline(always)]
    fn climb<V: Visitor<Line>>(
        &self,
        points: &PointStore,
        x: &[f32],
        leaf: usize,
        visitor: &mut V,
    ) {
        let place = Spot {
            tree: self,
            points,
            leaf,
        };
        let (x, at) = (x[0], self.value(points, leaf));
        let reached = Leaf {
            place,
            geometry: Line,
            row: &[at],
            equal: at == x,
        };
        if !visitor.leaf(&reached) {
            return;
        }
        let gap = f64::from((x - at).abs());
        for End { depth, far } in self.ending_at(leaf, x > at) {
            let far = self.value(points, far);
            let corners = [far.min(at), far.max(at)];
            visitor.ancestor(&Ancestor {
                depth,
                gap,
                range: f64::from(Line.range(&corners)),
                corners: Line.corners(&corners),
                geometry: Line,
                outside: &(),
            });
        }
    }
}

/// The way of a functional up a tree.
#[derive(Debug, Default)]
pub(crate) struct LineWalker {
    /// From the parent of the leaf to the root.
    path: Vec<Stretch>,
    /// The mass of each node of the path, from the root, and of the leaf.
    masses: Vec<usize>,
}

impl LineWalker {
    /// Walks a tree that is not empty. A leaf equal to the query, of at most `ignored_mass`, counts
    /// as if it were not there; nothing is seen of a tree that holds nothing else.
    #[inline(always)]
    pub(crate) fn walk<I: Index, F: Functional>(
        &mut self,
        tree: &LineTree<I>,
        points: &PointStore,
        x: &[f32],
        ignored_mass: usize,
        functional: &mut F,
    ) -> ControlFlow<()> {
        let Self { path, masses } = self;
        let mut leaf = tree.descend(x[0]);
        let equal = tree.value(points, leaf) == x[0];
        let mut ignored = None;
        if equal && tree.leaf_mass(leaf) <= ignored_mass {
            let Some(parent) = tree.parent(Stretch::leaf(leaf)) else {
                return functional.finish(0);
            };
            ignored = Some((leaf, parent));
            leaf = if parent.cut == leaf {
                leaf - 1
            } else {
                leaf + 1
            };
        }

        // From the leaf to the root. What is ignored is in no node's mass, nor is its parent there.
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

        let row = &points.padded_row(tree.point(leaf))[..1];
        let root = [0, tree.len() - 1].map(|leaf| tree.value(points, leaf));
        let root = Line.corners(&root);
        let reached = Reached {
            point: tree.point(leaf),
            row,
            equal: row[0] == x[0],
            masses,
            root,
        };
        if functional.leaf(&reached) {
            for (&stretch, depth) in path.iter().zip((0..path.len()).rev()) {
                let corners = tree.corners(points, stretch);
                let Some(gap) = Line.gap(&mut (), Line.corners(&corners), x) else {
                    break;
                };
                functional.ancestor(&Passed {
                    depth,
                    mass: masses[depth],
                    gap: f64::from(gap),
                    range: f64::from(Line.range(&corners)),
                    corners: Line.corners(&corners),
                    root,
                });
            }
        }
        functional.finish(masses[0])
    }
}

impl<I: Index> Imputer<'_, I> {
    /// [`best`](Self::best) of a tree on a line.
    pub(crate) fn best_on_line(
        &mut self,
        tree: &LineTree<I>,
        points: &PointStore,
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        // The coordinate is missing, and then all leaves are asked, or it is not.
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

/// A leaf of a tree.
#[derive(Debug, Clone, Copy)]
struct Spot<'a, I> {
    tree: &'a LineTree<I>,
    points: &'a PointStore,
    leaf: usize,
}

impl<I: Index> Place for Spot<'_, I> {
    #[inline(always)]
    fn depth(&self) -> usize {
        self.tree.depth(self.leaf)
    }

    #[inline(always)]
    fn mass(&self) -> usize {
        self.tree.leaf_mass(self.leaf)
    }

    #[inline(always)]
    fn tree_mass(&self) -> usize {
        self.tree.mass()
    }

    fn whole_box(&self, room: &mut [f32]) {
        let last = self.tree.len() - 1;
        room.copy_from_slice(&self.tree.corners(self.points, Stretch { first: 0, last }));
    }

    fn beside(&self, room: &mut [f32], mut climb: impl FnMut(usize, &mut [f32]) -> bool) {
        let mut stretch = Stretch::leaf(self.leaf);
        let mut depth = self.depth();
        while let Some(parent) = self.tree.parent(stretch) {
            let above = parent.stretch;
            let beside = if above.first < stretch.first {
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
            let corners = self.tree.corners(self.points, beside);
            Line.extend(&(), room, Line.corners(&corners));
            if !climb(depth, room) {
                break;
            }
            stretch = above;
        }
    }
}
