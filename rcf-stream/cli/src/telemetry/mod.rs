//! What operators see of a running pipeline: the [live](live::Live) page, and a sentence for each
//! anomaly.

pub mod live;
mod sentence;

pub use sentence::{Finding, sentence};
