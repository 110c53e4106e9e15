//! Apache Kafka: topics as a source, as a member of a consumer group, and as a sink, in
//! transactions if the source is in the same cluster.
//!
//! Settings are in every build. The client is librdkafka and needs the cargo feature `kafka`.
//!
//! *Exactly once.* A checkpoint of a partition is written first. Then one transaction commits the
//! results and the offsets of the group, and the metadata of each offset names the checkpoint of
//! its partition. So one place defines how far a partition has been read, and it changes together
//! with the results: a restart, here or in another process, follows it.

#[cfg(feature = "kafka")]
mod client;
mod config;
mod connector;
#[cfg(feature = "kafka")]
mod error;
#[cfg(feature = "kafka")]
mod group;
#[cfg(feature = "kafka")]
mod headers;
#[cfg(feature = "kafka")]
mod member;
#[cfg(feature = "kafka")]
mod messages;
#[cfg(feature = "kafka")]
mod metadata;
#[cfg(feature = "kafka")]
mod producer;
#[cfg(feature = "kafka")]
mod sink;
#[cfg(feature = "kafka")]
mod source;

pub use config::{
    Delivery, KafkaSinkConfig, KafkaSourceConfig, OnTrimmed, Options, ParseOptionError,
    ParseStartError, Start,
};
pub use connector::CONNECTOR;
