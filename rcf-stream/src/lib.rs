//! A stateful, checkpointed Random Cut Forest operator for record streams.
//!
//! The way of one record:
//! [`Source`](source::Source) → [`Decoder`](decode::Decoder) →
//! [`RandomCutForestOperator`] → [`Encoder`](encode::Encoder) → [`Sink`](sink::Sink), and from time
//! to time a [checkpoint] that holds the operator's state *and* the positions up to which the
//! source was consumed, in one atomic step. The operator alone needs nothing of the rest: see
//! [`operator`].
//!
//! # What a restart gives
//! - Each model sees each record exactly once, whatever happens, and continues bit by bit.
//! - A file gets each result exactly once: it is cut back to the length in the checkpoint.
//! - Other sinks get each result at least once, and a repeated one has the same id and the same
//!   bytes. A consumer that drops repeated ids has each exactly once; no sink without
//!   transactions can give more.
//!
//! # A pipeline in a program
//! ```
//! use rcf_stream::{assemble, config::Layers};
//!
//! # let folder = tempfile::tempdir()?;
//! # let results = folder.path().join("results.jsonl");
//! let settings = format!(
//!     "[source]\nkind = \"sine\"\ncount = 1000\n\n[sink]\npath = {results:?}\n"
//! );
//! let mut layers = Layers::default();
//! layers.toml("settings".as_ref(), &settings)?;
//! let config = layers.build()?;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let pipeline = assemble::open(&config).await?;
//! let summary = pipeline.run(std::future::pending()).await?;
//! assert_eq!(summary.results, 1000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod assemble;
pub mod checkpoint;
pub mod config;
pub mod decode;
pub mod demo;
pub mod detect;
pub mod encode;
pub mod error;
pub mod event;
pub mod http;
pub mod kinesis;
pub mod memory;
pub mod migrate;
pub mod multilang;
pub mod number;
pub mod operator;
pub mod pipeline;
pub mod record;
pub mod report;
pub mod sink;
pub mod source;
mod suggest;
pub mod telemetry;
pub mod time;

pub use error::{BadRecord, PipelineError, SinkError, SourceError};
pub use operator::{RandomCutForestOperator, Scored};
pub use pipeline::{OnBadRecord, Pipeline, Summary};
pub use record::{OutputRecord, Position, Positions, Record, Timestamp};

// The code on the front page compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;
