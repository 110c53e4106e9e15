//! Faults of other implementations (AWS's Java and Rust, `krcf`, `rcf3`, `rrcf`, as we
//! observed them), each with the tests that ours does not have it. Paths are those of this
//! package's
//! `tests/`, unless said otherwise.
//!
//! | fault elsewhere | test |
//! |---|---|
//! | the lowest separating cut is taken, trees are not random cut trees, scores up to twice what they should be | [`the_topmost_separating_cut_is_taken`], `laws/exact_oracle`, `src/tree/tests/churn.rs` |
//! | attributions do not add up to the score | [`attributions_add_up_to_the_score_with_duplicates_too`], and at each step of `naive` |
//! | density has its own formula, or walks the trees twice | `functionals/density.rs: directions_make_up_the_density`, `volumes_scale_with_the_power_of_the_dimension` |
//! | imputation gives values that never were | [`imputation_finds_related_values`], and at each step of `naive` |
//! | forecasts are flat lines, or the past | `functionals/forecast.rs: sines_are_forecast` |
//! | rotated forecasts are wrong in several dimensions | `functionals/forecast.rs: rotated_shingles_forecast_like_sliding_ones` |
//! | intervals are calibrated on a broken forecast | `detector/forecaster.rs: intervals_of_noise_have_the_quantiles_of_the_noise`, `differences_follow_a_trend` |
//! | keys tie at a clock of 10⁹, sampling freezes at milliseconds since 1970 | `laws/sampling.rs: keys_are_exact_at_any_clock`, `ages_at_a_clock_of_1e12_are_those_at_0` |
//! | there is no sampler, each point stays until it is deleted by hand | `laws/sampling.rs: without_decay_sampling_is_uniform` |
//! | saving after a change of λ freezes learning | `laws/sampling.rs: a_sample_saved_after_a_change_of_decay_continues_to_learn` |
//! | an offset of 1.7·10⁹ blinds to 12 deviations | [`an_offset_does_not_blind`], `laws/detection.rs: a_jump_of_twelve_deviations_is_seen_at_any_offset` |
//! | NaN or infinity destroys the model, or is taken silently | [`one_bad_value_does_not_destroy_the_model`], `laws/hostile_input` |
//! | a step of 10⁻⁷ on a constant stream is as strange as one of 10⁹ | `functionals/noise_floor.rs: tiny_and_huge_steps_of_a_constant_stream_are_distinguished`, `detector/cases.rs: a_step_of_a_constant_stream_counts_by_its_size` |
//! | restored models continue differently, by 2·10⁻¹⁶ or more | `laws/state_roundtrip`, [`saving_and_restoring_changes_no_bit`] |
//! | states are megabytes | [`states_are_small`] |
//! | each update allocates, up to 100 KB | `memory: a_warm_forest_of_shingles_allocates_nothing`, `benches/tests/allocations.rs` |
//! | normalisation adds 1 to the deviation, so that small signals are hardly scaled | `detector/scale.rs: verdicts_are_free_of_scale_and_shift_to_the_bit` |
//! | the stream operator loses updates | `rcf-stream/tests/crash_points.rs`, `rcf-stream/cli/tests/resume.rs`, `rcf-stream/cli/tests/kinesis` |

use rcf_core::RandomCutForest;

use crate::testing::Random;

fn normal(records: usize, offset: f64) -> RandomCutForest {
    let mut random = Random::new(1);
    let mut forest = RandomCutForest::builder(1).seed(5).build().unwrap();
    for _ in 0..records {
        forest.update(&[offset + random.normal()]).unwrap();
    }
    forest
}

/// With the lowest cut an isolated outlier lies next to a leaf, about eight cuts deep; with
/// the topmost it is separated by one of the first. In one dimension all nodes keep a box; in
/// several those of small subtrees are computed from points.
#[test]
fn the_topmost_separating_cut_is_taken() {
    for dimensions in [1, 8, 20] {
        let mut random = Random::new(1);
        let mut forest = RandomCutForest::builder(dimensions)
            .seed(5)
            .build()
            .unwrap();
        for _ in 0..5_000 {
            forest.update(&random.normal_point(dimensions)).unwrap();
        }
        let (outlier, highest) = (vec![1000.0; dimensions], 257f64.log2());
        let before = forest.score(&outlier).unwrap();
        assert!(before > 0.99 * highest);
        // After insertion it is a sampled point high up in the trees that accepted it: half the
        // score of a leaf at the root, where a depth of eight would give an eighth.
        forest.update(&outlier).unwrap();
        let sample = forest.sample();
        // Stored relative to the origin, in single precision, it is no longer exactly 1000.
        let holders = sample.points.column(0).into_iter().zip(&sample.counts);
        let holders: usize = holders
            .filter(|(x, _)| **x > 999.0)
            .map(|(_, &count)| count)
            .sum();
        assert!(holders > 0, "no tree took it: the test tests nothing");
        let with = 50.0 * forest.score(&outlier).unwrap() - (50 - holders) as f64 * before;
        let of_a_holder = with / holders as f64 / highest;
        // damp · 1/(k + 1) at depth 1.
        assert!(
            (of_a_holder - 0.5).abs() < 0.02,
            "{dimensions}: {of_a_holder}"
        );
    }
}

