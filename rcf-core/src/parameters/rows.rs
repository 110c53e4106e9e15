//! The rows of the table.

use std::ops::Bound::{Excluded, Included, Unbounded};

use super::ParameterDefault::{Flag, Integer, Name, Real, Rule};
use super::{
    MAX_DIMENSIONS, MAX_HORIZON, MAX_MAGNITUDE, MAX_SAMPLE_SIZE, MAX_SAMPLED_OBJECTS, MAX_TREES,
    Parameter, ParameterDefault, ParameterKind as Kind, ParameterRange,
};

/// Names of the transforms.
const TRANSFORMS: &[&str] = &[
    "none",
    "subtract_moving_average",
    "normalize",
    "difference",
    "normalized_difference",
];

const IMPUTATIONS: &[&str] = &["zero", "previous", "linear", "fixed", "forest"];

const LEARNING_NAMES: &[&str] = &["always", "frozen", "skip", "delay", "down_weight"];

const THRESHOLDS: &[&str] = &[
    "calibrated",
    "extreme_value",
    "quantile",
    "deviations",
    "fixed",
];

const MEMORY_PROFILES: &[&str] = &["fast", "compact"];

const COMPONENT_NAMES: &[&str] = &[
    "last_value",
    "past_cycles",
    "smoothing",
    "regression",
    "forest",
];

const ANY: ParameterRange = ParameterRange {
    least: Unbounded,
    greatest: Unbounded,
};

const ABOVE_0_TO_1: ParameterRange = ParameterRange {
    least: Excluded(0.0),
    greatest: Included(1.0),
};

const ABOVE_0_BELOW_TENTH: ParameterRange = ParameterRange {
    least: Excluded(0.0),
    greatest: Excluded(0.1),
};

const fn closed(least: f64, greatest: f64) -> ParameterRange {
    ParameterRange {
        least: Included(least),
        greatest: Included(greatest),
    }
}

const fn at_least(least: f64) -> ParameterRange {
    ParameterRange {
        least: Included(least),
        greatest: Unbounded,
    }
}

const fn row(
    name: &'static str,
    kind: Kind,
    default: ParameterDefault,
    range: ParameterRange,
    unit: &'static str,
    help: &'static str,
) -> Parameter {
    Parameter {
        name,
        kind,
        default,
        range,
        unit,
        help,
    }
}

