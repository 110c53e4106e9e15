//! The score of one query, with the bits that a [visitor](super::path) computes, on eight trees in
//! step.
//!
//! The boxes that are cached are linked, so that a walk past them reads no nodes. Where a walk up
//! ends is unpredictable, and a misprediction discards the work that was begun for the next tree.
//! So eight trees take their first steps together, whether or not they end there, and their sums
//! and scores are computed as vectors. A box that contains the query changes no score, nor does any
//! above it. Then the walks that go on are put together, and take a few more steps in the same way.

use std::hint::select_unpredictable;

use super::node::NodeRef;
use super::traverse::reach;
use super::{BoxedTree, Located};
use crate::arena::{EVERYTHING, Ladder, PointStore};
use crate::geometry::{Geometry, is_equal};
use crate::layout::Index;
use crate::simd::{LANES, Reached, Simd, TOGETHER};
use crate::visitor::score::seen;

/// Steps that all walks take past cached boxes; …
const FIRST_STEPS: usize = 4;
/// … and those that go on, each time.
const MORE_STEPS: usize = 3;

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
        reach(trees, geometry.descents(), x, &mut ends);
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

/// Walks up past cached boxes, as far as they have come, field by field, so that eight are read as
/// vectors. What fills up eight has ended, in no tree.
struct Walks {
    tree: [usize; TOGETHER],
    /// The place of the next box.
    next: [u32; TOGETHER],
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
        next: [EVERYTHING; TOGETHER],
        level: [1.0; TOGETHER],
        score: [0.0; TOGETHER],
    };
    for (tree, end) in ends.iter().enumerate().take(trees.len()) {
        let level = f64::from(end.depth);
        walks.tree[tree] = tree;
        walks.level[tree] = level;
        walks.score[tree] = 1.0 / (level + 1.0);
    }
    let simd = geometry.simd();
    let ladder = points.boxes.ladder();
    let first_steps = if ladder.is_empty() { 0 } else { FIRST_STEPS };
    let (mut going, mut steps, mut at_leaves) = (trees.len(), first_steps, true);
    while going > 0 {
        let mut left = 0;
        for first in (0..going).step_by(LANES) {
            let mut next = *eight(&walks.next, first);
            let mut group = Group {
                levels: simd.load_doubles(eight(&walks.level, first)),
                scores: simd.load_doubles(eight(&walks.score, first)),
                go_on: 0,
            };
            if at_leaves {
                let all = first..going.min(first + LANES);
                let (trees, ends) = (&trees[all.clone()], &ends[all]);
                group.leave_small_subtrees(&mut next, trees, points, geometry, x, ends, scratch);
            }
            for _ in 0..steps {
                group.step(&mut next, ladder, geometry, x);
            }
            let (mut score, mut level) = ([0.0; LANES], [0.0; LANES]);
            simd.store_doubles(group.scores, &mut score);
            simd.store_doubles(group.levels, &mut level);
            for lane in 0..LANES {
                let tree = walks.tree[first + lane];
                scores[tree] = score[lane];
                walks.tree[left] = tree;
                walks.next[left] = next[lane];
                walks.level[left] = level[lane];
                walks.score[left] = score[lane];
                left += (group.go_on >> lane & 1) as usize;
            }
        }
        for walk in left..left.next_multiple_of(LANES) {
            walks.tree[walk] = TOGETHER;
            walks.next[walk] = EVERYTHING;
        }
        (going, steps, at_leaves) = (left, MORE_STEPS, false);
    }
    scores
}

/// Evaluates an expression for the number of each lane. Written out, because of a loop that it does
/// not unroll the compiler keeps vectors in memory: it stores a selection under a mask, and the
/// next step waits until it can load it. (Closures are not always inlined into functions compiled
/// for the processor.)
macro_rules! each_lane {
    ($lane:ident => $body:expr) => {
        each_lane!(0 1 2 3 4 5 6 7, $lane => $body)
    };
    ($($number:literal)*, $lane:ident => $body:expr) => {
        [$({
            let $lane = $number;
            $body
        }),*]
    };
}

/// Eight walks in step.
struct Group<S: Simd> {
    levels: S::Doubles,
    scores: S::Doubles,
    /// The set of those whose last box did not contain the query.
    go_on: u32,
}

