//! Imputation: the point of a tree that best fits a query with missing coordinates.
//!
//! ```text
//! at a node that cuts a missing coordinate: both children; otherwise the side of the query
//! at a leaf, depth k, mass m:  fill what is missing from its point; the rank is the score of the
//!                              filled query there: unseen(k), or if the query equals the point,
//!                              1 / (k + log₂(m + 1))  (0 at the root)
//! upwards, at depth k:         rank ← p / (k + 1) + (1 − p) · rank,  p of the filled query
//! where two branches join:     keep the smaller  (1 − c) · draw + c · rank
//! ```
//!
//! `c` is the *centrality*: with 1 the most usual candidate of the tree wins, with 0 any that the
//! cuts of known coordinates allow, by random draws, uniform in `[0, 1)`. (As in the AWS
//! libraries.)

use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::tree::boxed::BoxedTree;
use crate::tree::boxed::node::{Child, NodeRef};
use crate::visitor::score::unseen;

/// A query with missing coordinates, and working memory that is kept from tree to tree.
#[derive(Debug)]
pub(crate) struct Imputer<'a, I> {
    missing: &'a [usize],
    is_missing: Vec<bool>,
    /// The query, filled from the present candidate.
    filled: Vec<f32>,
    steps: Vec<Step<I>>,
    candidates: Vec<Candidate>,
    /// A bounding box.
    scratch: Vec<f32>,
    centrality: f64,
    draws: TreeRng,
}

#[derive(Debug, Clone, Copy)]
enum Step<I> {
    /// Find the candidate below.
    Descend {
        reference: NodeRef<I>,
        depth: usize,
        mass: usize,
    },
    /// Keep the better one of the two last candidates.
    Join,
    /// Lift the last candidate to the node.
    Rise { node: usize, depth: usize },
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    point: usize,
    rank: f64,
    draw: f64,
    /// A box below contains the filled query already, and so do all above.
    contained: bool,
}

impl<'a, I: Index> Imputer<'a, I> {
    /// For a padded query; its missing coordinates may be anything.
    pub(crate) fn new(x: &[f32], missing: &'a [usize], centrality: f64, draws: TreeRng) -> Self {
        let mut is_missing = vec![false; x.len()];
        missing.iter().for_each(|&i| is_missing[i] = true);
        Self {
            missing,
            is_missing,
            filled: x.to_vec(),
            steps: Vec::new(),
            candidates: Vec::new(),
            scratch: Vec::new(),
            centrality,
            draws,
        }
    }

