//! Imputation on one tree against its definition, and the law of its random draws.

use super::{Grown, Naive, integers};
use crate::rng::TreeRng;
use crate::testing::{Random, assert_multinomial};
use crate::tree::imputation::Imputer;

impl Grown<u32> {
    /// The point that fits best, and its number.
    fn best(
        &self,
        x: &[f32],
        missing: &[usize],
        centrality: f64,
        draws: TreeRng,
    ) -> (usize, Vec<f32>) {
        let mut imputer = Imputer::new(&self.pad(x), missing, centrality, draws);
        let point = with_geometry!(self.dimensions, geometry => {
            imputer.best(&self.tree, &self.store, geometry, |_| true)
        });
        (
            point,
            self.store.padded_row(point)[..self.dimensions].to_vec(),
        )
    }
}

/// The definition: the point that fits best below a node, with its rank there.
fn best_below(node: &Naive, x: &[f32], missing: &[usize], depth: usize) -> (Vec<f32>, f64) {
    let (point, rank) = match node {
        Naive::Leaf { x: point, mass } => {
            let depth = depth as f64;
            let rank = if filled(x, missing, point) != *point {
                1.0 / (depth + 1.0)
            } else if depth == 0.0 {
                0.0
            } else {
                1.0 / (depth + (*mass as f64 + 1.0).log2())
            };
            return (point.clone(), rank);
        }
        Naive::Node { cut, left, right } if missing.contains(&cut.dimension) => {
            let left = best_below(left, x, missing, depth + 1);
            let right = best_below(right, x, missing, depth + 1);
            if right.1 < left.1 { right } else { left }
        }
        node => best_below(node.child(x).unwrap(), x, missing, depth + 1),
    };
    let (mut gap, mut range) = (0.0, 0.0);
    for (i, x) in filled(x, missing, &point).into_iter().enumerate() {
        let coordinates = node.points().into_iter().map(|point| point[i]);
        let low = coordinates.clone().fold(f32::INFINITY, f32::min);
        let high = coordinates.fold(f32::NEG_INFINITY, f32::max);
        gap += f64::from((low - x).max(x - high).max(0.0));
        range += f64::from(high - low);
    }
    let p = gap / (gap + range);
    (point, p / (depth as f64 + 1.0) + (1.0 - p) * rank)
}

fn filled(x: &[f32], missing: &[usize], point: &[f32]) -> Vec<f32> {
    let mut filled = x.to_vec();
    missing.iter().for_each(|&i| filled[i] = point[i]);
    filled
}

#[test]
fn the_best_point_is_that_of_the_definition() {
    let mut random = Random::new(31);
    for dimensions in [1, 2, 3, 4, 7, 9] {
        for seed in 0..10 {
            let mut sample: Vec<Vec<f32>> =
                (0..40).map(|_| integers(dimensions, &mut random)).collect();
            sample.extend_from_within(..10);
            let grown = Grown::of(&sample, seed);
            let naive = grown.validate().unwrap();
            let mut queries = sample[..10].to_vec();
            queries.extend((0..10).map(|_| integers(dimensions, &mut random)));
            for x in queries {
                let mut missing: Vec<usize> = (0..dimensions).collect();
                missing.retain(|_| random.unit() < 0.5);
                let draws = TreeRng::family(0, 1).remove(0);
                let (_, best) = grown.best(&x, &missing, 1.0, draws);
                let (expected, _) = best_below(&naive, &x, &missing, 0);
                assert_eq!(best, expected, "{x:?} without {missing:?}");
            }
        }
    }
}

/// Law: without centrality and with nothing known, all distinct points are alike.
#[test]
fn lots_choose_all_points_alike() {
    let mut random = Random::new(32);
    let sample: Vec<Vec<f32>> = (0..12).map(|_| integers(3, &mut random)).collect();
    let grown = Grown::of(&sample, 4);
    let mut counts = vec![0; 12];
    for draws in TreeRng::family(8, 12_000) {
        counts[grown.best(&[0.0; 3], &[0, 1, 2], 0.0, draws).0] += 1;
    }
    assert_multinomial("points", &counts, &[1.0 / 12.0; 12]);
}
