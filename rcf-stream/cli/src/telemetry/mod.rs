//! Telemetry of a running pipeline: [counters](Metrics), the [live](live::Live) page, and a
//! sentence for each anomaly. The first two are observers of the pipeline.

pub mod live;
mod metrics;
mod sentence;

pub use metrics::Metrics;
pub use sentence::{Finding, sentence};
