//! One observation on its way through the detector.

use super::candidate::Finding;
use super::detection::{Detection, Suppressed};
use super::event::Event;
use super::evidence::{Evidence, EvidenceKind, Excess, Pair, Sign, Threshold};
use super::imputation::Imputation;
use super::severity::{grade, severity};
use super::transform::Affine;
use super::{AnomalyDetector, Buffers};
use crate::parameters::MAX_MAGNITUDE;

impl AnomalyDetector {
    /// Judges and learns a checked observation.
    pub(super) fn step(&mut self, timestamp: Option<f64>, values: &[f64]) -> Detection {
        let gap = timestamp.map_or(1.0, |timestamp| self.gap(timestamp));
        let found_in_gap = self.fill_gap(gap, values);
        let imputed = self.fill(values);
        self.records = self.records.saturating_add(1);
        let mut detection = match imputed {
            Some(imputed) => self.judge(gap, imputed, |i| imputed == 0 || !values[i].is_nan()),
            // Nothing is known yet that could replace a missing value.
            None => self.detection(0.0, Evidence::NONE, values.len()),
        };
        self.note(values);
        if let Some(found) = found_in_gap.filter(|_| !detection.is_anomaly()) {
            detection.report_late(found);
        }
        detection
    }

    pub(super) fn keep_of_transform(&self) -> f64 {
        1.0 - self.config.transform_decay
    }

    /// Writes the record with its missing values filled in; says how many those are, or `None` if
    /// there is nothing to fill them with.
    pub(super) fn fill(&mut self, values: &[f64]) -> Option<usize> {
        let filled = &mut self.buffers.values;
        filled.clear();
        filled.extend_from_slice(values);
        let missing = values.iter().filter(|value| value.is_nan()).count();
        if missing == 0 {
            return Some(0);
        }
        let policy = &self.config.imputation;
        for (i, (value, input)) in filled.iter_mut().zip(&self.inputs).enumerate() {
            if value.is_nan() {
                *value = input.known.fill(policy, i)?;
            }
        }
        if *policy == Imputation::Forest && self.forest.is_ready() {
            self.impute(values);
        }
        // A line may lead out of the range.
        for value in &mut self.buffers.values {
            *value = value.clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
        }
        // Where nothing reported is nothing counted, that is a value like any other.
        let is_value = self.config.imputation == Imputation::Zero;
        Some(if is_value { 0 } else { missing })
    }

