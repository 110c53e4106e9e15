//! Cases that the definitions of score and attribution do not distinguish: neither may the code.
//!
//! A tree is built again by hand, reflected or with its dimensions permuted; then queries must give
//! the same numbers, reflected or permuted. (Grown from reflected points, a tree has other cuts:
//! there the law holds in distribution only.)

use super::{Grown, Naive, integers};
use crate::testing::Random;
use crate::tree::boxed::BoxedTree;
use crate::tree::cut::Cut;

/// The tree of these points, with multiplicity, and these cuts.
fn rebuild(points: &[Vec<f32>], cuts: &[Cut]) -> Grown<u32> {
    let mut grown = Grown::<u32>::new(points[0].len(), points.len(), 0);
    let mut distinct: Vec<&Vec<f32>> = Vec::new();
    let mut numbers = Vec::new();
    for point in points {
        let number = distinct
            .iter()
            .position(|&other| other == point)
            .unwrap_or_else(|| {
                distinct.push(point);
                grown.store.add(&grown.pad(point))
            });
        numbers.push(number as u32);
        grown.store.retain(number);
    }
    let tree = with_geometry!(grown.dimensions, geometry => {
        BoxedTree::rebuild(geometry, &mut grown.store, points.len(), &numbers, cuts)
    });
    grown.tree = tree.expect("the cuts separate the points");
    grown
}

/// The cuts from the root, the left below first, or the right.
fn cuts(tree: &Naive, left_first: bool) -> Vec<Cut> {
    let Naive::Node { cut, left, right } = tree else {
        return Vec::new();
    };
    let (first, second) = if left_first {
        (left, right)
    } else {
        (right, left)
    };
    [
        vec![*cut],
        cuts(first, left_first),
        cuts(second, left_first),
    ]
    .concat()
}

/// Samples with duplicates, and queries of which some are in the sample.
fn cases(mut check: impl FnMut(&[Vec<f32>], &Grown<u32>, &[Vec<f32>])) {
    let mut random = Random::new(12);
    for dimensions in [1, 2, 3, 4, 7, 8, 19] {
        for seed in 0..10 {
            let mut sample: Vec<Vec<f32>> =
                (0..60).map(|_| integers(dimensions, &mut random)).collect();
            sample.extend_from_within(..10);
            let mut queries: Vec<Vec<f32>> =
                (0..30).map(|_| integers(dimensions, &mut random)).collect();
            queries.extend_from_slice(&sample[5..15]);
            check(&sample, &Grown::of(&sample, seed), &queries);
        }
    }
}

#[test]
fn the_reflected_tree_swaps_high_and_low() {
    let reflect = |x: &Vec<f32>| -> Vec<f32> { x.iter().map(|x| 0.0 - x).collect() };
    cases(|sample, grown, queries| {
        // A point is left of its cut if x ≤ c. Reflected, it must be right of it: −x > −c − 0.
        let mirrored: Vec<Cut> = cuts(&grown.validate().unwrap(), false)
            .iter()
            .map(|cut| Cut {
                value: (-cut.value).next_down(),
                ..*cut
            })
            .collect();
        let reflected = rebuild(&sample.iter().map(reflect).collect::<Vec<_>>(), &mirrored);
        for x in queries {
            assert_eq!(grown.score(x), reflected.score(&reflect(x)));
            let mut parts = reflected.attribution(&reflect(x));
            parts.rotate_left(x.len());
            // The sum that rescales a sampled point's parts is taken in another order.
            for (part, reflected) in grown.attribution(x).iter().zip(&parts) {
                assert!((part - reflected).abs() <= 1e-14, "{part} {reflected}");
            }
        }
    });
}

#[test]
fn the_permuted_tree_permutes_the_attribution() {
    let mut random = Random::new(13);
    cases(|sample, grown, queries| {
        let d = grown.dimensions;
        let mut to: Vec<usize> = (0..d).collect();
        (1..d).for_each(|i| to.swap(i, random.below(i + 1)));
        let permute = |x: &Vec<f32>| {
            let mut permuted = vec![0.0; d];
            x.iter().zip(&to).for_each(|(&x, &to)| permuted[to] = x);
            permuted
        };
        let moved: Vec<Cut> = cuts(&grown.validate().unwrap(), true)
            .iter()
            .map(|cut| Cut {
                dimension: to[cut.dimension],
                ..*cut
            })
            .collect();
        let permuted = rebuild(&sample.iter().map(permute).collect::<Vec<_>>(), &moved);
        for x in queries {
            assert_eq!(grown.score(x), permuted.score(&permute(x)));
            let (parts, permuted) = (grown.attribution(x), permuted.attribution(&permute(x)));
            for i in 0..d {
                for half in [0, d] {
                    let (part, moved) = (parts[half + i], permuted[half + to[i]]);
                    assert!((part - moved).abs() <= 1e-14, "{part} {moved}");
                }
            }
        }
    });
}
