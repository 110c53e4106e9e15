//! Feedback: what the user has called normal raises the boundary for what is alike.

use super::AnomalyDetector;
use super::detection::{Candidate, Detection};
use super::evidence::EvidenceKind;
use crate::error::MarkError;
use crate::parameters::MAX_MAGNITUDE;

/// So much stronger than the marked one may an alike event be.
const MARGIN: f64 = 1.25;
/// Marks that a detector holds; each candidate asks all of them.
const MAX_MARKS: usize = 1024;

/// An event that was marked as normal: see [`AnomalyDetector::mark_normal`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NormalMark {
    /// Its number: the first of a detector has 0, and none is given twice.
    pub number: u64,
    /// Whether it is about a stretch of observations ([`EvidenceKind::Level`],
    /// [`EvidenceKind::Tail`], [`EvidenceKind::Stillness`]) instead of the values of one.
    pub is_stretch: bool,
    /// Its evidence. For similar events the boundary is 1.25 times this, instead of 1.
    pub evidence: f64,
    /// The inputs that deviated, the one with the most evidence first, and by how much: above 0 for
    /// values above the expected one.
    pub deviations: Vec<(usize, f64)>,
}

impl NormalMark {
    /// The mark of a candidate of this kind. [`add_mark`](AnomalyDetector::add_mark) numbers it.
    #[must_use]
    pub fn new(kind: EvidenceKind, evidence: f64, deviations: Vec<(usize, f64)>) -> Self {
        Self {
            number: 0,
            is_stretch: kind.is_stretch(),
            evidence,
            deviations,
        }
    }

    /// Refuses what cannot be the mark of a candidate of this many inputs.
    pub(crate) fn check(&self, inputs: usize) -> Result<(), MarkError> {
        if !(self.evidence > 1.0 && self.evidence.is_finite()) {
            return Err(MarkError::NoCandidate);
        }
        let limit = 2.0 * MAX_MAGNITUDE;
        let is_deviation = |&(input, by): &(usize, f64)| input < inputs && by.abs() <= limit;
        if self.deviations.len() > inputs || !self.deviations.iter().all(is_deviation) {
            return Err(MarkError::OtherInputs { inputs });
        }
        Ok(())
    }

    /// Whether a candidate is alike, and not clearly stronger.
    fn covers(&self, evidence: f64, candidate: &Candidate) -> bool {
        if self.is_stretch != candidate.kind.is_stretch() {
            return false;
        }
        let is_weaker = evidence <= MARGIN * self.evidence;
        let Some(&first) = candidate.inputs.first() else {
            // The gap between timestamps deviates, and nothing else.
            return self.deviations.is_empty() && is_weaker;
        };
        let marked = self.deviations.iter().find(|(input, _)| *input == first);
        marked.is_some_and(|&(_, marked)| {
            let by = candidate.deviation(first);
            let is_still = candidate.kind == EvidenceKind::Stillness;
            let is_same_side = is_still || (by >= 0.0) == (marked >= 0.0);
            let is_nearer = !self.is_stretch && by.abs() <= MARGIN * marked.abs();
            is_same_side && (is_weaker || is_nearer)
        })
    }
}

impl EvidenceKind {
    /// Whether it is about a stretch of observations instead of the values of one.
    #[must_use]
    pub fn is_stretch(self) -> bool {
        matches!(self, Self::Level | Self::Tail | Self::Stillness)
    }
}

/// What has been marked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Marks {
    pub(crate) marks: Vec<NormalMark>,
    /// The number of the next one.
    pub(crate) next: u64,
}

impl Marks {
    /// The first mark that covers a candidate.
    pub(super) fn covering(&self, evidence: f64, candidate: &Candidate) -> Option<u64> {
        let mut marks = self.marks.iter();
        let mark = marks.find(|mark| mark.covers(evidence, candidate))?;
        Some(mark.number)
    }

