//! Reasons and attributions, as shown to users.

use std::collections::HashSet;

use rcf_core::{AnomalyDetector, NearExpected, Suppressed};

use crate::testing::Random;

#[test]
fn each_reason_has_a_name_and_a_sentence_of_its_own() {
    let all = [
        Suppressed::WarmUp,
        Suppressed::NearExpected,
        Suppressed::NoiseFloor,
        Suppressed::Imputed,
        Suppressed::Explained,
        Suppressed::AlreadyAlerted,
        Suppressed::Frequent,
        Suppressed::Drift,
        Suppressed::Rule { rule: 3 },
        Suppressed::MarkedNormal { mark: 7 },
    ];
    let names: HashSet<&str> = all.iter().map(|reason| reason.as_str()).collect();
    let sentences: HashSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), sentences.len()), (all.len(), all.len()));
    // The variant in snake case: programs read these.
    for reason in all {
        let variant = format!("{reason:?}").to_lowercase();
        let name = variant.split(' ').next().unwrap();
        assert_eq!(reason.as_str().replace('_', ""), name);
    }
}

/// The parts of an attribution are parts of a score, and the largest comes first.
#[test]
fn an_attribution_adds_up_and_is_ranked() {
    let mut detector = AnomalyDetector::builder(4)
        .shingle_size(1)
        .seed(3)
        .build()
        .unwrap();
    let mut random = Random::new(3);
    for _ in 0..600 {
        detector.process(&random.normal_point(4)).unwrap();
    }
    let detection = detector.process(&[0.1, -9.0, 0.2, 14.0]).unwrap();
    let candidate = detection.candidate.unwrap();
    let attribution = &candidate.attribution;
    // With shingles of one record they add up to its score.
    assert!((attribution.total() - detection.score).abs() < 1e-6);
    let ranked = attribution.ranked();
    assert_eq!(ranked[..2], [3, 1]);
    let part = |input: usize| attribution.high[input] + attribution.low[input];
    assert!(ranked.is_sorted_by(|&a, &b| part(a) >= part(b)));
    // Each in its direction.
    assert!(attribution.high[3] > attribution.low[3]);
    assert!(attribution.low[1] > attribution.high[1]);
}

#[test]
fn a_suppression_reason_is_not_a_report() {
    let near = NearExpected {
        absolute_above: 1e9,
        ..NearExpected::default()
    };
    let builder = AnomalyDetector::builder(1).ignore_near_expected(near);
    let mut detector = builder.build().unwrap();
    let mut random = Random::new(5);
    for _ in 0..600 {
        detector.process(&[random.normal()]).unwrap();
    }
    let detection = detector.process(&[80.0]).unwrap();
    assert!(detection.candidate.is_some() && !detection.is_anomaly());
    assert_eq!(detection.suppressed, Some(Suppressed::NearExpected));
    assert_eq!(detection.grade, 0.0);
}
