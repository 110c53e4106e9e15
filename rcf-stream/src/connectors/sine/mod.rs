//! A generated sine wave with drops.

mod connector;
mod source;

pub use connector::CONNECTOR;
pub use source::{DROP_VALUE, Drops, SineConfig, SineSource};
