//! Kinesis streams to read from and write to. These types exist in every build, so that a binary
//! without the `kinesis` feature can read a configuration that needs it and say so.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::Timestamp;

/// Where to start in a shard for which there is no position yet. In a configuration:
/// `"trim_horizon"`, `"latest"` or a time in UTC such as `"2026-01-27T08:00:00Z"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StartPosition {
    /// At the oldest record that the stream still holds.
    #[default]
    TrimHorizon,
    /// After the newest record. Shards that appear later are read from their start.
    Latest,
    /// At the first record that arrived then or later.
    AtTimestamp(Timestamp),
}

/// The text is not a valid start position.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a valid start position; write \"trim_horizon\", \"latest\", \
     or a moment in UTC such as \"2026-01-27T08:00:00Z\""
)]
pub struct ParseStartPositionError(String);

impl FromStr for StartPosition {
    type Err = ParseStartPositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "trim_horizon" => Ok(Self::TrimHorizon),
            "latest" => Ok(Self::Latest),
            moment => match moment.parse() {
                Ok(timestamp) => Ok(Self::AtTimestamp(timestamp)),
                Err(_) => Err(ParseStartPositionError(text.to_owned())),
            },
        }
    }
}

impl TryFrom<String> for StartPosition {
    type Error = ParseStartPositionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<StartPosition> for String {
    fn from(start: StartPosition) -> Self {
        match start {
            StartPosition::TrimHorizon => "trim_horizon".to_owned(),
            StartPosition::Latest => "latest".to_owned(),
            StartPosition::AtTimestamp(timestamp) => timestamp.to_string(),
        }
    }
}

/// What to do when the stream no longer holds the last consumed record: the records after it
/// may also be lost, and cannot be recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTrimmed {
    /// Log a warning and continue at the oldest record that is left.
    #[default]
    Continue,
    /// Stop with an error. A stream that was silent for longer than its retention also stops,
    /// because it cannot be distinguished from one that lost records.
    Fail,
}

/// The only place where credentials are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialsSource {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    Environment,
    /// The AWS profile, also one with a role or a `credential_process`.
    Profile,
    /// The role of the machine, from its metadata service.
    Instance,
}

impl CredentialsSource {
    /// The names in a configuration.
    pub(crate) const NAMES: &'static [&'static str] = &["environment", "profile", "instance"];

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "environment" => Some(Self::Environment),
            "profile" => Some(Self::Profile),
            "instance" => Some(Self::Instance),
            _ => None,
        }
    }
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
    /// Where the credentials are; `None` tries every place.
    #[serde(default)]
    pub credentials: Option<CredentialsSource>,
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
    /// Wait for new records indefinitely. `false` stops at the newest record of every shard, for
    /// reading a stream once.
    #[serde(default = "default_follow")]
    pub follow: bool,
    /// What to do about records that were trimmed before they could be read.
    #[serde(default)]
    pub on_trimmed: OnTrimmed,
    /// The ARN of a registered consumer: records are pushed to it by enhanced fan-out, instead of
    /// polled.
    #[serde(default)]
    pub consumer_arn: Option<String>,
}

impl KinesisSourceConfig {
    /// A stream with defaults for everything else.
    #[must_use]
    pub fn new(stream: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            region: None,
            endpoint_url: None,
            credentials: None,
            start: StartPosition::default(),
            poll_interval_ms: default_poll_interval_ms(),
            max_records: default_max_records(),
            follow: default_follow(),
            on_trimmed: OnTrimmed::default(),
            consumer_arn: None,
        }
    }
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
    /// Where the credentials are; `None` tries every place.
    #[serde(default)]
    pub credentials: Option<CredentialsSource>,
}

fn default_poll_interval_ms() -> u64 {
    250
}

fn default_max_records() -> u32 {
    10_000
}

fn default_follow() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<KinesisSourceConfig, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_but_the_stream_has_a_default() {
        assert_eq!(
            read(r#"{"stream": "in"}"#),
            Ok(KinesisSourceConfig::new("in"))
        );
    }

    #[test]
    fn a_start_is_a_name_or_a_moment() {
        let starts = ["trim_horizon", "latest", "2026-01-27T08:00:00.250Z"];
        for text in starts {
            let start: StartPosition = text.parse().unwrap();
            assert_eq!(String::from(start), text);
        }
        let error = read(r#"{"stream": "in", "start": "newest"}"#).unwrap_err();
        assert!(
            error.contains(r#"write "trim_horizon", "latest""#),
            "{error}"
        );
    }
}
