//! Configurations and results through serde, with the feature of that name.

use rcf_core::{AnomalyDetector, Detection, DetectorConfig, Learning};

#[test]
fn a_configuration_and_a_result_come_back_equal() {
    let config = AnomalyDetector::builder(2)
        .learning(Learning::Skip { patience: 9 })
        .config();
    let text = serde_json::to_string(&config).unwrap();
    assert!(
        text.contains(r#""learning":{"skip":{"patience":9}}"#),
        "{text}"
    );
    let back: DetectorConfig = serde_json::from_str(&text).unwrap();
    assert_eq!(back, config);
    let earlier = text.replace(r#","memory_profile":"compact""#, "");
    assert_eq!(
        serde_json::from_str::<DetectorConfig>(&earlier).unwrap(),
        config
    );
    assert!(earlier.len() < text.len());

    let mut detector = AnomalyDetector::new(back).unwrap();
    for t in 0..300 {
        let level = if t == 299 { 50.0 } else { f64::from(t % 7) };
        let detection = detector.process(&[level, 1.0]).unwrap();
        let text = serde_json::to_string(&detection).unwrap();
        assert_eq!(
            serde_json::from_str::<Detection>(&text).unwrap(),
            detection,
            "{text}"
        );
    }
}

/// What was deserialized is checked when a model is built from it.
#[test]
fn a_configuration_that_breaks_a_rule_builds_nothing() {
    let mut config = AnomalyDetector::builder(1).config();
    config.number_of_trees = 0;
    let text = serde_json::to_string(&config).unwrap();
    let config: DetectorConfig = serde_json::from_str(&text).unwrap();
    assert!(AnomalyDetector::new(config).is_err());
}
