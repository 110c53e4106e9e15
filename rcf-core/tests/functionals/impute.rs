//! Missing values.

use rcf_core::RandomCutForest;

use crate::forests;
use crate::testing::Random;

#[test]
fn known_values_are_kept_and_missing_ones_are_not_read() {
    for (forest, queries) in forests() {
        let mut random = Random::new(1);
        for query in queries {
            assert_eq!(forest.impute(&query, &[]).unwrap(), query);
            let mut missing: Vec<usize> = (0..query.len()).collect();
            missing.retain(|_| random.unit() < 0.5);
            let imputed = forest.impute(&query, &missing).unwrap();
            let mut spoilt = query.clone();
            missing.iter().for_each(|&i| spoilt[i] = f64::NAN);
            assert_eq!(forest.impute(&spoilt, &missing).unwrap(), imputed);
            for i in (0..query.len()).filter(|i| !missing.contains(i)) {
                assert_eq!(imputed[i].to_bits(), query[i].to_bits());
            }
        }
    }
}

#[test]
fn the_order_of_missing_positions_does_not_matter() {
    for (forest, queries) in forests() {
        let length = queries[0].len();
        let (forwards, backwards) = ((0..length).collect::<Vec<_>>(), (0..length).rev());
        let backwards: Vec<usize> = backwards.collect();
        for query in queries {
            let imputed = forest.impute(&query, &forwards).unwrap();
            assert_eq!(forest.impute(&query, &backwards).unwrap(), imputed);
        }
    }
}

/// A record and the whole point that it completes are one question.
#[test]
fn a_record_is_the_newest_block_of_a_point() {
    for offset in [0.0, 1e9] {
        let wave = |t: u32| {
            let t = f64::from(t);
            // Sixteenths, so that the offset adds exactly.
            let round = |x: f64| (x * 256.0).round() / 16.0 + offset;
            [round((t / 7.0).sin()), round((t / 7.0).cos())]
        };
        let mut forest = RandomCutForest::builder(2).shingle_size(4).build().unwrap();
        (0..1000).for_each(|t| forest.update(&wave(t)).unwrap());
        let point: Vec<f64> = (997..1001).flat_map(wave).collect();
        for missing in [&[0][..], &[1], &[1, 0]] {
            let of_record = forest.conditional_field(&point[6..], missing, 1.0).unwrap();
            let positions: Vec<usize> = missing.iter().map(|i| i + 6).collect();
            let of_point = forest.conditional_field(&point, &positions, 1.0).unwrap();
            assert_eq!(of_record, of_point);
            for (&position, median) in positions.iter().zip(&of_point.median) {
                assert!(
                    (median - point[position]).abs() < 0.02 * 16.0,
                    "{of_point:?}"
                );
            }
        }
        // A gap in the middle, in all records at once.
        let gap = [2, 3, 4, 5];
        let imputed = forest.impute(&point, &gap).unwrap();
        for i in gap {
            assert!(
                (imputed[i] - point[i]).abs() < 0.1 * 16.0,
                "{imputed:?} {point:?}"
            );
        }
    }
}

/// Law: summaries of one set of candidates.
#[test]
fn summaries_are_in_their_order_and_within_the_data() {
    for (forest, queries) in forests() {
        let missing: Vec<usize> = (0..queries[0].len()).collect();
        for query in queries {
            for centrality in [0.0, 0.5, 1.0] {
                let field = forest
                    .conditional_field(&query, &missing, centrality)
                    .unwrap();
                let again = forest
                    .conditional_field(&query, &missing, centrality)
                    .unwrap();
                assert_eq!(field, again);
                for i in 0..missing.len() {
                    let ordered = [field.p10[i], field.median[i], field.p90[i]];
                    assert!(ordered.is_sorted(), "{ordered:?}");
                    // The stream is normal: ten deviations hold all of it.
                    assert!(ordered.iter().all(|x| x.abs() < 10.0));
                    let apart = (field.mean[i] - field.median[i]).abs();
                    assert!(apart <= field.deviation[i] + 1e-12, "{field:?}");
                }
            }
        }
    }
}

