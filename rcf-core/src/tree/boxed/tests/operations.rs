//! Random lists of operations against the naive tree.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{Grown, Naive, integers};
use crate::layout::Index;
use crate::testing::Random;

#[derive(Debug, Clone)]
enum Operation {
    Insert(Vec<f32>),
    /// Of the point at this place of the list of points, modulo its length.
    Delete(usize),
}

/// Few values, so that coordinates and whole points coincide …
fn grid() -> impl Strategy<Value = f32> {
    (-2..=2i8).prop_map(f32::from)
}

/// … and values at which rounding is at its worst.
fn awkward() -> impl Strategy<Value = f32> {
    prop::sample::select(vec![
        0.0,
        f32::from_bits(1),
        -f32::from_bits(1),
        f32::MIN_POSITIVE,
        1.0,
        1.0f32.next_up(),
        1.0f32.next_down(),
        -1.0,
        (-1.0f32).next_down(),
        16_777_216.0,
        1e30,
        -1e30,
        1e30f32.next_down(),
    ])
}

fn operations(
    coordinate: impl Strategy<Value = f32> + 'static,
) -> impl Strategy<Value = (usize, Vec<Operation>)> {
    let coordinate = coordinate.boxed();
    let dimensions = prop::sample::select(vec![1usize, 2, 3, 4, 5, 8, 9, 13]);
    dimensions.prop_flat_map(move |dimensions| {
        let point = prop::collection::vec(coordinate.clone(), dimensions);
        let operation = prop_oneof![
            3 => point.prop_map(Operation::Insert),
            2 => (0..64usize).prop_map(Operation::Delete),
        ];
        (Just(dimensions), prop::collection::vec(operation, 1..60))
    })
}

/// Each operation changes what the naive tree changes, and nothing else; all queries agree.
fn run<I: Index>(dimensions: usize, operations: &[Operation], seed: u64) {
    let mut grown = Grown::<I>::new(dimensions, 60, seed);
    let mut points: Vec<Vec<f32>> = Vec::new();
    let mut before: Option<Naive> = None;
    for operation in operations {
        let after = match operation {
            Operation::Insert(x) => {
                grown.insert(x);
                points.push(x.clone());
                let after = grown.validate();
                // But for the new point the tree is the old one: cuts, masses, shape.
                assert_eq!(after.clone().unwrap().without(x), before);
                after
            }
            Operation::Delete(_) if points.is_empty() => continue,
            Operation::Delete(at) => {
                let x = points.swap_remove(at % points.len());
                grown.delete(&x);
                let after = grown.validate();
                assert_eq!(after, before.unwrap().without(&x));
                after
            }
        };
        assert_eq!(grown.tree.mass(), points.len());
        if let (Some(naive), Operation::Insert(x)) = (&after, operation) {
            compare_queries(&grown, naive, x);
            let mut moved = x.clone();
            moved[dimensions / 2] += 0.25;
            compare_queries(&grown, naive, &moved);
        }
        before = after;
    }
}

fn compare_queries<I: Index>(grown: &Grown<I>, naive: &Naive, x: &[f32]) {
    let (score, exact) = (grown.score(x), naive.score(x));
    assert!(
        (score - exact).abs() <= 1e-5 * exact,
        "score {score}, naive {exact}"
    );
    // Groups of eight trees and a remainder, or more than descend together.
    let trees = if naive.mass() > 60 { 70 } else { 11 };
    let sum = (0..trees).fold(0.0, |sum, _| sum + score);
    assert_eq!(
        grown.score_of_equal_trees(x, trees).to_bits(),
        sum.to_bits()
    );
    let (parts, exact_parts) = (grown.attribution(x), naive.attribution(x));
    for (part, exact_part) in parts.iter().zip(&exact_parts) {
        assert!(
            (part - exact_part).abs() <= 1e-5 * exact,
            "{parts:?}, naive {exact_parts:?}"
        );
    }
    let total: f64 = parts.iter().sum();
    // Of all trees together it is the score to 1e-9: `forest::tests`.
    assert!(
        (total - score).abs() <= 1e-6 * score,
        "attribution {total}, score {score}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn operations_on_a_grid_agree((dimensions, operations) in operations(grid()), seed: u64) {
        run::<u16>(dimensions, &operations, seed);
    }

    #[test]
    fn operations_on_awkward_values_agree(
        (dimensions, operations) in operations(awkward()),
        seed: u64,
    ) {
        run::<u32>(dimensions, &operations, seed);
    }
}

/// As in a full sample: the oldest point leaves, a new one comes. Up to more vectors than a machine
/// word has bits.
#[test]
fn a_sliding_window_keeps_all_invariants() {
    let mut random = Random::new(3);
    for dimensions in [1, 2, 7, 16, 20, 511, 512, 513, 516, 520, 525, 1030] {
        let (size, steps) = if dimensions > 20 {
            (24, 200)
        } else {
            (128, 3000)
        };
        let mut grown = Grown::<u16>::new(dimensions, size, 1);
        let mut window = VecDeque::new();
        for step in 0..steps {
            if window.len() == size {
                let oldest: Vec<f32> = window.pop_front().unwrap();
                grown.delete(&oldest);
            }
            let x = integers(dimensions, &mut random);
            grown.insert(&x);
            window.push_back(x);
            if step % (steps / 20) == 0 {
                let naive = grown.validate().unwrap();
                compare_queries(&grown, &naive, &integers(dimensions, &mut random));
                // Outside in one dimension only: the last, or any.
                for outside in [dimensions - 1, random.below(dimensions)] {
                    let mut x = window[0].clone();
                    x[outside] = 1e3;
                    compare_queries(&grown, &naive, &x);
                }
            }
        }
    }
}

/// Points on the diagonal: whichever goes from the edge of a box, all sides of the box go with it.
#[test]
fn a_corner_takes_all_sides_with_it() {
    let mut random = Random::new(5);
    for dimensions in [1, 2, 3, 4, 5, 8, 12, 13, 16, 20, 33] {
        let mut grown = Grown::<u16>::new(dimensions, 60, 7);
        let mut held: Vec<Vec<f32>> = (0..60).map(|k| vec![k as f32; dimensions]).collect();
        let mut outside = Vec::new();
        while let Some(point) = (!held.is_empty()).then(|| random.below(held.len())) {
            outside.push(held.swap_remove(point));
            grown.insert(&outside[outside.len() - 1]);
        }
        while outside.len() > 8 {
            let before = grown.validate().unwrap();
            let x = outside.swap_remove(random.below(outside.len()));
            grown.delete(&x);
            assert_eq!(grown.validate(), before.without(&x));
        }
    }
}
