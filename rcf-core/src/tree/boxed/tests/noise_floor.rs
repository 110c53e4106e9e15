//! The noise floor against its definition.

use super::super::traverse_one::BoxedWalker;
use super::{Grown, Naive, integers, visit};
use crate::testing::Random;
use crate::visitor::Visitor;
use crate::visitor::attribution::{Attribute, AttributionVisitor, Parts};
use crate::visitor::noise_floor::{Floored, NoiseFloor};
use crate::visitor::score::{ScoreVisitor, TreeScore};
use crate::visitor::scoring::ScoringSum;
use crate::visitor::scoring_function::{AnomalyScore, Displacement, ScoringFunction};

impl Grown<u32> {
    fn visit_floored<V: Visitor>(&self, x: &[f32], floor: &NoiseFloor, mut visitor: V) -> V {
        let row = self.pad(x);
        with_geometry!(self.dimensions, geometry => {
            let mut floored = Floored::new(&mut visitor, Some(floor), &row);
            visit(&self.tree, &self.store, geometry, &row, &mut floored);
        });
        visitor
    }

    fn value_floored<F: ScoringFunction>(
        &self,
        x: &[f32],
        floor: &NoiseFloor,
        ignored_mass: usize,
        function: &F,
    ) -> f64 {
        let row = self.pad(x);
        let mut sum = ScoringSum::new(function);
        let mut floored = Floored::new(&mut sum, Some(floor), &row);
        let _ = with_geometry!(self.dimensions, geometry => BoxedWalker::default().traverse(
            &self.tree, &self.store, geometry, &row, ignored_mass, &mut floored,
        ));
        sum.sum()
    }
}

/// The floors of one query: for each dimension the larger of the two kinds.
fn floors(tree: &Naive, x: &[f32], absolute: &[f64], relative: f64) -> Vec<f64> {
    let sides = sides(&tree.points(), x);
    let floor = |(side, &absolute): (f64, &f64)| absolute.max(relative * side);
    sides.into_iter().zip(absolute).map(floor).collect()
}

/// The sides of the box of the points with `x`.
fn sides(points: &[&[f32]], x: &[f32]) -> Vec<f64> {
    let side = |i: usize| {
        let coordinates = points.iter().map(|point| point[i]).chain([x[i]]);
        let high = coordinates.clone().fold(f32::NEG_INFINITY, f32::max);
        f64::from(high) - f64::from(coordinates.fold(f32::INFINITY, f32::min))
    };
    (0..x.len()).map(side).collect()
}

/// The definition, from the root down.
fn score(node: &Naive, x: &[f32], floors: &[f64], depth: f64, tree_mass: f64) -> f64 {
    let (points, unseen) = (node.points(), 1.0 / (depth + 1.0));
    let within = match (node, node.child(x)) {
        (Naive::Leaf { mass, .. }, _) => {
            let mass = *mass as f64;
            (1.0 - mass / (2.0 * tree_mass)) / (depth + (mass + 1.0).log2())
        }
        (_, Some(child)) => score(child, x, floors, depth + 1.0, tree_mass),
        _ => unreachable!("a node has a child for every point"),
    };
    let range = |sides: Vec<f64>| -> f64 { sides.iter().zip(floors).map(|(s, f)| s.max(*f)).sum() };
    // What x adds to the box.
    let with: f64 = sides(&points, x).iter().sum();
    let without: f64 = sides(&points, points[0]).iter().sum();
    match with - without {
        gap if gap > 0.0 => {
            let p = gap / range(sides(&points, x)).max(gap);
            p * unseen + (1.0 - p) * within
        }
        _ => within,
    }
}

fn floor_of(dimensions: usize, absolute: &[f64], relative: f64) -> NoiseFloor {
    let builder = crate::RandomCutForest::builder(dimensions).noise_floor(absolute);
    let forest = builder.relative_noise_floor(relative).build().unwrap();
    NoiseFloor::new(forest.config()).expect("a floor is set")
}

