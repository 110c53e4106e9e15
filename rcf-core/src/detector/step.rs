//! One record on its way through the detector.

use super::candidate::Finding;
use super::descriptor::{Descriptor, Silenced};
use super::learning::Lesson;
use super::missing::MissingPolicy;
use super::severity::{grade, severity};
use super::threshold::Threshold;
use super::transform::Affine;
use super::{AnomalyDetector, Buffers};
use crate::shingle::MAX_MAGNITUDE;

/// A gap this many times as long as the mean one has lost records.
const LONG_GAP: f64 = 1.5;
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
            None => self.verdict(0.0, 0.0, 0),
        };
        self.note(values);
        descriptor
    }

    /// The time since the last record, in mean gaps.
    fn gap(&mut self, timestamp: f64) -> f64 {
        let last = self.clock.last.replace(timestamp);
        let Some(gap) = last.map(|last| timestamp - last) else {
            return 1.0;
        };
        let gaps = &mut self.clock.gaps;
        let (known, mean) = (gaps.weight, gaps.mean);
        if known < KNOWN_GAPS || gap <= LONG_GAP * mean {
            gaps.push(gap, 1.0 - self.config.statistics_decay);
        } else {
            // A changed rhythm is learned in time, a hole hardly moves the mean.
            gaps.push(LONG_GAP * mean, 1.0 - self.config.statistics_decay);
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

    /// Judges the filled record and lets the forest learn it.
    fn judge(&mut self, gap: f64, imputed: usize) -> Descriptor {
        if !self.transform(gap) {
            return self.verdict(0.0, 0.0, imputed);
        }
        let Buffers {
            values,
            transformed,
            maps,
        } = &self.buffers;
        self.window.push(values, transformed, maps, imputed);
        let score = self.forest.score_checked(transformed);
        let mut descriptor = self.verdict(score, self.evidence(score), imputed);
        let (mut usual, mut anomalous) = (score, false);
        if descriptor.evidence > descriptor.threshold {
            let finding = self.examine();
            // What earlier records explain is learned as the score without them.
            usual = finding.corrected.unwrap_or(score).min(score);
            anomalous = self.decide(&mut descriptor, finding);
        }
        if !anomalous {
            self.run.calm_down(self.config.quiet_records);
        }
        self.learn();
        if self.forest.is_ready() && score > 0.0 {
            let keep = 1.0 - self.config.statistics_decay;
            let young = descriptor.warm_up > 0;
            self.tail.push(self.config.threshold, usual, keep, young);
        }
        descriptor
    }

    /// How surprising the newest record of the window is, given its score; 0 before there are scores
    /// to compare it with.
    pub(super) fn evidence(&self, score: f64) -> f64 {
        if self.tail.scores.weight == 0.0 || !self.forest.is_ready() {
            return 0.0;
        }
        let threshold = self.config.threshold;
        let evidence = self.tail.evidence(threshold, score);
        if !self.config.range_break || matches!(threshold, Threshold::Fixed { .. }) {
            return evidence;
        }
        let inputs = self.inputs.iter().zip(&self.buffers.values);
        let breaks = inputs.map(|(input, &value)| {
            input
                .range
                .evidence(input.watched(self.config.transform, value))
        });
        evidence + breaks.fold(0.0, f64::max)
    }

    /// The verdict without any candidate.
    fn verdict(&self, score: f64, evidence: f64, imputed: usize) -> Descriptor {
        let threshold = self.config.threshold.boundary();
        let learned = self.forest.updates() as f64;
        let half = self.config.sample_size as f64 / 4.0;
        Descriptor {
            score,
            evidence,
            threshold,
            severity: severity(evidence, threshold, false),
            grade: 0.0,
            confidence: learned / (learned + half) * self.window.real_share(),
            warm_up: self.warm_up_left(),
            imputed,
            silenced: None,
            candidate: None,
        }
    }

    /// Reports a candidate, or says why not. Returns whether the record is anomalous, be it reported
    /// or not.
    fn decide(&mut self, descriptor: &mut Descriptor, finding: Finding) -> bool {
        let mut anomalous = false;
        let drift = self
            .config
            .learning
            .patience()
            .unwrap_or(self.config.sample_size as u32);
        let silenced = if descriptor.warm_up > 0 {
            Some(Silenced::WarmUp)
        } else if finding
            .corrected
            .is_some_and(|score| self.evidence(score) <= descriptor.threshold)
        {
            Some(Silenced::Explained)
        } else if let Some(reason) = self.nothing_to_report(&finding) {
            Some(reason)
        } else {
            self.window.correct(&finding);
            self.run.go_on();
            anomalous = true;
            if self.run.length > drift {
                Some(Silenced::Drift)
            } else if self.run.reported && self.config.alert_once {
                Some(Silenced::AlreadyAlerted)
            } else {
                self.run.reported = true;
                None
            }
        };
        descriptor.silenced = silenced;
        descriptor.severity = severity(
            descriptor.evidence,
            descriptor.threshold,
            silenced.is_some(),
        );
        descriptor.grade = grade(descriptor.severity);
        descriptor.candidate = Some(Box::new(finding.candidate));
        anomalous
    }

    /// Lets the forest learn the newest record, as the policy has it.
    fn learn(&mut self) {
        let lesson = if self.window.real_share() >= 0.5 {
            self.config.learning.lesson(self.records, self.run.length)
        } else {
            Lesson::Pass
        };
        let transformed = &self.buffers.transformed;
        match lesson {
            Lesson::Learn => {
                if self.run.length == 0 {
                    self.held.clear();
                } else if self.run.length > 1 && !self.held.is_empty() {
                    // The new regime is accepted.
                    let points = std::mem::take(&mut self.held);
                    for point in points.chunks_exact(self.forest.dimensions()) {
                        self.forest.learn_point(point);
                    }
                }
                self.forest.update_checked(transformed);
            }
            Lesson::Pass => self.forest.pass(transformed),
            Lesson::Hold => {
                if self.window.is_full() {
                    self.held.extend(self.window.point(false));
                }
                self.forest.pass(transformed);
            }
        }
        if self
            .config
            .learning
            .patience()
            .is_some_and(|patience| self.run.length > patience)
        {
            self.window.accept();
        }
    }

    /// Brings the statistics of each input up to date.
    fn note(&mut self, values: &[f64]) {
        let keep = 1.0 - self.config.statistics_decay;
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
            input.transform.push(value, previous, keep);
            if let Some(previous) = previous {
                input.still.push(value, previous, keep);
            }
            input.known.push(value);
        }
    }
}