    /// Whether these can be the marks of a detector of this many inputs.
    pub(crate) fn are_valid(&self, inputs: usize) -> bool {
        self.marks.len() <= MAX_MARKS
            && self.marks.is_sorted_by(|a, b| a.number < b.number)
            && self.marks.iter().all(|mark| mark.number < self.next)
            && self.marks.iter().all(|mark| mark.check(inputs).is_ok())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let deviations = |mark: &NormalMark| mark.deviations.capacity() * size_of::<(usize, f64)>();
        let parts: usize = self.marks.iter().map(deviations).sum();
        self.marks.capacity() * size_of::<NormalMark>() + parts
    }
}

impl AnomalyDetector {
    /// Marks a candidate as normal: the boundary rises for events that are alike, which are then
    /// suppressed as [`MarkedNormal`](crate::Suppressed::MarkedNormal) with the number that is
    /// returned. What the forest learns does not change.
    ///
    /// An event is similar if the input with the most evidence is one that deviated then, to the
    /// same side, and if both are about values or both about a stretch of observations. It is
    /// reported all the same if it is clearly stronger: its evidence is more than 1.25 times that
    /// of the marked one, and its value is more than 1.25 times as far from the expected one.
    /// Weaker candidates in the inputs of one that is suppressed, until
    /// [`quiet`](crate::AnomalyDetectorBuilder::quiet) observations without any, are its
    /// consequences and suppressed with it.
    ///
    /// ```
    /// use rcf_core::{AnomalyDetector, Suppressed};
    ///
    /// let mut detector = AnomalyDetector::builder(1).seed(7).build()?;
    /// let wave = |t: u32| (f64::from(t) / 8.0).sin() + if t % 500 == 499 { 4.0 } else { 0.0 };
    /// let mut said = Vec::new();
    /// for t in 0..1500 {
    ///     let detection = detector.process(&[wave(t)])?;
    ///     if t == 499 {
    ///         assert!(detection.is_anomaly());
    ///         detector.mark_normal(&detection)?;
    ///     } else if t % 500 == 499 {
    ///         said.push(detection.suppressed);
    ///     }
    /// }
    /// assert_eq!(said, [Some(Suppressed::MarkedNormal { mark: 0 }); 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The detection is not a candidate, or not one of this detector; or there are 1,024 marks.
    pub fn mark_normal(&mut self, detection: &Detection) -> Result<u64, MarkError> {
        let candidate = detection.candidate.as_deref();
        let candidate = candidate.ok_or(MarkError::NoCandidate)?;
        let by = |&input: &usize| {
            let value = candidate.values.get(input)?;
            Some((input, value - candidate.expected.get(input)?))
        };
        let inputs = self.config.input_dimensions;
        let deviations: Option<Vec<_>> = candidate.inputs.iter().map(by).collect();
        let deviations = deviations.ok_or(MarkError::OtherInputs { inputs })?;
        self.add_mark(NormalMark::new(
            candidate.kind,
            detection.evidence,
            deviations,
        ))
    }

    /// [`mark_normal`](Self::mark_normal) for an existing mark, which is given the next number.
    ///
    /// # Errors
    /// As for `mark_normal`.
    pub fn add_mark(&mut self, mark: NormalMark) -> Result<u64, MarkError> {
        mark.check(self.config.input_dimensions)?;
        if self.marks.marks.len() >= MAX_MARKS {
            return Err(MarkError::TooMany { max: MAX_MARKS });
        }
        let number = self.marks.next;
        self.marks.next += 1;
        self.marks.marks.push(NormalMark { number, ..mark });
        Ok(number)
    }

    /// Takes a mark back: from now on similar events are reported again. `None` if there is none of
    /// this number.
    pub fn unmark_normal(&mut self, number: u64) -> Option<NormalMark> {
        let marks = &mut self.marks.marks;
        let at = marks.iter().position(|mark| mark.number == number)?;
        Some(marks.remove(at))
    }

    /// The marks, in the order of their numbers.
    #[must_use]
    pub fn normal_marks(&self) -> &[NormalMark] {
        &self.marks.marks
    }
}
