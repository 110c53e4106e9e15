//! One record on its way through the detector.

use super::candidate::Finding;
use super::descriptor::{Descriptor, Silenced};
use super::evidence::{Evidence, EvidenceKind, Excess, Pair};
use super::learning::{LATE, Learning, Lesson};
use super::missing::MissingPolicy;
use super::severity::{grade, severity};
use super::transform::Affine;
use super::{AnomalyDetector, Buffers};
use crate::config::MAX_MAGNITUDE;

/// A gap this many times as long as the mean one has lost records.
const LONG_GAP: f64 = 1.5;
/// The statistics of scores forget this much more slowly than the forest.
const FORGETTING: f64 = 0.1;
/// Gaps that are looked at before a long one is recognised.
const KNOWN_GAPS: f64 = 8.0;

impl AnomalyDetector {
    /// Judges and learns a checked record.
    pub(super) fn step(&mut self, timestamp: Option<f64>, values: &[f64]) -> Descriptor {
        let gap = timestamp.map_or(1.0, |timestamp| self.gap(timestamp));
        self.fill_gap(gap, values);
        let imputed = self.fill(values);
        self.records = self.records.saturating_add(1);
        let descriptor = match imputed {
            Some(imputed) => self.judge(gap, imputed),
            // Nothing is known yet that could stand for a missing value.
            None => self.verdict(0.0, Evidence::NONE, values.len()),
        };
        self.note(values);
        descriptor
    }

    pub(super) fn keep_of_transform(&self) -> f64 {
        1.0 - self.config.transform_decay
    }

    /// The time since the last record, in mean gaps.
    fn gap(&mut self, timestamp: f64) -> f64 {
        let last = self.clock.last.replace(timestamp);
        let Some(gap) = last.map(|last| timestamp - last) else {
            return 1.0;
        };
        let keep = self.keep_of_transform();
        let gaps = &mut self.clock.gaps;
        let (known, mean) = (gaps.weight, gaps.mean);
        if known < KNOWN_GAPS || gap <= LONG_GAP * mean {
            gaps.push(gap, keep);
        } else {
            // A changed rhythm is learned in time, a hole hardly moves the mean.
            gaps.push(LONG_GAP * mean, keep);
        }
        if known < KNOWN_GAPS { 1.0 } else { gap / mean }
    }

    /// Takes records into the shingle in place of those that a gap has lost, nothing of them into
    /// the trees. More than a shingle of them would leave no trace of the first ones.
    fn fill_gap(&mut self, gap: f64, values: &[f64]) {
        if self.config.time_gap_input || gap <= LONG_GAP {
            return;
        }
        let lost = gap.round() - 1.0;
        let count = lost.min(self.config.shingle_size as f64) as usize;
        let nothing = vec![f64::NAN; values.len()];
        for i in 1..=count {
            if self.fill(&nothing).is_none() {
                return;
            }
            if self.config.missing == MissingPolicy::Linear {
                let ends = self.inputs.iter().zip(values);
                for (filled, (input, value)) in self.buffers.values.iter_mut().zip(ends) {
                    if let (Some(last), false) = (input.known.last, value.is_nan()) {
                        *filled = last + (value - last) * i as f64 / (lost + 1.0);
                    }
                }
            }
            if self.transform(1.0) {
                let Buffers {
                    values,
                    transformed,
                    maps,
                } = &self.buffers;
                self.window.push(values, transformed, maps, values.len());
                self.forest.pass(transformed);
            }
        }
    }

    /// Writes the record with its missing values filled in; says how many those are, or `None` if
    /// there is nothing to fill them with.
    fn fill(&mut self, values: &[f64]) -> Option<usize> {
        let filled = &mut self.buffers.values;
        filled.clear();
        filled.extend_from_slice(values);
        let missing = values.iter().filter(|value| value.is_nan()).count();
        if missing == 0 {
            return Some(0);
        }
        let policy = &self.config.missing;
        for (i, (value, input)) in filled.iter_mut().zip(&self.inputs).enumerate() {
            if value.is_nan() {
                *value = input.known.fill(policy, i)?;
            }
        }
        if *policy == MissingPolicy::Forest && self.forest.is_ready() {
            self.impute(values);
        }
        // A line may lead out of the range.
        for value in &mut self.buffers.values {
            *value = value.clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
        }
        Some(missing)
    }