    /// Writes the record as the forest sees it; `false` if the transform has too little to go by.
    pub(super) fn transform(&mut self, gap: f64) -> bool {
        let transform = self.config.transform;
        let Buffers {
            values,
            transformed,
            maps,
            ..
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

    /// Judges the filled observation and lets everything learn it. Inputs that are not `real` were
    /// filled in.
    pub(super) fn judge(
        &mut self,
        gap: f64,
        imputed: usize,
        real: impl Fn(usize) -> bool,
    ) -> Detection {
        if !self.transform(gap) {
            return self.detection(0.0, Evidence::NONE, imputed);
        }
        let Buffers {
            values,
            transformed,
            maps,
            ..
        } = &self.buffers;
        self.window.push(values, transformed, maps, imputed);
        let shingle = self.forest.score_checked(transformed);
        let alone = match &mut self.point_forest {
            Some(forest) => forest.score_checked(transformed),
            None => shingle,
        };
        let highest = self.config.highest_score();
        let scores = Pair {
            alone,
            shingle,
            highest,
        };
        let inputs = self.config.input_dimensions;
        let signs = self.channels.push(&values[..inputs], real);
        let evidence = self.evidence(scores, &signs);

        let mut detection = self.detection(shingle, evidence, imputed);
        let is_candidate = evidence.size > 1.0;
        // Leaving a range is no alarm while it is young, nor within one event.
        let silent = self.event.is_open() || detection.warm_up > 0;
        self.event.tick(is_candidate, self.config.quiet);
        if let Threshold::Calibrated { false_alarm_rate } = self.config.threshold {
            self.budget.tick(false_alarm_rate);
        }
        if is_candidate {
            let finding = self.examine(evidence);
            let suppressed = self.silence(&detection, evidence, &finding, scores, &signs);
            detection.suppressed = suppressed;
            detection.severity = severity(evidence.size, suppressed.is_some());
            detection.grade = grade(detection.severity);
            detection.candidate = Some(Box::new(finding.candidate));
        }
        // What was filled in says nothing about the stream, nor does what came too early.
        if imputed == 0 && detection.warm_up == 0 {
            self.history.push(evidence.size);
        }
        detection.unlearned = !self.learn(scores, &signs, is_candidate, silent);
        detection
    }

    /// How unusual the newest observation of the window is; nothing before there are scores.
    fn evidence(&self, scores: Pair, signs: &[Sign]) -> Evidence {
        if scores.alone == 0.0 || scores.shingle == 0.0 {
            return Evidence::NONE;
        }
        let outside = self.channels.outside(self.excess(), signs);
        self.scores.evidence(self.config.threshold, scores, outside)
    }

    /// How far the values at hand lie outside of their ranges.
    pub(super) fn excess(&self) -> Excess {
        let inputs = self.inputs.iter().zip(&self.buffers.values);
        let excesses = inputs.enumerate().map(|(i, (input, &value))| {
            let watched = input.watched(self.config.transform, value);
            input.range.excess(watched, self.channels.unforeseen(i))
        });
        Excess {
            largest: excesses.fold(0.0, f64::max),
            inputs: self.inputs.len(),
            count: self.inputs[0].range.count,
        }
    }

    /// The detection without any candidate.
    pub(super) fn detection(&self, score: f64, evidence: Evidence, imputed: usize) -> Detection {
        let learned = self.synthetic.real(self.forest.updates()) as f64;
        let half = self.config.sample_size as f64 / 4.0;
        Detection {
            score,
            evidence: evidence.size,
            p_value: self.history.p_value(evidence.size),
            threshold: self.scores.boundary(self.config.threshold),
            severity: severity(evidence.size, false),
            grade: 0.0,
            confidence: learned / (learned + half) * self.window.real_share(),
            synthetic_fraction: self.synthetic_fraction(),
            warm_up: self.warm_up_left(),
            imputed,
            unlearned: false,
            suppressed: None,
            candidate: None,
        }
    }

    /// Why a candidate is not reported, if it is not; takes note of it.
    fn silence(
        &mut self,
        detection: &Detection,
        evidence: Evidence,
        finding: &Finding,
        scores: Pair,
        signs: &[Sign],
    ) -> Option<Suppressed> {
        if detection.warm_up > 0 {
            return Some(Suppressed::WarmUp);
        }
        let kind = evidence.kind;
        let is_pattern = matches!(kind, EvidenceKind::Level | EvidenceKind::Tail);
        if is_pattern && self.window.real_share() < 1.0
            || kind == EvidenceKind::Score && detection.imputed > 0
        {
            return Some(Suppressed::Imputed);
        }
        if let Some(shingle) = finding.corrected {
            let corrected = Pair {
                shingle: shingle.min(scores.shingle),
                ..scores
            };
            if self.evidence(corrected, signs).size <= 1.0 {
                return Some(Suppressed::Explained);
            }
        }
        if let Some(reason) = self.nothing_to_report(finding) {
            return Some(reason);
        }
        if self.monitor.accepted && is_pattern {
            return Some(Suppressed::Drift);
        }
        self.window.correct(finding);
        if let Some(reason) = self.ruled_out(evidence, finding) {
            return Some(reason);
        }
        if self.event.covers(evidence) {
            self.event.extend(evidence);
            return Some(Suppressed::AlreadyAlerted);
        }
        // Without silence records are reported, not events.
        if let Threshold::Calibrated { false_alarm_rate } = self.config.threshold
            && self.config.silence > 0
        {
            if !self.budget.allows(detection.p_value, false_alarm_rate) {
                return Some(Suppressed::Frequent);
            }
            self.budget.spend();
        }
        self.event = Event::open(evidence, self.config.quiet, self.config.silence);
        None
    }
}
