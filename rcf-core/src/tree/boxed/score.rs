//! The score of one query, with the bits that a [visitor](super::path) computes, on eight trees in
//! step.
//!
//! Where a walk up ends is unpredictable, and a misprediction discards the work that was begun for
//! the next tree. So eight trees take their first steps together, whether or not they end there,
//! and their sums and scores are computed as vectors. A box that contains the query changes no
//! score, nor does any above it. Then the walks that go on are put together, and take a few more
//! steps in the same way.

use super::BoxedTree;
use super::node::NodeRef;
use super::traverse::reach;
use crate::arena::PointStore;
use crate::geometry::{Geometry, is_equal};
use crate::layout::Index;
use crate::simd::{LANES, Reached, Simd, TOGETHER};
use crate::visitor::score::seen;

/// Steps that all walks take past cached boxes; …
const FIRST_STEPS: usize = 4;
/// … and those that go on, each time.
const MORE_STEPS: usize = 3;

/// What is above a root.
const NOWHERE: usize = usize::MAX;

/// The sum of the scores of trees, none of them empty, each times the normalizer of its mass.
/// Records where each descent ended, if requested. `scratch` holds eight bounding boxes.
#[inline(always)]
pub(super) fn sum<I: Index, G: Geometry>(
    trees: &[BoxedTree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    scratch: &mut [f32],
    mut noted: Option<&mut Vec<Reached>>,
    mut normalizer: impl FnMut(usize) -> f64,
) -> f64 {
    // Cut to lengths that the compiler knows.
    let x = &x[..geometry.row_len()];
    let mut ends = [Reached::default(); TOGETHER];
    if let Some(noted) = &mut noted {
        noted.reserve_exact(trees.len());
    }
    let mut sum = 0.0;
    for trees in trees.chunks(TOGETHER) {
        reach(trees, geometry, x, &mut ends);
        if let Some(noted) = &mut noted {
            noted.extend_from_slice(&ends[..trees.len()]);
        }
        let scores = scores(trees, points, geometry, x, scratch, &ends);
        for (tree, score) in trees.iter().zip(scores) {
            sum += normalizer(tree.mass()) * score;
        }
    }
    sum
}

/// Walks up, as far as they have come, field by field, so that eight are read as vectors. What
/// fills up eight is nowhere, in no tree.
struct Walks {
    tree: [usize; TOGETHER],
    /// The next node.
    next: [usize; TOGETHER],
    /// How many cuts are above what is below it.
    level: [f64; TOGETHER],
    score: [f64; TOGETHER],
}

/// The scores of trees, not yet normalised, and one of no tree.
#[inline(always)]
fn scores<I: Index, G: Geometry>(
    trees: &[BoxedTree<I>],
    points: &PointStore,
    geometry: G,
    x: &[f32],
    scratch: &mut [f32],
    ends: &[Reached; TOGETHER],
) -> [f64; TOGETHER + 1] {
    let mut scores = [0.0; TOGETHER + 1];
    let mut walks = Walks {
        tree: [TOGETHER; TOGETHER],
        next: [NOWHERE; TOGETHER],
        level: [1.0; TOGETHER],
        score: [0.0; TOGETHER],
    };
    for (tree, end) in ends.iter().enumerate().take(trees.len()) {
        let level = f64::from(end.depth);
        walks.tree[tree] = tree;
        walks.next[tree] = end.last as usize;
        walks.level[tree] = level;
        walks.score[tree] = 1.0 / (level + 1.0);
    }
    let (mut going, mut steps, mut at_leaves) = (trees.len(), FIRST_STEPS, true);
    while going > 0 {
        let mut left = 0;
        for first in (0..going).step_by(LANES) {
            let mut group = Group::new(geometry, trees, &walks, first);
            if at_leaves {
                let count = LANES.min(going - first);
                let ends = &ends[first..first + count];
                group.leave_small_subtrees(points, geometry, x, ends, scratch);
            }
            for _ in 0..steps {
                group.step(points, geometry, x);
            }
            let (mut score, mut level) = ([0.0; LANES], [0.0; LANES]);
            geometry.simd().store_doubles(group.scores, &mut score);
            geometry.simd().store_doubles(group.levels, &mut level);
            for lane in 0..LANES {
                let tree = walks.tree[first + lane];
                scores[tree] = score[lane];
                walks.tree[left] = tree;
                walks.next[left] = group.next[lane];
                walks.level[left] = level[lane];
                walks.score[left] = score[lane];
                left += (group.go_on >> lane & 1) as usize;
            }
        }
        for walk in left..left.next_multiple_of(LANES) {
            walks.tree[walk] = TOGETHER;
            walks.next[walk] = NOWHERE;
        }
        (going, steps, at_leaves) = (left, MORE_STEPS, false);
    }
    scores
}

/// Eight walks in step. Loops, because closures are not always inlined into functions compiled for
/// the processor.
struct Group<'a, I, S: Simd> {
    trees: [&'a BoxedTree<I>; LANES],
    next: [usize; LANES],
    levels: S::Doubles,
    scores: S::Doubles,
    /// The set of those whose last box did not contain the query.
    go_on: u32,
}

impl<'a, I: Index, S: Simd> Group<'a, I, S> {
    #[inline(always)]
    fn new<G: Geometry<Simd = S>>(
        geometry: G,
        trees: &'a [BoxedTree<I>],
        walks: &Walks,
        first: usize,
    ) -> Self {
        let mut group_trees = [&trees[0]; LANES];
        for (lane, tree) in group_trees.iter_mut().enumerate() {
            if let Some(its) = trees.get(walks.tree[first + lane]) {
                *tree = its;
            }
        }
        let simd = geometry.simd();
        Self {
            trees: group_trees,
            next: *eight(&walks.next, first),
            levels: simd.load_doubles(eight(&walks.level, first)),
            scores: simd.load_doubles(eight(&walks.score, first)),
            go_on: 0,
        }
    }

    /// The steps up to the first nodes that have boxes. In `scratch` each walk has room for the
    /// boxes that it computes.
    #[inline(always)]
    fn leave_small_subtrees<G: Geometry<Simd = S>>(
        &mut self,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ends: &[Reached],
        scratch: &mut [f32],
    ) {
        let simd = geometry.simd();
        let mut below = [NodeRef::default(); LANES];
        for (lane, end) in ends.iter().enumerate() {
            below[lane] = NodeRef::internal(end.leaf as usize);
        }
        loop {
            let mut gaps = [simd.zero(); LANES];
            let mut ranges = [0.0; LANES];
            let mut any = false;
            for lane in 0..ends.len() {
                let (tree, next) = (self.trees[lane], self.next[lane]);
                let Some(node) = tree.nodes.get(next) else {
                    continue;
                };
                if node.place.get() != I::MAX {
                    continue;
                }
                let scratch = &mut scratch[lane * geometry.box_len()..][..geometry.box_len()];
                let here = NodeRef::internal(next);
                let bounds = tree.grow(geometry, points, here, below[lane], scratch);
                gaps[lane] = geometry.gap_terms(geometry.corners(bounds.record()), x);
                ranges[lane] = geometry.range(bounds);
                below[lane] = here;
                self.next[lane] = node.parent().get();
                any = true;
            }
            if !any {
                break;
            }
            self.pass(simd, gaps, simd.load(&ranges));
        }
        for (lane, &end) in ends.iter().enumerate() {
            self.meet_leaf(lane, points, geometry, x, end);
        }
    }

    /// Decides the score of a query that equals the point of the leaf.
    #[inline(always)]
    fn meet_leaf<G: Geometry<Simd = S>>(
        &mut self,
        lane: usize,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        end: Reached,
    ) {
        let tree = self.trees[lane];
        let leaf = NodeRef::internal(end.leaf as usize);
        if is_equal(points.row(geometry, tree.point(leaf)), x) {
            let mass = tree.mass_below(leaf, NodeRef::internal(end.last as usize));
            let (simd, mut scores) = (geometry.simd(), [0.0; LANES]);
            simd.store_doubles(self.scores, &mut scores);
            scores[lane] = seen(end.depth as usize, mass, tree.mass());
            self.scores = simd.load_doubles(&scores);
            self.next[lane] = NOWHERE;
        }
    }

    /// One step up, past boxes that are cached.
    #[inline(always)]
    fn step<G: Geometry<Simd = S>>(&mut self, points: &PointStore, geometry: G, x: &[f32]) {
        let simd = geometry.simd();
        let mut gaps = [simd.zero(); LANES];
        let mut ranges = [0.0; LANES];
        for lane in 0..LANES {
            let Some(node) = self.trees[lane].nodes.get(self.next[lane]) else {
                continue;
            };
            if let Some(bounds) = points.boxes.get(geometry, node.place.get()) {
                gaps[lane] = geometry.gap_terms(geometry.corners(bounds.record()), x);
                ranges[lane] = geometry.range(bounds);
            }
            self.next[lane] = node.parent().get();
        }
        self.pass(simd, gaps, simd.load(&ranges));
    }

    /// The scores after a box of each tree. One that contains the query changes nothing.
    #[inline(always)]
    fn pass(&mut self, simd: S, gaps: [S::Vector; LANES], ranges: S::Vector) {
        let gaps = simd.totals(gaps);
        simd.step_scores(gaps, ranges, &mut self.scores, &mut self.levels);
        self.go_on = simd.positive_lanes(gaps);
    }
}

/// Those from `first` on.
#[inline(always)]
fn eight<T>(all: &[T; TOGETHER], first: usize) -> &[T; LANES] {
    &all.as_chunks().0[first / LANES]
}
