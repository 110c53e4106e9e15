//! Missing values, gaps and timestamps.

use ndarray::Array2;
use rcf_core::{AnomalyDetector, Imputation};

use crate::testing::Random;

fn wave(t: u32) -> f64 {
    10.0 * (f64::from(t) * std::f64::consts::TAU / 40.0).sin()
}

#[test]
fn stretches_without_values_raise_no_alert_and_lower_the_confidence() {
    for policy in [Imputation::Previous, Imputation::Linear, Imputation::Forest] {
        let builder = AnomalyDetector::builder(2)
            .shingle_size(4)
            .imputation(policy.clone());
        let mut detector = builder.seed(3).build().unwrap();
        let mut random = Random::new(3);
        let mut before = 0.0;
        for t in 0..1_500 {
            let mut record = [wave(t), -2.0 * wave(t)];
            record
                .iter_mut()
                .for_each(|value| *value += 0.3 * random.normal());
            let is_missing = (1_000..1_006).contains(&t);
            if is_missing {
                record[0] = f64::NAN;
            }
            let detection = detector.process_with_missing(&record).unwrap();
            assert_eq!(detection.imputed, usize::from(is_missing));
            if t == 999 {
                before = detection.confidence;
            }
            if is_missing {
                assert!(detection.confidence < before);
            }
            assert!(
                !detection.is_anomaly() || !(1_000..1_020).contains(&t),
                "{policy:?} {t}: {detection:?}"
            );
        }
    }
}

#[test]
fn a_gap_of_timestamps_is_filled_in() {
    let mut detector = AnomalyDetector::builder(1).shingle_size(4).build().unwrap();
    let mut with_gap = 0.0;
    for t in 0..600 {
        // Six records are lost.
        let time = f64::from(t) * 60.0 + if t >= 500 { 360.0 } else { 0.0 };
        let detection = detector.process_at(time, &[wave(t)]).unwrap();
        if t == 499 {
            with_gap = detection.confidence;
        }
        if t == 500 {
            assert!(detection.confidence < 0.5 * with_gap, "{detection:?}");
        }
    }
    assert_eq!(detector.records(), 600);
}

#[test]
fn a_rhythm_of_events_is_an_input_if_asked() {
    let builder = AnomalyDetector::builder(1)
        .shingle_size(1)
        .time_gap_input(true);
    let mut detector = builder.seed(2).build().unwrap();
    let mut random = Random::new(2);
    let mut time = 0.0;
    for t in 0..1_500 {
        time += if t == 1_400 {
            12.0
        } else {
            1.0 + 0.05 * random.normal().tanh()
        };
        let detection = detector
            .process_at(time, &[random.normal().tanh()])
            .unwrap();
        if t == 1_400 {
            assert!(detection.score > 2.5, "{detection:?}");
        }
    }
}

#[test]
fn a_fitted_detector_decides_at_once() {
    let mut random = Random::new(9);
    let history = Array2::from_shape_fn((500, 1), |(t, _)| wave(t as u32) + 0.2 * random.normal());
    let mut detector = AnomalyDetector::builder(1).shingle_size(4).build().unwrap();
    assert_eq!(detector.warm_up_left(), 67);
    detector.fit(history.view()).unwrap();
    assert_eq!(detector.warm_up_left(), 0);
    assert!(!detector.process(&[wave(500)]).unwrap().is_anomaly());
    assert!(detector.process(&[40.0]).unwrap().is_anomaly());
}
