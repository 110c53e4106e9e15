//! Conversion of a tree to its cuts and back.

use super::{FIRST, LAST, LEVEL, SortedTree, Stretch};
use crate::arena::PointStore;
use crate::layout::Index;
use crate::tree::cut::Cut;

/// No cut: there is none to the left of the first leaf.
const NONE: u32 = 0;

impl<I: Index> SortedTree<I> {
    /// The cuts of all nodes, from the root, left before right.
    pub(crate) fn cuts(&self) -> Vec<Cut> {
        // The node of a cut is below the deeper of the two nearest ones that are less deep; so the
        // cuts that may still get one to their right are those less deep than all since.
        let mut children = vec![[NONE; 2]; self.len()];
        let mut pending: Vec<u32> = Vec::new();
        for cut in 1..self.len() {
            let level = self.leaves[cut][LEVEL];
            while let Some(&last) = pending.last()
                && self.leaves[last as usize][LEVEL] > level
            {
                children[cut][0] = last;
                pending.pop();
            }
            if let Some(&last) = pending.last() {
                children[last as usize][1] = cut as u32;
            }
            pending.push(cut as u32);
        }
        pending.truncate(1);
        let mut cuts = Vec::with_capacity(self.len());
        while let Some(cut) = pending.pop() {
            cuts.push(Cut {
                dimension: 0,
                value: self.cuts[cut as usize],
            });
            let [left, right] = children[cut as usize];
            pending.extend([right, left].into_iter().filter(|&cut| cut != NONE));
        }
        cuts
    }

    /// The tree of these points, with multiplicity, and cuts in the order of [`Self::cuts`].
    /// `None` if the cuts are not those of a tree of these points.
    pub(crate) fn rebuild(
        store: &PointStore,
        sample_size: usize,
        points: &[I],
        cuts: &[Cut],
    ) -> Option<Self> {
        let mut tree = Self::new(sample_size);
        if points.len() > sample_size || cuts.len() >= sample_size {
            return None;
        }
        if points.is_empty() {
            return cuts.is_empty().then_some(tree);
        }
        let values = tree.set_leaves(store, points);
        let mut cuts = cuts.iter();
        let last = values.len() - 1;
        let mut pending = vec![(Stretch { first: 0, last }, 1)];
        while let Some((Stretch { first, last }, level)) = pending.pop() {
            if first == last {
                continue;
            }
            let cut = cuts.next()?.value;
            let next = first + values[first..=last].partition_point(|&value| value <= cut);
            if next == first || next > last {
                return None;
            }
            tree.cuts.set(next, cut);
            let node = &mut tree.leaves[next];
            node[LEVEL] = I::new(level);
            (node[FIRST], node[LAST]) = (I::new(first), I::new(last));
            pending.push((Stretch { first: next, last }, level + 1));
            pending.push((
                Stretch {
                    first,
                    last: next - 1,
                },
                level + 1,
            ));
        }
        // No cut separates two equal points.
        cuts.next().is_none().then_some(tree)
    }

    /// Makes the leaves of these points, without cuts; returns their coordinates.
    fn set_leaves(&mut self, store: &PointStore, points: &[I]) -> Vec<f32> {
        let mut sorted: Vec<(f32, usize)> = points
            .iter()
            .map(|point| (store.values()[point.get()], point.get()))
            .collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.mass = sorted.len();
        let mut values = Vec::with_capacity(sorted.len());
        let runs = || sorted.chunk_by(|a, b| a.1 == b.1);
        let count = runs().count();
        self.reserve(count);
        for run in runs() {
            values.push(run[0].0);
            self.cuts.push(f32::NEG_INFINITY);
            self.leaves.push(run[0].1);
        }
        self.leaves.push(0);
        if count < sorted.len() {
            self.masses.reserve_exact(self.sample_size);
            self.masses.extend(runs().map(|run| I::new(run.len())));
        }
        values
    }
}
