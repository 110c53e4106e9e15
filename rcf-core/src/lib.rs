//! Random Cut Forest anomaly detection for streams.
//!
//! A *random cut tree* splits a sample of points at random: first a dimension, with probability
//! proportional to the range of the points in it, then a value, uniform within that range, and so
//! on until each point is alone. Few cuts set an outlier apart, many are needed for a point among
//! others: the depth at which a point would come to lie tells how unusual it is. A forest of such
//! trees, each over its own sample of the stream with recent points preferred, gives a score that
//! needs no training phase, no distribution and no scale.
//!
//! [`RandomCutForest`] takes records, one by one, and scores each against those before it. Its
//! state fits in memory, is bounded, and can be [saved](RandomCutForest::to_bytes) and
//! [restored](RandomCutForest::from_bytes) so that it goes on bit by bit as if nothing had happened.
//!
//! With the feature `rayon`, the keys of a batch ([`keyed::DetectorMap::process_batch`]) and the rows of an array
//! (`RandomCutForest::par_score_array`) are shared among threads. No result depends on it.
//!
//! The method: Guha, Mishra, Roy, Schrijvers, *Robust Random Cut Forest Based Anomaly Detection on
//! Streams*, ICML 2016.

mod arena;
mod config;
mod detector;
mod ensemble;
mod error;
mod forecaster;
mod forest;
mod geometry;
pub mod keyed;
mod layout;
mod persist;
#[allow(
    dead_code,
    unused_imports,
    reason = "its users land one after the other"
)]
mod predictor;
mod real;
mod rng;
mod row_buffer;
mod sampling;
mod shingle;
mod simd;
#[cfg(test)]
mod testing;
mod tree;
pub mod visitor;

pub use config::{
    Config, MAX_DIMENSIONS, MAX_MAGNITUDE, MAX_SAMPLE_SIZE, MAX_SAMPLED_POINTS, MAX_TREES,
    RandomCutForestBuilder,
};
pub use detector::{
    AnomalyDetector, AnomalyDetectorBuilder, Candidate, Detection, DetectorConfig, Direction,
    EvidenceKind, Imputation, InputAttribution, Learning, NearExpected, Suggestion, Suppressed,
    Threshold, Transform, suggest,
};
pub use error::{ArrayError, ConfigError, InputError, StateError};
pub use forecaster::{
    Component, ForecastErrors, Forecaster, ForecasterBuilder, ForecasterConfig, IntervalForecast,
};
pub use forest::{
    Attribution, Cluster, ConditionalField, Density, Explanation, Forecast, Neighbor,
    RandomCutForest, Sample, ScoreEstimate,
};
pub use real::Real;
pub use sampling::Arrival;
pub use simd::SimdLevel;
pub use visitor::{AnomalyScore, Displacement, ScoringFunction};
