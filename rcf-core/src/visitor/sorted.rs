//! Scores of many queries on a line, where boxes and queries can be sorted.
//!
//! The leaves of a tree on a line stand in order, so that sorted queries pass them in one sweep. What a
//! query climbs past is known without a look at boxes: right of its leaf, it is outside of those
//! ancestors in which the leaf is the last one, up to the first that the leaf is to the left of, and
//! its distance from all of them is that from the leaf.

use super::score::{seen, step, unseen};
use crate::index::Index;
use crate::point_store::PointStore;
use crate::tree::Tree;
use crate::tree::bounding_box::{Geometry, Line};
use crate::tree::node::{Node, NodeRef};

/// Queries that are computed side by side.
const LANES: usize = 4;

/// Queries by value, and their scores on the trees so far.
pub(crate) struct Sorted<I> {
    /// Their number at first.
    numbers: Vec<u32>,
    /// In order, and then infinities.
    values: Vec<f32>,
    sums: Vec<f64>,
    pending: Vec<Subtree<I>>,
    /// For each node above the present one its range, and the score of a query that it parts off.
    path: Vec<(f64, f64)>,
}

/// A part of a tree that is still to be passed.
#[derive(Clone, Copy)]
struct Subtree<I> {
    reference: NodeRef<I>,
    mass: usize,
    /// No query beyond comes here.
    last: f32,
    /// The way to it …
    depth: usize,
    /// … has led in the same direction since this depth …
    since: usize,
    /// … which was this one.
    left: bool,
}

impl<I: Index> Subtree<I> {
    /// What is below one of its root's children.
    #[inline(always)]
    fn child(&self, node: &Node<I>, left: bool) -> Self {
        Self {
            reference: if left { node.left } else { node.right },
            mass: node.mass_toward(left, self.mass),
            last: if left { node.cut } else { self.last },
            depth: self.depth + 1,
            since: if left == self.left {
                self.since
            } else {
                self.depth
            },
            left,
        }
    }
}

impl<I: Index> Sorted<I> {
    pub(crate) fn new(queries: &[f32]) -> Self {
        let mut numbers: Vec<u32> = (0..queries.len() as u32).collect();
        numbers.sort_unstable_by(|&a, &b| queries[a as usize].total_cmp(&queries[b as usize]));
        let mut values: Vec<f32> = numbers.iter().map(|&i| queries[i as usize]).collect();
        values.resize(queries.len() + LANES, f32::INFINITY);
        Self {
            numbers,
            sums: vec![0.0; values.len()],
            values,
            pending: Vec::new(),
            path: Vec::new(),
        }
    }

    /// The sums of what was added, in the order of the queries.
    pub(crate) fn into_sums(self) -> Vec<f64> {
        let mut sums = vec![0.0; self.numbers.len()];
        for (&number, sum) in self.numbers.iter().zip(self.sums) {
            sums[number as usize] = sum;
        }
        sums
    }

    /// Adds the scores on a tree, which is not empty, each times `normalizer`.
    #[inline(always)]
    pub(crate) fn add_scores(&mut self, tree: &Tree<I>, points: &PointStore, normalizer: f64) {
        let mut next = 0;
        self.path.clear();
        self.pending.push(Subtree {
            reference: tree.root(),
            mass: tree.mass(),
            last: f32::MAX,
            depth: 0,
            since: 0,
            left: false,
        });
        while let Some(mut here) = self.pending.pop() {
            // Behind the last query there are infinities.
            if self.values[next] > here.last {
                continue;
            }
            self.path.truncate(here.depth);
            while let Some(node) = tree.node(here.reference) {
                let bounds = tree.kept_box(Line, here.reference.get());
                let range = bounds.map_or(0.0, |bounds| f64::from(Line.range(bounds)));
                self.path.push((range, unseen(here.depth)));
                let right = here.child(node, false);
                if self.values[next] > node.cut {
                    here = right;
                } else {
                    self.pending.push(right);
                    here = here.child(node, true);
                }
            }
            let place = points.row(tree.point(here.reference))[0];
            next = self.reach(&here, place, tree.mass(), next, normalizer);
        }
    }

    /// Scores the queries from the next one on that come to a leaf; returns the one after them.
    #[inline(always)]
    fn reach(
        &mut self,
        leaf: &Subtree<I>,
        place: f32,
        tree_mass: usize,
        next: usize,
        normalizer: f64,
    ) -> usize {
        let equal = next + leading(&self.values[next..], |value| value < place);
        let above = equal + leading(&self.values[equal..], |value| value == place);
        let end = above + leading(&self.values[above..], |value| value <= leaf.last);
        if equal < above {
            let score = normalizer * seen(leaf.depth, leaf.mass, tree_mass);
            self.sums[equal..above]
                .iter_mut()
                .for_each(|sum| *sum += score);
        }
        // On the side from which the leaf was reached, its parent contains the query.
        let (left, right) = if leaf.left {
            (leaf.since, leaf.depth)
        } else {
            (leaf.depth, leaf.since)
        };
        self.climb(next, equal, place, leaf.depth, left, normalizer);
        self.climb(above, end, place, leaf.depth, right, normalizer);
        end
    }

    /// Adds the scores of queries that climb from a leaf past the ancestors from this depth on.
    #[inline(always)]
    fn climb(
        &mut self,
        first: usize,
        end: usize,
        place: f32,
        depth: usize,
        top: usize,
        normalizer: f64,
    ) {
        let mut at = first;
        while at < end {
            let values = &self.values[at..at + LANES];
            let mut gaps = [0.0; LANES];
            for (gap, value) in gaps.iter_mut().zip(values) {
                *gap = f64::from((value - place).abs());
            }
            let mut scores = [unseen(depth); LANES];
            for &(range, unseen) in self.path[top..depth].iter().rev() {
                for (score, gap) in scores.iter_mut().zip(gaps) {
                    *score = step(*score, unseen, gap, range);
                }
            }
            let sums = &mut self.sums[at..at + LANES];
            for (lane, (sum, score)) in sums.iter_mut().zip(scores).enumerate() {
                // Those beyond the end are others'. A zero changes no sum.
                *sum += if at + lane < end {
                    normalizer * score
                } else {
                    0.0
                };
            }
            at += LANES;
        }
    }
}

/// How many of the values, which are sorted, come before the first that is not asked for.
#[inline(always)]
fn leading(values: &[f32], is_asked_for: impl Fn(f32) -> bool) -> usize {
    let asked_for = values.iter().take_while(|&&value| is_asked_for(value));
    asked_for.count()
}
