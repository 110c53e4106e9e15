//! Errors of observations, queries and feedback.

use thiserror::Error;

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
    /// The call needs a forest that is ready.
    #[error("the forest is not ready after {updates} observations; update it until is_ready()")]
    NotReady {
        /// Observations taken so far.
        updates: u64,
    },
    /// A missing position is beyond the values.
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
        "bootstrap needs a new detector, but this one has taken {observations} observations; use fit() \
         to learn from more history"
    )]
    AlreadyStarted {
        /// Observations taken so far.
        observations: u64,
    },
    /// The points of a bootstrap cannot lie this many observations apart.
    #[error("spacing must be in 1..={most} observations, got {got}")]
    Spacing {
        /// The requested value.
        got: usize,
        /// The largest one.
        most: usize,
    },
    /// A bootstrap interpolates between at least two points.
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
    /// A summary without clusters was requested.
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