#[test]
fn scores_above_the_floor_are_those_of_the_definition() {
    let mut random = Random::new(41);
    for dimensions in [1, 2, 3, 5, 8, 13] {
        for (seed, size) in [1, 2, 3, 30].into_iter().enumerate() {
            let mut sample: Vec<Vec<f32>> = (0..size)
                .map(|_| integers(dimensions, &mut random))
                .collect();
            sample.extend_from_within(..size / 2);
            let grown = Grown::of(&sample, seed as u64);
            let naive = grown.validate().unwrap();
            let absolute: Vec<f64> = (0..dimensions).map(|i| (i % 4) as f64 * 3.0).collect();
            for relative in [0.01, 0.3, 1.0] {
                let floor = floor_of(dimensions, &absolute, relative);
                let others = (0..20).map(|_| integers(dimensions, &mut random));
                for x in sample.clone().into_iter().chain(others) {
                    let floors = floors(&naive, &x, &absolute, relative);
                    let exact = score(&naive, &x, &floors, 0.0, naive.mass() as f64);
                    let of_tree = grown
                        .visit_floored(&x, &floor, ScoreVisitor::default())
                        .score;
                    assert!((of_tree - exact).abs() <= 1e-9 * exact, "{of_tree} {exact}");

                    // As a scoring function, and by attribution.
                    let normalizer = AnomalyScore.normalizer(sample.len());
                    let value = grown.value_floored(&x, &floor, 0, &AnomalyScore) / normalizer;
                    assert!((value - exact).abs() <= 1e-9 * exact, "{value} {exact}");
                    let row = grown.pad(&x);
                    let visitor = AttributionVisitor::new(&row, dimensions);
                    let mut visitor = grown.visit_floored(&x, &floor, visitor);
                    visitor.add_tree(1.0);
                    let Parts { high, low } = visitor.sum();
                    let total: f64 = high.iter().chain(&low).sum();
                    assert!((total - exact).abs() <= 1e-9 * exact, "{total} {exact}");
                }
            }
        }
    }
}

/// A floor that is not reached anywhere changes nothing.
#[test]
fn a_floor_below_all_differences_is_none() {
    let mut random = Random::new(42);
    for dimensions in [1, 3, 8] {
        // Random coordinates: all differ in every dimension.
        let point = |random: &mut Random| -> Vec<f32> {
            random
                .normal_point(dimensions)
                .iter()
                .map(|&x| x as f32)
                .collect()
        };
        let sample: Vec<Vec<f32>> = (0..30).map(|_| point(&mut random)).collect();
        let grown = Grown::of(&sample, 5);
        let floor = floor_of(dimensions, &vec![1e-12; dimensions], 0.0);
        for _ in 0..20 {
            let x = point(&mut random);
            let (with, without) = (
                grown.value_floored(&x, &floor, 0, &Displacement),
                grown.value(&x, 0, &Displacement),
            );
            assert!((with - without).abs() <= 1e-5 * without, "{with} {without}");
        }
    }
}

#[test]
fn ignored_copies_count_as_if_deleted_above_a_floor() {
    let mut random = Random::new(43);
    for dimensions in [1, 2, 9] {
        let sample: Vec<Vec<f32>> = (0..20).map(|_| integers(dimensions, &mut random)).collect();
        let grown = Grown::of(&sample, 6);
        let floor = floor_of(dimensions, &vec![2.0; dimensions], 0.2);
        for x in &sample {
            let copies = sample.iter().filter(|&other| other == x).count();
            let mut without = grown.clone();
            (0..copies).for_each(|_| without.delete(x));
            let (ignoring, deleted) = (
                grown.value_floored(x, &floor, copies, &AnomalyScore),
                without.value_floored(x, &floor, 0, &AnomalyScore),
            );
            assert_eq!(ignoring.to_bits(), deleted.to_bits());
        }
    }
}
