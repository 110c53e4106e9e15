//! Gaps between timestamps: their length, and replacements for the missing observations.

use super::detection::Detection;
use super::imputation::Imputation;
use super::{AnomalyDetector, Buffers};

/// A gap this many times as long as the mean one has lost observations.
const LONG_GAP: f64 = 1.5;
/// Gaps that are looked at before a long one is recognised.
const KNOWN_GAPS: f64 = 8.0;
/// Observations of a gap that are filled in at most: the ones before are too far away to matter.
const LONGEST: f64 = 2000.0;

impl AnomalyDetector {
    /// The time since the last observation, in mean gaps.
    pub(super) fn gap(&mut self, timestamp: f64) -> f64 {
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

    /// Takes observations in place of those that a gap has lost: into the shingle and the channels,
    /// not into the trees.
    ///
    /// With [`Imputation::Zero`] they are observations of nothing, and judged: returned is the
    /// first that is anomalous, with how long ago it was.
    pub(super) fn fill_gap(&mut self, gap: f64, values: &[f64]) -> Option<(Detection, i32)> {
        if self.config.time_gap_input || gap <= LONG_GAP {
            return None;
        }
        let lost = gap.round() - 1.0;
        let count = lost.min(LONGEST) as i32;
        let nothing = vec![f64::NAN; values.len()];
        let inputs = self.config.input_dimensions;
        let mut found = None;
        for i in 1..=count {
            self.fill(&nothing)?;
            if self.config.imputation == Imputation::Linear {
                let ends = self.inputs.iter().zip(values);
                for (filled, (input, value)) in self.buffers.values.iter_mut().zip(ends) {
                    if let (Some(last), false) = (input.known.last, value.is_nan()) {
                        *filled = last + (value - last) * f64::from(i) / (lost + 1.0);
                    }
                }
            }
            if self.config.imputation == Imputation::Zero {
                let detection = self.judge(1.0, 0, |_| true);
                self.note(&vec![0.0; inputs]);
                if detection.is_anomaly() {
                    found.get_or_insert((detection, i - count - 1));
                }
            } else if self.transform(1.0) {
                let Buffers {
                    values,
                    transformed,
                    maps,
                    ..
                } = &self.buffers;
                self.channels.push(&values[..inputs], |_| false);
                // More than a shingle of them would leave no trace of the first ones.
                if count - i < self.config.shingle_size as i32 {
                    self.window.push(values, transformed, maps, values.len());
                    self.forest.pass(transformed);
                }
            }
        }
        found
    }
}
