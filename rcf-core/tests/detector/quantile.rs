//! The threshold that is a quantile.

use rcf_core::{AnomalyDetector, Threshold};

use crate::testing::Random;

const DECADES: f64 = 2.0;

/// Severities of 20,000 single records.
fn severities(seed: u64, value: impl Fn(&mut Random) -> f64) -> Vec<f64> {
    let builder = AnomalyDetector::builder(1).shingle_size(1).silence(0);
    let builder = builder.threshold(Threshold::Quantile { decades: DECADES });
    let mut detector = builder.number_of_trees(15).seed(seed).build().unwrap();
    let mut random = Random::new(seed);
    let judge = |_| {
        let detection = detector.process(&[value(&mut random)]).unwrap();
        assert_eq!(
            detection.evidence > 1.0,
            detection.score > detection.threshold
        );
        assert_eq!(detection.candidate.is_some(), detection.evidence > 1.0);
        detection.severity
    };
    (0..20_000).map(judge).collect()
}

/// One in a hundred, 200 of 20,000, within five standard errors of the binomial distribution; for
/// noise, a heavy tail, and two levels.
#[test]
fn the_share_of_reports_is_as_configured_for_any_values() {
    let laws: [fn(&mut Random) -> f64; 3] = [
        |random| random.normal(),
        |random| random.normal().exp(),
        |random| random.normal() + if random.unit() < 0.3 { 40.0 } else { 0.0 },
    ];
    for law in laws {
        for seed in 0..3 {
            let severities = severities(seed, law);
            let reported = severities
                .iter()
                .filter(|severity| **severity > 0.5)
                .count();
            assert!((130..270).contains(&reported), "seed {seed}: {reported}");
        }
    }
}

#[test]
fn units_do_not_matter_to_the_bit() {
    let plain = severities(1, |random| random.normal());
    for factor in [2f64.powi(-30), 2f64.powi(30)] {
        assert_eq!(severities(1, |random| factor * random.normal()), plain);
    }
}

#[test]
fn nothing_is_decided_before_a_record_beyond_is_due() {
    let threshold = Threshold::Quantile { decades: 3.0 };
    let builder = AnomalyDetector::builder(1).threshold(threshold);
    let mut detector = builder.silence(0).build().unwrap();
    let mut random = Random::new(4);
    for t in 0..1_000 {
        let value = random.normal() + if t % 100 == 99 { 50.0 } else { 0.0 };
        assert_eq!(detector.process(&[value]).unwrap().evidence, 0.0, "{t}");
    }
}
