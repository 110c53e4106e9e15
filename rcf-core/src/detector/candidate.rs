//! What a candidate is about: which record, which inputs, and what was expected.

use super::AnomalyDetector;
use super::descriptor::{Candidate, Direction, InputAttribution, Silenced};
use super::window::Window;
use crate::shingle::MAX_MAGNITUDE;

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
    /// Examines the newest record, which is a candidate. The forest is ready.
    pub(super) fn examine(&self) -> Finding {
        let is_corrected = self.window.is_corrected();
        let point = self.window.point(is_corrected);
        let explanation = self.forest.explain_point(&point);
        let (high, low) = (&explanation.attribution.high, &explanation.attribution.low);
        let width = self.config.forest_inputs();
        let part = |coordinate: usize| high[coordinate] + low[coordinate];
        let of_block = |block: usize| (0..width).map(|i| part(block * width + i)).sum::<f64>();

        let newest = self.window.blocks.len() - 1;
        let free =
            (0..=newest).filter(|&i| i == newest || self.window.blocks[i].expected.is_none());
        // The last of equal ones: the newest.
        let block = free
            .max_by(|&a, &b| of_block(a).total_cmp(&of_block(b)))
            .unwrap_or(newest);

        let total = of_block(block);
        let mut inputs: Vec<usize> = (0..width)
            .filter(|i| part(block * width + i) >= SHARE * total)
            .collect();
        inputs.sort_by(|a, b| part(block * width + b).total_cmp(&part(block * width + a)));
        inputs.truncate(MOST);

        let missing: Vec<usize> = inputs.iter().map(|i| block * width + i).collect();
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
        let sum =
            |parts: &[f64], input: usize| parts.iter().skip(input).step_by(width).sum::<f64>();
        let attribution = InputAttribution {
            high: (0..given).map(|i| sum(high, i)).collect(),
            low: (0..given).map(|i| sum(low, i)).collect(),
        };
        let first = attribution.ranked().first().copied().unwrap_or(0);
        let direction = if attribution.high[first] >= attribution.low[first] {
            Direction::High
        } else {
            Direction::Low
        };
        Finding {
            corrected: is_corrected.then_some(explanation.score),
            candidate: Candidate {
                relative_index: block as i32 - newest as i32,
                values: record.values[..given].to_vec(),
                expected,
                attribution,
                direction,
            },
            block,
            inputs,
            expected: transformed,
        }
    }

    /// Why a candidate is nothing to report, whatever went before it.
    pub(super) fn nothing_to_report(&self, finding: &Finding) -> Option<Silenced> {
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
            Some(Silenced::NoiseFloor)
        } else {
            all_near.then_some(Silenced::NearExpected)
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