    /// Writes the record as the forest sees it; `false` if the transform has too little to go by.
    pub(super) fn transform(&mut self, gap: f64) -> bool {
        let transform = self.config.transform;
        let Buffers {
            values,
            transformed,
            maps,
        } = &mut self.buffers;
        maps.clear();
        let inputs = self.inputs.iter().zip(&self.config.weights);
        maps.extend(
            inputs.map(|(input, &weight)| input.transform.map(transform, input.known.last, weight)),
        );
        if self.config.time_gap_input {
            values.push(gap);
            maps.push(Affine::IDENTITY);
        }
        transformed.clear();
        let pairs = values.iter().zip(&*maps);
        transformed.extend(
            pairs.map(|(value, map)| map.apply(*value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE)),
        );
        self.inputs
            .iter()
            .all(|input| input.transform.is_ready(transform))
    }

    /// Judges the filled record and lets the forests learn it.
    fn judge(&mut self, gap: f64, imputed: usize) -> Descriptor {
        if !self.transform(gap) {
            return self.verdict(0.0, Evidence::NONE, imputed);
        }
        let Buffers {
            values,
            transformed,
            maps,
        } = &self.buffers;
        self.window.push(values, transformed, maps, imputed);
        let shingle = self.forest.score_checked(transformed);
        let alone = match &self.point_forest {
            Some(forest) => forest.score_checked(transformed),
            None => shingle,
        };
        let scores = Pair { alone, shingle };
        let evidence = self.evidence(scores);
        let mut descriptor = self.verdict(shingle, evidence, imputed);
        // Leaving a range is no habit while it is young, nor within one event.
        let silent = self.last_alert.silence > 0 || descriptor.warm_up > 0;
        self.last_alert.silence = self.last_alert.silence.saturating_sub(1);
        if evidence.size > 1.0 {
            let finding = self.examine(evidence.kind);
            let silenced = self.silence(&descriptor, &finding, scores);
            descriptor.silenced = silenced;
            descriptor.severity = severity(evidence.size, silenced.is_some());
            descriptor.grade = grade(descriptor.severity);
            descriptor.candidate = Some(Box::new(finding.candidate));
        }
        self.learn(scores, evidence.size > 1.0, silent);
        descriptor
    }

    /// How unusual the newest record of the window is; nothing before there are scores.
    fn evidence(&self, scores: Pair) -> Evidence {
        if scores.alone == 0.0 || scores.shingle == 0.0 {
            return Evidence::NONE;
        }
        let highest = self.config.highest_score();
        self.scores
            .evidence(self.config.threshold, scores, self.excess(), highest)
    }

    /// How far the values at hand lie outside of their ranges.
    fn excess(&self) -> Excess {
        let inputs = self.inputs.iter().zip(&self.buffers.values);
        let excesses = inputs.map(|(input, &value)| {
            let watched = input.watched(self.config.transform, value);
            input.range.excess(watched)
        });
        Excess {
            largest: excesses.fold(0.0, f64::max),
            inputs: self.inputs.len(),
        }
    }

    /// The verdict without any candidate.
    fn verdict(&self, score: f64, evidence: Evidence, imputed: usize) -> Descriptor {
        let learned = self.made_up.real(self.forest.updates()) as f64;
        let half = self.config.sample_size as f64 / 4.0;
        Descriptor {
            score,
            evidence: evidence.size,
            threshold: self.scores.boundary(self.config.threshold),
            severity: severity(evidence.size, false),
            grade: 0.0,
            confidence: learned / (learned + half) * self.window.real_share(),
            made_up: self.made_up_share(),
            warm_up: self.warm_up_left(),
            imputed,
            silenced: None,
            candidate: None,
        }
    }

    /// Why a candidate is not reported, if it is not; takes note of it.
    fn silence(
        &mut self,
        descriptor: &Descriptor,
        finding: &Finding,
        scores: Pair,
    ) -> Option<Silenced> {
        if descriptor.warm_up > 0 {
            return Some(Silenced::WarmUp);
        }
        let kind = finding.candidate.kind;
        let is_pattern = matches!(kind, EvidenceKind::Level | EvidenceKind::Tail);
        if is_pattern && self.window.real_share() < 1.0
            || kind == EvidenceKind::Score && descriptor.imputed > 0
        {
            return Some(Silenced::Imputed);
        }
        if let Some(shingle) = finding.corrected {
            let corrected = Pair {
                shingle: shingle.min(scores.shingle),
                ..scores
            };
            if self.evidence(corrected).size <= 1.0 {
                return Some(Silenced::Explained);
            }
        }
        if let Some(reason) = self.nothing_to_report(finding) {
            return Some(reason);
        }
        if self.gate.accepted && is_pattern {
            return Some(Silenced::Drift);
        }
        self.window.correct(finding);
        if self.last_alert.covers(descriptor.evidence) {
            return Some(Silenced::AlreadyAlerted);
        }
        self.last_alert.silence = self.config.silence;
        self.last_alert.evidence = descriptor.evidence;
        None
    }

