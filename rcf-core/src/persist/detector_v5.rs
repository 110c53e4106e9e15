//! Format version 5 of a detector: version 4, its rules and its feedback. Frozen.
//!
//! Written only if there is any of these; other detectors are still version 3 or 4.

use serde::{Deserialize, Serialize};

use super::detector_v3::DetectorV3;
use super::envelope::Trust;
use super::{inconsistent, size};
use crate::detector::feedback::{Marks, NormalMark};
use crate::detector::rules::{Comparison, Condition, Ignore, Ignored, Rule};
use crate::detector::{AnomalyDetector, NearExpected, Suppressed};
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct DetectorV5 {
    before: DetectorV3,
    max_time_jump: Option<f64>,
    rules: Vec<RuleV5>,
    marks: Vec<MarkV5>,
    next_mark: u64,
    ignored: Option<IgnoredV5>,
}

#[derive(Serialize, Deserialize)]
struct RuleV5 {
    input: Option<u64>,
    ignore: IgnoreV5,
}

#[derive(Serialize, Deserialize)]
enum IgnoreV5 {
    Near(NearV5),
    When(Vec<ConditionV5>),
}

#[derive(Serialize, Deserialize)]
struct NearV5 {
    absolute_above: f64,
    absolute_below: f64,
    relative_above: f64,
    relative_below: f64,
}

#[derive(Serialize, Deserialize)]
struct ConditionV5 {
    input: u64,
    comparison: ComparisonV5,
    value: f64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum ComparisonV5 {
    Below,
    AtMost,
    Above,
    AtLeast,
    Equal,
    Unequal,
}

#[derive(Serialize, Deserialize)]
struct MarkV5 {
    number: u64,
    is_stretch: bool,
    evidence: f64,
    deviations: Vec<(u64, f64)>,
}

/// The last candidate that was ignored.
#[derive(Serialize, Deserialize)]
struct IgnoredV5 {
    /// By which rule, …
    rule: Option<u64>,
    /// … or else by which mark.
    mark: u64,
    until: u64,
    evidence: f64,
    deviations: Vec<(u64, f64)>,
}

impl DetectorV5 {
    /// Whether a detector has what earlier versions lack.
    pub(super) fn is_needed(detector: &AnomalyDetector) -> bool {
        !detector.config.rules.is_empty() || detector.marks.next > 0
    }

