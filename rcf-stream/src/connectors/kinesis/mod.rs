//! Amazon Kinesis Data Streams: what its source and its sink share.
//!
//! Everything here is written against [`KinesisApi`], the few requests that we make, in our own
//! terms. `SdkClient` implements them with the AWS SDK, which nothing else uses; it needs the cargo
//! feature `kinesis`. The rest is in every build and tested against a stream in memory that
//! throttles, expires and fails on demand, as no emulator does.

pub(crate) mod aggregate;
mod api;
mod backoff;
#[cfg(feature = "kinesis")]
mod client;
mod config;
mod connector;
#[cfg(test)]
pub(crate) mod memory;
mod sink;
mod source;

pub use api::{
    ApiError, ErrorKind, FetchedRecord, IteratorStart, KinesisApi, PutEntry, RecordPage, Rejection,
    Shard, ShardPage, Subscription,
};
pub(crate) use backoff::{Backoff, retry, retry_at_work};
#[cfg(feature = "kinesis")]
pub use client::{Access, ConnectError, SdkClient};
pub use config::{
    CredentialsSource, KinesisSinkConfig, KinesisSourceConfig, OnTrimmed, ParseStartPositionError,
    StartPosition,
};
pub use connector::CONNECTOR;
pub use sink::KinesisSink;
pub use source::KinesisSource;
