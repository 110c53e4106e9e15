//! Inputs that are usually quiet and burst now and then: a disk, an error counter, a valve.

use std::f64::consts::TAU;

use rcf_core::AnomalyDetector;

use crate::testing::Random;

fn burst(random: &mut Random, probability: f64, mean: f64) -> f64 {
    if random.unit() < probability {
        -mean * libm::log(1.0 - random.unit())
    } else {
        0.0
    }
}

#[test]
fn bursts_of_some_inputs_are_usual_and_hide_no_fault_of_another() {
    let mut detector = AnomalyDetector::builder(10).build().unwrap();
    let (mut random, mut false_alerts, mut found) = (Random::new(1), 0, None);
    for t in 0..10_000 {
        let load = 3.0 + libm::sin(TAU * f64::from(t) / 288.0) + 0.2 * random.normal();
        let mut row = vec![0.0; 10];
        for (j, value) in row.iter_mut().enumerate() {
            *value = match j {
                0..4 => burst(&mut random, 0.02, 50.0),
                4 => 7.0,
                _ => load * j as f64 + 0.2 * random.normal(),
            };
        }
        let is_fault = (8_000..8_060).contains(&t);
        if is_fault {
            row[7] += 4.0;
        }
        let detection = detector.process(&row).unwrap();
        if let Some(candidate) = &detection.candidate
            && detection.is_anomaly()
            && t >= 2_000
        {
            if is_fault {
                found = found.or(Some(candidate.inputs[0]));
            } else {
                false_alerts += 1;
            }
        }
    }
    assert!(false_alerts <= 8, "{false_alerts}");
    assert_eq!(found, Some(7));
}

#[test]
fn bursts_of_many_inputs_are_no_flood() {
    let mut detector = AnomalyDetector::builder(30).build().unwrap();
    let (mut random, mut alerts) = (Random::new(2), [0; 2]);
    for t in 0..8_000 {
        let mut value = || random.unit() + burst(&mut random, 0.012, 30.0);
        let row: Vec<f64> = (0..30).map(|_| value()).collect();
        let is_anomaly = detector.process(&row).unwrap().is_anomaly();
        alerts[usize::from(t >= 4_000)] += u32::from(is_anomaly);
    }
    // What is usual is learned, of each input and of all.
    assert!(alerts[0] <= 40 && alerts[1] <= 4, "{alerts:?}");
}
