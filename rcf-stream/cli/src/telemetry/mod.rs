//! Observers of a running pipeline: [counters](Metrics), and the [live](live::Live) page.

pub mod live;
mod metrics;

pub use metrics::Metrics;
