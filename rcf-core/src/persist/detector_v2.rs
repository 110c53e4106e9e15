//! Format version 2 of a detector: version 1, and what it lacks. Frozen.

use serde::{Deserialize, Serialize};

use super::detector_v1::DetectorV1;
use super::envelope::Trust;
use super::{inconsistent, same_fields};
use crate::detector::AnomalyDetector;
use crate::detector::bootstrap::Synthetic;
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct DetectorV2 {
    first: DetectorV1,
    /// Scores of the newest shingles that are not learned yet, the oldest first, and whether they
    /// were beyond the boundary when they were judged.
    recent: Vec<(f64, bool)>,
    made_up: MadeUpV2,
}

/// How much of what the forest has learned is synthetic.
#[derive(Serialize, Deserialize)]
struct MadeUpV2 {
    /// Synthetic observations of the bootstrap, …
    count: u64,
    /// … of this many that the forest learned with them.
    of: u64,
}

impl DetectorV2 {
    pub(super) fn save(detector: &AnomalyDetector) -> Self {
        Self {
            first: DetectorV1::save(detector),
            recent: detector.recent.iter().copied().collect(),
            made_up: detector.synthetic.into(),
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let mut detector = self.first.restore(trust)?;
        // Twice, for sums over trees are rounded.
        let highest = 2.0 * detector.config.highest_score();
        let mut scores = self.recent.iter().map(|(score, _)| *score);
        let are_scores = scores.all(|score| (0.0..=highest).contains(&score));
        if self.recent.len() > detector.config.shingle_size || !are_scores {
            return Err(inconsistent("the newest scores are not of this detector"));
        }
        let MadeUpV2 { count, of } = self.made_up;
        if count > of || of > detector.forest.updates() {
            return Err(inconsistent(
                "more observations are synthetic than have been learned",
            ));
        }
        detector.recent.extend(self.recent);
        detector.synthetic = self.made_up.into();
        Ok(detector)
    }
}

same_fields!(MadeUpV2, Synthetic { count, of });
