//! Errors of parameters.

use thiserror::Error;

/// A parameter of the builder breaks its rule.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `input_dimensions` is zero.
    #[error("input_dimensions must be at least 1")]
    ZeroInputDimensions,
    /// `shingle_size` is zero.
    #[error("shingle_size must be at least 1")]
    ZeroShingleSize,
    /// `input_dimensions × shingle_size` is larger than the forest supports.
    #[error(
        "input_dimensions × shingle_size must be at most {max}, got {input_dimensions} × {shingle_size}"
    )]
    TooManyDimensions {
        /// The requested number of input dimensions.
        input_dimensions: usize,
        /// The requested shingle size.
        shingle_size: usize,
        /// The largest supported product.
        max: usize,
    },
    /// `number_of_trees` is outside its range.
    #[error("number_of_trees must be in 1..={max}, got {got}")]
    NumberOfTrees {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// `sample_size` is outside its range.
    #[error("sample_size must be in 1..={max}, got {got}")]
    SampleSize {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// `number_of_trees × sample_size` is larger than the forest supports.
    #[error(
        "number_of_trees × sample_size must be at most {max}, got {number_of_trees} × {sample_size}"
    )]
    TooManyPoints {
        /// The requested number of trees.
        number_of_trees: usize,
        /// The requested sample size.
        sample_size: usize,
        /// The largest supported product.
        max: usize,
    },
    /// `time_decay` is negative, too large, or not a number.
    #[error("time_decay must be in 0..=1 (0 samples uniformly), got {got}")]
    TimeDecay {
        /// The requested value.
        got: f64,
    },
    /// `initial_accept_fraction` is not in (0, 1].
    #[error("initial_accept_fraction must be in (0, 1], got {got}")]
    InitialAcceptFraction {
        /// The requested value.
        got: f64,
    },
    /// `warm_up` is zero.
    #[error("warm_up must be at least 1 observation")]
    ZeroWarmUp,
    /// `transform_decay` is not in (0, 0.1).
    #[error("transform_decay must be above 0 and below 0.1, got {got}")]
    TransformDecay {
        /// The requested value.
        got: f64,
    },
    /// A list with one entry for each input has another length.
    #[error("{name} must have one value for each input: expected {expected}, got {got}")]
    PerInput {
        /// What the list is.
        name: &'static str,
        /// The number of inputs.
        expected: usize,
        /// The length of the list.
        got: usize,
    },
    /// A weight is too small, too large, or not a number.
    #[error("weights must be from 1e-6 to 1e6, got {got}")]
    Weight {
        /// The weight.
        got: f64,
    },
    /// A fixed value for missing ones is not finite or out of range.
    #[error("fixed values of imputation must be within ±1e30, got {got}")]
    FixedValue {
        /// The value.
        got: f64,
    },
    /// A count in the learning policy is zero.
    #[error("the counts of learning must be at least 1")]
    ZeroInLearning,
    /// A horizon is zero, or larger than is supported.
    #[error("horizon must be in 1..={max}, got {got}")]
    Horizon {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// A coverage is not from 0.01 to 0.99.
    #[error("coverage must be in 0.01..=0.99, got {got}")]
    Coverage {
        /// The requested value.
        got: f64,
    },
    /// A forecaster without components has nothing to forecast with.
    #[error("components must name at least one component")]
    NoComponents,
    /// The limits of the forecasts of an input are not in order.
    #[error("limits must be in order, the least value first, got {least} and {greatest}")]
    Limits {
        /// The least value.
        least: f64,
        /// The greatest value.
        greatest: f64,
    },
    /// The number of clusters is out of range.
    #[error("clusters must be in 1..={max}, got {got}")]
    Clusters {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// The number of representatives of a cluster is out of range.
    #[error("representatives must be in 1..=100, got {got}")]
    Representatives {
        /// The requested value.
        got: usize,
    },
    /// A shrinkage is not from 0 to 1.
    #[error("shrinkage must be in 0..=1, got {got}")]
    Shrinkage {
        /// The requested value.
        got: f64,
    },
    /// The sample of a distance detector is too small or too large.
    #[error("sample_size must be in 2..={max} objects, got {got}")]
    SampledObjects {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// The number of categories that are remembered is out of range.
    #[error("capacity must be in 1..={max} categories, got {got}")]
    Capacity {
        /// The requested value.
        got: usize,
        /// The largest supported value.
        max: usize,
    },
    /// The false alarm rate is out of range.
    #[error("false_alarm_rate must be at least 1e-12 and at most 0.5, got {got}")]
    FalseAlarmRate {
        /// The value that was given.
        got: f64,
    },
    /// The longest jump of timestamps is out of range.
    #[error("max_time_jump must be above 0 and finite, got {got}")]
    MaxTimeJump {
        /// The value that was given.
        got: f64,
    },
    /// A parameter of the threshold is out of range.
    #[error("the parameters of a threshold must be above 0 and at most 1e6, got {got}")]
    Threshold {
        /// The value that was given.
        got: f64,
    },
    /// An allowance of `ignore_near_expected` is negative or not finite.
    #[error("the distances of ignore_near_expected must be finite and at least 0")]
    NearExpected,
    /// A rule cannot be read, or cannot work.
    #[error("the rule {rule:?} is invalid: {reason}")]
    Rule {
        /// The rule.
        rule: String,
        /// What is wrong.
        reason: String,
    },
    /// `noise_floor` is not in [0, 1].
    #[error("noise_floor must be in 0..=1 (a fraction of the level), got {got}")]
    NoiseFloor {
        /// The requested value.
        got: f64,
    },
    /// Shingles that are built outside cannot be rotated by the forest.
    #[error(
        "shingle_rotation needs internal_shingling: rotate the points yourself, or let the forest build them"
    )]
    RotationOutside,
    /// `noise_floor` has not one value for each input dimension.
    #[error(
        "noise_floor must have {expected} values, one for each input dimension, or none; got {got}"
    )]
    NoiseFloorLength {
        /// The number of input dimensions.
        expected: usize,
        /// The number of values.
        got: usize,
    },
    /// A noise floor is negative, too large, or not a number.
    #[error("each noise_floor must be in 0..={max:e}, got {got}")]
    NoiseFloorValue {
        /// The requested value.
        got: f64,
        /// The largest supported value.
        max: f64,
    },
    /// `bounding_box_cache_fraction` is not from 0.125 to 1.
    #[error("bounding_box_cache_fraction must be in 0.125..=1, got {got}")]
    BoundingBoxCacheFraction {
        /// The requested value.
        got: f64,
    },
    /// `relative_noise_floor` is not from 0 to 1.
    #[error("relative_noise_floor must be in 0..=1, got {got}")]
    RelativeNoiseFloor {
        /// The requested value.
        got: f64,
    },
}
