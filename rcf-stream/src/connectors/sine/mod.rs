//! A generated sine wave with drops.

mod source;

pub use source::{DROP_VALUE, Drops, SineConfig, SineSource};
