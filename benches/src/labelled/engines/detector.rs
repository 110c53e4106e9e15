//! `AnomalyDetector` by its public interface: the one file that knows what a detection looks like.

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Descriptor, Learning, Transform};

use super::{Alert, Answers};
use crate::labelled::Stream;

/// Changes the defaults.
pub(super) type Configure = fn(AnomalyDetectorBuilder) -> AnomalyDetectorBuilder;

/// What can be compared in one run, the defaults first.
pub(super) const CONFIGURATIONS: [(&str, Configure); 3] = [
    ("detector", |builder| builder),
    ("detector-difference", |builder| {
        builder.transform(Transform::Difference)
    }),
    ("detector-always", |builder| {
        builder.learning(Learning::Always)
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

fn alert(row: usize, detection: &Descriptor) -> Option<Alert> {
    let candidate = detection.candidate.as_ref()?;
    detection.is_anomaly().then(|| Alert {
        row,
        kind: candidate.kind.as_str(),
        evidence: detection.evidence,
        input: candidate.attribution.ranked().first().copied(),
    })
}

/// The chance of so much evidence on a usual record, as the detector has it. The boundary of the
/// tail, 4.25 decades, is the nominal one of all kinds of evidence.
fn p_value(detection: &Descriptor) -> f64 {
    libm::exp10(-4.25 * detection.evidence)
}
