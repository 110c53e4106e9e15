//! Functionals of one tree against what they are the expectation of, and against a deletion.

use super::super::traverse_one::BoxedWalker;
use super::{Grown, Naive, integers};
use crate::rng::TreeRng;
use crate::testing::{Random, assert_mean};
use crate::visitor::Visitor;
use crate::visitor::collusive::CollusiveDisplacementSum;
use crate::visitor::scoring::ScoringSum;
use crate::visitor::scoring_function::{AnomalyScore, Displacement, ScoringFunction};

impl Grown<u32> {
    pub(super) fn read<V: Visitor>(&self, x: &[f32], ignored_mass: usize, visitor: &mut V) {
        let row = self.pad(x);
        let _ = with_geometry!(self.dimensions, geometry => BoxedWalker::default().traverse(
            &self.tree, &self.store, geometry, &row, ignored_mass, visitor,
        ));
    }

    pub(super) fn value<F: ScoringFunction>(
        &self,
        x: &[f32],
        ignored_mass: usize,
        function: &F,
    ) -> f64 {
        let mut sum = ScoringSum::new(function);
        self.read(x, ignored_mass, &mut sum);
        sum.sum()
    }

    fn collusive(&self, x: &[f32]) -> f64 {
        let mut sum = CollusiveDisplacementSum::default();
        self.read(x, 0, &mut sum);
        sum.sum()
    }
}

/// The masses on the way to `x`, from the root.
fn masses(tree: &Naive, x: &[f32]) -> Vec<f64> {
    let mut masses = Vec::new();
    let mut node = Some(tree);
    while let Some(here) = node {
        masses.push(here.mass() as f64);
        node = here.child(x);
    }
    masses
}

/// Law: each query has the mean of a quantity over 10⁴ insertions into copies of one tree.
fn assert_expectation(
    queries: &[Vec<f32>],
    grown: &Grown<u32>,
    value: impl Fn(&[f32]) -> f64,
    quantity: impl Fn(&[f64]) -> f64,
) {
    for x in queries {
        let insertions: Vec<f64> = TreeRng::family(5, 10_000)
            .into_iter()
            .map(|rng| {
                let mut copy = Grown {
                    rng,
                    ..grown.clone()
                };
                copy.insert(x);
                quantity(&masses(&copy.validate().unwrap(), x))
            })
            .collect();
        if insertions.iter().all(|value| value == &insertions[0]) {
            assert!((value(x) - insertions[0]).abs() < 1e-12, "{x:?}");
        } else {
            assert_mean(&format!("{x:?}"), &insertions, value(x), 18);
        }
    }
}

fn cases() -> impl Iterator<Item = (Grown<u32>, Vec<Vec<f32>>, Vec<Vec<f32>>)> {
    let mut random = Random::new(21);
    [1, 2, 9].into_iter().map(move |dimensions| {
        let mut point = |spread: f32| -> Vec<f32> {
            let point = integers(dimensions, &mut random);
            point.iter().map(|x| x * spread).collect()
        };
        let mut sample: Vec<Vec<f32>> = (0..8).map(|_| point(4.0)).collect();
        sample.extend_from_within(..2);
        // Odd coordinates: not in the sample.
        let shift = |x: Vec<f32>| x.iter().map(|x| x + 1.0).collect::<Vec<_>>();
        let unseen = vec![shift(point(4.0)), shift(point(8.0)), shift(point(64.0))];
        let grown = Grown::of(&sample, 2);
        (grown, unseen, sample)
    })
}

#[test]
fn displacement_is_the_mean_mass_that_moves_down() {
    for (grown, unseen, sample) in cases() {
        let normalizer = Displacement.normalizer(sample.len());
        assert_expectation(
            &unseen,
            &grown,
            |x| grown.value(x, 0, &Displacement) / normalizer,
            |masses| masses[masses.len() - 2] - 1.0,
        );
    }
}

#[test]
fn collusive_displacement_is_the_mean_of_its_definition() {
    let best_ratio = |masses: &[f64]| {
        let ratios = masses.windows(2).map(|pair| (pair[0] - pair[1]) / pair[1]);
        ratios.fold(0.0, f64::max)
    };
    for (grown, unseen, sample) in cases() {
        let queries = [unseen, sample[..3].to_vec()].concat();
        assert_expectation(&queries, &grown, |x| grown.collusive(x), best_ratio);
    }
}

#[test]
fn ignored_copies_count_as_if_deleted() {
    let mut random = Random::new(22);
    for dimensions in [1, 2, 3, 4, 8, 13] {
        for (seed, size) in [1, 2, 3, 5, 40].into_iter().enumerate() {
            let mut sample: Vec<Vec<f32>> = (0..size)
                .map(|_| integers(dimensions, &mut random))
                .collect();
            sample.extend_from_within(..size / 2);
            let grown = Grown::of(&sample, seed as u64);
            for x in &sample {
                let copies = sample.iter().filter(|&other| other == x).count();
                let mut without = grown.clone();
                (0..copies).for_each(|_| without.delete(x));
                for ignored in 0..3 {
                    let expected = match &without {
                        _ if ignored < copies => &grown,
                        without => without,
                    };
                    let both = |function: &dyn Fn(&Grown<u32>, usize) -> f64| {
                        let nothing = expected.tree.mass() == 0;
                        let expected = if nothing { 0.0 } else { function(expected, 0) };
                        assert_eq!(function(&grown, ignored).to_bits(), expected.to_bits());
                    };
                    both(&|grown, ignored| grown.value(x, ignored, &AnomalyScore));
                    both(&|grown, ignored| grown.value(x, ignored, &Displacement));
                }
            }
        }
    }
}

#[test]
fn the_score_as_a_scoring_function_is_the_score() {
    let mut random = Random::new(23);
    for (grown, unseen, sample) in cases() {
        let others = (0..20).map(|_| integers(grown.dimensions, &mut random));
        for x in unseen.into_iter().chain(sample.clone()).chain(others) {
            let normalizer = AnomalyScore.normalizer(sample.len());
            let (value, score) = (grown.value(&x, 0, &AnomalyScore), grown.score(&x));
            assert!((value / normalizer - score).abs() < 1e-12, "{x:?}");
        }
    }
}