pub(crate) const INPUT_DIMENSIONS: Parameter = row(
    "input_dimensions",
    Kind::Integer,
    Integer(1),
    closed(1.0, MAX_DIMENSIONS as f64),
    "values",
    "Take this many values in each observation",
);
pub(crate) const FOREST_SHINGLE_SIZE: Parameter = row(
    "shingle_size",
    Kind::Integer,
    Integer(1),
    closed(1.0, MAX_DIMENSIONS as f64),
    "observations",
    "Judge this many consecutive observations together",
);
pub(crate) const SHINGLE_SIZE: Parameter = row(
    "shingle_size",
    Kind::Integer,
    Integer(8),
    closed(1.0, MAX_DIMENSIONS as f64),
    "observations",
    "Judge this many consecutive observations together",
);
pub(crate) const INTERNAL_SHINGLING: Parameter = row(
    "internal_shingling",
    Kind::Flag,
    Flag(true),
    ANY,
    "",
    "Build shingles from single observations",
);
pub(crate) const SHINGLE_ROTATION: Parameter = row(
    "shingle_rotation",
    Kind::Flag,
    Flag(false),
    ANY,
    "",
    "Keep each observation at its place in the shingle",
);
pub(crate) const NUMBER_OF_TREES: Parameter = row(
    "number_of_trees",
    Kind::Integer,
    Integer(50),
    closed(1.0, MAX_TREES as f64),
    "trees",
    "Build this many trees",
);
pub(crate) const SAMPLE_SIZE: Parameter = row(
    "sample_size",
    Kind::Integer,
    Integer(256),
    closed(1.0, MAX_SAMPLE_SIZE as f64),
    "points",
    "Keep this many points in each tree",
);
pub(crate) const TIME_DECAY: Parameter = row(
    "time_decay",
    Kind::Real,
    Rule("1 / (10 × sample_size)"),
    closed(0.0, 1.0),
    "per observation",
    "Reduce the weight of old points at this rate; 0 forgets nothing",
);
pub(crate) const OUTPUT_AFTER: Parameter = row(
    "output_after",
    Kind::Integer,
    Rule("sample_size / 4"),
    at_least(0.0),
    "observations",
    "Return scores after this many observations",
);
pub(crate) const INITIAL_ACCEPT_FRACTION: Parameter = row(
    "initial_accept_fraction",
    Kind::Real,
    Real(0.125),
    ABOVE_0_TO_1,
    "of the sample",
    "Accept every point until the sample is filled to this fraction",
);
pub(crate) const SEED: Parameter = row(
    "seed",
    Kind::Integer,
    Integer(0),
    at_least(0.0),
    "",
    "Seed all random choices",
);
pub(crate) const STORE_SEQUENCE_NUMBERS: Parameter = row(
    "store_sequence_numbers",
    Kind::Flag,
    Flag(false),
    ANY,
    "",
    "Keep the sequence number of each sampled point",
);
pub(crate) const STORE_LABELS: Parameter = row(
    "store_labels",
    Kind::Flag,
    Flag(false),
    ANY,
    "",
    "Keep the label of each sampled point",
);
pub(crate) const FOREST_NOISE_FLOOR: Parameter = row(
    "noise_floor",
    Kind::PerInput,
    Rule("none"),
    closed(0.0, MAX_MAGNITUDE),
    "of the input",
    "Treat smaller differences of each input as noise",
);
pub(crate) const RELATIVE_NOISE_FLOOR: Parameter = row(
    "relative_noise_floor",
    Kind::Real,
    Real(0.0),
    closed(0.0, 1.0),
    "of the range",
    "Treat differences below this fraction of the range as noise",
);
const MEMORY_PROFILE_HELP: &str =
    "Spend memory on speed (fast) or not (compact); results are the same";
