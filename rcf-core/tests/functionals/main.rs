//! The laws of what a forest returns in addition to the score, through the public interface.

#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod density;
mod explain;
mod forecast;
mod impute;
mod inputs;
mod neighbors;
mod noise_floor;
mod noise_floor_picture;
#[cfg(feature = "serde")]
mod serde;
mod summary;
mod tags;
mod visitor;

use rcf_core::{RandomCutForest, SimdLevel};
use testing::Random;

/// Forests of different shape that have taken a noisy stream with duplicates, each with records
/// that come next: usual, unusual, and one taken before.
fn forests() -> Vec<(RandomCutForest, Vec<Vec<f64>>)> {
    let shapes = [(1, 1), (1, 8), (2, 1), (3, 4), (13, 1)];
    let forest = |(seed, (dimensions, shingle_size)): (u64, (usize, usize))| {
        let mut random = Random::new(seed);
        let mut forest = RandomCutForest::builder(dimensions)
            .shingle_size(shingle_size)
            .sample_size(64)
            .seed(seed)
            .build()
            .unwrap();
        let mut records: Vec<Vec<f64>> = Vec::new();
        for t in 0..600 {
            let record = if t % 5 == 0 {
                vec![0.25; dimensions]
            } else {
                random.normal_point(dimensions)
            };
            forest.update(&record).unwrap();
            records.push(record);
        }
        let mut queries: Vec<Vec<f64>> = (0..10).map(|_| random.normal_point(dimensions)).collect();
        queries.extend_from_slice(&[vec![9.0; dimensions], vec![-4.0; dimensions]]);
        queries.extend_from_slice(&records[595..]);
        (forest, queries)
    };
    (0..).zip(shapes).map(forest).collect()
}

/// Debug output distinguishes floats to the bit, except for the sign of zero.
fn on_all_levels<T: std::fmt::Debug>(mut compute: impl FnMut(&RandomCutForest, &[f64]) -> T) {
    for (forest, queries) in forests() {
        for query in queries {
            let mut results = SimdLevel::available().into_iter().map(|level| {
                let mut forest = forest.clone();
                forest.set_simd_level(level);
                format!("{:?}", compute(&forest, &query))
            });
            let first = results.next().unwrap();
            results.for_each(|result| assert_eq!(result, first));
        }
    }
}

#[test]
fn all_levels_give_the_same_bits() {
    on_all_levels(|forest, query| forest.score_ignoring(query, 2).unwrap());
    on_all_levels(|forest, query| forest.displacement(query).unwrap());
    on_all_levels(|forest, query| forest.collusive_displacement(query).unwrap());
    on_all_levels(|forest, query| forest.converging_score(query, 0.05).unwrap());
    on_all_levels(|forest, query| forest.explain(query).unwrap());
    on_all_levels(|forest, query| forest.density(query).unwrap());
    on_all_levels(|forest, query| forest.near_neighbors(query).unwrap());
    on_all_levels(|forest, query| forest.conditional_field(query, &[0], 0.5).unwrap());
    on_all_levels(|forest, _| forest.forecast(3).unwrap());
}
