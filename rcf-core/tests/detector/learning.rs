//! Long anomalies are not learned, new regimes are.

use rcf_core::{AnomalyDetector, Learning};

use crate::testing::Random;

/// Eight channels with memory, mixed; a third of the stream is shifted in three of them.
fn long_anomaly(seed: u64) -> (Vec<[f64; 8]>, std::ops::Range<usize>) {
    let (count, mut random) = (1_200, Random::new(seed));
    let anomaly = 600..1_000;
    let mut state = [0.0; 8];
    let records = (0..count).map(|t| {
        for value in &mut state {
            *value = 0.7 * *value + random.normal();
        }
        let mut record = state;
        for i in 0..8 {
            record[i] += 0.4 * state[(i + 3) % 8];
            if i < 3 && anomaly.contains(&t) {
                record[i] += 2.5;
            }
        }
        record
    });
    (records.collect(), anomaly)
}

/// The probability that a record of the anomaly scores higher than one outside.
fn auc(scores: &[f64], anomaly: &std::ops::Range<usize>) -> f64 {
    let (mut higher, mut pairs) = (0.0, 0.0);
    for inside in anomaly.clone() {
        for outside in (400..scores.len()).filter(|t| !anomaly.contains(t)) {
            pairs += 1.0;
            higher += f64::from(u8::from(scores[inside] > scores[outside]));
        }
    }
    higher / pairs
}

#[test]
fn a_long_collective_anomaly_is_more_visible_where_it_is_not_learned() {
    let mean_auc = |learning: Option<Learning>| {
        let each = (0..4).map(|seed| {
            let (records, anomaly) = long_anomaly(seed);
            let mut builder = AnomalyDetector::builder(8).seed(seed);
            if let Some(learning) = learning {
                builder = builder.learning(learning);
            }
            let mut detector = builder.build().unwrap();
            let scores: Vec<f64> = records
                .iter()
                .map(|record| detector.process(record).unwrap().score)
                .collect();
            auc(&scores, &anomaly)
        });
        each.sum::<f64>() / 4.0
    };
    let frozen = mean_auc(Some(Learning::Frozen { after: 500 }));
    let (default, always) = (mean_auc(None), mean_auc(Some(Learning::Always)));
    eprintln!("AUC frozen {frozen:.3}, by default {default:.3}, learning always {always:.3}");
    assert!(default > always + 0.1);
    // That also needs a transform that does not adapt.
    assert!(frozen >= 0.78, "{frozen}");
}

/// A job that begins to run every night is new at first, and shorter than any patience.
#[test]
fn what_comes_back_becomes_usual() {
    for (inputs, period, length) in [(2, 200, 40), (3, 288, 58), (5, 144, 28), (2, 1000, 100)] {
        let mut detector = AnomalyDetector::builder(inputs).build().unwrap();
        let mut random = Random::new(period);
        // The mean score outside and inside of the job, of the first nights and of later ones.
        let mut scores = [[(0.0, 0.0); 2]; 2];
        for t in 0..12_000 {
            let is_job = t > 2_000 && t % period < length;
            let level = if is_job { 5.0 } else { 0.0 };
            let record: Vec<f64> = (0..inputs).map(|_| level + random.normal()).collect();
            let score = detector.process(&record).unwrap().score;
            if (2_000..2_000 + period).contains(&t) || t > 8_000 {
                let (sum, count) = &mut scores[usize::from(t > 8_000)][usize::from(is_job)];
                (*sum, *count) = (*sum + score, *count + 1.0);
            }
        }
        let [first, later] = scores.map(|[out, job]| (job.0 / job.1) / (out.0 / out.1));
        eprintln!("{inputs} inputs, period {period}: {first:.2}, later {later:.2}");
        assert!(first > 3.0 && later < 0.6 * first, "{first} {later}");
    }
}

#[test]
fn a_level_shift_is_reported_once_and_then_learned() {
    for learning in [
        Learning::Always,
        Learning::Skip { patience: 300 },
        Learning::Delay { patience: 300 },
        Learning::DownWeight {
            one_in: 4,
            patience: 300,
        },
    ] {
        let mut random = Random::new(7);
        let builder = AnomalyDetector::builder(1)
            .shingle_size(4)
            .learning(learning);
        let mut detector = builder.seed(7).build().unwrap();
        let mut alerts = Vec::new();
        for t in 0..4_000 {
            let level = if t < 1_500 { 0.0 } else { 30.0 };
            let spike = if t == 3_500 { 15.0 } else { 0.0 };
            let detection = detector
                .process(&[level + random.normal() + spike])
                .unwrap();
            if detection.is_anomaly() {
                alerts.push(t);
            }
        }
        let near = |from: u32, to: u32| alerts.iter().filter(|t| (from..to).contains(t)).count();
        assert_eq!(near(1_500, 3_000), 1, "{learning:?}: {alerts:?}");
        assert!(alerts.contains(&1_500), "{learning:?}: {alerts:?}");
        // The new level is normal: departures from it are detected.
        assert_eq!(near(3_500, 3_505), 1, "{learning:?}: {alerts:?}");
    }
}

#[test]
fn detections_say_what_was_not_learned() {
    let (records, anomaly) = long_anomaly(1);
    let skipped = |builder: rcf_core::AnomalyDetectorBuilder| {
        let mut detector = builder.seed(1).build().unwrap();
        let mut inside = 0;
        for (t, record) in records.iter().enumerate() {
            let unlearned = detector.process(record).unwrap().unlearned;
            inside += usize::from(anomaly.contains(&t) && unlearned);
        }
        inside
    };
    assert!(skipped(AnomalyDetector::builder(8)) > anomaly.len() / 2);
    let always = AnomalyDetector::builder(8).learning(Learning::Always);
    assert_eq!(skipped(always), 0);
}

#[test]
fn a_frozen_detector_learns_nothing_later() {
    let builder = AnomalyDetector::builder(1).learning(Learning::Frozen { after: 300 });
    let mut detector = builder.build().unwrap();
    let mut random = Random::new(1);
    for _ in 0..400 {
        detector.process(&[random.normal()]).unwrap();
    }
    assert_eq!(detector.forest().updates(), 300);
}
