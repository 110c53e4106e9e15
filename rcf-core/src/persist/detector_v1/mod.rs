//! Format version 1 of a detector. Frozen: a change of these structs is a new version in a new
//! file.

mod config;
mod convert;

use serde::{Deserialize, Serialize};

use super::forest_v1::ForestV1;
use super::parts_v1::{
    InputTransformV1, MODERATE, MomentsV1, TailV1, are_amounts, are_values, is_moderate,
};
use config::ConfigV1;

#[derive(Serialize, Deserialize)]
pub(super) struct DetectorV1 {
    config: ConfigV1,
    records: u64,
    inputs: Vec<InputV1>,
    /// Oldest first.
    window: Vec<BlockV1>,
    scores: ScoresV1,
    monitor: LearningMonitorV1,
    last_alert: LastAlertV1,
    /// Points held back from learning, one after the other.
    held: Vec<f64>,
    clock: ClockV1,
    forest: ForestV1,
    /// Only if observations alone are judged by their own forest.
    point_forest: Option<ForestV1>,
}

/// What is known about one input.
#[derive(Serialize, Deserialize)]
struct InputV1 {
    known: KnownV1,
    transform: InputTransformV1,
    still: StillnessV1,
    range: RangeV1,
}

/// The last known values of one input.
#[derive(Serialize, Deserialize)]
struct KnownV1 {
    last: Option<f64>,
    before: Option<f64>,
    /// Observations since the last one.
    age: u64,
}

/// How often an input repeats its value.
#[derive(Serialize, Deserialize)]
struct StillnessV1 {
    share: MomentsV1,
}

/// The range of a sequence: +∞, −∞ and 0 before the first value.
#[derive(Serialize, Deserialize)]
struct RangeV1 {
    min: f64,
    max: f64,
    count: f64,
}

/// One observation of the window.
#[derive(Serialize, Deserialize)]
struct BlockV1 {
    /// In the units of the observations; for a time-augmented detector also the gap.
    values: Vec<f64>,
    /// As the forest sees them.
    transformed: Vec<f64>,
    /// In their place, if the observation has been a candidate.
    expected: Option<Vec<f64>>,
    /// How the values became transformed.
    maps: Vec<AffineV1>,
    /// Number of values that are not real.
    imputed: u64,
}

/// `z = (x − base − offset) · gain`, within `± clip`.
#[derive(Serialize, Deserialize)]
struct AffineV1 {
    base: f64,
    offset: f64,
    gain: f64,
    clip: f64,
}

/// What is known of the scores so far.
#[derive(Serialize, Deserialize)]
struct ScoresV1 {
    smoothed: f64,
    levels: RangeV1,
    value_alarms: AlarmRateV1,
    level_alarms: AlarmRateV1,
    /// Of observations alone.
    alone: TailV1,
    /// Of shingles.
    tail: TailV1,
    moments: MomentsV1,
}

/// How often values have recently left a range.
#[derive(Serialize, Deserialize)]
struct AlarmRateV1 {
    times: f64,
}

/// The monitor of unusual stretches.
#[derive(Serialize, Deserialize)]
struct LearningMonitorV1 {
    sum: f64,
    count: f64,
    usual: MomentsV1,
    suspended_for: u32,
    patience_used: u32,
    accepted: bool,
}

#[derive(Serialize, Deserialize)]
struct LastAlertV1 {
    /// Observations of silence that are left.
    silence: u32,
    evidence: f64,
}

/// The rhythm of the timestamps.
#[derive(Serialize, Deserialize)]
struct ClockV1 {
    last: Option<f64>,
    gaps: MomentsV1,
}

/// Whether what has been read can be what a detector has written.
mod validity {
    use super::*;

    impl InputV1 {
        pub(super) fn is_valid(&self) -> bool {
            are_values(self.known.last.iter().chain(&self.known.before))
                && self.transform.is_valid()
                && self.still.share.is_valid()
                && self.range.is_valid()
        }
    }

    impl RangeV1 {
        fn is_valid(&self) -> bool {
            let is_range = self.min <= self.max && is_moderate(self.min) && is_moderate(self.max);
            let bounds = (self.min, self.max);
            let is_empty = bounds == (f64::INFINITY, f64::NEG_INFINITY) && self.count == 0.0;
            are_amounts(&[self.count]) && (is_range || is_empty)
        }
    }

    impl BlockV1 {
        /// Whether this can be an observation of `width` values.
        pub(super) fn is_valid(&self, width: usize) -> bool {
            let fits = |values: &Vec<f64>| values.len() == width && are_values(values);
            fits(&self.values)
                && fits(&self.transformed)
                && self.expected.as_ref().is_none_or(fits)
                && self.maps.len() == width
                && self.maps.iter().all(AffineV1::is_valid)
                && self.imputed <= width as u64
        }
    }

    impl AffineV1 {
        fn is_valid(&self) -> bool {
            is_moderate(self.base)
                && is_moderate(self.offset)
                // Infinite where a deviation is below the resolution of doubles.
                && self.gain > 0.0
                && self.clip > 0.0
        }
    }

    impl ScoresV1 {
        pub(super) fn is_valid(&self) -> bool {
            is_moderate(self.smoothed)
                && self.levels.is_valid()
                && are_amounts(&[self.value_alarms.times, self.level_alarms.times])
                && self.alone.is_valid()
                && self.tail.is_valid()
                && self.tail.is_within(MODERATE)
                && self.moments.is_valid()
        }
    }

    impl LearningMonitorV1 {
        pub(super) fn is_valid(&self) -> bool {
            are_amounts(&[self.sum, self.count]) && self.usual.is_valid()
        }
    }

    impl LastAlertV1 {
        pub(super) fn is_valid(&self) -> bool {
            are_amounts(&[self.evidence])
        }
    }

    impl ClockV1 {
        pub(super) fn is_valid(&self) -> bool {
            let is_rhythm = self.gaps.weight == 0.0 || self.gaps.mean > 0.0;
            are_values(&self.last) && self.gaps.is_valid() && is_rhythm
        }
    }
}
