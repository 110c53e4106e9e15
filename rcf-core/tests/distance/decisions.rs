//! Reported, unreported and forgotten objects.

use std::cell::Cell;

use rcf_core::distance::{DistanceDetection, DistanceDetector};
use rcf_core::{ConfigError, InputError};

use crate::testing::Random;
use crate::{NAMES, absolute, edits, histogram, name, variation};

const RECORDS: usize = 4_000;

/// The share of the objects of a calm stream that are reported.
fn rate<T>(
    seeds: u64,
    object: impl Fn(&mut Random) -> T,
    distance: impl Fn(&T, &T) -> f64 + Copy,
) -> f64 {
    let mut reported = 0;
    for seed in 0..seeds {
        let mut random = Random::new(seed);
        let mut detector = DistanceDetector::builder().seed(seed).build().unwrap();
        for _ in 0..RECORDS {
            let detection = detector.process(object(&mut random), distance).unwrap();
            reported += usize::from(detection.is_anomaly());
        }
    }
    reported as f64 / (seeds as usize * RECORDS) as f64
}

/// On 2026-11-30: 0.2, 0.5, 1.4, 0, 1.2 and 1.2 times the requested rate.
#[test]
fn calm_streams_are_reported_about_as_seldom_as_asked_for() {
    let two_widths = |random: &mut Random| match random.below(2) {
        0 => random.normal(),
        _ => 500.0 + 20.0 * random.normal(),
    };
    let rates = [
        ("strings", rate(5, name, edits)),
        ("histograms", rate(5, histogram, variation)),
        ("normal", rate(10, Random::normal, absolute)),
        ("uniform", rate(10, Random::unit, absolute)),
        ("exponential", rate(10, |r| -r.unit().ln(), absolute)),
        ("two widths", rate(10, two_widths, absolute)),
    ];
    for (stream, rate) in rates {
        assert!(rate < 2.0 * 5e-4, "{stream}: {rate}");
    }
}

#[test]
fn outliers_of_any_type_are_found() {
    let mut random = Random::new(3);
    let mut strings = DistanceDetector::builder().build().unwrap();
    let mut histograms = DistanceDetector::builder().build().unwrap();
    for _ in 0..1_000 {
        strings.process(name(&mut random), edits).unwrap();
        let bins = histogram(&mut random);
        histograms.process(bins, variation).unwrap();
    }
    let strange = "quartz sphinx".to_owned();
    let found = strings.process(strange.clone(), edits).unwrap();
    assert!(found.is_anomaly() && found.grade > 0.0 && found.severity > 0.5);
    assert!(found.score > 3.0 && found.p_value < 5e-4, "{found:?}");
    // The result is the distance to the nearest object.
    let nearest = found.nearest.unwrap();
    assert_eq!(found.distance, edits(&nearest, &strange));
    let usual = strings.process(NAMES[0].to_owned(), edits).unwrap();
    assert!(!usual.is_anomaly() && usual.grade == 0.0 && usual.score < 1.0);
    // Between the two laws, where the mean of all histograms lies.
    let found = histograms.process([0.125; 8], variation).unwrap();
    assert!(found.is_anomaly(), "{found:?}");
}

#[test]
fn an_outlier_does_not_make_the_next_one_usual() {
    let mut random = Random::new(5);
    let mut detector = DistanceDetector::builder().build().unwrap();
    let mut found = Vec::new();
    for t in 1..=6_000 {
        let outlier = t > 1_000 && t % 500 == 0;
        let value = if outlier { 40.0 } else { random.normal() };
        let detection = detector.process(value, absolute).unwrap();
        if outlier {
            found.push(detection.is_anomaly());
        }
    }
    assert_eq!(found, [true; 10]);
}

/// A cluster that no longer occurs is forgotten, and a new one is learned.
#[test]
fn decay_forgets() {
    let mut random = Random::new(7);
    let builder = DistanceDetector::builder().sample_size(128);
    let mut detector = builder.build().unwrap();
    let mut around = |detector: &mut DistanceDetector<f64>, center: f64, count: usize| {
        let values = (0..count).map(|_| center + random.normal());
        let judged = values.map(|value| detector.process(value, absolute).unwrap());
        let alerts: Vec<bool> = judged.map(|detection| detection.is_anomaly()).collect();
        alerts
    };
    around(&mut detector, 0.0, 2_000);
    let new = around(&mut detector, 100.0, 10_000);
    assert!(new[0], "the new cluster begins as an anomaly");
    let late = new[2_000..].iter().filter(|&&alert| alert).count();
    assert!(late < 20, "{late} alerts long after it has become usual");
    // 10,000 objects later, at a mean age of 1,280, nothing of the old one remains.
    assert!(detector.sample().all(|value| *value > 50.0));
    let clusters = detector.clusters();
    assert!(clusters.iter().all(|cluster| *cluster.primary() > 50.0));
    assert!(around(&mut detector, 0.0, 1)[0]);
}

