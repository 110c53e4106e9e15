//! Parameters and streams at the edges.

use rcf_core::{ConfigError, MAX_DIMENSIONS, MAX_SAMPLE_SIZE, MAX_TREES, RandomCutForest};
use rcf_core::{MAX_SAMPLED_POINTS, RandomCutForestBuilder};

use crate::testing::{Random, depth_law};

/// Processes a normal stream; scores are within their bounds, and attributions add up to them.
fn works(builder: RandomCutForestBuilder, records: usize) {
    let mut random = Random::new(1);
    let mut forest = builder.output_after(2).build().unwrap();
    let config = forest.config().clone();
    let silent = config.shingle_size.max(2);
    // A single point, at depth 0, has the highest possible score.
    let highest = ((config.sample_size + 1) as f64).log2();
    let mut scores = Vec::new();
    for t in 0..records {
        let record = random.normal_point(config.input_dimensions);
        let score = forest.process(&record).unwrap();
        assert!(score > 0.0 || t < silent, "{config:?}: no score at {t}");
        assert!(score <= highest * (1.0 + 1e-12), "{config:?}: {score}");
        scores.push(score);
    }
    let outlier = vec![1e6; config.input_dimensions];
    let score = forest.score(&outlier).unwrap();
    let total = forest.attribution(&outlier).unwrap().total();
    assert!((total - score).abs() <= 1e-9 * score);
    scores.sort_by(f64::total_cmp);
    assert!(
        score >= scores[scores.len() / 2],
        "{config:?}: outlier {score}"
    );
    if config.sample_size > 2 && records > config.sample_size {
        assert!(
            score > 0.8 * highest,
            "{config:?}: outlier {score} of {highest}"
        );
    }
    let bytes = forest.to_bytes();
    assert!(RandomCutForest::from_bytes(&bytes).unwrap().to_bytes() == bytes);
}

#[test]
fn sample_sizes_from_one_up() {
    for sample_size in [1, 2, 3, 4, 255, 256, 257] {
        for dimensions in [1, 2] {
            works(
                RandomCutForest::builder(dimensions).sample_size(sample_size),
                1_500,
            );
        }
    }
}

#[test]
fn sample_sizes_around_sixteen_bits() {
    for (trees, sample_size) in [(1, 32_766), (1, 32_767), (1, 65_535), (2, 65_536)] {
        let builder = RandomCutForest::builder(1)
            .number_of_trees(trees)
            .sample_size(sample_size);
        works(builder.initial_accept_fraction(1.0), sample_size + 5_000);
    }
}

#[test]
fn numbers_of_trees() {
    for trees in [1, 2, 7, 8, 9, 255, 256, 257, 300] {
        works(
            RandomCutForest::builder(2)
                .number_of_trees(trees)
                .sample_size(16),
            400,
        );
    }
    works(RandomCutForest::builder(1).number_of_trees(300), 1_000);
}

#[test]
fn numbers_of_dimensions() {
    for dimensions in [1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 511, 512, 520, 1_000] {
        let builder = RandomCutForest::builder(dimensions)
            .number_of_trees(10)
            .sample_size(32);
        works(builder, 300);
    }
    works(
        RandomCutForest::builder(MAX_DIMENSIONS)
            .number_of_trees(2)
            .sample_size(3),
        10,
    );
    works(
        RandomCutForest::builder(13)
            .shingle_size(40)
            .number_of_trees(3)
            .sample_size(20),
        300,
    );
}

/// A point among copies of itself: no cut above it, all of the mass.
#[test]
fn a_constant_stream_scores_one_half() {
    for (dimensions, shingle_size) in [(1, 1), (3, 2)] {
        let builder = RandomCutForest::builder(dimensions).shingle_size(shingle_size);
        let mut forest = builder.initial_accept_fraction(1.0).build().unwrap();
        for t in 0..3_000 {
            let score = forest.process(&vec![7.25; dimensions]).unwrap();
            assert!(
                if t < 64 {
                    score == 0.0
                } else {
                    (score - 0.5).abs() < 1e-12
                },
                "{score} at {t}"
            );
        }
        // Any other point is separated at once, however near: a forest has no absolute scale.
        for step in [1e-6, 0.25, 1e9] {
            let score = forest.score(&vec![7.25 + step; dimensions]).unwrap();
            let alone = 257f64.log2();
            assert!((score - alone).abs() < 1e-9, "{score}");
        }
    }
}

#[test]
fn a_sorted_stream_always_ends_in_the_newest() {
    for direction in [1.0, -1.0] {
        let mut forest = RandomCutForest::builder(1).build().unwrap();
        for t in 0..5_000 {
            let score = forest.process(&[direction * f64::from(t)]).unwrap();
            assert!(score < 3.0, "{score} at {t}");
        }
        assert!(forest.score(&[direction * -1e5]).unwrap() > 4.0);
    }
}

