//! A start from a few past records, with interpolation between them.

use ndarray::Array2;
use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, InputError, Transform};

use crate::testing::Random;

const SPACING: usize = 6;
/// Two cycles of the wave.
const POINTS: usize = 28;

fn wave(t: usize, input: usize) -> f64 {
    let phase = t as f64 * std::f64::consts::TAU / 84.0 + input as f64;
    10.0 * phase.sin() * 1e3f64.powi(input as i32)
}

/// Every sixth record of the past, without noise.
fn points(inputs: usize) -> Array2<f64> {
    Array2::from_shape_fn((POINTS, inputs), |(t, i)| wave(SPACING * t, i))
}

fn builder(inputs: usize) -> AnomalyDetectorBuilder {
    AnomalyDetector::builder(inputs).seed(3)
}

fn bootstrapped(builder: AnomalyDetectorBuilder) -> AnomalyDetector {
    let mut detector = builder.build().unwrap();
    let inputs = detector.config().input_dimensions;
    detector.bootstrap(points(inputs).view(), SPACING).unwrap();
    detector
}

#[test]
fn scores_begin_at_once_and_each_detection_reports_the_synthetic_fraction() {
    let mut detector = bootstrapped(builder(1));
    let mut random = Random::new(1);
    assert_eq!((detector.observations(), detector.warm_up_left()), (28, 0));
    let mut last = (1.0, 0.0);
    for t in 0..4_000 {
        let record = wave(SPACING * (POINTS - 1) + 1 + t, 0) + 0.3 * random.normal();
        let detection = detector.process(&[record]).unwrap();
        assert!(detection.score > 0.0 && detection.warm_up == 0);
        let (synthetic_fraction, confidence) = last;
        // For the length of a shingle the window contains interpolated records, and half a shingle
        // is not learned.
        assert!(
            detection.synthetic_fraction < synthetic_fraction || t < 8,
            "{t}"
        );
        assert!(detection.confidence > confidence || t < 8, "{t}");
        if t == 0 {
            // 28 of 163 records are real; half of a shingle of 64 would be trusted.
            assert!(
                (0.8..0.85).contains(&detection.synthetic_fraction),
                "{detection:?}"
            );
            assert!(detection.confidence < 28.0 / 92.0, "{detection:?}");
        }
        last = (detection.synthetic_fraction, detection.confidence);
    }
    assert!(last.0 < 0.02 && last.1 > 0.98, "{last:?}");
}

#[test]
fn outliers_are_found_early_and_noise_raises_no_alarm() {
    for (inputs, transform) in [
        (1, Transform::None),
        (1, Transform::Difference),
        (2, Transform::Normalize),
        (2, Transform::NormalizedDifference),
    ] {
        for seed in 0..5 {
            let builder = builder(inputs).transform(transform).seed(seed);
            let mut detector = bootstrapped(builder);
            let mut random = Random::new(seed);
            let alerts: Vec<usize> = (0..600)
                .filter(|&t| {
                    let at = SPACING * (POINTS - 1) + 1 + t;
                    let spike = if t == 30 { 6.0 } else { 0.0 };
                    let record: Vec<f64> = (0..inputs)
                        .map(|i| wave(at, i) * (1.0 + 0.03 * random.normal()) * (1.0 + spike))
                        .collect();
                    detector.process(&record).unwrap().is_anomaly()
                })
                .collect();
            let what = format!("{transform:?}, seed {seed}: {alerts:?}");
            assert!(alerts.contains(&30), "{what}");
            assert!(alerts.len() <= 4, "{what}");
        }
    }
}

#[test]
fn points_of_the_stream_itself_are_a_history() {
    let (mut one, mut other) = (builder(2).build().unwrap(), builder(2).build().unwrap());
    one.bootstrap(points(2).view(), 1).unwrap();
    other.fit(points(2).view()).unwrap();
    assert_eq!(one.to_bytes(), other.to_bytes());
    assert_eq!(one.process(&[1.0, 2.0]).unwrap().synthetic_fraction, 0.0);
}

#[test]
fn synthetic_records_are_saved() {
    let mut detector = bootstrapped(builder(1));
    let bytes = detector.to_bytes();
    let mut restored = AnomalyDetector::from_bytes(&bytes).unwrap();
    assert_eq!(restored.to_bytes(), bytes);
    for t in 0..200 {
        let record = [wave(t, 0)];
        let detection = restored.process(&record).unwrap();
        assert_eq!(detection, detector.process(&record).unwrap());
        assert!(detection.synthetic_fraction > 0.0);
    }
}

#[test]
fn an_invalid_bootstrap_changes_nothing() {
    let mut detector = builder(1).build().unwrap();
    let before = detector.to_bytes();
    let refused = |detector: &mut AnomalyDetector, points: Array2<f64>, spacing| {
        detector.bootstrap(points.view(), spacing).unwrap_err()
    };
    for spacing in [0, 10_001] {
        let error = refused(&mut detector, points(1), spacing);
        assert!(
            matches!(error.source, InputError::Spacing { .. }),
            "{error}"
        );
    }
    let error = refused(&mut detector, Array2::zeros((1, 1)), 6);
    assert_eq!(error.source, InputError::TooFewPoints { got: 1 });
    let error = refused(&mut detector, points(2), 6);
    assert!(matches!(error.source, InputError::WrongLength { .. }));
    let mut broken = points(1);
    broken[[5, 0]] = f64::NAN;
    let error = refused(&mut detector, broken, 6);
    assert_eq!(error.row, 5);
    assert_eq!(detector.to_bytes(), before);

    detector.process(&[1.0]).unwrap();
    let before = detector.to_bytes();
    let error = refused(&mut detector, points(1), 6);
    assert_eq!(error.source, InputError::AlreadyStarted { observations: 1 });
    assert_eq!(detector.to_bytes(), before);
}
