//! Cases that users bring.

use rcf_core::{AnomalyDetector, Descriptor, Direction, Silenced};

use crate::testing::Random;

fn wave(t: u32) -> f64 {
    10.0 * (f64::from(t) * std::f64::consts::TAU / 50.0).sin()
}

#[test]
fn a_step_of_a_constant_stream_counts_by_its_size() {
    let last = |value: f64| -> Descriptor {
        let mut detector = AnomalyDetector::builder(1).seed(1).build().unwrap();
        for _ in 0..500 {
            assert!(!detector.process(&[2.0]).unwrap().is_anomaly());
        }
        detector.process(&[value]).unwrap()
    };
    let (tiny, large, huge) = (last(2.0001), last(500.0), last(1e9));
    assert!(!tiny.is_anomaly());
    assert_eq!(tiny.silenced, Some(Silenced::NoiseFloor));
    assert!(tiny.severity < 0.5);
    assert!(large.is_anomaly() && large.severity > 0.5);
    assert!(huge.severity > large.severity);
}

#[test]
fn a_drop_in_a_wave_is_found_and_explained() {
    let mut detector = AnomalyDetector::builder(1)
        .shingle_size(4)
        .seed(2)
        .build()
        .unwrap();
    let mut random = Random::new(2);
    for t in 0..1_000 {
        let value = if t == 720 {
            -15.0
        } else {
            wave(t) + 0.2 * random.normal()
        };
        let verdict = detector.process(&[value]).unwrap();
        assert_eq!(verdict.is_anomaly(), t == 720, "{t}: {verdict:?}");
        if t == 720 {
            let candidate = verdict.candidate.unwrap();
            assert_eq!(candidate.relative_index, 0);
            assert_eq!(candidate.direction, Direction::Low);
            assert!(
                (candidate.expected[0] - wave(720)).abs() < 2.0,
                "{candidate:?}"
            );
        }
    }
}

#[test]
fn a_spike_in_one_of_twenty_inputs_is_attributed_to_it() {
    let mut detector = AnomalyDetector::builder(20).seed(4).build().unwrap();
    let mut random = Random::new(4);
    for t in 0..1_000 {
        let mut record = random.normal_point(20);
        // Inputs of very different units.
        for (i, value) in record.iter_mut().enumerate() {
            *value *= 10f64.powi(i as i32 % 7 - 3);
        }
        if t == 900 {
            record[13] += 15.0 * 10f64.powi(13 % 7 - 3);
            let verdict = detector.process(&record).unwrap();
            assert!(verdict.is_anomaly(), "{verdict:?}");
            let candidate = verdict.candidate.unwrap();
            assert_eq!(candidate.attribution.ranked()[0], 13);
        } else {
            detector.process(&record).unwrap();
        }
    }
}