/// Each cut separates the largest of the points: a tree is a path, deeper than any fixed buffer.
/// The score is still the exact expectation, even with constant coordinates.
#[test]
fn geometric_points_make_trees_as_deep_as_they_are_large() {
    // Far apart, so that nearly every cut falls into the last gap.
    let sample: Vec<f64> = (0..88).map(|i| 8f64.powi(i - 60)).collect();
    for dimensions in [1, 2, 9] {
        let point = |x: f64| {
            let mut point = vec![0.0; dimensions];
            point[0] = x;
            point
        };
        let mut forest = RandomCutForest::builder(dimensions)
            .number_of_trees(500)
            .sample_size(sample.len())
            .time_decay(0.0)
            .initial_accept_fraction(1.0)
            .output_after(1)
            .build()
            .unwrap();
        // In ascending order: the smallest is the origin, and all others stay exact.
        for &x in &sample {
            forest.update(&point(x)).unwrap();
        }
        for query in [
            -1.0,
            5.0 * sample[3],
            5.0 * sample[15],
            5.0 * sample[30],
            5.0 * sample[80],
        ] {
            let mut points = sample.clone();
            points.push(query);
            points.sort_by(f64::total_cmp);
            let law = depth_law(&points, points.iter().position(|&x| x == query).unwrap());
            let mean: f64 = (1..law.len()).map(|depth| law[depth] / depth as f64).sum();
            let exact = mean * ((sample.len() + 1) as f64).log2();
            let score = forest.score(&point(query)).unwrap();
            assert!(
                (score - exact).abs() <= 0.02 * exact,
                "{query:e}: {score}, exact {exact}"
            );
            let total = forest.attribution(&point(query)).unwrap().total();
            assert!((total - score).abs() <= 1e-9 * score);
        }
        // A point of the sample, about 88 cuts deep.
        assert!(forest.score(&point(sample[0])).unwrap() < 0.1);
    }
}

#[test]
fn parameters_beyond_the_limits_are_refused_by_name() {
    let forest = RandomCutForest::builder;
    let error = |builder: RandomCutForestBuilder| builder.build().err();
    assert_eq!(error(forest(0)), Some(ConfigError::ZeroInputDimensions));
    assert_eq!(
        error(forest(1).shingle_size(0)),
        Some(ConfigError::ZeroShingleSize)
    );
    for (input_dimensions, shingle_size) in [(MAX_DIMENSIONS + 1, 1), (256, 256), (usize::MAX, 3)] {
        let max = MAX_DIMENSIONS;
        let expected = ConfigError::TooManyDimensions {
            input_dimensions,
            shingle_size,
            max,
        };
        assert_eq!(
            error(forest(input_dimensions).shingle_size(shingle_size)),
            Some(expected)
        );
    }
    for got in [0, MAX_TREES + 1, usize::MAX] {
        let expected = ConfigError::NumberOfTrees {
            got,
            max: MAX_TREES,
        };
        assert_eq!(error(forest(1).number_of_trees(got)), Some(expected));
    }
    for got in [0, MAX_SAMPLE_SIZE + 1, usize::MAX] {
        let expected = ConfigError::SampleSize {
            got,
            max: MAX_SAMPLE_SIZE,
        };
        assert_eq!(error(forest(1).sample_size(got)), Some(expected));
    }
    let (number_of_trees, sample_size, max) = (65, MAX_SAMPLE_SIZE, MAX_SAMPLED_POINTS);
    let expected = ConfigError::TooManyPoints {
        number_of_trees,
        sample_size,
        max,
    };
    assert_eq!(
        error(forest(1).number_of_trees(65).sample_size(sample_size)),
        Some(expected)
    );
    for got in [-0.1, 1.1, f64::INFINITY] {
        assert_eq!(
            error(forest(1).time_decay(got)),
            Some(ConfigError::TimeDecay { got })
        );
    }
    for got in [0.0, -1.0, 1.5] {
        let expected = ConfigError::InitialAcceptFraction { got };
        assert_eq!(
            error(forest(1).initial_accept_fraction(got)),
            Some(expected)
        );
    }
    assert!(matches!(
        error(forest(1).time_decay(f64::NAN)),
        Some(ConfigError::TimeDecay { .. })
    ));
    let nan = error(forest(1).initial_accept_fraction(f64::NAN));
    assert!(matches!(
        nan,
        Some(ConfigError::InitialAcceptFraction { .. })
    ));
}
