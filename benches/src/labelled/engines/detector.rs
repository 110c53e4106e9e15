//! `AnomalyDetector` by its public interface: the only file that depends on the structure of a
//! detection.

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Detection, Learning, Transform};

use super::{Alert, Answers};
use crate::labelled::Stream;

/// Changes the defaults.
pub(super) type Configure = fn(AnomalyDetectorBuilder) -> AnomalyDetectorBuilder;

/// The variants that can be compared in one run, the defaults first.
pub(super) const CONFIGURATIONS: [(&str, Configure); 5] = [
    ("detector", |builder| builder),
    ("detector-difference", |builder| {
        builder.transform(Transform::Difference)
    }),
    ("detector-always", |builder| {
        builder.learning(Learning::Always)
    }),
    ("detector-skip", |builder| {
        builder.learning(Learning::Skip { patience: 512 })
    }),
    ("detector-rate-1e-4", |builder| {
        builder.false_alarm_rate(1e-4)
    }),
];

pub(super) fn run(configure: Configure, stream: &Stream, seed: u64) -> anyhow::Result<Answers> {
    let builder = AnomalyDetector::builder(stream.dimensions).seed(seed);
    let mut detector = configure(builder).build()?;
    let mut answers = Answers::default();
    for (row, values) in stream.rows().enumerate() {
        let detection = detector.process(values)?;
        answers.scores.push(detection.score);
        answers.evidence.push(detection.evidence);
        answers.severities.push(detection.severity);
        answers.p_values.push(p_value(&detection));
        answers.alerts.extend(alert(row, &detection));
    }
    Ok(answers)
}

fn alert(row: usize, detection: &Detection) -> Option<Alert> {
    let candidate = detection.candidate.as_ref()?;
    detection.is_anomaly().then(|| Alert {
        row,
        kind: candidate.kind.as_str(),
        evidence: detection.evidence,
        input: candidate.inputs.first().copied(),
    })
}

/// The probability of this much evidence on a usual record, according to the detector.
fn p_value(detection: &Detection) -> f64 {
    detection.p_value
}
