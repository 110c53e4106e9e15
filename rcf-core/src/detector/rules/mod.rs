//! Rules of the user, asked after the decision: which candidates are nothing to report, and why.

mod text;

use super::AnomalyDetector;
use super::candidate::Finding;
use super::detection::{Candidate, Suppressed};
use super::evidence::{Evidence, EvidenceKind};
use super::suppression::NearExpected;
use crate::error::ConfigError;

/// More rules than anyone writes by hand; each candidate asks all of them.
const MAX_RULES: usize = 1024;

/// What of a candidate is to be ignored. A candidate is suppressed if each input that deviates is
/// ignored by a rule (or by
/// [`ignore_near_expected`](crate::AnomalyDetectorBuilder::ignore_near_expected), or as noise).
///
/// A rule is written as text, too: see [`parse`](Self::parse).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rule {
    /// The input whose deviation is ignored; `None`: that of each input.
    pub input: Option<usize>,
    /// In which cases.
    pub ignore: Ignore,
}

/// In which cases a [`Rule`] ignores a deviation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Ignore {
    /// While the value is this near to the expected one.
    Near(NearExpected),
    /// While all of these hold for the observation that deviates, one at least.
    When(Vec<Condition>),
}

/// What the value of an input is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Condition {
    /// The input.
    pub input: usize,
    /// How its value, or what was filled in for it, is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparison {
    #[allow(clippy::float_cmp)] // what a rule says is meant to the bit
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

impl Rule {
    /// Refuses a rule that no observation of this many inputs can be held against.
    fn check(&self, inputs: usize) -> Result<(), ConfigError> {
        let wrong = |reason: &str| {
            Err(ConfigError::Rule {
                rule: self.to_string(),
                reason: reason.to_owned(),
            })
        };
        let conditions = match &self.ignore {
            Ignore::Near(near) if !near.is_valid() => {
                return wrong("a distance must be finite and at least 0");
            }
            Ignore::Near(near) if *near == NearExpected::default() => {
                return wrong("it has no effect: one of the distances must be above 0");
            }
            Ignore::Near(_) => &[][..],
            Ignore::When(conditions) if conditions.is_empty() => {
                return wrong("it has no condition");
            }
            Ignore::When(conditions) => conditions,
        };
        let mut named = conditions.iter().map(|condition| condition.input);
        if self
            .input
            .into_iter()
            .chain(&mut named)
            .any(|i| i >= inputs)
        {
            return wrong(&format!(
                "inputs are counted from 0, and there are {inputs}"
            ));
        }
        if conditions
            .iter()
            .any(|condition| !condition.value.is_finite())
        {
            return wrong("values must be finite");
        }
        Ok(())
    }

    /// Whether the deviation of an input is ignored; `None`: of the gap between timestamps.
    fn ignores(&self, input: Option<usize>, candidate: &Candidate) -> bool {
        if self.input.is_some() && self.input != input {
            return false;
        }
        match (&self.ignore, input) {
            // A value that does not move may well be near the expected one.
            (Ignore::Near(_), _) if candidate.kind == EvidenceKind::Stillness => false,
            (Ignore::Near(near), Some(i)) => {
                near.ignores(candidate.values[i], candidate.expected[i])
            }
            (Ignore::Near(_), None) => false,
            (Ignore::When(conditions), _) => conditions.iter().all(|condition| {
                let value = candidate.values[condition.input];
                condition.comparison.holds(value, condition.value)
            }),
        }
    }

    fn heap_bytes(&self) -> usize {
        match &self.ignore {
            Ignore::Near(_) => 0,
            Ignore::When(conditions) => conditions.capacity() * size_of::<Condition>(),
        }
    }
}

/// Refuses rules that cannot work for this many inputs.
pub(super) fn check(rules: &[Rule], inputs: usize) -> Result<(), ConfigError> {
    if let Some(rule) = rules.get(MAX_RULES) {
        return Err(ConfigError::Rule {
            rule: rule.to_string(),
            reason: format!("there may be {MAX_RULES} rules"),
        });
    }
    rules.iter().try_for_each(|rule| rule.check(inputs))
}

