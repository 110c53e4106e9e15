//! Churn invariance: whatever was inserted and deleted on the way, a tree is distributed as a fresh
//! random cut tree of the points that it holds. Small sets have few trees: all are enumerated with
//! their exact probabilities.

use std::collections::HashMap;

use super::{Grown, Naive};
use crate::testing::{Random, assert_kolmogorov_smirnov, assert_multinomial};

type Point = Vec<f32>;

/// A tree but for the places of its cuts within the gaps between points: for each node, the
/// dimension and the points on the left.
type Topology = Vec<(usize, Vec<usize>)>;

/// All topologies of the random cut tree of a set of points, with their probabilities.
fn enumerate(points: &[Point], set: &[usize]) -> Vec<(Topology, f64)> {
    if set.len() == 1 {
        return vec![(Vec::new(), 1.0)];
    }
    let coordinate = |i: usize, dimension: usize| f64::from(points[i][dimension]);
    let gaps = (0..points[0].len()).flat_map(|dimension| {
        let mut sorted = set.to_vec();
        sorted.sort_by(|&a, &b| coordinate(a, dimension).total_cmp(&coordinate(b, dimension)));
        (1..sorted.len()).map(move |count| (dimension, count, sorted.clone()))
    });
    let gaps: Vec<_> = gaps
        .map(|(dimension, count, sorted)| {
            let (left, right) = sorted.split_at(count);
            let gap = coordinate(right[0], dimension) - coordinate(left[count - 1], dimension);
            (dimension, ordered(left), ordered(right), gap)
        })
        .filter(|(.., gap)| *gap > 0.0)
        .collect();
    let total: f64 = gaps.iter().map(|(.., gap)| gap).sum();
    let mut trees = Vec::new();
    for (dimension, left, right, gap) in gaps {
        for (left_tree, p) in enumerate(points, &left) {
            for (right_tree, q) in enumerate(points, &right) {
                let root = vec![(dimension, left.clone())];
                trees.push((
                    [root, left_tree.clone(), right_tree].concat(),
                    gap / total * p * q,
                ));
            }
        }
    }
    trees
}

fn ordered(set: &[usize]) -> Vec<usize> {
    let mut set = set.to_vec();
    set.sort_unstable();
    set
}

/// The topology of a tree; the places of its cuts, as fractions of the gap, go to `places`.
fn topology(tree: &Naive, points: &[Point], places: &mut Vec<f64>) -> Topology {
    let Naive::Node { cut, left, right } = tree else {
        return Vec::new();
    };
    let on_the_left = left.points();
    let reach = |points: &[&[f32]], choose: fn(f32, f32) -> f32| {
        points
            .iter()
            .map(|point| point[cut.dimension])
            .reduce(choose)
            .unwrap()
    };
    let from = f64::from(reach(&on_the_left, f32::max));
    let to = f64::from(reach(&right.points(), f32::min));
    places.push((f64::from(cut.value) - from) / (to - from));

    let index = |point: &&[f32]| points.iter().position(|p| p == point).unwrap();
    let root = (
        cut.dimension,
        ordered(&on_the_left.iter().map(index).collect::<Vec<_>>()),
    );
    [
        vec![root],
        topology(left, points, places),
        topology(right, points, places),
    ]
    .concat()
}

/// Inserts and deletes at random, until `survivors` are what is left.
fn churn(survivors: &[Point], strangers: &[Point], random: &mut Random, seed: u64) -> Grown<u32> {
    let mut grown = Grown::new(survivors[0].len(), 64, seed);
    let mut held: Vec<&Point> = Vec::new();
    for _ in 0..12 {
        if held.is_empty() || random.unit() < 0.6 {
            // Survivors come and go too, sometimes twice at a time.
            let all = survivors.len() + strangers.len();
            let pick = random.below(all);
            let point = survivors.iter().chain(strangers).nth(pick).unwrap();
            grown.insert(point);
            held.push(point);
        } else {
            grown.delete(held.swap_remove(random.below(held.len())));
        }
    }
    // Each survivor again, so that it is there; all others go, in their own order.
    for survivor in survivors {
        grown.insert(survivor);
    }
    while !held.is_empty() {
        grown.delete(held.swap_remove(random.below(held.len())));
    }
    grown
}