pub(crate) const FOREST_MEMORY_PROFILE: Parameter = row(
    "memory_profile",
    Kind::Name(MEMORY_PROFILES),
    Name("fast"),
    ANY,
    "",
    MEMORY_PROFILE_HELP,
);
pub(crate) const MEMORY_PROFILE: Parameter = row(
    "memory_profile",
    Kind::Name(MEMORY_PROFILES),
    Name("compact"),
    ANY,
    "",
    MEMORY_PROFILE_HELP,
);
pub(crate) const BOUNDING_BOX_CACHE_FRACTION: Parameter = row(
    "bounding_box_cache_fraction",
    Kind::Real,
    Real(0.6),
    closed(0.125, 1.0),
    "of the nodes",
    "Cache the bounding boxes of this fraction of the nodes",
);
pub(crate) const WARM_UP: Parameter = row(
    "warm_up",
    Kind::Integer,
    Rule("sample_size / 4 + shingle_size − 1"),
    at_least(1.0),
    "observations",
    "Decide after this many observations",
);
pub(crate) const TRANSFORM: Parameter = row(
    "transform",
    Kind::Name(TRANSFORMS),
    Rule("none for one input, else normalize"),
    ANY,
    "",
    "Transform values before the forest",
);
pub(crate) const TRANSFORM_DECAY: Parameter = row(
    "transform_decay",
    Kind::Real,
    Rule("1 / (4 × sample_size)"),
    ABOVE_0_BELOW_TENTH,
    "per observation",
    "Forget the moving statistics of the transform at this rate",
);
pub(crate) const WEIGHTS: Parameter = row(
    "weights",
    Kind::PerInput,
    Rule("all 1"),
    closed(1e-6, 1e6),
    "",
    "Give inputs this importance",
);
pub(crate) const IMPUTATION: Parameter = row(
    "imputation",
    Kind::Name(IMPUTATIONS),
    Name("previous"),
    ANY,
    "",
    "Fill missing values by this method",
);
pub(crate) const TIME_GAP_INPUT: Parameter = row(
    "time_gap_input",
    Kind::Flag,
    Flag(false),
    ANY,
    "",
    "Use the gap between timestamps as another input",
);
pub(crate) const MAX_TIME_JUMP: Parameter = row(
    "max_time_jump",
    Kind::Real,
    Rule("any distance"),
    ParameterRange {
        least: Excluded(0.0),
        greatest: Unbounded,
    },
    "of the timestamps",
    "Reject an observation whose timestamp is further after the last one than this",
);
pub(crate) const LEARNING: Parameter = row(
    "learning",
    Kind::Name(LEARNING_NAMES),
    Rule("skip for shingles of several inputs, else always"),
    ANY,
    "",
    "Choose what the forest learns from an unusual stretch",
);
pub(crate) const PATIENCE: Parameter = row(
    "patience",
    Kind::Integer,
    Rule("2 × sample_size"),
    closed(1.0, u32::MAX as f64),
    "observations",
    "Accept an unusual stretch as usual after this many observations",
);
pub(crate) const THRESHOLD: Parameter = row(
    "threshold",
    Kind::Name(THRESHOLDS),
    Name("calibrated"),
    ANY,
    "",
    "Turn scores into decisions by this method",
);
pub(crate) const FALSE_ALARM_RATE: Parameter = row(
    "false_alarm_rate",
    Kind::Real,
    Real(5e-4),
    closed(1e-12, 0.5),
    "of the observations",
    "Let this fraction of a calm stream exceed the boundary",
);
pub(crate) const IGNORE_NEAR_EXPECTED: Parameter = row(
    "ignore_near_expected",
    Kind::Real,
    Real(0.0),
    at_least(0.0),
    "of the input",
    "Ignore observations this near to the expected value",
);
pub(crate) const RULES: Parameter = row(
    "rules",
    Kind::Rules,
    Rule("none"),
    ANY,
    "",
    "Do not report candidates that these rules ignore",
);
pub(crate) const NOISE_FLOOR: Parameter = row(
    "noise_floor",
    Kind::Real,
    Real(0.001),
    closed(0.0, 1.0),
    "of the level",
    "Ignore smaller relative changes of an otherwise constant input",
);
pub(crate) const SILENCE: Parameter = row(
    "silence",
    Kind::Integer,
    Integer(50),
    at_least(0.0),
    "observations",
    "Report no further alerts for this many observations after the first one of an event; 0 reports each",
);
pub(crate) const QUIET: Parameter = row(
    "quiet",
    Kind::Integer,
    Integer(50),
    at_least(0.0),
    "observations",
    "End an event after this many observations below the boundary",
);
pub(crate) const HORIZON: Parameter = row(
    "horizon",
    Kind::Integer,
    Integer(1),
    closed(1.0, MAX_HORIZON as f64),
    "observations",
    "Forecast this many observations",
);
pub(crate) const COVERAGE: Parameter = row(
    "coverage",
    Kind::Real,
    Real(0.8),
    closed(0.01, 0.99),
    "of the values",
    "Compute intervals that contain this fraction of the values",
);
pub(crate) const LIMITS: Parameter = row(
    "limits",
    Kind::PairPerInput,
    Rule("none"),
    ANY,
    "of the input",
    "Keep forecasts within the least and the greatest possible value",
);
pub(crate) const COMPONENTS: Parameter = row(
    "components",
    Kind::Names(COMPONENT_NAMES),
    Rule("all"),
    ANY,
    "",
    "Mix the forecasts of these components",
);