    /// The number of the point that fits best in a tree that is not empty; one of those that may
    /// be, if there is one.
    #[inline(always)]
    pub(crate) fn best<G: Geometry>(
        &mut self,
        tree: &BoxedTree<I>,
        points: &PointStore,
        geometry: G,
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        self.steps.push(Step::Descend {
            reference: tree.root(),
            depth: 0,
            mass: tree.mass(),
        });
        // Not recursive: trees of extreme data are deep.
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Descend {
                    reference,
                    depth,
                    mass,
                } => self.descend(tree, points, reference, depth, mass),
                Step::Join => self.join(&may_be),
                Step::Rise { node, depth } => self.rise(tree, points, geometry, node, depth),
            }
        }
        self.take()
    }

    /// The point of the candidate that is left.
    pub(crate) fn take(&mut self) -> usize {
        let best = self.candidates.pop().expect("a tree that is not empty");
        best.point
    }

    /// A coordinate of the query, unless it is missing.
    pub(crate) fn known(&self, dimension: usize) -> Option<f32> {
        (!self.is_missing[dimension]).then(|| self.filled[dimension])
    }

    #[inline(always)]
    fn descend(
        &mut self,
        tree: &BoxedTree<I>,
        points: &PointStore,
        reference: NodeRef<I>,
        depth: usize,
        mass: usize,
    ) {
        let node = match tree.resolve(reference) {
            Child::Leaf { point } => return self.candidate(points, point, depth, mass),
            Child::Internal(node) => node,
        };
        let record = tree.node(reference).expect("an internal node");
        let below = |reference| Step::Descend {
            reference,
            depth: depth + 1,
            mass: BoxedTree::child_mass(record, mass, reference),
        };
        self.steps.push(Step::Rise { node, depth });
        let cut = record.cut();
        if self.is_missing[cut.dimension] {
            // The left one is next.
            let both = [Step::Join, below(record.right()), below(record.left())];
            self.steps.extend(both);
        } else if self.filled[cut.dimension] <= cut.value {
            self.steps.push(below(record.left()));
        } else {
            self.steps.push(below(record.right()));
        }
    }

    /// The point of a leaf, as a candidate.
    #[inline(always)]
    pub(crate) fn candidate(
        &mut self,
        points: &PointStore,
        point: usize,
        depth: usize,
        mass: usize,
    ) {
        let row = points.padded_row(point);
        self.fill(row);
        let contained = self.filled == row;
        let rank = match (contained, depth) {
            (false, _) => unseen(depth),
            (true, 0) => 0.0,
            (true, _) => 1.0 / (depth as f64 + libm::log2(mass as f64 + 1.0)),
        };
        let draw = if self.centrality < 1.0 {
            self.draws.unit()
        } else {
            0.0
        };
        self.candidates.push(Candidate {
            point,
            rank,
            draw,
            contained,
        });
    }

    #[inline(always)]
    fn fill(&mut self, row: &[f32]) {
        for &i in self.missing {
            self.filled[i] = row[i];
        }
    }

    /// Keeps the better one of the two last candidates.
    #[inline(always)]
    pub(crate) fn join(&mut self, may_be: impl Fn(usize) -> bool) {
        let right = self.candidates.pop().expect("both branches have one");
        let left = self.candidates.last_mut().expect("both branches have one");
        let c = self.centrality;
        let order = |candidate: &Candidate| (1.0 - c) * candidate.draw + c * candidate.rank;
        let better = match (may_be(left.point), may_be(right.point)) {
            (true, false) => false,
            (false, true) => true,
            _ => order(&right) < order(left),
        };
        if better {
            *left = right;
        }
    }

    #[inline(always)]
    fn rise<G: Geometry>(
        &mut self,
        tree: &BoxedTree<I>,
        points: &PointStore,
        geometry: G,
        node: usize,
        depth: usize,
    ) {
        let candidate = self.candidates[self.candidates.len() - 1];
        if candidate.contained {
            return;
        }
        self.fill(points.padded_row(candidate.point));
        self.scratch.resize(geometry.box_len(), 0.0);
        let bounds = tree.bounds(geometry, points, node, &mut self.scratch);
        let corners = geometry.corners(bounds.record());
        let range = f64::from(bounds.range());
        let gap = geometry.gap(&mut geometry.everywhere(), corners, &self.filled);
        let last = self.candidates.len() - 1;
        let candidate = &mut self.candidates[last];
        match gap.map(f64::from) {
            Some(gap) => {
                let p = gap / (gap + range);
                candidate.rank = p * unseen(depth) + (1.0 - p) * candidate.rank;
            }
            None => candidate.contained = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The point that is left of a left and a right candidate, each a draw and a rank.
    fn joined(
        centrality: f64,
        candidates: [(f64, f64); 2],
        may_be: impl Fn(usize) -> bool,
    ) -> usize {
        let draws = TreeRng::family(1, 1).remove(0);
        let mut imputer = Imputer::<u16>::new(&[0.0], &[0], centrality, draws);
        let candidates = candidates.into_iter().enumerate();
        imputer
            .candidates
            .extend(candidates.map(|(point, (draw, rank))| Candidate {
                point,
                rank,
                draw,
                contained: false,
            }));
        imputer.join(may_be);
        imputer.take()
    }

    /// `(1 − c) · draw + c · rank` is the order: random draws alone, ranks alone, and both.
    #[test]
    fn the_smaller_of_lot_and_rank_in_the_shares_of_centrality_is_kept() {
        let candidates = [(0.9, 0.1), (0.1, 0.9)];
        for (centrality, kept) in [
            (0.0, 1),
            (0.25, 1),
            (0.49, 1),
            (0.51, 0),
            (0.75, 0),
            (1.0, 0),
        ] {
            assert_eq!(
                joined(centrality, candidates, |_| true),
                kept,
                "{centrality}"
            );
        }
        // Of equal ones the left.
        assert_eq!(joined(0.5, [(0.25, 0.75), (0.75, 0.25)], |_| true), 0);
        assert_eq!(joined(0.5, [(0.25, 0.75), (0.5, 0.25)], |_| true), 1);
    }

    #[test]
    fn a_candidate_that_may_not_be_loses_to_one_that_may() {
        let candidates = [(0.9, 0.1), (0.1, 0.9)];
        for (centrality, better) in [(0.0, 1), (1.0, 0)] {
            for only in [0, 1] {
                assert_eq!(joined(centrality, candidates, |point| point == only), only);
            }
            assert_eq!(joined(centrality, candidates, |_| false), better);
        }
    }
}
