//! A forest knows no origin, no scale, no direction and no order of dimensions.

use rcf_core::{Attribution, RandomCutForest};

use crate::testing::{Random, assert_mean};

/// Multiples of 2⁻¹⁰ below 64: exact in single precision, and so are sums with what is added below.
/// The first record is far off, so that the origin, which it is, will move.
fn records(n: usize, dimensions: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(6);
    let coordinate = |x: f64| (x * 8192.0).round() / 1024.0;
    let record = |_| {
        random
            .normal_point(dimensions)
            .into_iter()
            .map(coordinate)
            .collect()
    };
    let mut records: Vec<Vec<f64>> = (0..n).map(record).collect();
    records[0].fill(f64::from(1 << 19));
    records
}

/// Scores and attributions of a stream, to the bit.
fn outcome(records: &[Vec<f64>], shingle_size: usize, map: impl Fn(f64) -> f64) -> Vec<Vec<u64>> {
    let mut forest = RandomCutForest::builder(records[0].len())
        .shingle_size(shingle_size)
        .number_of_trees(10)
        .sample_size(64)
        .seed(3)
        .build()
        .unwrap();
    let mut outcome = Vec::new();
    for record in records {
        let record: Vec<f64> = record.iter().map(|&x| map(x)).collect();
        let Attribution { high, low } = forest.attribution(&record).unwrap();
        let score = forest.process(&record).unwrap();
        outcome.push(
            [vec![score], high, low]
                .concat()
                .into_iter()
                .map(f64::to_bits)
                .collect(),
        );
    }
    outcome
}

#[test]
fn adding_a_constant_changes_no_bit() {
    for (dimensions, shingle_size) in [(1, 1), (1, 4), (3, 2)] {
        let records = records(500, dimensions);
        let expected = outcome(&records, shingle_size, |x| x);
        for constant in [1.0, -1024.0, 1.7e9, f64::from(1 << 30), 1e12, -1e12] {
            assert!(
                records
                    .iter()
                    .flatten()
                    .all(|x| (x + constant) - constant == *x)
            );
            let shifted = outcome(&records, shingle_size, |x| x + constant);
            assert!(shifted == expected, "shifted by {constant}");
        }
    }
}

#[test]
fn scaling_by_a_power_of_two_changes_no_bit() {
    for (dimensions, shingle_size) in [(1, 1), (1, 4), (3, 2)] {
        let records = records(500, dimensions);
        let expected = outcome(&records, shingle_size, |x| x);
        for exponent in [-60, -1, 1, 7, 80] {
            let scaled = outcome(&records, shingle_size, |x| x * 2f64.powi(exponent));
            assert!(scaled == expected, "scaled by 2^{exponent}");
        }
    }
}

/// What 200 independent forests, each over its own stream, make of one query: score, high and low
/// parts. Records and query go through `map`.
fn parts(dimensions: usize, first_seed: u64, map: impl Fn(Vec<f64>) -> Vec<f64>) -> Vec<Vec<f64>> {
    (first_seed..first_seed + 200)
        .map(|seed| {
            let mut random = Random::new(seed);
            let mut forest = RandomCutForest::builder(dimensions)
                .number_of_trees(10)
                .sample_size(32)
                .seed(seed)
                .build()
                .unwrap();
            for _ in 0..100 {
                // Skewed, so that no direction is like its opposite.
                let record = random
                    .normal_point(dimensions)
                    .into_iter()
                    .map(f64::exp)
                    .collect();
                forest.update(&map(record)).unwrap();
            }
            let query = map((0..dimensions).map(|i| 0.5 * i as f64 + 2.0).collect());
            let Attribution { high, low } = forest.attribution(&query).unwrap();
            [vec![forest.score(&query).unwrap()], high, low].concat()
        })
        .collect()
}

/// Law: equal expectations in independent forests. Statistic: z of the mean of differences.
fn same_in_expectation(
    what: &str,
    a: &[Vec<f64>],
    b: &[Vec<f64>],
    counterpart: impl Fn(usize) -> usize,
) {
    let parts = a[0].len();
    for part in 0..parts {
        let difference = |(a, b): (&Vec<f64>, &Vec<f64>)| a[part] - b[counterpart(part)];
        let differences: Vec<f64> = a.iter().zip(b).map(difference).collect();
        assert_mean(&format!("{what}, part {part}"), &differences, 0.0, parts);
    }
}

#[test]
fn reflection_swaps_high_and_low() {
    let dimensions = 3;
    let straight = parts(dimensions, 0, |x| x);
    let reflected = parts(dimensions, 1000, |x| x.into_iter().map(|x| -x).collect());
    let swap = |part| match part {
        0 => 0,
        high if high <= dimensions => high + dimensions,
        low => low - dimensions,
    };
    same_in_expectation("reflection", &straight, &reflected, swap);
}

#[test]
fn permuting_dimensions_permutes_the_attribution() {
    let dimensions = 4;
    let straight = parts(dimensions, 0, |x| x);
    let rotated = parts(dimensions, 1000, |mut x| {
        x.rotate_right(1);
        x
    });
    let moved = |part: usize| match part {
        0 => 0,
        part => (part - 1) / dimensions * dimensions + part % dimensions + 1,
    };
    same_in_expectation("rotation", &straight, &rotated, moved);
}

/// With one sampled point there is nothing random, and reflection holds to the bit.
#[test]
fn reflection_of_a_single_point_is_exact() {
    let attribution = |sign: f64, query: [f64; 3]| {
        let mut forest = RandomCutForest::builder(3).sample_size(1).build().unwrap();
        forest.update(&[sign, 2.0 * sign, 3.0 * sign]).unwrap();
        forest.attribution(&query.map(|x| sign * x)).unwrap()
    };
    for query in [[1.5, -2.0, 3.0], [0.0, 0.1, 0.2], [1.0, 2.0, 3.0]] {
        let (straight, reflected) = (attribution(1.0, query), attribution(-1.0, query));
        assert_eq!(straight.high, reflected.low);
        assert_eq!(straight.low, reflected.high);
    }
}
