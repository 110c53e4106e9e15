//! Keyed detectors give the results of separate ones, even if all but a few of them are
//! spilled.

use std::collections::HashMap;
use std::sync::Arc;

use rcf_core::AnomalyDetector;
use rcf_core::keyed::{DetectorMap, KeyedModel, MemorySpill};

use crate::testing::Random;

fn template(key: &Arc<str>) -> AnomalyDetector {
    let builder = AnomalyDetector::builder(1).number_of_trees(10);
    let seed = key.bytes().map(u64::from).sum();
    builder.sample_size(32).seed(seed).build().unwrap()
}

#[test]
fn spilled_detectors_are_restored_and_continue() {
    let mut full = template(&Arc::from("pump-0"));
    (0..500).for_each(|t| drop(full.process(&[f64::from(t % 7)])));
    let budget = 3 * full.size_in_bytes();
    let mut map = DetectorMap::builder(template)
        .budget(budget, MemorySpill::new())
        .build();
    let mut alone: HashMap<Arc<str>, AnomalyDetector> = HashMap::new();
    let (mut random, mut anomalies) = (Random::new(1), 0);
    for t in 0..4_000 {
        let key: Arc<str> = format!("pump-{}", random.below(6)).into();
        let spike = if t % 300 == 299 { 30.0 } else { 0.0 };
        let record = [random.normal() + spike];
        let detector = alone.entry(key.clone()).or_insert_with(|| template(&key));
        let expected = KeyedModel::process(detector, &record).unwrap();
        anomalies += u32::from(expected.is_anomaly());
        assert_eq!(map.process(&key, &record).unwrap(), expected, "{t}");
        assert!(map.size_in_bytes() <= budget, "{t}");
    }
    assert!(anomalies >= 8, "{anomalies}");
    assert!(map.spilled() > 0 && map.len() == 6);
    // A rejected record changes neither of them.
    let key: Arc<str> = "pump-1".into();
    assert!(map.process(&key, &[f64::NAN]).is_err());
    assert!(KeyedModel::process(alone.get_mut(&key).unwrap(), &[f64::NAN]).is_err());
    let (here, there) = (map.process(&key, &[0.5]), alone.get_mut(&key).unwrap());
    assert_eq!(here.unwrap(), there.process(&[0.5]).unwrap());
}