    pub(super) fn save(detector: &AnomalyDetector) -> Self {
        Self {
            before: DetectorV3::save(detector),
            max_time_jump: detector.config.max_time_jump,
            rules: detector.config.rules.iter().map(RuleV5::from).collect(),
            marks: detector.marks.marks.iter().map(MarkV5::from).collect(),
            next_mark: detector.marks.next,
            ignored: detector.ignored.as_ref().map(IgnoredV5::from),
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let mut detector = self.before.restore(trust)?;
        detector.config.max_time_jump = self.max_time_jump;
        detector.config.rules = self.rules.into_iter().map(Rule::from).collect();
        detector.config.check()?;
        detector.marks = Marks {
            marks: self.marks.into_iter().map(NormalMark::from).collect(),
            next: self.next_mark,
        };
        if !detector.marks.are_valid(detector.config.input_dimensions) {
            return Err(inconsistent("the marks are not of this detector"));
        }
        detector.ignored = self.ignored.map(Ignored::from);
        if let Some(ignored) = &detector.ignored {
            let inputs = detector.config.input_dimensions;
            let mut deviations = ignored.deviations.iter();
            let is_reason = match ignored.reason {
                Suppressed::Rule { rule } => rule < detector.config.rules.len(),
                _ => ignored.reason.number() < Some(detector.marks.next),
            };
            let is_valid = ignored.evidence.is_finite()
                && ignored.deviations.len() <= inputs
                && deviations.all(|&(input, by)| input < inputs && by.is_finite());
            if !(is_reason && is_valid) {
                return Err(inconsistent("what was ignored is not of this detector"));
            }
        }
        Ok(detector)
    }
}

impl From<&Ignored> for IgnoredV5 {
    fn from(live: &Ignored) -> Self {
        let (rule, mark) = match live.reason {
            Suppressed::Rule { rule } => (Some(rule as u64), 0),
            other => (None, other.number().unwrap_or_default()),
        };
        Self {
            rule,
            mark,
            until: live.until,
            evidence: live.evidence,
            deviations: saved(&live.deviations),
        }
    }
}

impl From<IgnoredV5> for Ignored {
    fn from(saved: IgnoredV5) -> Self {
        let mark = saved.mark;
        Self {
            reason: match saved.rule {
                Some(rule) => Suppressed::Rule { rule: size(rule) },
                None => Suppressed::MarkedNormal { mark },
            },
            until: saved.until,
            evidence: saved.evidence,
            deviations: live(saved.deviations),
        }
    }
}

fn saved(deviations: &[(usize, f64)]) -> Vec<(u64, f64)> {
    let deviations = deviations.iter();
    deviations.map(|&(input, by)| (input as u64, by)).collect()
}

fn live(deviations: Vec<(u64, f64)>) -> Vec<(usize, f64)> {
    let deviations = deviations.into_iter();
    deviations.map(|(input, by)| (size(input), by)).collect()
}

impl From<&Rule> for RuleV5 {
    fn from(live: &Rule) -> Self {
        Self {
            input: live.input.map(|input| input as u64),
            ignore: match &live.ignore {
                Ignore::Near(near) => IgnoreV5::Near((*near).into()),
                Ignore::When(conditions) => {
                    IgnoreV5::When(conditions.iter().map(|&one| one.into()).collect())
                }
            },
        }
    }
}

impl From<RuleV5> for Rule {
    /// Not checked yet.
    fn from(saved: RuleV5) -> Self {
        Self {
            input: saved.input.map(size),
            ignore: match saved.ignore {
                IgnoreV5::Near(near) => Ignore::Near(near.into()),
                IgnoreV5::When(conditions) => {
                    Ignore::When(conditions.into_iter().map(Condition::from).collect())
                }
            },
        }
    }
}

impl From<Condition> for ConditionV5 {
    fn from(live: Condition) -> Self {
        Self {
            input: live.input as u64,
            comparison: live.comparison.into(),
            value: live.value,
        }
    }
}

impl From<ConditionV5> for Condition {
    fn from(saved: ConditionV5) -> Self {
        Self {
            input: size(saved.input),
            comparison: saved.comparison.into(),
            value: saved.value,
        }
    }
}

impl From<&NormalMark> for MarkV5 {
    fn from(live: &NormalMark) -> Self {
        Self {
            number: live.number,
            is_stretch: live.is_stretch,
            evidence: live.evidence,
            deviations: saved(&live.deviations),
        }
    }
}

impl From<MarkV5> for NormalMark {
    fn from(saved: MarkV5) -> Self {
        Self {
            number: saved.number,
            is_stretch: saved.is_stretch,
            evidence: saved.evidence,
            deviations: live(saved.deviations),
        }
    }
}

super::same_fields!(
    NearV5,
    NearExpected {
        absolute_above,
        absolute_below,
        relative_above,
        relative_below
    }
);

impl From<Comparison> for ComparisonV5 {
    fn from(live: Comparison) -> Self {
        match live {
            Comparison::Below => Self::Below,
            Comparison::AtMost => Self::AtMost,
            Comparison::Above => Self::Above,
            Comparison::AtLeast => Self::AtLeast,
            Comparison::Equal => Self::Equal,
            Comparison::Unequal => Self::Unequal,
        }
    }
}

impl From<ComparisonV5> for Comparison {
    fn from(saved: ComparisonV5) -> Self {
        match saved {
            ComparisonV5::Below => Self::Below,
            ComparisonV5::AtMost => Self::AtMost,
            ComparisonV5::Above => Self::Above,
            ComparisonV5::AtLeast => Self::AtLeast,
            ComparisonV5::Equal => Self::Equal,
            ComparisonV5::Unequal => Self::Unequal,
        }
    }
}
