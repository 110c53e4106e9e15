//! Detections as C structures.

use rcf_core::{Direction, EvidenceKind, NormalMark, Suppressed};

/// Why a candidate is not reported.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppression {
    /// It is reported, or it is not a candidate.
    None = 0,
    /// The detector is still warming up.
    WarmUp = 1,
    /// The value is near the expected one.
    NearExpected = 2,
    /// The change is below the noise floor of a constant stream.
    NoiseFloor = 3,
    /// Imputed values contribute to the deviation.
    Imputed = 4,
    /// An earlier anomaly explains it.
    Explained = 5,
    /// The event has already been reported.
    AlreadyAlerted = 6,
    /// A new regime has been accepted as normal.
    Drift = 7,
    /// A rule of the parameters ignores it.
    Rule = 8,
    /// A similar event has been marked as normal.
    MarkedNormal = 9,
    /// Events like it are frequent in this stream: alerts keep to the false alarm rate.
    Frequent = 10,
    /// A reason that this interface does not know.
    Other = 255,
}

/// The result of a detector for an observation.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// The score of the forest, higher is more anomalous; 0 before the forest is ready.
    pub score: f64,
    /// 0 unless the observation is anomalous; otherwise how far beyond the boundary, up to 1.
    pub grade: f64,
    /// From 0 to 1; 0.5 at the boundary, above it if and only if the observation is anomalous.
    pub severity: f64,
    /// From 0 to 1: how far to trust the detection.
    pub confidence: f64,
    /// The evidence for the decision, in units of its boundary: more than 1 makes a candidate.
    pub evidence: f64,
    /// The share of the stream's observations so far with as much evidence; 1 during the warm-up.
    pub p_value: f64,
    /// The score from which an observation is a candidate by its score alone; infinite at first.
    pub threshold: f64,
    /// The fraction of the forest's memory that is interpolated.
    pub synthetic_fraction: f64,
    /// For a candidate: the value of `input` in the observation that deviates; otherwise NaN.
    pub value: f64,
    /// For a candidate: the expected value in its place; otherwise NaN.
    pub expected: f64,
    /// For a candidate: the input that deviates most, from 0; otherwise 0.
    pub input: usize,
    /// Observations that are needed before the first decision; 0 from then on.
    pub warm_up: usize,
    /// Values of the observation that were missing and have been filled in.
    pub imputed: usize,
    /// For a candidate: which observation deviates; 0 is the newest one, −k the one k before it.
    pub relative_index: i32,
    /// For a candidate: 1 above the expected value, −1 below; otherwise 0.
    pub direction: i32,
    /// Why a candidate is not reported.
    pub suppressed: Suppression,
    /// Whether the observation is reported as anomalous.
    pub is_anomaly: bool,
    /// Whether it is a candidate: reported, or suppressed.
    pub is_candidate: bool,
    /// For a candidate: whether it is about a stretch of observations instead of the values of one.
    pub is_stretch: bool,
    /// Whether the forest passes the observation by, since learning is suspended.
    pub unlearned: bool,
}

impl From<&rcf_core::Detection> for Detection {
    fn from(of: &rcf_core::Detection) -> Self {
        let mut detection = Self {
            score: of.score,
            grade: of.grade,
            severity: of.severity,
            confidence: of.confidence,
            evidence: of.evidence,
            p_value: of.p_value,
            threshold: of.threshold,
            synthetic_fraction: of.synthetic_fraction,
            value: f64::NAN,
            expected: f64::NAN,
            input: 0,
            warm_up: of.warm_up,
            imputed: of.imputed,
            relative_index: 0,
            direction: 0,
            suppressed: of.suppressed.map_or(Suppression::None, Suppression::from),
            is_anomaly: of.is_anomaly(),
            is_candidate: of.candidate.is_some(),
            is_stretch: false,
            unlearned: of.unlearned,
        };
        if let Some(candidate) = &of.candidate {
            detection.input = candidate.inputs.first().copied().unwrap_or(0);
            let of_input = |values: &[f64]| values.get(detection.input).copied();
            detection.value = of_input(&candidate.values).unwrap_or(f64::NAN);
            detection.expected = of_input(&candidate.expected).unwrap_or(f64::NAN);
            detection.is_stretch = candidate.kind.is_stretch();
            detection.relative_index = candidate.relative_index;
            detection.direction = match candidate.direction {
                Direction::High => 1,
                Direction::Low => -1,
            };
        }
        detection
    }
}

impl From<Suppressed> for Suppression {
    fn from(suppressed: Suppressed) -> Self {
        match suppressed {
            Suppressed::WarmUp => Self::WarmUp,
            Suppressed::NearExpected => Self::NearExpected,
            Suppressed::NoiseFloor => Self::NoiseFloor,
            Suppressed::Imputed => Self::Imputed,
            Suppressed::Explained => Self::Explained,
            Suppressed::AlreadyAlerted => Self::AlreadyAlerted,
            Suppressed::Drift => Self::Drift,
            Suppressed::Rule { .. } => Self::Rule,
            Suppressed::MarkedNormal { .. } => Self::MarkedNormal,
            Suppressed::Frequent => Self::Frequent,
            _ => Self::Other,
        }
    }
}

/// The mark of a candidate, from the input that deviates most, its deviation, the evidence, and
/// whether the candidate is about a stretch of observations.
pub fn normal_mark(input: usize, deviation: f64, evidence: f64, is_stretch: bool) -> NormalMark {
    let kind = match is_stretch {
        true => EvidenceKind::Level,
        false => EvidenceKind::Range,
    };
    // Without a value it is the gap between timestamps that deviates.
    let deviations = (!deviation.is_nan()).then_some((input, deviation));
    NormalMark::new(kind, evidence, deviations.into_iter().collect())
}
