//! Scores of many queries in one dimension: sorted, they pass the leaves in one sweep.

use super::{End, SortedTree};
use crate::arena::PointStore;
use crate::layout::Index;
use crate::visitor::score::{seen, step, unseen};

/// Queries that are computed side by side.
const LANES: usize = 4;

/// Queries by value, and their scores on the trees so far.
pub(crate) struct Sweep {
    /// Their original number.
    numbers: Vec<u32>,
    /// In order, and then infinities.
    values: Vec<f32>,
    sums: Vec<f64>,
    /// For each node that the present queries pass its range, and the score of a query that it
    /// separates.
    passed: Vec<(f64, f64)>,
}

impl Sweep {
    pub(crate) fn new(queries: &[f32]) -> Self {
        let mut numbers: Vec<u32> = (0..queries.len() as u32).collect();
        numbers.sort_unstable_by(|&a, &b| queries[a as usize].total_cmp(&queries[b as usize]));
        let mut values: Vec<f32> = numbers.iter().map(|&i| queries[i as usize]).collect();
        values.resize(queries.len() + LANES, f32::INFINITY);
        Self {
            numbers,
            sums: vec![0.0; values.len()],
            values,
            passed: Vec::new(),
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
    pub(crate) fn add_scores<I: Index>(
        &mut self,
        tree: &SortedTree<I>,
        points: &PointStore,
        normalizer: f64,
    ) {
        let mut next = 0;
        for leaf in 0..tree.len() {
            let last = tree.cuts.get(leaf + 1).copied().unwrap_or(f32::MAX);
            // The last query is followed by infinities.
            if self.values[next] <= last {
                next = self.reach(tree, points, leaf, last, next, normalizer);
            }
        }
    }

    /// Scores the queries from the next one on that reach a leaf, up to the last value that does;
    /// returns the one after them.
    #[inline(always)]
    fn reach<I: Index>(
        &mut self,
        tree: &SortedTree<I>,
        points: &PointStore,
        leaf: usize,
        last: f32,
        next: usize,
        normalizer: f64,
    ) -> usize {
        let place = tree.value(points, leaf);
        let equal = next + leading(&self.values[next..], |value| value < place);
        let above = equal + leading(&self.values[equal..], |value| value == place);
        let end = above + leading(&self.values[above..], |value| value <= last);
        let depth = tree.depth(leaf);
        if equal < above {
            let score = normalizer * seen(depth, tree.leaf_mass(leaf), tree.mass());
            self.sums[equal..above]
                .iter_mut()
                .for_each(|sum| *sum += score);
        }
        for (queries, last) in [(next..equal, false), (above..end, true)] {
            if queries.is_empty() {
                continue;
            }
            self.passed.clear();
            let ends = tree.ending_at(leaf, last);
            self.passed.extend(ends.map(|End { depth, far }| {
                let range = (tree.value(points, far) - place).abs();
                (f64::from(range), unseen(depth))
            }));
            self.walk_up(queries, place, unseen(depth), normalizer);
        }
        end
    }

    /// Adds the scores of queries next to a leaf, each of which passes the same nodes.
    #[inline(always)]
    fn walk_up(
        &mut self,
        queries: std::ops::Range<usize>,
        place: f32,
        alone: f64,
        normalizer: f64,
    ) {
        for at in queries.clone().step_by(LANES) {
            let values = &self.values[at..at + LANES];
            let mut gaps = [0.0; LANES];
            for (gap, value) in gaps.iter_mut().zip(values) {
                *gap = f64::from((value - place).abs());
            }
            let mut scores = [alone; LANES];
            for &(range, unseen) in &self.passed {
                for (score, gap) in scores.iter_mut().zip(gaps) {
                    *score = step(*score, unseen, gap, range);
                }
            }
            let sums = &mut self.sums[at..at + LANES];
            for (lane, (sum, score)) in sums.iter_mut().zip(scores).enumerate() {
                // Lanes beyond the end belong to other queries. Adding zero changes no sum.
                *sum += if at + lane < queries.end {
                    normalizer * score
                } else {
                    0.0
                };
            }
        }
    }
}

/// How many of the sorted values precede the first one that is not requested.
#[inline(always)]
fn leading(values: &[f32], is_asked_for: impl Fn(f32) -> bool) -> usize {
    let asked_for = values.iter().take_while(|&&value| is_asked_for(value));
    asked_for.count()
}
