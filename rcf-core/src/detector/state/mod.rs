//! A saved detector.
//!
//! What the detector knows is written as it stands: the structs of its parts are the format, field
//! after field, and a change of one of them is a new version (the saved detectors among the tests
//! notice). Public types are written by the definitions in [`config`], forests by their own format.
//! Nothing that is read is trusted.

mod config;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::bootstrap::MadeUp;
use super::evidence::Scores;
use super::learning::{Gate, LATE};
use super::suppression::LastAlert;
use super::window::{Block, Window};
use super::{AnomalyDetector, Buffers, Clock, DetectorConfig, Input};
use crate::error::StateError;
use crate::shingle::MAX_MAGNITUDE;
use crate::state::v1::{ForestV1, inconsistent};
use crate::state::{codec, envelope, envelope::Trust};
use config::ConfigV1;
pub(super) use config::TransformV1;

const VERSION: u16 = 2;

/// A detector, as format version 1 has it.
#[derive(Serialize, Deserialize)]
struct DetectorV1 {
    #[serde(with = "ConfigV1")]
    config: DetectorConfig,
    records: u64,
    inputs: Vec<Input>,
    /// Oldest first.
    window: Vec<Block>,
    scores: Scores,
    gate: Gate,
    last_alert: LastAlert,
    /// Points held back from learning, one after the other.
    held: Vec<f64>,
    clock: Clock,
    forest: ForestV1,
    /// Only where records alone are judged by a forest of their own.
    point_forest: Option<ForestV1>,
}

/// A detector.
#[derive(Serialize, Deserialize)]
struct DetectorV2 {
    first: DetectorV1,
    /// Scores of the newest shingles that are not learned yet, the oldest first, and whether they lay
    /// beyond the boundary when they were judged.
    recent: Vec<(f64, bool)>,
    made_up: MadeUp,
}

impl AnomalyDetector {
    /// Saves the whole state: what [`from_bytes`](Self::from_bytes) makes of it continues exactly
    /// as this detector would.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = DetectorV1 {
            config: self.config.clone(),
            records: self.records,
            inputs: self.inputs.clone(),
            window: self.window.blocks.iter().cloned().collect(),
            scores: self.scores,
            gate: self.gate,
            last_alert: self.last_alert,
            held: self.held.clone(),
            clock: self.clock,
            forest: ForestV1::save(&self.forest),
            point_forest: self.point_forest.as_ref().map(ForestV1::save),
        };
        let state = DetectorV2 {
            first: state,
            recent: self.recent.iter().copied().collect(),
            made_up: self.made_up,
        };
        envelope::seal(envelope::Kind::Detector, VERSION, &codec::encode(&state))
    }

    /// Restores a saved detector.
    ///
    /// # Errors
    /// The bytes are no state of a detector, or are damaged; every part is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Nothing)
    }

    /// Restores a saved detector from bytes that are known to be those written, as
    /// [`from_trusted_bytes`](crate::RandomCutForest::from_trusted_bytes) does for its forest.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), as far as the faults are looked for.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes, Trust::Bytes)
    }

    fn decode(bytes: &[u8], trust: Trust) -> Result<Self, StateError> {
        let (version, body) = envelope::open(envelope::Kind::Detector, VERSION, bytes, trust)?;
        if version == 1 {
            return codec::decode::<DetectorV1>(body)?.restore(trust);
        }
        codec::decode::<DetectorV2>(body)?.restore(trust)
    }
}

impl DetectorV2 {
    fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let mut detector = self.first.restore(trust)?;
        let are_scores = self.recent.iter().all(|(score, _)| are_amounts(&[*score]));
        if self.recent.len() > detector.config.shingle_size || !are_scores {
            return Err(inconsistent("the newest scores are not of this detector"));
        }
        if !self.made_up.is_valid() || self.made_up.of > detector.forest.updates() {
            return Err(inconsistent(
                "more records are made up than have been learned",
            ));
        }
        detector.recent.extend(self.recent);
        detector.made_up = self.made_up;
        Ok(detector)
    }
}

impl DetectorV1 {
    fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let config = self.config;
        config.check()?;
        let forest = self.forest.restore(trust)?;
        let point_forest = self.point_forest;
        let point_forest = point_forest
            .map(|forest| forest.restore(trust))
            .transpose()?;
        if *forest.config() != config.forest()?
            || point_forest.as_ref().map(|forest| forest.config())
                != config.point_forest()?.as_ref()
        {
            return Err(inconsistent("a forest is not one of this detector"));
        }
        let (width, dimensions) = (config.forest_inputs(), forest.dimensions());
        let patience = config.learning.patience().unwrap_or(0) as usize;
        let rules = [
            (
                self.inputs.len() == config.input_dimensions
                    && self.inputs.iter().all(Input::is_valid),
                "the inputs do not match the parameters, or their statistics are broken",
            ),
            (
                self.window.len() <= config.shingle_size
                    && self.window.iter().all(|block| block.is_valid(width)),
                "the window does not match the parameters, or a record of it is broken",
            ),
            (
                self.held.len().is_multiple_of(dimensions)
                    && self.held.len() / dimensions <= patience.saturating_add(LATE)
                    && are_values(&self.held),
                "the points held back are not of this detector",
            ),
            (
                self.scores.is_valid(),
                "the statistics of the scores are broken",
            ),
            (
                self.gate.is_valid() && self.last_alert.is_valid(),
                "the gate or the last alert is broken",
            ),
            (self.clock.is_valid(), "the rhythm of timestamps is broken"),
        ];
        if let Some((_, broken)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(inconsistent(broken));
        }
        let mut window = Window::new(config.shingle_size);
        window.blocks.extend(self.window);
        Ok(AnomalyDetector {
            forest,
            point_forest,
            records: self.records,
            inputs: self.inputs,
            window,
            recent: VecDeque::with_capacity(config.shingle_size + 1),
            made_up: MadeUp::default(),
            scores: self.scores,
            gate: self.gate,
            last_alert: self.last_alert,
            held: self.held,
            clock: self.clock,
            buffers: Buffers::default(),
            config,
        })
    }
}

/// Whether these can be values of records, or their transforms.
pub(super) fn are_values<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    values.into_iter().all(|value| value.abs() <= MAX_MAGNITUDE)
}

/// Whether these can be counts, sums of magnitudes, or the like.
pub(super) fn are_amounts(values: &[f64]) -> bool {
    values
        .iter()
        .all(|value| *value >= 0.0 && value.is_finite())
}
