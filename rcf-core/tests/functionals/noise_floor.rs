//! The noise floor, as users meet it.

use rcf_core::{ConfigError, Displacement, RandomCutForest, RandomCutForestBuilder};

use crate::testing::Random;

fn constant(builder: RandomCutForestBuilder) -> RandomCutForest {
    let mut forest = builder.initial_accept_fraction(1.0).build().unwrap();
    (0..500).for_each(|_| forest.update(&[7.0]).unwrap());
    forest
}

/// The fault of all peers: both steps score log₂(257) = 8.0.
#[test]
fn tiny_and_huge_steps_of_a_constant_stream_are_distinguished() {
    let plain = constant(RandomCutForest::builder(1));
    assert!(plain.score(&[7.0 + 1e-7]).unwrap() > 7.9);
    assert!(plain.score(&[1e9]).unwrap() > 7.9);

    let floored = constant(RandomCutForest::builder(1).noise_floor([1e-3]));
    let usual = floored.score(&[7.0]).unwrap();
    let (tiny, huge) = (
        floored.score(&[7.0 + 1e-7]).unwrap(),
        floored.score(&[1e9]).unwrap(),
    );
    assert!((tiny - usual).abs() < 1e-3, "{tiny} {usual}");
    assert!(huge > 7.9, "{huge}");
    // In between, the score grows with the step.
    let steps = [1e-7, 1e-5, 1e-4, 3e-4, 1e-3];
    let scores = steps.map(|step| floored.score(&[7.0 + step]).unwrap());
    assert!(scores.is_sorted_by(|a, b| a < b), "{scores:?}");
}

/// A step of one coordinate among many, more than are summed side by side.
#[test]
fn a_floor_holds_in_many_dimensions() {
    let dimensions = 100;
    let builder = RandomCutForest::builder(dimensions).noise_floor(vec![1e-3; dimensions]);
    let mut floored = builder.build().unwrap();
    let record = |step: f64| {
        let mut record = vec![7.0; dimensions];
        record[dimensions - 1] += step;
        record
    };
    (0..1000).for_each(|_| floored.update(&record(0.0)).unwrap());
    let steps = [0.0, 1e-7, 1e-4, 1e-2, 1e9];
    let scores = steps.map(|step| floored.score(&record(step)).unwrap());
    assert!(scores.is_sorted_by(|a, b| a < b), "{scores:?}");
    assert!(scores[1] - scores[0] < 1e-3, "{scores:?}");
    assert!(scores[4] > 7.9, "{scores:?}");
}

/// A relative floor knows no units: a stream in other ones has the same scores.
#[test]
fn relative_floor_follows_the_spread_of_the_sample() {
    let build = |scale: f64, relative: f64| {
        let builder = RandomCutForest::builder(1).relative_noise_floor(relative);
        let mut forest = builder.build().unwrap();
        let mut random = Random::new(1);
        for _ in 0..1000 {
            // Two tight clusters, one apart.
            let center = if random.unit() < 0.5 { 0.0 } else { 1.0 };
            let x = center + (random.normal() * 8.0).round() / 1024.0;
            forest.update(&[scale * x]).unwrap();
        }
        forest
    };
    let (fine, coarse) = (build(1024.0, 0.3), build(1.0, 0.3));
    for x in [0.05, 0.5, 1.1, 3.0] {
        assert_eq!(fine.score(&[1024.0 * x]), coarse.score(&[x]));
    }
    // Next to a cluster, but by far less than the clusters are apart; and far from both.
    let plain = build(1.0, 0.0);
    let ratio = |x: f64| coarse.score(&[x]).unwrap() / plain.score(&[x]).unwrap();
    let (beside, far) = (ratio(1.03), ratio(-3.0));
    assert!(beside < 0.75, "{beside}");
    assert!(far > 0.95, "{far}");
}

#[test]
fn all_functionals_of_the_score_agree_on_the_floor() {
    let mut random = Random::new(2);
    let builder = RandomCutForest::builder(2)
        .shingle_size(3)
        .noise_floor([0.5, 0.0]);
    let mut forest = builder.relative_noise_floor(0.05).build().unwrap();
    for _ in 0..600 {
        forest.update(&random.normal_point(2)).unwrap();
    }
    for _ in 0..50 {
        let query: Vec<f64> = random.normal_point(2).iter().map(|x| 2.0 * x).collect();
        let score = forest.score(&query).unwrap();
        let explanation = forest.explain(&query).unwrap();
        assert_eq!(explanation.score.to_bits(), score.to_bits());
        assert!((explanation.attribution.total() - score).abs() <= 1e-9 * score);
        let all = forest.converging_score(&query, 0.0).unwrap();
        assert_eq!(all.score.to_bits(), score.to_bits());
        let with = forest.score_with(&query, &rcf_core::AnomalyScore).unwrap();
        assert!((with - score).abs() <= 1e-9 * score, "{with} {score}");
        let moved = forest.score_with(&query, &Displacement).unwrap();
        assert_eq!(moved, forest.displacement(&query).unwrap());
        assert!(forest.collusive_displacement(&query).unwrap() >= 0.0);
        let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        assert_eq!(restored.process(&query).unwrap().to_bits(), score.to_bits());
        assert_eq!(restored.config(), forest.config());
    }
}

#[test]
fn floors_that_are_none_are_refused() {
    let error = |builder: RandomCutForestBuilder| builder.build().unwrap_err();
    let (expected, got) = (2, 3);
    assert_eq!(
        error(RandomCutForest::builder(2).noise_floor([1.0; 3])),
        ConfigError::NoiseFloorLength { expected, got }
    );
    for got in [-1.0, f64::NAN, f64::INFINITY] {
        let refused = error(RandomCutForest::builder(1).noise_floor([got]));
        assert!(
            matches!(refused, ConfigError::NoiseFloorValue { .. }),
            "{refused}"
        );
    }
    for got in [-0.1, 1.5, f64::NAN] {
        let refused = error(RandomCutForest::builder(1).relative_noise_floor(got));
        let relative = matches!(refused, ConfigError::RelativeNoiseFloor { .. });
        assert!(relative, "{refused}");
    }
}
