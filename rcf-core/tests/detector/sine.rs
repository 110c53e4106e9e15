//! The sine wave with drops, the traditional demonstration of random cut forests on streams.

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder};

/// This many records contain two drops: at 241 and, because the phase is in degrees, at 36,241.
const RECORDS: u32 = 36_400;
const FIRST: [u32; 2] = [241, 36_241];

fn drops(t: u32) -> bool {
    let phase = f64::from(t) / 100.0 % 360.0;
    phase > 2.4 && phase < 2.6
}

fn value(t: u32) -> f64 {
    if drops(t) {
        -17.0
    } else {
        10.0 * (f64::from(t) / 100.0).sin() + 10.0
    }
}

/// A model of one cycle of single records, and the defaults.
fn builders() -> [AnomalyDetectorBuilder; 2] {
    let cycle = AnomalyDetector::builder(1).shingle_size(1).sample_size(628);
    [cycle, AnomalyDetector::builder(1)]
}

fn reported(builder: &AnomalyDetectorBuilder, seed: u64) -> Vec<u32> {
    let mut detector = builder.clone().seed(seed).build().unwrap();
    (0..RECORDS)
        .filter(|&t| detector.process(&[value(t)]).unwrap().is_anomaly())
        .collect()
}

/// Even the first drop is found, before a whole cycle has been seen; and there is no false alarm in
/// 57 cycles.
#[test]
fn each_drop_is_one_alert_at_its_first_record() {
    for builder in builders() {
        for seed in 0..5 {
            assert_eq!(reported(&builder, seed), FIRST, "{builder:?}, seed {seed}");
        }
    }
}

#[test]
fn without_silence_every_record_of_a_drop_is_reported() {
    for builder in builders() {
        let builder = builder.silence(0);
        for seed in 0..3 {
            let reported = reported(&builder, seed);
            let what = format!("{builder:?}, seed {seed}: {reported:?}");
            // At the first drop the forest is so young that it learns it while it lasts, so
            // the return to the wave may be reported while the shingle contains the drop.
            let (first, second): (Vec<u32>, Vec<u32>) = reported.iter().partition(|t| **t < 1_000);
            let shingle = builder.config().shingle_size as u32;
            assert_eq!(first[0], FIRST[0], "{what}");
            assert!(
                first.iter().all(|&t| drops(t) || drops(t - shingle + 1)),
                "{what}"
            );
            let drop = FIRST[1]..FIRST[1] + 19;
            assert!(drop.clone().all(|t| second.contains(&t)), "{what}");
            // The wave has no noise, so that a prediction which has learned some of the drop is off
            // by many times its usual error for a while.
            let after = drop.end..drop.end + 300;
            let is_of_drop = |t: &u32| drop.contains(t) || after.contains(t);
            assert!(second.iter().all(is_of_drop), "{what}");
        }
    }
}
