//! Units and levels do not matter.

use proptest::prelude::*;
use rcf_core::{AnomalyDetector, Detection, Transform};

use crate::testing::Random;

/// A noisy wave on a grid that is exact in doubles even around 2⁴⁰, with spikes and a level shift.
fn signal(seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let value = |t: usize| {
        let spike = if t % 230 == 229 {
            12.0 * random.normal()
        } else {
            0.0
        };
        let level = if t > 700 { 6.0 } else { 0.0 };
        (0.2 * t as f64).sin() + 0.2 * random.normal() + spike + level
    };
    (0..900)
        .map(value)
        .map(|x| (x * 512.0).round() / 512.0)
        .collect()
}

fn run(values: &[f64], transform: Transform, map: impl Fn(f64) -> f64) -> Vec<Detection> {
    let builder = AnomalyDetector::builder(1)
        .shingle_size(4)
        .transform(transform);
    let mut detector = builder.number_of_trees(15).seed(1).build().unwrap();
    let detections = values.iter().map(|&x| detector.process(&[map(x)]).unwrap());
    detections.collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(9),
        ..ProptestConfig::default()
    })]

    /// Where arithmetic is exact, detections are equal to the bit.
    #[test]
    fn verdicts_are_free_of_scale_and_shift_to_the_bit(seed: u64) {
        let values = signal(seed);
        let plain = run(&values, Transform::None, |x| x);
        prop_assert!(plain.iter().any(Detection::is_anomaly));
        let shift = 2f64.powi(40);
        let others = [
            run(&values, Transform::None, |x| x + shift),
            run(&values, Transform::None, |x| x * 2f64.powi(-30)),
            run(&values, Transform::None, |x| x * 2f64.powi(30)),
        ];
        for other in &others {
            for (a, b) in plain.iter().zip(other) {
                prop_assert_eq!(a.severity.to_bits(), b.severity.to_bits());
                prop_assert_eq!(a.suppressed, b.suppressed);
            }
        }
    }

    /// Elsewhere, decisions are equal except for records at the boundary.
    #[test]
    fn decisions_are_free_of_scale_and_shift(seed: u64) {
        let values = signal(seed);
        for transform in [Transform::None, Transform::Normalize, Transform::NormalizedDifference] {
            let plain = run(&values, transform, |x| x);
            for (scale, shift) in [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e12)] {
                let other = run(&values, transform, |x| scale * x + shift);
                for (t, (a, b)) in plain.iter().zip(&other).enumerate() {
                    let clear = (a.severity - 0.5).abs() > 0.1;
                    prop_assert!(!clear || a.is_anomaly() == b.is_anomaly(), "{transform:?} {scale} {shift} {t}: {a:?} {b:?}");
                }
            }
        }
    }
}
