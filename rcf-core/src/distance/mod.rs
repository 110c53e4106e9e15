//! Objects of any type that have a distance: strings, sets, histograms.
//!
//! A forest cuts the ranges of numbers. Without numbers, a distance between two objects is enough
//! to decide what is usual: a sample of the stream is [clustered](Summarizer), and an object far
//! from all clusters, measured by their own extents, [is an anomaly](DistanceDetector).
//!
//! A distance is a closure of two objects. It returns 0 for equal ones, otherwise a number above 0,
//! the same in both directions; the triangle inequality is not needed. NaN, infinities and numbers
//! below 0 are refused as [`InputError::Distance`](crate::InputError::Distance), and leave
//! everything as it was.
//!
//! ```
//! use rcf_core::distance::DistanceDetector;
//!
//! // Words that two log lines do not share, as a fraction of all their words (Jaccard).
//! fn distance(a: &str, b: &str) -> f64 {
//!     let [a, b] = [a, b].map(|line| line.split(' ').collect::<std::collections::BTreeSet<_>>());
//!     1.0 - a.intersection(&b).count() as f64 / a.union(&b).count() as f64
//! }
//!
//! let mut detector = DistanceDetector::builder().build()?;
//! for t in 0..1000 {
//!     let line = match t % 2 {
//!         _ if t == 900 => "disk sda1 failed".to_owned(),
//!         0 => format!("user {} logged in", t % 7),
//!         _ => format!("served in {} ms", t % 5),
//!     };
//!     assert_eq!(detector.process(line, |a, b| distance(a, b))?.is_anomaly(), t == 900);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod detector;
mod sample;

pub use crate::cluster::{Cluster, Summarizer};
pub use config::{DistanceDetectorBuilder, DistanceDetectorConfig};
pub use detector::{DistanceDetection, DistanceDetector};

pub(crate) use detector::HIGHEST;
pub(crate) use sample::{SampleParts, StreamSample};
