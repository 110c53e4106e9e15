//! A stateful, checkpointed Random Cut Forest operator for record streams.
//!
//! The path of a record:
//! [`Source`](source::Source) → [`Decoder`](decode::Decoder) →
//! [`RandomCutForestOperator`] → [`Encoder`](encode::Encoder) → [`Sink`](sink::Sink), and from time
//! to time a [checkpoint] that holds the operator's state *and* the positions up to which the
//! source was consumed, in one atomic step. The operator alone needs none of the rest: see
//! [`operator`].
//!
//! # What a restart gives
//! - Each model sees each record exactly once, whatever happens, and continues bit by bit.
//! - A file gets each result exactly once: it is truncated to the length in the checkpoint.
//! - Other sinks get each result at least once, and a repeated one has the same id and the same
//!   bytes. A consumer that drops repeated ids sees each exactly once; no sink without
//!   transactions can give more.
//!
//! # Features
//! | feature | content |
//! |---|---|
//! | `operator` (default) | [`operator`], and bytes to values and back: [`decode`], [`encode`] |
//! | `pipeline` | the loop with checkpoints, its configuration, the generator and memory |
//! | `files` | lines of files and of the standard streams |
//! | `kinesis` | Amazon Kinesis Data Streams |
//! | `s3` | checkpoints in S3 |
//!
//! # A pipeline in a program
#![cfg_attr(feature = "files", doc = "```")]
#![cfg_attr(not(feature = "files"), doc = "```ignore")]
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
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "pipeline")]
pub mod assemble;
#[cfg(feature = "operator")]
pub mod categories;
#[cfg(feature = "pipeline")]
pub mod checkpoint;
#[cfg(feature = "pipeline")]
pub mod config;
#[cfg(feature = "pipeline")]
pub mod connectors;
#[cfg(feature = "operator")]
pub mod decode;
#[cfg(feature = "operator")]
pub mod encode;
#[cfg(feature = "operator")]
pub mod event;
#[cfg(feature = "pipeline")]
mod held_up;
pub mod identity;
#[cfg(feature = "pipeline")]
pub mod lines;
#[cfg(feature = "operator")]
pub mod number;
#[cfg(feature = "pipeline")]
pub mod observer;
#[cfg(feature = "operator")]
pub mod operator;
#[cfg(feature = "operator")]
pub mod overdue;
#[cfg(feature = "pipeline")]
pub mod pipeline;
#[cfg(feature = "pipeline")]
pub mod reading;
pub mod record;
#[cfg(feature = "pipeline")]
pub mod settings;
#[cfg(feature = "pipeline")]
pub mod sink;
#[cfg(feature = "pipeline")]
pub mod source;
#[cfg(feature = "operator")]
mod suggest;
#[cfg(feature = "operator")]
pub mod suppressions;
pub mod time;

#[cfg(feature = "pipeline")]
#[cfg(feature = "operator")]
pub use operator::{RandomCutForestOperator, Scored};
#[cfg(feature = "pipeline")]
pub use pipeline::{BadRecord, OnBadRecord, Pipeline, PipelineError, Summary};
pub use record::{Header, Headers, OutputRecord, Position, Positions, Record, Timestamp};
#[cfg(feature = "pipeline")]
pub use sink::SinkError;
#[cfg(feature = "pipeline")]
pub use source::SourceError;

/// The cause inside a client library.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

// The code on the front page compiles and runs.
#[cfg(all(doctest, feature = "operator"))]
#[doc = include_str!("../../README.md")]
struct FrontPage;