#[test]
fn attributions_add_up_to_the_score_with_duplicates_too() {
    let mut random = Random::new(2);
    let mut forest = RandomCutForest::builder(3).shingle_size(2).build().unwrap();
    for _ in 0..2_000 {
        let record: Vec<f64> = random.normal_point(3).iter().map(|x| x.round()).collect();
        forest.update(&record).unwrap();
    }
    for _ in 0..500 {
        let record: Vec<f64> = random.normal_point(3).iter().map(|x| x.round()).collect();
        let (score, attribution) = (
            forest.score(&record).unwrap(),
            forest.attribution(&record).unwrap(),
        );
        assert!((attribution.total() - score).abs() <= 1e-9 * score);
        forest.update(&record).unwrap();
    }
}

/// Two clusters: neither values of the other cluster nor their mean are filled in.
#[test]
fn imputation_finds_related_values() {
    let mut random = Random::new(3);
    let mut forest = RandomCutForest::builder(2).build().unwrap();
    for t in 0..3_000 {
        let center = if t % 2 == 0 { 10.0 } else { -10.0 };
        let noise = random.normal_point(2);
        forest
            .update(&[center + noise[0], -center + noise[1]])
            .unwrap();
    }
    for center in [10.0, -10.0] {
        let record = forest.impute(&[center, f64::NAN], &[1]).unwrap();
        assert!((record[1] + center).abs() < 2.0, "{record:?}");
        let record = forest.impute(&[f64::NAN, center], &[0]).unwrap();
        assert!((record[0] + center).abs() < 2.0, "{record:?}");
    }
}

/// In single precision the values around 1.7·10⁹ are 128 apart: all of the noise is one value.
#[test]
fn an_offset_does_not_blind() {
    let near = normal(5_000, 0.0);
    for offset in [1.7e9, -1.7e9, 1.7e12] {
        let far = normal(5_000, offset);
        let (usual, strange) = (
            far.score(&[offset]).unwrap(),
            far.score(&[offset + 12.0]).unwrap(),
        );
        assert!(strange > 4.0 * usual, "{strange} {usual}");
        let expected = near.score(&[12.0]).unwrap();
        assert!(
            (strange - expected).abs() < 0.05 * expected,
            "{strange} {expected}"
        );
    }
}

#[test]
fn one_bad_value_does_not_destroy_the_model() {
    let mut forest = normal(2_000, 0.0);
    let (before, score) = (forest.to_bytes(), forest.score(&[3.0]).unwrap());
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3e38, -3e38] {
        assert!(forest.update(&[bad]).is_err());
        assert!(forest.process(&[bad]).is_err());
    }
    assert!(forest.to_bytes() == before);
    assert_eq!(forest.score(&[3.0]).unwrap().to_bits(), score.to_bits());
}

#[test]
fn saving_and_restoring_changes_no_bit() {
    let mut forest = normal(2_000, 0.0);
    let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    let mut random = Random::new(4);
    for _ in 0..1_000 {
        let x = [random.normal()];
        let scores = (forest.process(&x).unwrap(), restored.process(&x).unwrap());
        assert_eq!(scores.0.to_bits(), scores.1.to_bits());
    }
}

/// Elsewhere 180 KB to 13 MB for 50 trees of 256 values; and shingles are written once, not once
/// for each point that they are in.
#[test]
fn states_are_small() {
    let mut limits = Vec::new();
    for (dimensions, shingle_size, trees, size, limit) in [
        (1, 1, 50, 256, 160_000),
        (1, 1, 100, 628, 900_000),
        (1, 8, 50, 256, 250_000),
        (5, 4, 50, 256, 700_000),
        (1, 48, 50, 256, 500_000),
        (50, 1, 50, 256, 1_300_000),
    ] {
        let builder = RandomCutForest::builder(dimensions).shingle_size(shingle_size);
        let mut forest = builder
            .number_of_trees(trees)
            .sample_size(size)
            .build()
            .unwrap();
        let mut random = Random::new(6);
        for _ in 0..12 * size {
            forest.update(&random.normal_point(dimensions)).unwrap();
        }
        let saved = forest.to_bytes().len();
        eprintln!("{dimensions}×{shingle_size}, {trees}×{size}: {saved}");
        limits.push((saved, limit));
    }
    assert!(
        limits.iter().all(|(saved, limit)| saved <= limit),
        "{limits:?}"
    );
}
