//! Format version 3 of a detector: version 2, and what it lacks. Frozen.

use serde::{Deserialize, Serialize};

use super::detector_v2::DetectorV2;
use super::envelope::Trust;
use super::parts_v1::{MomentsV1, are_amounts};
use super::{inconsistent, same_fields};
use crate::detector::budget::Budget;
use crate::detector::channels::Channels;
use crate::detector::event::Event;
use crate::detector::evidence::Conformal;
use crate::detector::learning::Cusum;
use crate::detector::{AnomalyDetector, Threshold};
use crate::error::StateError;
use crate::predictor::numbers::Numbers;

#[derive(Serialize, Deserialize)]
pub(super) struct DetectorV3 {
    before: DetectorV2,
    /// Of the calibrated threshold; version 1 writes that as its combined one.
    false_alarm_rate: f64,
    /// Observations below the boundary that end an event.
    quiet: u32,
    event: EventV3,
    /// Of the scores of single observations.
    alone: CusumV3,
    /// Share of the newest observations that were not learned.
    skipped: f64,
    /// The channels as numbers, in the order of `Channels::save`.
    channels: Vec<f64>,
    /// How often evidence of each size, and scores of observations alone of each height, were seen.
    history: Vec<f32>,
    heights: Vec<f32>,
    /// Alerts that the stream may have beyond its rate.
    budget: f64,
}

/// The event that is open, if one is.
#[derive(Serialize, Deserialize)]
struct EventV3 {
    quiet: u32,
    silence: u32,
    peak: f64,
    input: Option<u32>,
    age: u64,
}

/// The cumulative sum of scores, how many there were, and their usual level.
#[derive(Serialize, Deserialize)]
struct CusumV3 {
    sum: f64,
    count: f64,
    usual: MomentsV1,
}

impl DetectorV3 {
    pub(super) fn save(detector: &AnomalyDetector) -> Self {
        let false_alarm_rate = match detector.config.threshold {
            Threshold::Calibrated { false_alarm_rate } => false_alarm_rate,
            _ => 0.0,
        };
        let event = detector.event;
        let inputs = detector.config.input_dimensions;
        let mut channels = Vec::new();
        detector.channels.save(&mut channels);
        // Numbers at the limit of what is accepted exceed it when the detector continues. Only a
        // forged state has such numbers; its channels start empty, so that what is written can be
        // read again.
        if channels_of(inputs, &channels).is_none() {
            channels.clear();
            Channels::new(inputs).save(&mut channels);
        }
        Self {
            before: DetectorV2::save(detector),
            false_alarm_rate,
            quiet: detector.config.quiet,
            event: EventV3 {
                quiet: event.quiet,
                silence: event.silence,
                peak: event.peak,
                input: event.input,
                age: event.age,
            },
            alone: detector.monitor.alone.into(),
            skipped: detector.monitor.skipped,
            channels,
            history: detector.history.save(),
            heights: detector.scores.heights.save(),
            budget: detector.budget.left,
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let mut detector = self.before.restore(trust)?;
        if let Threshold::Calibrated { false_alarm_rate } = &mut detector.config.threshold {
            *false_alarm_rate = self.false_alarm_rate;
        }
        detector.config.quiet = self.quiet;
        detector.config.check()?;
        let EventV3 {
            quiet,
            silence,
            peak,
            input,
            age,
        } = self.event;
        if !are_amounts(&[peak]) {
            return Err(inconsistent("the open event is invalid"));
        }
        detector.event = Event {
            quiet,
            silence,
            peak,
            input,
            age,
        };
        let alone = &self.alone;
        let are_valid = are_amounts(&[alone.sum, alone.count, self.skipped]);
        if !(are_valid && self.skipped <= 1.0 && alone.usual.is_valid()) {
            return Err(inconsistent(
                "the monitor of single observations is invalid",
            ));
        }
        detector.monitor.alone = self.alone.into();
        detector.monitor.skipped = self.skipped;
        detector.channels = channels_of(detector.config.input_dimensions, &self.channels)
            .ok_or_else(|| inconsistent("the channels are not those of this detector"))?;
        let history = |counts| {
            Conformal::restore(counts)
                .ok_or_else(|| inconsistent("the history of the evidence is invalid"))
        };
        detector.history = history(self.history)?;
        detector.scores.heights = history(self.heights)?;
        detector.budget = Budget::restore(self.budget)
            .ok_or_else(|| inconsistent("the allowance of alerts is broken"))?;
        Ok(detector)
    }
}

/// Restores the channels of this many inputs from exactly these numbers.
fn channels_of(inputs: usize, numbers: &[f64]) -> Option<Channels> {
    let mut numbers = Numbers::new(numbers);
    let channels = Channels::restore(inputs, &mut numbers)?;
    numbers.end().map(|()| channels)
}

same_fields!(CusumV3, Cusum { sum, count, usual });