impl<S: Simd> Group<S> {
    /// The steps up to the first nodes that have boxes. In `scratch` each walk has room for the
    /// boxes that it computes.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a walk, cut in two")]
    fn leave_small_subtrees<I: Index, G: Geometry<Simd = S>>(
        &mut self,
        next: &mut [u32; LANES],
        trees: &[BoxedTree<I>],
        points: &PointStore,
        geometry: G,
        x: &[f32],
        ends: &[Reached],
        scratch: &mut [f32],
    ) {
        let simd = geometry.simd();
        // Which trees end in a small subtree is unpredictable: no branch for each, but a set.
        let (mut places, mut small) = ([Located::default(); LANES], 0_u32);
        let lanes = trees.len().min(LANES);
        let (trees, ends) = (&trees[..lanes], &ends[..lanes]);
        for lane in 0..lanes {
            places[lane] = Located::of(ends[lane]);
            let place = trees[lane].place_above(places[lane].above);
            let is_small = place == I::MAX as u32;
            small |= u32::from(is_small) << lane;
            next[lane] = select_unpredictable(is_small, EVERYTHING, place);
        }
        while small != 0 {
            let mut gaps = [simd.zero(); LANES];
            let mut ranges = [0.0; LANES];
            let mut rest = small;
            while rest != 0 {
                let lane = rest.trailing_zeros() as usize % LANES;
                rest &= rest - 1;
                let (tree, Located { leaf, above }) = (&trees[lane], places[lane]);
                let scratch = &mut scratch[lane * geometry.box_len()..][..geometry.box_len()];
                let bounds = tree.grow(geometry, points, above, leaf, scratch);
                gaps[lane] = geometry.gap_terms(geometry.corners(bounds.record()), x);
                ranges[lane] = bounds.range();
                let (leaf, above) = (above, tree.parent(above));
                places[lane] = Located { leaf, above };
                let place = tree.place_above(above);
                if place != I::MAX as u32 {
                    next[lane] = place;
                    small &= !(1 << lane);
                }
            }
            let _ = self.pass(simd, gaps, simd.load(&ranges));
        }
        for lane in 0..lanes {
            if self.meets_leaf(lane, &trees[lane], points, geometry, x, ends[lane]) {
                next[lane] = EVERYTHING;
            }
        }
    }

    /// Decides the score of a query that equals the point of the leaf. Returns whether it does.
    #[inline(always)]
    fn meets_leaf<I: Index, G: Geometry<Simd = S>>(
        &mut self,
        lane: usize,
        tree: &BoxedTree<I>,
        points: &PointStore,
        geometry: G,
        x: &[f32],
        end: Reached,
    ) -> bool {
        let leaf = NodeRef::internal(end.leaf as usize);
        let is_query = is_equal(points.row(geometry, tree.point(leaf)), x);
        if is_query {
            let mass = tree.mass_below(leaf, NodeRef::internal(end.last as usize));
            let (simd, mut scores) = (geometry.simd(), [0.0; LANES]);
            simd.store_doubles(self.scores, &mut scores);
            scores[lane] = seen(end.depth as usize, mass, tree.mass());
            self.scores = simd.load_doubles(&scores);
        }
        is_query
    }

    /// One step up, past boxes that are cached.
    #[inline(always)]
    fn step<G: Geometry<Simd = S>>(
        &mut self,
        next: &mut [u32; LANES],
        ladder: Ladder<'_>,
        geometry: G,
        x: &[f32],
    ) {
        let simd = geometry.simd();
        let passed = each_lane!(lane => ladder.climb(geometry, next[lane]));
        *next = each_lane!(lane => passed[lane].1);
        let corners = each_lane!(lane => geometry.corners(passed[lane].0.record()));
        let gaps = each_lane!(lane => geometry.gap_terms(corners[lane], x));
        let ranges = each_lane!(lane => passed[lane].0.range());
        let gaps = self.pass(simd, gaps, simd.load(&ranges));
        self.go_on = simd.positive_lanes(gaps);
    }

    /// The scores after a box of each tree; returns the gaps. One that contains the query changes
    /// nothing.
    #[inline(always)]
    fn pass(&mut self, simd: S, gaps: [S::Vector; LANES], ranges: S::Vector) -> S::Vector {
        let gaps = simd.totals(gaps);
        simd.step_scores(gaps, ranges, &mut self.scores, &mut self.levels);
        gaps
    }
}

/// Those from `first` on.
#[inline(always)]
fn eight<T>(all: &[T; TOGETHER], first: usize) -> &[T; LANES] {
    &all.as_chunks().0[first / LANES]
}
