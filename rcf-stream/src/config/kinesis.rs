//! Kinesis streams to read from and write to. These types exist in every build, so that a binary
//! without the `kinesis` feature can read a configuration that needs it and say so.

use serde::{Deserialize, Serialize};

/// Where to start in a shard for which there is no position yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartPosition {
    /// At the oldest record that the stream still holds.
    #[default]
    TrimHorizon,
    /// After the newest record. Shards that appear later are read from their start.
    Latest,
}

/// A Kinesis stream to read: all its shards, parents before children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KinesisSourceConfig {
    /// The name of the stream.
    pub stream: String,
    /// The AWS region; `None` asks the environment and the AWS profile.
    pub region: Option<String>,
    /// Another endpoint than the region's, such as an emulator.
    pub endpoint_url: Option<String>,
    /// Where to start without a checkpoint.
    #[serde(default)]
    pub start: StartPosition,
    /// Milliseconds between two reads of a shard that has nothing new. Kinesis allows five reads
    /// per second and shard over all consumers.
    #[serde(default = "default_poll_interval_ms")]
    pub poll_interval_ms: u64,
    /// The most records to ask for at once, 1 to 10,000.
    #[serde(default = "default_max_records")]
    pub max_records: u32,
}

/// A Kinesis stream to write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KinesisSinkConfig {
    /// The name of the stream.
    pub stream: String,
    /// The AWS region; `None` asks the environment and the AWS profile.
    pub region: Option<String>,
    /// Another endpoint than the region's, such as an emulator.
    pub endpoint_url: Option<String>,
}

fn default_poll_interval_ms() -> u64 {
    250
}

fn default_max_records() -> u32 {
    10_000
}
