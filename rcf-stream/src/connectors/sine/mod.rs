//! A generated sine wave with drops.

mod config;
mod source;

pub use config::CONNECTOR;
pub use source::{DROP_VALUE, Drops, SineConfig, SineSource};
