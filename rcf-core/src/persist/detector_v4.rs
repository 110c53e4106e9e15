//! Format version 4 of a detector: version 3, and the longest jump of its timestamps. Frozen.
//!
//! Written only if that is limited; other detectors are still version 3, which earlier releases
//! read.

use serde::{Deserialize, Serialize};

use super::detector_v3::DetectorV3;
use super::envelope::Trust;
use crate::detector::AnomalyDetector;
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct DetectorV4 {
    before: DetectorV3,
    max_time_jump: f64,
}

impl DetectorV4 {
    pub(super) fn save(detector: &AnomalyDetector, max_time_jump: f64) -> Self {
        Self {
            before: DetectorV3::save(detector),
            max_time_jump,
        }
    }

    pub(super) fn restore(self, trust: Trust) -> Result<AnomalyDetector, StateError> {
        let mut detector = self.before.restore(trust)?;
        detector.config.max_time_jump = Some(self.max_time_jump);
        detector.config.check()?;
        Ok(detector)
    }
}
