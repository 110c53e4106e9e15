//! Conversion between live detectors and format version 1.

use super::super::envelope::Trust;
use super::super::{inconsistent, same_fields, size};
use super::{
    AffineV1, AlarmRateV1, BlockV1, ClockV1, DetectorV1, InputV1, KnownV1, LastAlertV1,
    LearningMonitorV1, RangeV1, ScoresV1, StillnessV1,
};
use crate::detector::event::Event;
use crate::detector::evidence::{AlarmRate, Conformal, Range, Scores, Tail};
use crate::detector::imputation::Known;
use crate::detector::learning::{Cusum, LATE, LearningMonitor};
use crate::detector::suppression::Constancy;
use crate::detector::transform::Affine;
use crate::detector::window::Block;
use crate::detector::{AnomalyDetector, Clock, DetectorConfig, Input};
use crate::error::StateError;

use super::super::forest_v1::ForestV1;
use super::super::parts_v1::are_values;

impl DetectorV1 {
    pub(in super::super) fn save(detector: &AnomalyDetector) -> Self {
        let mut scores = ScoresV1::from(&detector.scores);
        // Numbers at the limit of what is accepted exceed it when the detector continues. Only a
        // forged state has such numbers; its statistics start again, so that what is written can
        // be read.
        if !scores.is_valid() {
            scores = ScoresV1::from(&Scores::default());
        }
        Self {
            config: (&detector.config).into(),
            records: detector.records,
            inputs: detector.inputs.iter().map(|&input| input.into()).collect(),
            window: detector.window.blocks.iter().map(BlockV1::from).collect(),
            scores,
            monitor: detector.monitor.into(),
            last_alert: LastAlertV1 {
                silence: detector.event.silence,
                evidence: detector.event.peak,
            },
            held: detector.held.iter().copied().collect(),
            clock: detector.clock.into(),
            forest: ForestV1::save(&detector.forest),
            point_forest: detector.point_forest.as_ref().map(ForestV1::save),
        }
    }

    pub(in super::super) fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let config = DetectorConfig::from(self.config);
        config.check()?;
        let boxes = config.memory_profile.bounding_box_cache_fraction();
        let forest = self.forest.restore(trust, boxes)?;
        let point_forest = self
            .point_forest
            .map(|forest| forest.restore(trust, boxes))
            .transpose()?;
        let mut alone = config.point_forest()?;
        if let (Some(alone), Some(forest)) = (&mut alone, &point_forest)
            && forest.config().number_of_trees == config.number_of_trees
        {
            // As in release 0.1.0, where it had as many trees as the forest of the shingles.
            alone.number_of_trees = config.number_of_trees;
        }
        if *forest.config() != config.forest()?
            || point_forest.as_ref().map(|forest| forest.config()) != alone.as_ref()
        {
            return Err(inconsistent("a forest is not one of this detector"));
        }
        let (width, dimensions) = (config.forest_inputs(), forest.dimensions());
        let patience = config.learning.patience().unwrap_or(0) as usize;
        let rules = [
            (
                self.inputs.len() == config.input_dimensions
                    && self.inputs.iter().all(InputV1::is_valid),
                "the inputs do not match the parameters, or their statistics are invalid",
            ),
            (
                self.window.len() <= config.shingle_size
                    && self.window.iter().all(|block| block.is_valid(width)),
                "the window does not match the parameters, or an observation in it is invalid",
            ),
            (
                self.held.len().is_multiple_of(dimensions)
                    && self.held.len() / dimensions <= patience.saturating_add(LATE)
                    && are_values(&self.held),
                "the points held back are not of this detector",
            ),
            (
                self.scores.is_valid(),
                "the statistics of the scores are invalid",
            ),
            (
                self.monitor.is_valid() && self.last_alert.is_valid(),
                "the learning monitor or the last alert is inconsistent",
            ),
            (self.clock.is_valid(), "the rhythm of timestamps is invalid"),
        ];
        if let Some((_, broken)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(inconsistent(broken));
        }
        let mut detector = AnomalyDetector::around(config, forest, point_forest);
        detector.records = self.records;
        detector.inputs = self.inputs.into_iter().map(Input::from).collect();
        let window = self.window.into_iter().map(Block::from);
        detector.window.blocks.extend(window);
        detector.scores = self.scores.into();
        detector.monitor = self.monitor.into();
        // What an older release knew of an event; version 3 replaces it.
        let LastAlertV1 { silence, evidence } = self.last_alert;
        detector.event = Event {
            quiet: silence,
            silence,
            peak: evidence,
            ..Event::default()
        };
        detector.held = self.held.into();
        detector.clock = self.clock.into();
        Ok(detector)
    }
}

impl From<&Block> for BlockV1 {
    fn from(live: &Block) -> Self {
        Self {
            values: live.values.clone(),
            transformed: live.transformed.clone(),
            expected: live.expected.clone(),
            maps: live.maps.iter().map(|&map| map.into()).collect(),
            imputed: live.imputed as u64,
        }
    }
}

impl From<BlockV1> for Block {
    fn from(saved: BlockV1) -> Self {
        Self {
            values: saved.values,
            transformed: saved.transformed,
            expected: saved.expected,
            maps: saved.maps.into_iter().map(Affine::from).collect(),
            imputed: size(saved.imputed),
        }
    }
}

impl From<&Scores> for ScoresV1 {
    fn from(live: &Scores) -> Self {
        Self {
            smoothed: live.smoothed,
            levels: live.levels.into(),
            value_alarms: live.value_alarms.into(),
            level_alarms: live.level_alarms.into(),
            // A history has taken its place.
            alone: Tail::default().into(),
            tail: live.tail.into(),
            moments: live.moments.into(),
        }
    }
}

impl From<ScoresV1> for Scores {
    fn from(saved: ScoresV1) -> Self {
        Self {
            smoothed: saved.smoothed,
            levels: saved.levels.into(),
            value_alarms: saved.value_alarms.into(),
            level_alarms: saved.level_alarms.into(),
            heights: Conformal::default(),
            tail: saved.tail.into(),
            moments: saved.moments.into(),
        }
    }
}

same_fields!(
    InputV1,
    Input {
        known,
        transform,
        still,
        range
    }
);
same_fields!(KnownV1, Known { last, before, age });
same_fields!(StillnessV1, Constancy { share });
same_fields!(RangeV1, Range { min, max, count });
same_fields!(
    AffineV1,
    Affine {
        base,
        offset,
        gain,
        clip
    }
);
same_fields!(AlarmRateV1, AlarmRate { times });
/// Without the scores of single observations, which version 3 adds.
impl From<LearningMonitorV1> for LearningMonitor {
    fn from(saved: LearningMonitorV1) -> Self {
        Self {
            shingle: Cusum {
                sum: saved.sum,
                count: saved.count,
                usual: saved.usual.into(),
            },
            alone: Cusum::default(),
            skipped: 0.0,
            suspended_for: saved.suspended_for,
            patience_used: saved.patience_used,
            accepted: saved.accepted,
        }
    }
}

impl From<LearningMonitor> for LearningMonitorV1 {
    fn from(live: LearningMonitor) -> Self {
        Self {
            sum: live.shingle.sum,
            count: live.shingle.count,
            usual: live.shingle.usual.into(),
            suspended_for: live.suspended_for,
            patience_used: live.patience_used,
            accepted: live.accepted,
        }
    }
}

same_fields!(ClockV1, Clock { last, gaps });
