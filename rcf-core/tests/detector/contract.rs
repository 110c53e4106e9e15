//! Properties that hold for every stream.

use proptest::prelude::*;
use rcf_core::{
    AnomalyDetector, AnomalyDetectorBuilder, Imputation, Learning, Suppressed, Threshold, Transform,
};

use crate::testing::Random;

fn builders() -> impl Strategy<Value = AnomalyDetectorBuilder> {
    let transforms = prop::sample::select(vec![
        Transform::None,
        Transform::SubtractMovingAverage,
        Transform::Normalize,
        Transform::Difference,
        Transform::NormalizedDifference,
    ]);
    let policies = prop::sample::select(vec![
        Imputation::Zero,
        Imputation::Fixed(vec![0.5; 3]),
        Imputation::Previous,
        Imputation::Linear,
        Imputation::Forest,
    ]);
    let learning = prop::sample::select(vec![
        Learning::Always,
        Learning::Frozen { after: 100 },
        Learning::Skip { patience: 20 },
        Learning::Delay { patience: 20 },
        Learning::DownWeight {
            one_in: 4,
            patience: 20,
        },
    ]);
    let thresholds = prop::sample::select(vec![
        Threshold::default(),
        Threshold::ExtremeValue { decades: 2.5 },
        Threshold::Deviations { factor: 3.0 },
        Threshold::Quantile { decades: 1.3 },
        Threshold::Fixed { score: 1.5 },
    ]);
    (
        (1..=3usize, 1..=4usize, any::<bool>(), any::<bool>()),
        (transforms, policies, learning, thresholds),
        any::<u64>(),
    )
        .prop_map(
            |((inputs, shingle, gap, once), (transform, missing, learning, threshold), seed)| {
                let missing = match missing {
                    Imputation::Fixed(values) => Imputation::Fixed(values[..inputs].to_vec()),
                    policy => policy,
                };
                AnomalyDetector::builder(inputs)
                    .shingle_size(shingle)
                    .number_of_trees(7)
                    .sample_size(32)
                    .warm_up(12)
                    .transform(transform)
                    .imputation(missing)
                    .learning(learning)
                    .threshold(threshold)
                    .time_gap_input(gap)
                    .silence(if once { 50 } else { 0 })
                    .seed(seed)
            },
        )
}

/// A stream of the given kind, with spikes, and with missing values if allowed.
fn record(kind: u8, t: u32, inputs: usize, random: &mut Random) -> Vec<f64> {
    let value = |i: usize| {
        let noise = random.normal();
        match (kind, t % 37) {
            (_, 30) if i == 0 => 50.0 * noise,
            (0, 11 | 12) => f64::NAN,
            (0, _) => (0.3 * f64::from(t)).sin() + 0.1 * noise,
            (1, _) => 2.0,
            (2, _) => 1e12 + noise,
            (3, _) => f64::from(t) * 1e-9,
            _ => 1e29 * noise.clamp(-9.0, 9.0),
        }
    };
    (0..inputs).map(value).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 120,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(5),
        ..ProptestConfig::default()
    })]

    /// The contract of severities, finite numbers, and a restored detector that continues bit for
    /// bit.
    #[test]
    fn verdicts_keep_their_contract_and_survive_a_save(
        builder in builders(),
        kind in 0..5u8,
        stop in 0..150u32,
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let mut detector = builder.build().unwrap();
        let mut restored = None;
        let inputs = detector.config().input_dimensions;
        let mut time = 0.0;
        for t in 0..200 {
            if t == stop {
                let bytes = detector.to_bytes();
                let other = AnomalyDetector::from_bytes(&bytes).unwrap();
                prop_assert_eq!(&other.to_bytes(), &bytes);
                let trusted = AnomalyDetector::from_trusted_bytes(&bytes).unwrap();
                prop_assert_eq!(&trusted.to_bytes(), &bytes);
                restored = Some(other);
            }
            let values = record(kind, t, inputs, &mut random);
            time += if t % 50 == 40 { 5.0 } else { 1.0 + 0.1 * random.normal().tanh() };
            let detection = detector.process_at_with_missing(time, &values).unwrap();
            if let Some(restored) = &mut restored {
                prop_assert_eq!(&restored.process_at_with_missing(time, &values).unwrap(), &detection);
            }
            prop_assert_eq!(detection.severity > 0.5, detection.is_anomaly());
            prop_assert_eq!(detection.grade > 0.0, detection.is_anomaly());
            prop_assert_eq!(detection.candidate.is_some(), detection.evidence > 1.0);
            prop_assert!((0.0..=1.0).contains(&detection.severity) && (0.0..=1.0).contains(&detection.grade));
            prop_assert!((0.0..=1.0).contains(&detection.confidence));
            prop_assert!(detection.warm_up == 0 || !detection.is_anomaly());
            if let Some(candidate) = &detection.candidate {
                prop_assert!(candidate.expected.iter().chain(&candidate.values).all(|x| x.is_finite()));
                prop_assert_eq!(candidate.expected.len(), inputs);
            }
        }
        if let Some(restored) = restored {
            prop_assert_eq!(restored.to_bytes(), detector.to_bytes());
        }
    }
}

#[test]
fn evidence_near_a_tiny_boundary_is_saved() {
    let threshold = Threshold::Fixed {
        score: f64::MIN_POSITIVE,
    };
    let builder = AnomalyDetector::builder(1).seed(1).threshold(threshold);
    let mut detector = builder.build().unwrap();
    let mut random = Random::new(1);
    let mut largest = 0.0f64;
    for _ in 0..200 {
        let detection = detector.process(&[random.normal()]).unwrap();
        largest = largest.max(detection.evidence);
    }
    assert!(largest > 1.0 && largest.is_finite(), "{largest}");
    AnomalyDetector::from_bytes(&detector.to_bytes()).unwrap();
}

#[test]
fn alerts_keep_to_the_rate_in_the_long_run_where_events_are_usual() {
    // One observation in 250 is an event, of no usual size; hundreds are candidates.
    let mut detector = AnomalyDetector::builder(1).seed(1).build().unwrap();
    let (mut random, mut alerts, mut frequent) = (Random::new(1), 0, 0);
    for _ in 0..100_000 {
        let is_event = random.unit() < 1.0 / 250.0;
        let size = 10.0 + 40.0 * random.unit();
        let value = random.normal() + if is_event { size } else { 0.0 };
        let detection = detector.process(&[value]).unwrap();
        alerts += usize::from(detection.is_anomaly());
        frequent += usize::from(detection.suppressed == Some(Suppressed::Frequent));
    }
    // 64, and one for each of two thousand observations.
    assert!((40..=120).contains(&alerts), "{alerts}");
    assert!(frequent > 20, "{frequent}");
}
