//! The saved parameters of a detector. Frozen.

use serde::{Deserialize, Serialize};

use super::super::parts_v1::TransformV1;
use super::super::{same_fields, size};
use crate::config::MemoryProfile;
use crate::detector::{DetectorConfig, Imputation, Learning, NearExpected, Threshold};

#[derive(Serialize, Deserialize)]
pub(super) struct ConfigV1 {
    input_dimensions: u64,
    shingle_size: u64,
    number_of_trees: u64,
    sample_size: u64,
    time_decay: f64,
    initial_accept_fraction: f64,
    seed: u64,
    warm_up: u64,
    transform: TransformV1,
    transform_decay: f64,
    weights: Vec<f64>,
    missing: MissingV1,
    time_gap_input: bool,
    learning: LearningV1,
    threshold: ThresholdV1,
    near_expected: NearExpectedV1,
    noise_floor: f64,
    silence: u32,
}

#[derive(Serialize, Deserialize)]
enum MissingV1 {
    Zero,
    Fixed(Vec<f64>),
    Previous,
    Linear,
    Forest,
}

#[derive(Serialize, Deserialize)]
enum LearningV1 {
    Always,
    Frozen { after: u64 },
    Skip { patience: u32 },
    Delay { patience: u32 },
    DownWeight { one_in: u32, patience: u32 },
}

#[derive(Serialize, Deserialize)]
enum ThresholdV1 {
    Combined {
        margin: f64,
        height: f64,
        decades: f64,
    },
    ExtremeValue {
        decades: f64,
    },
    Deviations {
        factor: f64,
    },
    Fixed {
        score: f64,
    },
    Quantile {
        decades: f64,
    },
}

#[derive(Serialize, Deserialize)]
struct NearExpectedV1 {
    absolute_above: f64,
    absolute_below: f64,
    relative_above: f64,
    relative_below: f64,
}

impl From<&DetectorConfig> for ConfigV1 {
    fn from(live: &DetectorConfig) -> Self {
        Self {
            input_dimensions: live.input_dimensions as u64,
            shingle_size: live.shingle_size as u64,
            number_of_trees: live.number_of_trees as u64,
            sample_size: live.sample_size as u64,
            time_decay: live.time_decay,
            initial_accept_fraction: live.initial_accept_fraction,
            seed: live.seed,
            warm_up: live.warm_up as u64,
            transform: live.transform.into(),
            transform_decay: live.transform_decay,
            weights: live.weights.clone(),
            missing: (&live.imputation).into(),
            time_gap_input: live.time_gap_input,
            learning: live.learning.into(),
            threshold: live.threshold.into(),
            near_expected: live.near_expected.into(),
            noise_floor: live.noise_floor,
            silence: live.silence,
        }
    }
}

impl From<ConfigV1> for DetectorConfig {
    /// Not checked yet.
    fn from(saved: ConfigV1) -> Self {
        Self {
            input_dimensions: size(saved.input_dimensions),
            shingle_size: size(saved.shingle_size),
            number_of_trees: size(saved.number_of_trees),
            sample_size: size(saved.sample_size),
            time_decay: saved.time_decay,
            initial_accept_fraction: saved.initial_accept_fraction,
            seed: saved.seed,
            warm_up: size(saved.warm_up),
            transform: saved.transform.into(),
            transform_decay: saved.transform_decay,
            weights: saved.weights,
            imputation: saved.missing.into(),
            time_gap_input: saved.time_gap_input,
            learning: saved.learning.into(),
            threshold: saved.threshold.into(),
            near_expected: saved.near_expected.into(),
            noise_floor: saved.noise_floor,
            silence: saved.silence,
            // Version 3 adds it.
            quiet: 50,
            memory_profile: MemoryProfile::Compact,
            // Version 4 adds it.
            max_time_jump: None,
            rules: Vec::new(),
        }
    }
}

impl From<&Imputation> for MissingV1 {
    fn from(live: &Imputation) -> Self {
        match live {
            Imputation::Zero => Self::Zero,
            Imputation::Fixed(values) => Self::Fixed(values.clone()),
            Imputation::Previous => Self::Previous,
            Imputation::Linear => Self::Linear,
            Imputation::Forest => Self::Forest,
        }
    }
}

impl From<MissingV1> for Imputation {
    fn from(saved: MissingV1) -> Self {
        match saved {
            MissingV1::Zero => Self::Zero,
            MissingV1::Fixed(values) => Self::Fixed(values),
            MissingV1::Previous => Self::Previous,
            MissingV1::Linear => Self::Linear,
            MissingV1::Forest => Self::Forest,
        }
    }
}

impl From<Learning> for LearningV1 {
    fn from(live: Learning) -> Self {
        match live {
            Learning::Always => Self::Always,
            Learning::Frozen { after } => Self::Frozen { after },
            Learning::Skip { patience } => Self::Skip { patience },
            Learning::Delay { patience } => Self::Delay { patience },
            Learning::DownWeight { one_in, patience } => Self::DownWeight { one_in, patience },
        }
    }
}

impl From<LearningV1> for Learning {
    fn from(saved: LearningV1) -> Self {
        match saved {
            LearningV1::Always => Self::Always,
            LearningV1::Frozen { after } => Self::Frozen { after },
            LearningV1::Skip { patience } => Self::Skip { patience },
            LearningV1::Delay { patience } => Self::Delay { patience },
            LearningV1::DownWeight { one_in, patience } => Self::DownWeight { one_in, patience },
        }
    }
}

impl From<Threshold> for ThresholdV1 {
    fn from(live: Threshold) -> Self {
        match live {
            // The kinds of evidence were combined with their own constants; version 3 has the
            // rate.
            Threshold::Calibrated { false_alarm_rate } => Self::Combined {
                margin: 0.02,
                height: 0.5625,
                decades: -libm::log10(false_alarm_rate),
            },
            Threshold::ExtremeValue { decades } => Self::ExtremeValue { decades },
            Threshold::Deviations { factor } => Self::Deviations { factor },
            Threshold::Fixed { score } => Self::Fixed { score },
            Threshold::Quantile { decades } => Self::Quantile { decades },
        }
    }
}

impl From<ThresholdV1> for Threshold {
    fn from(saved: ThresholdV1) -> Self {
        match saved {
            ThresholdV1::Combined { .. } => Self::default(),
            ThresholdV1::ExtremeValue { decades } => Self::ExtremeValue { decades },
            ThresholdV1::Deviations { factor } => Self::Deviations { factor },
            ThresholdV1::Fixed { score } => Self::Fixed { score },
            ThresholdV1::Quantile { decades } => Self::Quantile { decades },
        }
    }
}

same_fields!(
    NearExpectedV1,
    NearExpected {
        absolute_above,
        absolute_below,
        relative_above,
        relative_below,
    }
);
