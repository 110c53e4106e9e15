//! A visitor written by a user, `examples/depth_quantile.rs`: its quantiles are those of the law of
//! depths in one dimension, which is known exactly.

#[allow(
    dead_code,
    unreachable_pub,
    clippy::print_stdout,
    reason = "a separate program"
)]
#[path = "../../../examples/depth_quantile.rs"]
mod example;

use rcf_core::RandomCutForest;

use crate::testing::depth_law;

const POINTS: [f64; 8] = [-7.0, -6.5, -2.0, 0.0, 0.25, 3.0, 8.0, 30.0];
const TREES: usize = 20_000;

#[test]
fn quantiles_of_depth_follow_their_law() {
    let mut forest = RandomCutForest::builder(1)
        .number_of_trees(TREES)
        .sample_size(POINTS.len())
        .time_decay(0.0)
        .initial_accept_fraction(1.0)
        .output_after(1)
        .seed(8)
        .build()
        .unwrap();
    for point in POINTS {
        forest.update(&[point]).unwrap();
    }
    for (index, point) in POINTS.iter().enumerate() {
        let mut below = 0.0;
        for (depth, probability) in depth_law(&POINTS, index).into_iter().enumerate() {
            // Four standard deviations of a share of the trees, beyond either end of the step: p <
            // 10⁻⁴.
            let margin = 4.0 * 0.5 / (TREES as f64).sqrt();
            let (low, high) = (below + margin, below + probability - margin);
            below += probability;
            if low >= high {
                continue;
            }
            for fraction in [low, (low + high) / 2.0, high] {
                let found = example::depth_quantile(&forest, &[*point], fraction).unwrap();
                assert_eq!(found, Some(depth), "{point} at {fraction}");
            }
        }
    }
}

#[test]
fn there_is_no_quantile_before_the_forest_is_ready() {
    let forest = RandomCutForest::builder(1).build().unwrap();
    assert_eq!(example::depth_quantile(&forest, &[1.0], 0.5).unwrap(), None);
}
