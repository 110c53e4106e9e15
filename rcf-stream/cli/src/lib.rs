//! The `rcf` program: its commands, and what they need besides the library `rcf-stream`.

#![forbid(unsafe_code)]

mod commands;
pub mod demo;
pub mod detect;
pub mod findings;
pub mod http;
pub mod migrate;
pub mod multilang;
pub mod report;
pub mod sentence;
pub mod telemetry;

pub use commands::main;
#[cfg(unix)]
pub use commands::note_closed_streams;
