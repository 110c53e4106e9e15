//! What operators see of a running pipeline: [metrics](metrics()), and the [live](live::Live) page.

pub mod live;
mod metrics;
mod sentence;

pub use metrics::{Metrics, metrics};
pub use sentence::{Finding, sentence};
