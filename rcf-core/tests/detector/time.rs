//! Missing values, gaps and timestamps.

use ndarray::Array2;
use rcf_core::{AnomalyDetector, ConfigError, Imputation, InputError};

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
    assert_eq!(detector.observations(), 600);
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

/// One wrong time is rejected, and the stream continues; without a limit it would have made
/// all correct times too early.
#[test]
fn a_time_far_ahead_is_refused_where_jumps_are_limited() {
    let builder = || AnomalyDetector::builder(1).sample_size(32);
    let mut limited = builder().max_time_jump(100.0).build().unwrap();
    let mut clean = builder().max_time_jump(100.0).build().unwrap();
    for t in 0..200 {
        let (time, values) = (f64::from(t), [f64::from(t % 7)]);
        if t == 50 {
            let error = limited.process_at(4e9, &values).unwrap_err();
            let expected = InputError::TimeJump {
                got: 4e9,
                last: 49.0,
                limit: 100.0,
            };
            assert_eq!(error, expected);
            let error = limited.check_timestamps(&[50.0, 51.0, 152.0]).unwrap_err();
            assert_eq!(error.row, 2);
            assert!(limited.process_at(f64::NAN, &values).is_err());
        }
        let taken = limited.process_at(time, &values).unwrap();
        assert_eq!(taken, clean.process_at(time, &values).unwrap());
    }
    assert_eq!(limited.to_bytes(), clean.to_bytes());
    let mut free = builder().build().unwrap();
    free.process_at(49.0, &[0.0]).unwrap();
    free.process_at(4e9, &[0.0]).unwrap();
    assert!(free.process_at(50.0, &[0.0]).is_err());
    for got in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = builder().max_time_jump(got).build().unwrap_err();
        assert!(matches!(error, ConfigError::MaxTimeJump { .. }), "{error}");
    }
}

/// Format 4 is format 3 and the limit; without a limit format 3 is written, to the byte.
#[test]
fn a_limit_is_saved_behind_format_3() {
    let saved = |builder: rcf_core::AnomalyDetectorBuilder| {
        let mut detector = builder.sample_size(32).build().unwrap();
        for t in 0..100 {
            let time = f64::from(t);
            detector.process_at(time, &[f64::from(t % 7)]).unwrap();
        }
        (detector.to_bytes(), detector)
    };
    let (free, _) = saved(AnomalyDetector::builder(1));
    let (limited, mut detector) = saved(AnomalyDetector::builder(1).max_time_jump(100.0));
    assert_eq!((free[8], limited[8]), (3, 4), "the version");
    let (body, limit) = limited[28..].split_at(free.len() - 28);
    assert_eq!((body, limit), (&free[28..], &100.0_f64.to_le_bytes()[..]));
    let mut again = AnomalyDetector::from_bytes(&limited).unwrap();
    assert_eq!(again.config(), detector.config());
    assert!(again.process_at(1e6, &[0.0]).is_err());
    let next = |detector: &mut AnomalyDetector| detector.process_at(100.0, &[3.0]).unwrap();
    assert_eq!(next(&mut again), next(&mut detector));
}