/// Law: without centrality and with nothing known, candidates are those of the sample.
#[test]
fn the_unconditional_field_is_the_law_of_the_stream() {
    let mut random = Random::new(17);
    let mut forest = RandomCutForest::builder(1)
        .number_of_trees(500)
        .time_decay(0.0)
        .build()
        .unwrap();
    (0..4000).for_each(|_| forest.update(&[1e6 + 3.0 * random.normal()]).unwrap());
    let field = forest.conditional_field(&[0.0], &[0], 0.0).unwrap();
    // Five standard errors of 500 draws, in deviations of 3, and the sample's own error.
    assert!(
        (field.mean[0] - 1e6).abs() < 5.0 * 3.0 / 500f64.sqrt() + 0.15,
        "{field:?}"
    );
    assert!((field.deviation[0] - 3.0).abs() < 0.3, "{field:?}");
    assert!((field.p90[0] - 1e6 - 1.2816 * 3.0).abs() < 0.7, "{field:?}");
    assert!((field.p10[0] - 1e6 + 1.2816 * 3.0).abs() < 0.7, "{field:?}");
}

/// Samples are what the field summarizes: each column has its mean and its range.
#[test]
fn samples_are_the_candidates_of_the_field() {
    for (forest, queries) in forests() {
        let last = queries[0].len() - 1;
        let missing: Vec<usize> = if last > 0 { vec![last, 0] } else { vec![0] };
        for (query, centrality) in queries.iter().zip([1.0, 0.5, 0.0].into_iter().cycle()) {
            let field = forest
                .conditional_field(query, &missing, centrality)
                .unwrap();
            let samples = forest
                .conditional_samples(query, &missing, centrality)
                .unwrap();
            assert_eq!(
                samples,
                forest
                    .conditional_samples(query, &missing, centrality)
                    .unwrap()
            );
            assert_eq!(samples.ncols(), missing.len());
            assert!((1..=forest.config().number_of_trees).contains(&samples.nrows()));
            for (column, mean) in samples.columns().into_iter().zip(&field.mean) {
                let size = column.iter().fold(mean.abs(), |size, x| size.max(x.abs()));
                assert!((column.mean().unwrap() - mean).abs() <= 1e-6 * size);
            }
        }
        let error = forest.conditional_samples(&queries[0], &missing, 1.5);
        assert_eq!(error, Err(rcf_core::InputError::Centrality { got: 1.5 }));
        let length = queries[0].len();
        assert!(
            forest
                .conditional_samples(&queries[0], &[length], 1.0)
                .is_err()
        );
    }
}

/// Missing values of one sample belong together, and all that the known ones allow are drawn.
#[test]
fn the_values_of_a_sample_belong_together() {
    let mut forest = RandomCutForest::builder(3).seed(5).build().unwrap();
    let mut random = Random::new(5);
    for _ in 0..2000 {
        let side = if random.unit() < 0.5 { 1.0 } else { -1.0 };
        let record = [random.normal(), side * 40.0, side * 20.0];
        forest.update(&record).unwrap();
    }
    let samples = forest
        .conditional_samples(&[0.0, 0.0, 0.0], &[2, 1], 0.0)
        .unwrap();
    assert_eq!(samples.dim(), (50, 2));
    assert!(samples.rows().into_iter().all(|row| row[1] == 2.0 * row[0]));
    let high = samples.column(1).iter().filter(|x| **x > 0.0).count();
    // Fair draws of 50: outside of this once in 10⁴ seeds.
    assert!((11..=39).contains(&high), "{high}");
    let known = forest
        .conditional_samples(&[0.0, 40.0, 0.0], &[2], 0.0)
        .unwrap();
    // A tree whose first cut is one of the missing value may know nothing of the other.
    let alike = known.iter().filter(|x| **x == 20.0).count();
    assert!(alike >= 40, "{alike}");
}