    /// Learns the newest record and its scores, as the policy has it.
    fn learn(&mut self, scores: Pair, is_candidate: bool, silent: bool) {
        let keep = 1.0 - FORGETTING * self.config.time_decay;
        let learning = self.config.learning;
        if scores.shingle > 0.0 && scores.alone > 0.0 {
            let was_shut = self.gate.closed > 0;
            if self.gate.push(scores.shingle, is_candidate, keep, learning) {
                self.accept_regime();
            } else if was_shut && self.gate.closed == 0 {
                // The stretch has ended: what it held back is dropped.
                self.held.clear();
            }
            if self.last_alert.silence > 0 && self.gate.closed > 0 {
                // The event goes on.
                self.last_alert.silence = self.config.silence;
            }
            let (threshold, excess) = (self.config.threshold, self.excess());
            self.scores.push(threshold, scores, excess, keep, silent);
            if self.gate.closed == 0 {
                let score = scores.shingle;
                let is_beyond = score > self.scores.boundary(threshold);
                self.recent.push_back((score, is_beyond));
            }
            if self.recent.len() > self.config.shingle_size
                && let Some((score, is_beyond)) = self.recent.pop_front()
            {
                let of_event = is_beyond && self.last_alert.silence > 0;
                self.scores.push_shingle(threshold, score, keep, of_event);
            }
        }
        let mut lesson = learning.lesson(self.records, self.gate.closed);
        if self.window.real_share() < 0.5 {
            lesson = Lesson::Pass;
        }
        let transformed = &self.buffers.transformed;
        if let Some(forest) = &mut self.point_forest {
            let is_frozen = matches!(learning, Learning::Frozen { .. });
            if lesson == Lesson::Learn || self.gate.closed > 0 && !is_frozen {
                forest.update_checked(transformed);
            } else {
                forest.pass(transformed);
            }
        }
        match lesson {
            Lesson::Learn if learning.is_late(&self.gate) => {
                self.hold();
                let dimensions = self.forest.dimensions();
                if self.held.len() > LATE * dimensions {
                    let oldest: Vec<f64> = self.held.drain(..dimensions).collect();
                    self.forest.learn_point(&oldest);
                }
            }
            Lesson::Learn => self.forest.update_checked(transformed),
            Lesson::Hold => self.hold(),
            Lesson::Pass => {
                if self.gate.closed > 0 {
                    self.held.clear();
                }
                self.forest.pass(transformed);
            }
        }
    }

    /// Holds back what the newest record makes of the shingle.
    fn hold(&mut self) {
        if self.window.is_full() {
            self.held.extend(self.window.point(false));
        }
        self.forest.pass(&self.buffers.transformed);
    }

    /// What was held back is the new normal.
    fn accept_regime(&mut self) {
        self.window.accept();
        let points = std::mem::take(&mut self.held);
        for point in points.chunks_exact(self.forest.dimensions()) {
            self.forest.learn_point(point);
        }
    }

    /// Brings the statistics of each input up to date.
    fn note(&mut self, values: &[f64]) {
        // What the forest does not learn must not become the mean that is taken away either.
        let lesson = self.config.learning.lesson(self.records, self.gate.closed);
        let learns = lesson == Lesson::Learn;
        let keep = self.keep_of_transform();
        for (i, &value) in values.iter().enumerate() {
            if value.is_nan() {
                self.inputs[i].known.skip();
                continue;
            }
            let input = &mut self.inputs[i];
            let previous = input.known.last;
            if input.transform.is_ready(self.config.transform) {
                input
                    .range
                    .push(input.watched(self.config.transform, value));
            }
            if learns || !input.transform.is_ready(self.config.transform) {
                input.transform.push(value, previous, keep);
            }
            if let Some(previous) = previous {
                input.still.push(value, previous, keep);
            }
            input.known.push(value);
        }
    }
}
