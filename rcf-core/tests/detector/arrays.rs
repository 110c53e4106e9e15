//! Arrays give the results of a loop; errors change nothing.

use ndarray::Array2;
use rcf_core::{AnomalyDetector, InputError};

use crate::testing::Random;

fn detector() -> AnomalyDetector {
    AnomalyDetector::builder(2)
        .shingle_size(3)
        .number_of_trees(20)
        .seed(3)
        .build()
        .unwrap()
}

/// Two inputs: a noisy wave and noise, with spikes; with `missing`, some values are missing.
fn records(count: usize, missing: bool) -> Array2<f64> {
    let mut random = Random::new(8);
    Array2::from_shape_fn((count, 2), |(t, input)| {
        let noise = 0.1 * random.normal();
        if missing && (t * 7 + input) % 11 == 0 {
            f64::NAN
        } else if t % 150 == 149 {
            9.0
        } else if input == 0 {
            (0.2 * t as f64).sin() + noise
        } else {
            noise
        }
    })
}

#[test]
fn an_array_gives_the_results_of_the_loop() {
    for missing in [false, true] {
        let rows = records(700, missing);
        let (mut whole, mut single) = (detector(), detector());
        let array = whole.process_array_with_missing(rows.view()).unwrap();
        assert!(array.iter().any(|detection| detection.is_anomaly()));
        for (row, detection) in rows.rows().into_iter().zip(&array) {
            let one = single
                .process_with_missing(row.as_slice().unwrap())
                .unwrap();
            assert_eq!(one, *detection);
            assert_eq!(one.severity.to_bits(), detection.severity.to_bits());
        }
        assert_eq!(whole.to_bytes(), single.to_bytes());
    }
}

#[test]
fn a_refused_record_changes_nothing() {
    let mut detector = detector();
    detector.process_array(records(300, false).view()).unwrap();
    detector.process_at(5.0, &[0.0, 0.0]).unwrap();
    let before = detector.to_bytes();
    let refused = [
        vec![1.0],
        vec![0.0, f64::NAN],
        vec![f64::INFINITY, 0.0],
        vec![0.0, 1e31],
    ];
    for values in &refused {
        assert!(detector.process(values).is_err(), "{values:?}");
        assert!(detector.process_at(6.0, values).is_err(), "{values:?}");
    }
    let error = detector.process_at(5.0, &[0.0, 0.0]).unwrap_err();
    assert_eq!(
        error,
        InputError::Timestamp {
            got: 5.0,
            last: 5.0
        }
    );
    assert!(detector.process_at(f64::NAN, &[0.0, 0.0]).is_err());
    let mut rows = records(5, false);
    rows[[3, 1]] = f64::NAN;
    assert_eq!(detector.process_array(rows.view()).unwrap_err().row, 3);
    assert_eq!(detector.to_bytes(), before);
}

#[test]
fn an_array_with_timestamps_gives_the_results_of_the_loop() {
    let rows = records(400, true);
    // A gap of twenty records in the middle.
    let times: Vec<f64> = (0..400)
        .map(|t| {
            f64::from(t)
                + if t > 200 {
                    20.0
                } else {
                    0.25 * f64::from(t % 2)
                }
        })
        .collect();
    let (mut whole, mut single) = (detector(), detector());
    let array = whole
        .process_array_at_with_missing(&times, rows.view())
        .unwrap();
    for ((row, &time), detection) in rows.rows().into_iter().zip(&times).zip(&array) {
        let one = single
            .process_at_with_missing(time, row.as_slice().unwrap())
            .unwrap();
        assert_eq!(one, *detection);
    }
    assert_eq!(whole.to_bytes(), single.to_bytes());
    // The gap has an effect: without timestamps the detector differs.
    let mut timeless = detector();
    timeless.process_array_with_missing(rows.view()).unwrap();
    assert_ne!(timeless.forest().updates(), whole.forest().updates());
}

#[test]
fn refused_timestamps_change_nothing_and_are_named_by_their_row() {
    let mut detector = detector();
    detector.process_at(5.0, &[0.0, 0.0]).unwrap();
    let before = detector.to_bytes();
    let rows = records(3, false);
    for (times, refused) in [
        ([5.0, 6.0, 7.0], 0),
        ([6.0, 7.0, 7.0], 2),
        ([6.0, f64::NAN, 8.0], 1),
    ] {
        let error = detector.process_array_at(&times, rows.view()).unwrap_err();
        assert_eq!(error.row, refused, "{times:?}");
        let asked = detector.check_timestamps(&times);
        assert_eq!(asked.unwrap_err().to_string(), error.to_string());
    }
    let error = detector
        .process_array_at(&[6.0, 7.0], rows.view())
        .unwrap_err();
    let (expected, got) = (3, 2);
    assert_eq!(error.source, InputError::Timestamps { expected, got });
    assert_eq!(detector.to_bytes(), before);
    detector
        .process_array_at(&[6.0, 7.0, 8.0], rows.view())
        .unwrap();
}
