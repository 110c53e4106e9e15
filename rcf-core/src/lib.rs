//! Random Cut Forest anomaly detection for streams.
//!
//! |  take|you have | use| take |
//! |---|---|
//! | observations, and want a decision for each | [`AnomalyDetector`] |
//! | observations, and want scores, attribution or density | [`RandomCutForest`] |
//! | one stream for each of many keys | [`keyed::DetectorMap`] |
//! | observations, and want the next ones with intervals | [`Forecaster`] |
//! | strings, sets, or other objects with a distance | [`distance::DistanceDetector`] |
//! | categories among the inputs | [`categories::CategoryEncoder`] |
//! | your own function over the trees | [`visitor`] |
//!
//! # A score in five lines
//!
//! A score says how unusual an observation is: about 1 is usual, higher is more anomalous.
//!
//! ```
//! use rcf_core::RandomCutForest;
//!
//! let mut forest = RandomCutForest::builder(1).shingle_size(4).build()?;
//! for t in 0..1000 {
//!     forest.process(&[(f64::from(t) / 10.0).sin()])?; // scores, then learns
//! }
//! assert!(forest.score(&[5.0])? > forest.score(&[0.0])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A decision in five lines
//!
//! A detector calibrates its threshold on the stream, and reports the values that it expected.
//!
//! ```
//! use rcf_core::AnomalyDetector;
//!
//! let mut detector = AnomalyDetector::builder(1).build()?;
//! for t in 0..2_000 {
//!     let value = 20.0 + (f64::from(t) / 10.0).sin() + if t == 900 { 30.0 } else { 0.0 };
//!     assert_eq!(detector.process(&[value])?.is_anomaly(), t == 900);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Save and restore
//!
//! A restored model continues with the same bits, even in the middle of warm-up.
//!
//! ```
//! # use rcf_core::RandomCutForest;
//! let mut forest = RandomCutForest::builder(1).build()?;
//! forest.update(&[1.0])?;
//! let bytes = forest.to_bytes();
//! let mut restored = RandomCutForest::from_bytes(&bytes)?;
//! assert_eq!(restored.process(&[2.0])?, forest.process(&[2.0])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Many keys
//!
//! One model for each key, within a byte budget; models beyond it are spilled and restored on use.
//!
//! ```
//! use rcf_core::AnomalyDetector;
//! use rcf_core::keyed::{DetectorMap, MemorySpill};
//!
//! let template = |_: &String| AnomalyDetector::builder(1).build().expect("valid parameters");
//! let mut map = DetectorMap::builder(template).budget(1 << 20, MemorySpill::new()).build();
//! map.process(&"sensor 1".to_owned(), &[21.5])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Forecasts
//!
//! ```
//! use rcf_core::Forecaster;
//!
//! let mut forecaster = Forecaster::builder(1).horizon(3).coverage(0.9).build()?;
//! let mut newest = None;
//! for t in 0..1000 {
//!     newest = forecaster.process(&[(f64::from(t) / 10.0).sin()])?;
//! }
//! let forecast = newest.expect("the forest is ready");
//! assert!(forecast.lower[[2, 0]] <= forecast.upper[[2, 0]]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works
//!
//! A *random cut tree* partitions a sample of points at random: first it draws a dimension, with
//! probability proportional to the range of the points in it, then a value, uniform within that
//! range, and so on until each point is isolated. An outlier is isolated by few cuts, a point among
//! others by many: the depth at which a point would be inserted measures how unusual it is. A
//! forest of such trees, each over its own sample of the stream that prefers recent points, gives a
//! score without a training phase, an assumed distribution or a scale. Its memory is bounded.
//!
//! The method: Guha, Mishra, Roy, Schrijvers, *Robust Random Cut Forest Based Anomaly Detection on
//! Streams*, ICML 2016.
//!
//! # Features
//!
//! Both are off by default, and neither changes results.
//!
//! - `rayon`: the keys of a batch ([`keyed::DetectorMap::process_batch`]) and the rows of an array
//!   (`RandomCutForest::par_score_array`) are distributed over the threads of a pool.
//! - `serde`: configuration and result types implement `Serialize` and `Deserialize`. Models do
//!   not: `to_bytes` saves them, in formats that later releases read. Deserialized configurations
//!   are checked when a model is built from them.
//!
//! Values may be `f64` or `f32` ([`Real`]). All parameters are listed in [`parameters`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arena;
pub mod categories;
mod cluster;
mod config;
mod detector;
pub mod distance;
mod ensemble;
mod error;
pub mod events;
mod forecaster;
mod forest;
mod geometry;
pub mod keyed;
mod layout;
pub mod parameters;
mod persist;
#[allow(dead_code, unused_imports, reason = "parts are only used in tests")]
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

pub use config::{Config, MemoryProfile, RandomCutForestBuilder};
pub use detector::{
    AnomalyDetector, AnomalyDetectorBuilder, Candidate, Comparison, Condition, Detection,
    DetectorConfig, Direction, EvidenceKind, Ignore, Imputation, InputAttribution, Learning,
    NearExpected, NormalMark, Rule, Suggestion, Suppressed, Threshold, Transform, check_history,
    suggest, suggest_while,
};
pub use error::{ArrayError, ConfigError, InputError, MarkError, StateError};
pub use forecaster::{
    Component, ForecastErrors, Forecaster, ForecasterBuilder, ForecasterConfig, IntervalForecast,
};
pub use forest::{
    Attribution, Cluster, ConditionalField, Density, Explanation, Forecast, Neighbor,
    RandomCutForest, Sample, ScoreEstimate,
};
pub use parameters::{
    MAX_DIMENSIONS, MAX_MAGNITUDE, MAX_SAMPLE_SIZE, MAX_SAMPLED_POINTS, MAX_TREES,
};
pub use real::Real;
pub use sampling::Arrival;
pub use simd::SimdLevel;
pub use visitor::{AnomalyScore, Displacement, ScoringFunction};
