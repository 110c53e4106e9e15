//! Forests under random configurations and streams: invariants after each record, scores by the
//! definition.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::index::Index;
use crate::testing::Random;

impl RandomCutForest {
    /// Panics unless all invariants hold.
    pub(crate) fn validate(&self) {
        with_ensemble!(&self.trees, ensemble => ensemble.validate());
    }

    fn naive_score(&self, values: &[f64]) -> f64 {
        let mut row = vec![0.0; self.row.len()];
        self.shingle.peek(values, &mut row);
        with_ensemble!(&self.trees, ensemble => ensemble.naive_score(&row))
    }

    /// The points of each tree's sample.
    fn samples(&self) -> Vec<Vec<Vec<f32>>> {
        let dimensions = self.dimensions();
        with_ensemble!(&self.trees, ensemble => {
            let row = |point: usize| ensemble.points.row(point)[..dimensions].to_vec();
            let points = ensemble.samplers.iter().map(|sampler| sampler.points());
            points.map(|points| points.iter().map(|&point| row(point.get())).collect()).collect()
        })
    }
}

/// Streams of different nature.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Constant,
    /// Few values: many duplicates.
    Grid,
    Smooth,
    Sorted,
    /// Deep trees.
    Geometric,
    /// Anything that is accepted.
    Wild,
}

impl Stream {
    fn value(self, t: u32, i: u32, random: &mut Random) -> f64 {
        let t = f64::from(t);
        match self {
            Self::Constant => 1.5,
            Self::Grid => (random.normal() * 1.5).round(),
            Self::Smooth => (0.3 * t + f64::from(i)).sin() + 0.01 * random.normal(),
            Self::Sorted => t * t,
            Self::Geometric => 0.5f64.powf(t),
            Self::Wild => {
                let value = f64::from_bits(random.next());
                if value.abs() <= crate::MAX_MAGNITUDE {
                    value
                } else {
                    -0.0
                }
            }
        }
    }
}

fn configurations() -> impl Strategy<Value = RandomCutForestBuilder> {
    let select = prop::sample::select::<f64>;
    (
        (1..=5usize, 1..=4usize, any::<bool>()),
        (1..=17usize, 1..=20usize, any::<u64>()),
        (
            select(vec![0.0, 0.001, 0.05, 0.4, 1.0]),
            select(vec![1e-3, 0.125, 0.6, 1.0]),
        ),
    )
        .prop_map(
            |((dimensions, shingle, internal), (trees, size, seed), (decay, fraction))| {
                RandomCutForest::builder(dimensions)
                    .shingle_size(shingle)
                    .internal_shingling(internal)
                    .number_of_trees(trees)
                    .sample_size(size)
                    .time_decay(decay)
                    .initial_accept_fraction(fraction)
                    .output_after(1)
                    .seed(seed)
            },
        )
}

fn streams() -> impl Strategy<Value = Stream> {
    use Stream::{Constant, Geometric, Grid, Smooth, Sorted, Wild};
    prop::sample::select(vec![Constant, Grid, Smooth, Sorted, Geometric, Wild])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn invariants_hold_after_every_record(
        builder in configurations(),
        stream in streams(),
        length in 1..120u32,
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let mut forest = builder.build().unwrap();
        // How often each point was offered.
        let mut offered: HashMap<Vec<u32>, usize> = HashMap::new();
        for t in 0..length {
            let values: Vec<f64> = (0..forest.config().values_per_call() as u32)
                .map(|i| stream.value(t, i, &mut random))
                .collect();
            if forest.is_ready() {
                let (score, naive) = (forest.score(&values).unwrap(), forest.naive_score(&values));
                prop_assert!((score - naive).abs() <= 1e-5 * naive, "score {score}, naive {naive}");
                let total = forest.attribution(&values).unwrap().total();
                prop_assert!((total - score).abs() <= 1e-9 * score, "total {total}, score {score}");
            }
            forest.update(&values).unwrap();
            forest.validate();
            if forest.shingle.is_full() {
                *offered.entry(bits(forest.shingle.point())).or_default() += 1;
            }
        }
        for sample in forest.samples() {
            let mut sampled: HashMap<Vec<u32>, usize> = HashMap::new();
            for point in sample {
                *sampled.entry(bits(&point)).or_default() += 1;
            }
            for (point, count) in sampled {
                prop_assert!(offered.get(&point).is_some_and(|&offered| count <= offered));
            }
        }
    }
}

fn bits(point: &[f32]) -> Vec<u32> {
    point.iter().map(|x| x.to_bits()).collect()
}
