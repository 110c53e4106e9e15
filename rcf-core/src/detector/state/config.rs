//! How the public types of a configuration are written: their definitions of format version 1.
//! Frozen: the order of fields and of variants is the format.

use serde::{Deserialize, Serialize};

use crate::detector::{
    DetectorConfig, Learning, MissingPolicy, NearExpected, Threshold, Transform,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "DetectorConfig")]
pub(super) struct ConfigV1 {
    input_dimensions: usize,
    shingle_size: usize,
    number_of_trees: usize,
    sample_size: usize,
    time_decay: f64,
    initial_accept_fraction: f64,
    seed: u64,
    warm_up: usize,
    #[serde(with = "TransformV1")]
    transform: Transform,
    transform_decay: f64,
    weights: Vec<f64>,
    #[serde(with = "MissingV1")]
    missing: MissingPolicy,
    time_gap_input: bool,
    #[serde(with = "LearningV1")]
    learning: Learning,
    #[serde(with = "ThresholdV1")]
    threshold: Threshold,
    #[serde(with = "NearExpectedV1")]
    near_expected: NearExpected,
    noise_floor: f64,
    silence: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Transform")]
pub(crate) enum TransformV1 {
    None,
    SubtractMovingAverage,
    Normalize,
    Difference,
    NormalizedDifference,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MissingPolicy")]
enum MissingV1 {
    Zero,
    Fixed(Vec<f64>),
    Previous,
    Linear,
    Forest,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Learning")]
enum LearningV1 {
    Always,
    Frozen { after: u64 },
    Skip { patience: u32 },
    Delay { patience: u32 },
    DownWeight { one_in: u32, patience: u32 },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Threshold")]
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
#[serde(remote = "NearExpected")]
struct NearExpectedV1 {
    absolute_above: f64,
    absolute_below: f64,
    relative_above: f64,
    relative_below: f64,
}
