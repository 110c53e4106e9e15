//! Connectors: one folder each, with its configuration, its source and its sink.

pub mod file;
pub mod kinesis;
pub mod memory;
pub mod sine;
