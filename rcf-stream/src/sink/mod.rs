//! Where results go.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::SinkError;
use crate::record::OutputRecord;

pub mod kinesis;
pub mod lines;
pub mod memory;

/// How far a sink got, in its own words: a file sink writes its length here. The checkpoint keeps
/// it, and opening the sink with it takes back everything that was written later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SinkPosition(pub String);

/// Takes encoded results.
///
/// A sink that returns a [`SinkPosition`] gives each result exactly once, across any crash. Others
/// give it at least once, with equal ids and equal bytes.
#[async_trait]
pub trait Sink: Send {
    /// Takes results, in order. It may return before they are durable, but holds a bounded number
    /// of them: when full it waits. Results with the same partition key keep their order.
    ///
    /// # Errors
    /// Errors that a retry may heal are retried inside; what comes out ends the pipeline.
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError>;

    /// Returns when everything written so far is acknowledged and durable.
    ///
    /// # Errors
    /// As for [`write`](Sink::write).
    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError>;
}