/// Law: the enumerated one, and places uniform in their gaps. Statistics: χ²; Kolmogorov–Smirnov.
fn churned_trees_are_fresh_trees(survivors: &[Point], strangers: &[Point], trees: u64) {
    let law = enumerate(survivors, &(0..survivors.len()).collect::<Vec<_>>());
    let class: HashMap<_, _> = law
        .iter()
        .enumerate()
        .map(|(i, (tree, _))| (tree, i))
        .collect();
    let probabilities: Vec<f64> = law.iter().map(|(_, p)| *p).collect();
    let mut random = Random::new(survivors.len() as u64);
    let mut places = Vec::new();
    let mut counts = vec![0; law.len()];
    for seed in 0..trees {
        let grown = churn(survivors, strangers, &mut random, seed);
        let tree = grown.validate().unwrap();
        assert_eq!(tree.mass(), survivors.len());
        let topology = topology(&tree, survivors, &mut places);
        counts[class[&topology]] += 1;
    }
    assert_multinomial(
        &format!("{} topologies", law.len()),
        &counts,
        &probabilities,
    );
    assert_kolmogorov_smirnov("places of cuts in gaps", &mut places, |x| x.clamp(0.0, 1.0));
}

fn points<const D: usize>(points: &[[f32; D]]) -> Vec<Point> {
    points.iter().map(|point| point.to_vec()).collect()
}

#[test]
fn three_points_in_three_dimensions() {
    churned_trees_are_fresh_trees(
        &points(&[[0.0, 0.0, 1.0], [1.0, 3.0, 0.0], [4.0, 0.5, 0.25]]),
        &points(&[
            [9.0, 9.0, -9.0],
            [0.5, 0.5, 0.5],
            [0.0, 3.0, 0.25],
            [-1.0, 0.0, 1.0],
        ]),
        20_000,
    );
}

/// Neighbours share coordinates, and one stranger is far away.
#[test]
fn four_points_on_a_grid() {
    churned_trees_are_fresh_trees(
        &points(&[[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [3.0, 2.0]]),
        &points(&[[0.0, 2.0], [1e6, -1e6], [2.0, 1.0], [1.0, 1.0]]),
        40_000,
    );
}

#[test]
fn five_points_in_two_dimensions() {
    churned_trees_are_fresh_trees(
        &points(&[[0.0, 0.0], [1.0, 4.0], [2.5, 1.0], [6.0, 2.0], [7.0, 7.5]]),
        &points(&[
            [10.0, 10.0],
            [-5.0, 3.0],
            [3.0, 3.0],
            [2.5, 1.5],
            [0.5, 0.0],
        ]),
        60_000,
    );
}

#[test]
fn six_points_on_a_line() {
    churned_trees_are_fresh_trees(
        &points(&[[-4.0], [-1.0], [0.0], [0.5], [3.0], [10.0]]),
        &points(&[[100.0], [-100.0], [0.25], [2.0], [-1.5]]),
        40_000,
    );
}

/// To the bit: cuts, masses and, by [`Grown::validate`], boxes.
#[test]
fn deleting_an_inserted_point_restores_the_tree() {
    let mut random = Random::new(4);
    for dimensions in [1, 2, 3, 8, 11] {
        for _ in 0..200 {
            let sample: Vec<Point> = (0..40).map(|_| point(dimensions, &mut random)).collect();
            let mut grown = Grown::<u16>::of(&sample, random.next());
            let before = grown.validate();
            let x = point(dimensions, &mut random);
            grown.insert(&x);
            assert_eq!(grown.validate().unwrap().mass(), 41);
            grown.delete(&x);
            assert_eq!(grown.validate(), before);
        }
    }
}

fn point(dimensions: usize, random: &mut Random) -> Point {
    random
        .normal_point(dimensions)
        .iter()
        .map(|&x| x as f32)
        .collect()
}