#[test]
fn objects_that_were_all_equal_make_any_other_one_an_anomaly() {
    let mut detector = DistanceDetector::builder().build().unwrap();
    for _ in 0..300 {
        let detection = detector.process(1.0, absolute).unwrap();
        assert_eq!((detection.score, detection.evidence), (0.0, 0.0));
    }
    let detection = detector.process(1.5, absolute).unwrap();
    assert!(detection.is_anomaly() && detection.score == 1_000.0);
    assert_eq!(detection.nearest.as_deref(), Some(&1.0));
}

#[test]
fn score_equals_process_and_is_independent_of_the_unit() {
    let mut random = Random::new(9);
    let mut detectors = [0; 2].map(|_| DistanceDetector::builder().build().unwrap());
    let scaled = |a: &f64, b: &f64| 1024.0 * absolute(a, b);
    for _ in 0..2_000 {
        let value = random.normal().round() + 0.1 * random.normal();
        let before = detectors[0].score(&value, absolute).unwrap();
        let one = detectors[0].process(value, absolute).unwrap();
        let other = detectors[1].process(value, scaled).unwrap();
        assert_eq!(one.score, before);
        assert_eq!((one.score, one.evidence), (other.score, other.evidence));
    }
}

fn said(detection: &DistanceDetection<String>) -> [u64; 4] {
    let numbers = [
        detection.score,
        detection.evidence,
        detection.grade,
        detection.distance,
    ];
    numbers.map(f64::to_bits)
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_another_sample() {
    let run = |seed: u64| {
        let mut random = Random::new(2);
        let builder = DistanceDetector::builder().seed(seed).representatives(3);
        let mut detector = builder.shrinkage(0.3).build().unwrap();
        let mut all = Vec::new();
        for _ in 0..2_000 {
            all.push(said(&detector.process(name(&mut random), edits).unwrap()));
        }
        all
    };
    let first = run(1);
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}

/// The distance fails at its n-th call, for many n: nothing has changed, and the call can be
/// repeated.
#[test]
fn a_distance_that_is_none_leaves_no_trace() {
    let mut random = Random::new(4);
    let builder = DistanceDetector::builder().sample_size(16).warm_up(8);
    let mut detector = builder.build().unwrap();
    let calls = Cell::new(0);
    let mut failures = 0;
    for t in 0..200u32 {
        let value = random.normal();
        let undisturbed = detector.clone();
        for (n, bad) in [
            (1, f64::NAN),
            (3, -1.0),
            (20, f64::INFINITY),
            (150, f64::NAN),
        ] {
            calls.set(0);
            let failing = |a: &f64, b: &f64| {
                calls.set(calls.get() + 1);
                if calls.get() == n {
                    bad
                } else {
                    absolute(a, b)
                }
            };
            let before = detector.to_bytes().unwrap();
            match detector.process(value, failing) {
                Ok(_) => detector = undisturbed.clone(),
                Err(InputError::Distance { got }) => {
                    assert!(got.to_bits() == bad.to_bits());
                    failures += 1;
                }
                Err(error) => panic!("{error}"),
            }
            assert!(detector.to_bytes().unwrap() == before, "at {t}, call {n}");
        }
        detector.process(value, absolute).unwrap();
    }
    assert!(failures > 300, "{failures}");
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let refused =
        |builder: rcf_core::distance::DistanceDetectorBuilder| builder.build::<f64>().unwrap_err();
    let builder = DistanceDetector::builder;
    assert_eq!(
        refused(builder().sample_size(1)),
        ConfigError::SampledObjects {
            got: 1,
            max: 65_536
        }
    );
    assert_eq!(refused(builder().warm_up(0)), ConfigError::ZeroWarmUp);
    assert_eq!(
        refused(builder().representatives(101)),
        ConfigError::Representatives { got: 101 }
    );
    assert_eq!(
        refused(builder().shrinkage(1.5)),
        ConfigError::Shrinkage { got: 1.5 }
    );
}
