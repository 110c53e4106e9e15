//! The score is the expectation of `1 / depth` over the random insertion of the query.

use super::Grown;
use crate::rng::TreeRng;
use crate::testing::{Random, assert_mean};

/// Law: the mean over 10⁴ insertions into copies of one tree. Statistic: z.
#[test]
fn score_is_the_mean_over_insertions() {
    let mut random = Random::new(8);
    let dimensions = [1, 2, 3, 5, 9];
    let queries_each = 3;
    for d in dimensions {
        let mut point = |spread: f64| -> Vec<f32> {
            random
                .normal_point(d)
                .iter()
                .map(|&x| (spread * x) as f32)
                .collect()
        };
        let sample: Vec<Vec<f32>> = (0..30).map(|_| point(1.0)).collect();
        let grown = Grown::<u32>::of(&sample, 1);
        for query in 0..queries_each {
            let x = point(f64::from(query) + 0.5);
            let rngs = TreeRng::family(99, 10_000);
            let inverse_depths: Vec<f64> = rngs
                .into_iter()
                .map(|rng| {
                    let mut copy = Grown {
                        rng,
                        ..grown.clone()
                    };
                    copy.insert(&x);
                    1.0 / copy.depth(&x) as f64
                })
                .collect();
            let what = format!("query {query} in {d} dimensions");
            assert_mean(
                &what,
                &inverse_depths,
                grown.score(&x),
                dimensions.len() * queries_each as usize,
            );
        }
    }
}
