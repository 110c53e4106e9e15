//! Forests under random configurations and streams: invariants after each observation, scores by
//! the definition.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::layout::Index;
use crate::testing::{Random, assert_mean};

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
            let row = |point: usize| ensemble.points.padded_row(point)[..dimensions].to_vec();
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
        cases: 400,
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

/// The origin moves to where the signal has gone, twice; what is far from there is rounded, and
/// points that become equal share a leaf.
#[test]
fn invariants_hold_while_the_origin_moves() {
    for (dimensions, shingle_size) in [(1, 1), (2, 3), (9, 1)] {
        let mut random = Random::new(5);
        let builder = RandomCutForest::builder(dimensions).shingle_size(shingle_size);
        let mut forest = builder.number_of_trees(5).sample_size(64).build().unwrap();
        let mut origins = HashSet::new();
        for t in 0..4_000 {
            let level = match t {
                0 => -1e20,
                1..1_000 => 3.0,
                _ => 1e9,
            };
            let mut record = random.normal_point(dimensions);
            record.iter_mut().for_each(|x| *x += level);
            forest.update(&record).unwrap();
            origins.insert(forest.shingle.origin()[0].to_bits());
            if t % 16 == 0 || t % 256 == 255 {
                forest.validate();
                if forest.is_ready() {
                    let (score, naive) =
                        (forest.score(&record).unwrap(), forest.naive_score(&record));
                    assert!((score - naive).abs() <= 1e-5 * naive, "{score} {naive}");
                }
            }
        }
        assert!(
            origins.len() >= 3,
            "the origin was at {} places",
            origins.len()
        );
    }
}

/// Law: trees rebuilt score as trees that saw the same points one by one, in expectation.
/// Statistic: z of the mean difference over independent forests.
#[test]
fn moving_the_origin_keeps_the_law_of_scores() {
    let mut random = Random::new(6);
    // Exact in single precision from either origin.
    let (far, unit) = (2f64.powi(33), 1024.0);
    let record = |_| (512.0 * random.normal()).round() * unit;
    let mut records: Vec<f64> = (0..256).map(record).collect();
    let forest = |records: &[f64], seed| {
        let builder = RandomCutForest::builder(1)
            .number_of_trees(10)
            .time_decay(0.0)
            .seed(seed);
        let mut forest = builder.initial_accept_fraction(1.0).build().unwrap();
        records.iter().for_each(|&x| forest.update(&[x]).unwrap());
        forest
    };
    let queries = [0.0, 700.0 * unit, -3000.0 * unit, 0.1 * far];
    let mut differences = vec![Vec::new(); queries.len()];
    records[0] = far;
    for seed in 0..200 {
        let moved = forest(&records, seed);
        assert!(moved.shingle.origin()[0].abs() < 512.0 * unit);
        records.swap(0, 1);
        let unmoved = forest(&records, 1_000 + seed);
        assert_eq!(unmoved.shingle.origin()[0], records[0]);
        records.swap(0, 1);
        for (query, differences) in queries.iter().zip(&mut differences) {
            differences.push(moved.score(&[*query]).unwrap() - unmoved.score(&[*query]).unwrap());
        }
    }
    for (query, differences) in queries.iter().zip(&differences) {
        assert_mean(
            &format!("score of {query}"),
            differences,
            0.0,
            queries.len(),
        );
    }
}

/// What a score notes for the update after it never outlives a change of the trees.
#[test]
fn a_score_before_an_update_changes_nothing_of_it() {
    let mut random = Random::new(9);
    for dimensions in [1, 3] {
        let builder = RandomCutForest::builder(dimensions).shingle_size(2);
        let mut plain = builder.sample_size(32).seed(3).build().unwrap();
        let mut scored = plain.clone();
        for _ in 0..1_000 {
            let record: Vec<f64> = (0..dimensions).map(|_| random.normal().round()).collect();
            let expected = plain.score(&record).unwrap();
            assert_eq!(scored.score_checked(&record).to_bits(), expected.to_bits());
            let point: Vec<f64> = (0..2 * dimensions).map(|_| random.normal()).collect();
            let step = random.below(4);
            for forest in [&mut plain, &mut scored] {
                if step == 0 {
                    forest.learn_point(&point);
                }
                if step == 1 {
                    forest.pass(&record);
                } else {
                    forest.update_checked(&record);
                }
                if step == 2 {
                    forest.learn_point(&point);
                }
            }
        }
        assert_eq!(plain.to_bytes(), scored.to_bytes());
        scored.validate();
    }
}