pub(crate) const DISTANCE_SAMPLE_SIZE: Parameter = row(
    "sample_size",
    Kind::Integer,
    Integer(256),
    closed(2.0, MAX_SAMPLED_OBJECTS as f64),
    "objects",
    "Keep this many objects of the stream",
);
pub(crate) const DISTANCE_TIME_DECAY: Parameter = row(
    "time_decay",
    Kind::Real,
    Rule("1 / (10 × sample_size)"),
    closed(0.0, 1.0),
    "per object",
    "Reduce the weight of old objects at this rate; 0 forgets nothing",
);
pub(crate) const DISTANCE_WARM_UP: Parameter = row(
    "warm_up",
    Kind::Integer,
    Rule("sample_size / 4"),
    at_least(1.0),
    "objects",
    "Cluster for the first time after this many objects; decisions wait for 100 scores more",
);
pub(crate) const CLUSTERS: Parameter = row(
    "clusters",
    Kind::Integer,
    Integer(16),
    closed(1.0, MAX_SAMPLED_OBJECTS as f64),
    "clusters",
    "Find at most this many clusters; those that overlap become one",
);
pub(crate) const REPRESENTATIVES: Parameter = row(
    "representatives",
    Kind::Integer,
    Integer(1),
    closed(1.0, 100.0),
    "objects",
    "Represent each cluster by up to this many scattered objects",
);
pub(crate) const SHRINKAGE: Parameter = row(
    "shrinkage",
    Kind::Real,
    Real(0.0),
    closed(0.0, 1.0),
    "",
    "Measure this fraction of a distance from the center of a cluster, the rest from the nearest object",
);

/// The parameters of a [`RandomCutForest`](crate::RandomCutForest).
pub const FOREST: &[&Parameter] = &[
    &INPUT_DIMENSIONS,
    &FOREST_SHINGLE_SIZE,
    &NUMBER_OF_TREES,
    &SAMPLE_SIZE,
    &TIME_DECAY,
    &OUTPUT_AFTER,
    &INITIAL_ACCEPT_FRACTION,
    &INTERNAL_SHINGLING,
    &SEED,
    &SHINGLE_ROTATION,
    &STORE_SEQUENCE_NUMBERS,
    &STORE_LABELS,
    &FOREST_NOISE_FLOOR,
    &RELATIVE_NOISE_FLOOR,
    &FOREST_MEMORY_PROFILE,
    &BOUNDING_BOX_CACHE_FRACTION,
];

/// The parameters of an [`AnomalyDetector`](crate::AnomalyDetector).
///
/// `patience` belongs to [`Learning`](crate::Learning), and has no separate setter.
pub const DETECTOR: &[&Parameter] = &[
    &INPUT_DIMENSIONS,
    &SHINGLE_SIZE,
    &NUMBER_OF_TREES,
    &SAMPLE_SIZE,
    &TIME_DECAY,
    &INITIAL_ACCEPT_FRACTION,
    &SEED,
    &WARM_UP,
    &TRANSFORM,
    &TRANSFORM_DECAY,
    &WEIGHTS,
    &IMPUTATION,
    &TIME_GAP_INPUT,
    &MAX_TIME_JUMP,
    &LEARNING,
    &PATIENCE,
    &FALSE_ALARM_RATE,
    &THRESHOLD,
    &IGNORE_NEAR_EXPECTED,
    &RULES,
    &NOISE_FLOOR,
    &SILENCE,
    &QUIET,
    &MEMORY_PROFILE,
];

/// The parameters of a [`Forecaster`](crate::Forecaster).
pub const FORECASTER: &[&Parameter] = &[
    &INPUT_DIMENSIONS,
    &SHINGLE_SIZE,
    &NUMBER_OF_TREES,
    &SAMPLE_SIZE,
    &SEED,
    &TRANSFORM,
    &HORIZON,
    &COVERAGE,
    &LIMITS,
    &COMPONENTS,
];

/// The parameters of a [`DistanceDetector`](crate::distance::DistanceDetector).
pub const DISTANCE_DETECTOR: &[&Parameter] = &[
    &DISTANCE_SAMPLE_SIZE,
    &DISTANCE_TIME_DECAY,
    &SEED,
    &DISTANCE_WARM_UP,
    &CLUSTERS,
    &REPRESENTATIVES,
    &SHRINKAGE,
    &FALSE_ALARM_RATE,
];
