//! Errors, with one variant for each violated rule.

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

/// A detection cannot be marked as normal. The detector is exactly as it was before the call.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MarkError {
    /// Nothing was found that could be normal.
    #[error("only a candidate (a detection with evidence above 1) can be marked as normal")]
    NoCandidate,
    /// The detection is one of another detector.
    #[error("the detection belongs to another detector: this one has {inputs} inputs")]
    OtherInputs {
        /// How many inputs the detector has.
        inputs: usize,
    },
    /// There are enough marks.
    #[error("a detector can have {max} marks: remove one, or use a rule")]
    TooMany {
        /// How many there may be.
        max: usize,
    },
}

/// An input was refused. The forest is exactly as it was before the call.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// The number of values is not the number of dimensions.
    #[error("expected {expected} values, got {got}")]
    WrongLength {
        /// How many values the forest takes.
        expected: usize,
        /// How many were given.
        got: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {index} is not finite: {value}")]
    NotFinite {
        /// Position of the value in the input, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A value is too large for single precision.
    #[error("value {index} is out of range: {value:e} is beyond ±{limit:e}")]
    OutOfRange {
        /// Position of the value in the input, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// The largest magnitude that is accepted.
        limit: f64,
    },
    /// What was asked for needs a forest that is ready.
    #[error("the forest is not ready after {updates} observations; update it until is_ready()")]
    NotReady {
        /// Observations taken so far.
        updates: u64,
    },
    /// A missing value is said to be where no value is.
    #[error("missing position {position} does not exist: there are {length} values")]
    MissingPosition {
        /// The position, from 0.
        position: usize,
        /// Number of values that were given.
        length: usize,
    },
    /// A missing value is named twice.
    #[error("missing position {position} is named twice")]
    MissingTwice {
        /// The position, from 0.
        position: usize,
    },
    /// A centrality is not from 0 to 1.
    #[error("centrality must be in 0..=1, got {got}")]
    Centrality {
        /// The requested value.
        got: f64,
    },
    /// A precision is negative or not a number.
    #[error("precision must be 0 or more, got {got}")]
    Precision {
        /// The requested value.
        got: f64,
    },
    /// There is too little history to suggest parameters.
    #[error("a suggestion needs at least {least} observations with at least one input, got {got}")]
    TooShort {
        /// The least number of observations.
        least: usize,
        /// How many were given.
        got: usize,
    },
    /// A timestamp is not finite, or not after the one before.
    #[error("timestamps must be finite and increase: {got} came after {last}")]
    Timestamp {
        /// The timestamp.
        got: f64,
        /// The one before; −∞ for the first.
        last: f64,
    },
    /// A timestamp is too far after the one before.
    #[error("timestamp {got} is more than max_time_jump = {limit} after {last}")]
    TimeJump {
        /// The timestamp.
        got: f64,
        /// The one before.
        last: f64,
        /// How far ahead it may be.
        limit: f64,
    },
    /// There is not one timestamp for each observation.
    #[error("each of the {expected} rows needs a timestamp, got {got}")]
    Timestamps {
        /// The number of observations.
        expected: usize,
        /// The number of timestamps.
        got: usize,
    },
    /// A bootstrap of a detector that has begun.
    #[error(
        "bootstrap needs a new detector, but this one has taken {records} observations; use fit() \
         to learn from more history"
    )]
    AlreadyStarted {
        /// Observations taken so far.
        records: u64,
    },
    /// The points of a bootstrap cannot lie this many observations apart.
    #[error("spacing must be in 1..={most} observations, got {got}")]
    Spacing {
        /// The requested value.
        got: usize,
        /// The largest one.
        most: usize,
    },
    /// A line needs two ends.
    #[error("a bootstrap needs at least 2 points, got {got}")]
    TooFewPoints {
        /// How many were given.
        got: usize,
    },
    /// A weight is outside its range.
    #[error("weight must be in {least:e}..={most:e}, got {got}")]
    Weight {
        /// The requested value.
        got: f64,
        /// The smallest weight.
        least: f64,
        /// The largest weight.
        most: f64,
    },
    /// A label was given to a forest that keeps none.
    #[error("the forest does not store labels; build it with store_labels(true)")]
    LabelsNotStored,
    /// A deletion by sequence number or time from a forest that keeps none.
    #[error(
        "the forest does not store sequence numbers; build it with store_sequence_numbers(true)"
    )]
    SequenceNumbersNotStored,
    /// A distance is negative, not a number, or beyond 1e100.
    #[error("distance must be at least 0, got {got}")]
    Distance {
        /// The value.
        got: f64,
    },
    /// A shrinkage is not from 0 to 1.
    #[error("shrinkage must be in 0..=1, got {got}")]
    Shrinkage {
        /// The requested value.
        got: f64,
    },
    /// The label is the number that is reserved for points without a label.
    #[error("i64::MIN is reserved for points without a label; use another number")]
    Label,
    /// A summary of no clusters was asked for.
    #[error("a summary needs at least 1 cluster, and a cluster at least 1 representative")]
    NoClusters,
    /// A manifold dimension is not positive.
    #[error("manifold_dimension must be above 0, got {got}")]
    ManifoldDimension {
        /// The requested value.
        got: f64,
    },
}

impl InputError {
    /// The same error about values that start at `offset` of those that were given.
    pub(crate) fn moved_by(mut self, offset: usize) -> Self {
        if let Self::NotFinite { index, .. } | Self::OutOfRange { index, .. } = &mut self {
            *index += offset;
        }
        self
    }
}

/// A row of an array was refused. The forest is exactly as it was before the call.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("row {row}: {source}")]
pub struct ArrayError {
    /// The first row that is wrong, from 0.
    pub row: usize,
    /// What is wrong with it.
    pub source: InputError,
}

/// Saved bytes cannot be restored.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The bytes do not start with the signature of an rcf state.
    #[error("not an rcf state: the signature is missing")]
    NotAState,
    /// There are fewer bytes than the header promises.
    #[error("the state is truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes that are there.
        got: u64,
    },
    /// There are more bytes than the header promises.
    #[error("{extra} bytes follow the end of the state")]
    TrailingBytes {
        /// How many.
        extra: u64,
    },
    /// Written by a release whose format this one does not know.
    #[error("state format {found} is not supported; this release reads up to format {supported}")]
    UnsupportedVersion {
        /// The format version found.
        found: u16,
        /// The newest format version known.
        supported: u16,
    },
    /// The body is encoded in a way this release does not know.
    #[error("unknown encoding {found} of the state body")]
    UnsupportedEncoding {
        /// The encoding id found.
        found: u16,
    },
    /// The state holds another kind of model.
    #[error("the state is a model of kind {found}, expected kind {expected}")]
    WrongKind {
        /// The kind expected.
        expected: u16,
        /// The kind found.
        found: u16,
    },
    /// The checksum does not match: the bytes were damaged.
    #[error("the state is damaged: checksum {found:#010x}, computed {computed:#010x}")]
    Checksum {
        /// The checksum that was stored.
        found: u32,
        /// The checksum of the bytes that are there.
        computed: u32,
    },
    /// The body cannot be decoded.
    #[error("the state body cannot be decoded: {reason}")]
    Malformed {
        /// What the decoder met.
        reason: String,
    },
    /// The body decodes, but breaks an invariant of the forest.
    #[error("the state is inconsistent: {reason}")]
    Inconsistent {
        /// The invariant that does not hold.
        reason: String,
    },
    /// The saved parameters break a rule of the builder.
    #[error("the saved parameters are invalid: {0}")]
    Config(#[from] ConfigError),
}
