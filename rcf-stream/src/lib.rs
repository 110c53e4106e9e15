//! A stateful, checkpointed Random Cut Forest operator for record streams.
//!
//! The way of one record:
//! [`Source`](source::Source) → decode → operator → encode → [`Sink`](sink::Sink), and from time
//! to time a checkpoint that holds the operator's state *and* the positions up to which the
//! source was consumed, in one atomic step.

#![forbid(unsafe_code)]

pub mod config;
pub mod error;
pub mod record;
pub mod sink;
pub mod source;

pub use error::{SinkError, SourceError};
pub use record::{OutputRecord, Position, Positions, Record, Timestamp};
