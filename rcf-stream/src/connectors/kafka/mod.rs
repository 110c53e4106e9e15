//! Apache Kafka: topics to read from as a member of a consumer group, and to write to, in
//! transactions where the source is of the same cluster.
//!
//! Settings are in every build. What talks to brokers is written on librdkafka and needs the cargo
//! feature `kafka`.
//!
//! *Exactly once.* A checkpoint of a partition is written first. Then one transaction commits the
//! results and the offsets of the group, and the metadata of each offset names the checkpoint of
//! its partition. So there is one place that says how far a partition is, and it changes together
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
