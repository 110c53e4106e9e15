//! The score of one query, with the bits that a [visitor](super::traverse) computes, on four trees
//! in step.
//!
//! The end of a walk up is unpredictable, and a misprediction discards the work that was begun for
//! the next tree. So four trees take their first steps together, whether or not they end there, and
//! their scores are computed as vectors.

use super::{End, EndingAt, SortedTree};
use crate::arena::PointStore;
use crate::layout::Index;
use crate::visitor::score::{seen, step, unseen};

/// Number of trees that take their steps together.
const GROUP: usize = 4;
/// Steps that all of them take; few walks have more.
const STEPS: usize = 3;

/// The sum of the scores of trees, none of them empty, each times the normalizer of its
/// mass.
#[inline(always)]
pub(super) fn sum<I: Index>(
    trees: &[SortedTree<I>],
    points: &PointStore,
    x: f32,
    mut normalizer: impl FnMut(usize) -> f64,
) -> f64 {
    let mut sum = 0.0;
    let (groups, rest) = trees.as_chunks::<GROUP>();
    for group in groups {
        let scores = scores(group, points, x);
        for (tree, score) in group.iter().zip(scores) {
            sum += normalizer(tree.mass()) * score;
        }
    }
    for tree in rest {
        let [score] = scores(std::array::from_ref(tree), points, x);
        sum += normalizer(tree.mass()) * score;
    }
    sum
}

/// The scores of trees, not yet normalised.
#[inline(always)]
fn scores<const N: usize, I: Index>(
    trees: &[SortedTree<I>; N],
    points: &PointStore,
    x: f32,
) -> [f64; N] {
    // Loops, because closures are not always inlined into functions compiled for the processor.
    let (mut leaves, mut at, mut levels) = ([0; N], [0.0_f32; N], [0_u32; N]);
    let (mut scores, mut gaps, mut goes_on) = ([0.0; N], [0.0; N], [false; N]);
    for lane in 0..N {
        leaves[lane] = trees[lane].descend(x);
    }
    let mut walks = [const { EndingAt::NONE }; N];
    for lane in 0..N {
        let (tree, leaf) = (&trees[lane], leaves[lane]);
        at[lane] = tree.value(points, leaf);
        walks[lane] = tree.ending_at(leaf, x > at[lane]);
        levels[lane] = tree.depth(leaf) as u32 + 1;
        gaps[lane] = f64::from((x - at[lane]).abs());
        goes_on[lane] = at[lane] != x;
    }
    // As `unseen`, but divided as vectors: the same bits.
    for lane in 0..N {
        scores[lane] = 1.0 / f64::from(levels[lane]);
    }
    for _ in 0..STEPS {
        let mut ranges = [0.0; N];
        for lane in 0..N {
            let (level, far) = walks[lane].step(&mut goes_on[lane]);
            levels[lane] = level as u32;
            ranges[lane] = f64::from((trees[lane].value(points, far) - at[lane]).abs());
        }
        for lane in 0..N {
            let apart = 1.0 / f64::from(levels[lane]);
            let above = step(scores[lane], apart, gaps[lane], ranges[lane]);
            scores[lane] = if goes_on[lane] { above } else { scores[lane] };
        }
    }
    for lane in 0..N {
        let (tree, leaf) = (&trees[lane], leaves[lane]);
        if at[lane] == x {
            scores[lane] = seen(tree.depth(leaf), tree.leaf_mass(leaf), tree.mass());
        } else if goes_on[lane] {
            for End { depth, far } in &mut walks[lane] {
                let range = f64::from((tree.value(points, far) - at[lane]).abs());
                scores[lane] = step(scores[lane], unseen(depth), gaps[lane], range);
            }
        }
    }
    scores
}