/// Bytes of rules on the heap.
pub(super) fn heap_bytes(rules: &Vec<Rule>) -> usize {
    let parts: usize = rules.iter().map(Rule::heap_bytes).sum();
    rules.capacity() * size_of::<Rule>() + parts
}

/// A candidate of which nothing was to be heard. What follows from it is not reported either: a
/// predictor has its value among its last ones, and expects too much.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ignored {
    pub(crate) reason: Suppressed,
    /// As many observations have been taken when it ends.
    pub(crate) until: u64,
    pub(crate) evidence: f64,
    /// The inputs that deviated, and by how much.
    pub(crate) deviations: Vec<(usize, f64)>,
}

impl Ignored {
    /// Whether a candidate belongs to it: it is in an input that deviated, and is no stronger.
    fn covers(&self, evidence: f64, candidate: &Candidate) -> bool {
        let is_weaker = evidence <= self.evidence;
        let Some(&first) = candidate.inputs.first() else {
            return is_weaker;
        };
        let mut deviations = self.deviations.iter();
        deviations.any(|&(input, by)| {
            input == first && (is_weaker || candidate.deviation(input).abs() <= by.abs())
        })
    }
}

impl Candidate {
    /// How far an input is above the expected value.
    pub(super) fn deviation(&self, input: usize) -> f64 {
        self.values[input] - self.expected[input]
    }

    /// The inputs that deviate, and by how much.
    fn deviations(&self) -> Vec<(usize, f64)> {
        let inputs = self.inputs.iter();
        inputs
            .map(|&input| (input, self.deviation(input)))
            .collect()
    }
}

impl AnomalyDetector {
    /// Why the user wants to hear nothing of a candidate, if that is so; takes note of it.
    pub(super) fn ruled_out(
        &mut self,
        evidence: Evidence,
        finding: &Finding,
    ) -> Option<Suppressed> {
        let (evidence, candidate) = (evidence.size, &finding.candidate);
        let until = self.records.saturating_add(self.config.quiet.into());
        let reason = if let Some((rule, is_event)) = self.ignored_by_rules(candidate) {
            let reason = Suppressed::Rule { rule };
            if !is_event {
                return Some(reason);
            }
            reason
        } else if let Some(mark) = self.marks.covering(evidence, candidate) {
            Suppressed::MarkedNormal { mark }
        } else {
            let covers = |ignored: &&mut Ignored| ignored.covers(evidence, candidate);
            let ignored = self.ignored.as_mut().filter(covers);
            let ignored = ignored.filter(|ignored| self.records <= ignored.until)?;
            ignored.until = until;
            return Some(ignored.reason);
        };
        self.ignored = Some(Ignored {
            reason,
            until,
            evidence,
            deviations: candidate.deviations(),
        });
        Some(reason)
    }

    /// The first rule that takes part in ignoring all inputs that deviate, and whether a condition
    /// of any of them makes it an event that may be followed by others.
    fn ignored_by_rules(&self, candidate: &Candidate) -> Option<(usize, bool)> {
        let rules = &self.config.rules;
        let of = |input| {
            let rule = rules
                .iter()
                .position(|rule| rule.ignores(input, candidate))?;
            Some((rule, matches!(rules[rule].ignore, Ignore::When(_))))
        };
        if candidate.inputs.is_empty() {
            return of(None);
        }
        let mut first: Option<(usize, bool)> = None;
        for &input in &candidate.inputs {
            let (value, expected) = (candidate.values[input], candidate.expected[input]);
            let floor = self.config.noise_floor;
            let is_nothing = || {
                self.config.near_expected.ignores(value, expected)
                    || self.inputs[input].still.is_noise(value, expected, floor)
            };
            match (of(Some(input)), &mut first) {
                (Some((rule, is_event)), Some(first)) => {
                    *first = (first.0.min(rule), first.1 || is_event);
                }
                (Some(rule), None) => first = Some(rule),
                (None, _) if is_nothing() => {}
                (None, _) => return None,
            }
        }
        first
    }
}
