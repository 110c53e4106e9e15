//! Agreement with the AWS reference library.
//!
//! The reference series hold, for each row, the mean and the standard deviation of its score over
//! 20 seeds. If both libraries follow one law, the squared difference of the two seed means has the
//! expectation `sd²/20 + sd'²/n` at each row; the root of (sum of squares ÷ sum of expectations) is
//! then 1 but for noise.

use rcf_core::RandomCutForest;

use crate::shared_data;

const REFERENCE_SEEDS: f64 = 20.0;
const SEEDS: u64 = 10;

#[test]
fn taxi_shingle_1() {
    agrees("nyc_taxi", "realKnownCause/nyc_taxi", 1);
}

#[test]
fn taxi_shingle_8() {
    agrees("nyc_taxi", "realKnownCause/nyc_taxi", 8);
}

#[test]
fn cpu_shingle_1() {
    agrees(
        "cpu_5f5533",
        "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
        1,
    );
}

#[test]
fn cpu_shingle_8() {
    agrees(
        "cpu_5f5533",
        "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
        8,
    );
}

#[test]
fn jumps_down_shingle_1() {
    agrees("jumpsdown", "artificialWithAnomaly/art_daily_jumpsdown", 1);
}

#[test]
fn jumps_down_shingle_8() {
    agrees("jumpsdown", "artificialWithAnomaly/art_daily_jumpsdown", 8);
}

fn agrees(name: &str, series: &str, shingle_size: usize) {
    let reference =
        shared_data::read_numbers(&format!("reference/{name}_shingle{shingle_size}.csv"), 1);
    let series = shared_data::read_numbers(&format!("nab/{series}.csv"), 1);
    let (Some(reference), Some(series)) = (reference, series) else {
        return;
    };
    assert_eq!(reference.len(), series.len());

    let rows = series.len();
    let (mut sum, mut sum_of_squares) = (vec![0.0; rows], vec![0.0; rows]);
    for seed in 0..SEEDS {
        let mut forest = RandomCutForest::builder(1)
            .shingle_size(shingle_size)
            .output_after(64)
            .seed(seed)
            .build()
            .unwrap();
        for (row, values) in series.iter().enumerate() {
            let score = forest.process(values).unwrap();
            sum[row] += score;
            sum_of_squares[row] += score * score;
        }
    }

    let n = SEEDS as f64;
    let (mut squares, mut expected) = (0.0, 0.0);
    let (mut ours, mut theirs) = (0.0, 0.0);
    for (row, reference) in reference.iter().enumerate() {
        let [_, mean, sd] = reference[..] else {
            panic!("three columns")
        };
        // Where the reference has no score yet, or has it one row earlier or later than ours.
        if mean == 0.0 || sum[row] == 0.0 {
            continue;
        }
        let our_mean = sum[row] / n;
        let our_variance = (sum_of_squares[row] - n * our_mean * our_mean) / (n - 1.0);
        squares += (our_mean - mean).powi(2);
        expected += sd * sd / REFERENCE_SEEDS + our_variance / n;
        ours += our_mean;
        theirs += mean;
    }
    let ratio = (squares / expected).sqrt();
    let bias = ours / theirs - 1.0;
    eprintln!(
        "{name}, shingle {shingle_size}: ratio {ratio:.3}, bias {:.2} %",
        100.0 * bias
    );
    assert!(ratio <= 1.15, "ratio {ratio}");
    assert!(bias.abs() <= 0.01, "bias {bias}");
}
