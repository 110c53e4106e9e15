//! What a candidate is about: which record, which inputs, and what was expected.

use super::AnomalyDetector;
use super::detection::{Candidate, Direction, InputAttribution, Suppressed};
use super::evidence::{Evidence, EvidenceKind};
use super::window::Window;
use crate::parameters::MAX_MAGNITUDE;

/// An input of a record counts as deviating with at least this share of the record's attribution, …
const SHARE: f64 = 0.1;
/// … the largest few of them.
const MOST: usize = 5;

/// A candidate, and what the window has to know about it.
pub(super) struct Finding {
    pub(super) candidate: Candidate,
    /// The score with earlier candidates replaced by what was expected; `None` without such.
    pub(super) corrected: Option<f64>,
    /// Position of the record in the window.
    block: usize,
    /// The deviating inputs.
    inputs: Vec<usize>,
    /// What was expected in place of the record, as the forest sees it.
    expected: Vec<f64>,
}

impl AnomalyDetector {
    /// Examines the newest record, which is a candidate. The forests are ready.
    pub(super) fn examine(&self, evidence: Evidence) -> Finding {
        let kind = evidence.kind;
        let newest = self.window.blocks.len() - 1;
        let is_corrected = self.window.is_corrected();
        let point = self.window.point(is_corrected);
        let corrected = is_corrected.then(|| self.forest.score_point(&point));
        let width = self.config.forest_inputs();
        // Evidence about the record alone is explained by the forest that judges it alone.
        let (explanation, first) = match (kind, &self.point_forest) {
            (EvidenceKind::Range | EvidenceKind::Score, Some(forest)) => {
                let record = &point[newest * width..];
                (forest.explain_point(record), newest)
            }
            _ => (self.forest.explain_point(&point), 0),
        };
        let (high, low) = (&explanation.attribution.high, &explanation.attribution.low);
        let part = |block: usize, input: usize| {
            let coordinate = (block - first) * width + input;
            high[coordinate] + low[coordinate]
        };
        let of_block = |block: usize| (0..width).map(|input| part(block, input)).sum::<f64>();
        let blocks = self.window.blocks.iter().enumerate().skip(first);
        let block = blocks
            .filter(|(i, block)| *i == newest || block.expected.is_none())
            .map(|(i, _)| i)
            // The last of equal ones: the newest.
            .max_by(|&a, &b| of_block(a).total_cmp(&of_block(b)))
            .unwrap_or(newest);

        // A channel has seen the newest observation, whatever the forest makes of the shingle.
        let is_seen_by_channel = evidence.input.is_some();
        let block = if is_seen_by_channel { newest } else { block };
        let share = SHARE * of_block(block);
        let mut inputs: Vec<usize> = (0..width).filter(|&i| part(block, i) >= share).collect();
        inputs.sort_by(|&a, &b| part(block, b).total_cmp(&part(block, a)));
        if let Some(seen) = evidence.input {
            inputs.retain(|&input| input != seen);
            inputs.insert(0, seen);
        }
        inputs.truncate(MOST);

        let missing: Vec<usize> = inputs.iter().map(|input| block * width + input).collect();
        let medians = self.forest.impute_point(&point, &missing);
        let record = &self.window.blocks[block];
        let mut transformed = record.transformed.clone();
        let mut expected = record.values.clone();
        for (&i, &median) in inputs.iter().zip(&medians) {
            transformed[i] = median.clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
            expected[i] = record.maps[i].invert(median);
        }
        let given = self.config.input_dimensions;
        expected.truncate(given);
        if block == newest && (given > 1 || is_seen_by_channel) {
            // Where several inputs deviate together, a forest that is given some of them expects
            // the others to deviate, too. What a channel expects of an input rests on its past
            // alone.
            for &input in inputs.iter().filter(|&&input| input < given) {
                if let Some(value) = self.channels.expected(kind, input) {
                    let map = record.maps[input];
                    expected[input] = value;
                    transformed[input] = map.apply(value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
                }
            }
        }
        let sum = |parts: &[f64], input: usize| parts.iter().skip(input).step_by(width).sum();
        let attribution = InputAttribution {
            high: (0..given).map(|input| sum(high, input)).collect(),
            low: (0..given).map(|input| sum(low, input)).collect(),
        };
        let most = inputs
            .iter()
            .copied()
            .find(|&input| input < given)
            .unwrap_or(0);
        let direction = if record.values[most] >= expected[most] {
            Direction::High
        } else {
            Direction::Low
        };
        Finding {
            corrected,
            candidate: Candidate {
                kind,
                relative_index: block as i32 - newest as i32,
                values: record.values[..given].to_vec(),
                expected,
                inputs: inputs.iter().copied().filter(|&i| i < given).collect(),
                attribution,
                direction,
            },
            block,
            inputs,
            expected: transformed,
        }
    }

    /// Why a candidate is nothing to report, whatever went before it.
    pub(super) fn nothing_to_report(&self, finding: &Finding) -> Option<Suppressed> {
        if finding.candidate.kind == EvidenceKind::Stillness {
            // It may well be near the expected value.
            return None;
        }
        let given = self.config.input_dimensions;
        let mut deviating = finding
            .inputs
            .iter()
            .copied()
            .filter(|&input| input < given)
            .peekable();
        deviating.peek()?;
        let Candidate {
            values, expected, ..
        } = &finding.candidate;
        let noise = |i: usize| {
            let floor = self.config.noise_floor;
            self.inputs[i].still.is_noise(values[i], expected[i], floor)
        };
        let near = |i: usize| self.config.near_expected.ignores(values[i], expected[i]);
        let (mut all_noise, mut all_near) = (true, true);
        for input in deviating {
            all_noise &= noise(input);
            all_near &= near(input) || noise(input);
        }
        if all_noise {
            Some(Suppressed::NoiseFloor)
        } else {
            all_near.then_some(Suppressed::NearExpected)
        }
    }

    /// Replaces the missing values of the record in the buffers by what the forest expects.
    pub(super) fn impute(&mut self, values: &[f64]) {
        if !self.transform(1.0) || !self.forest.is_ready() {
            return;
        }
        let missing: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_nan()).collect();
        let medians = self.forest.impute_next(&self.buffers.transformed, &missing);
        for (&i, &median) in missing.iter().zip(&medians) {
            self.buffers.values[i] = self.buffers.maps[i].invert(median);
        }
        self.buffers.values.truncate(values.len());
    }
}

impl Window {
    /// Keeps what was expected in place of a candidate.
    pub(super) fn correct(&mut self, finding: &Finding) {
        self.blocks[finding.block].expected = Some(finding.expected.clone());
    }
}
