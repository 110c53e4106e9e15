//! A stateful, checkpointed Random Cut Forest operator for record streams.
//!
//! The way of one record:
//! [`Source`](source::Source) → decode → operator → encode → [`Sink`](sink::Sink), and from time
//! to time a checkpoint that holds the operator's state *and* the positions up to which the
//! source was consumed, in one atomic step.

#![forbid(unsafe_code)]

pub mod assemble;
pub mod checkpoint;
pub mod config;
pub mod decode;
pub mod encode;
pub mod error;
pub mod event;
pub mod kinesis;
pub mod operator;
pub mod pipeline;
pub mod record;
pub mod sink;
pub mod source;
mod suggest;

pub use error::{BadRecord, PipelineError, SinkError, SourceError};
pub use operator::{RandomCutForestOperator, Scored};
pub use pipeline::{OnBadRecord, Pipeline, Summary};
pub use record::{OutputRecord, Position, Positions, Record, Timestamp};
