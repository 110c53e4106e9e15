//! The messages of the protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};

use super::MultilangError;

/// From the daemon.
#[derive(Debug, Deserialize)]
#[serde(
    tag = "action",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Message {
    Initialize {
        shard_id: String,
        sequence_number: Option<String>,
        sub_sequence_number: Option<u64>,
    },
    ProcessRecords {
        records: Vec<DaemonRecord>,
        millis_behind_latest: Option<u64>,
    },
    /// The answer to our checkpoint.
    Checkpoint {
        error: Option<String>,
    },
    LeaseLost {},
    ShardEnded {},
    ShutdownRequested {},
    /// Of the first version of the protocol.
    Shutdown {
        reason: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DaemonRecord {
    #[serde(deserialize_with = "base64")]
    pub(super) data: Vec<u8>,
    #[serde(default)]
    pub(super) partition_key: String,
    pub(super) sequence_number: String,
    #[serde(default)]
    pub(super) sub_sequence_number: Option<u64>,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub(super) approximate_arrival_timestamp: Option<i64>,
}

/// To the daemon.
#[derive(Debug, Serialize)]
#[serde(
    tag = "action",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Answer<'a> {
    Status {
        response_for: &'static str,
    },
    /// Without a sequence number: the end of the shard.
    Checkpoint {
        sequence_number: Option<&'a str>,
        sub_sequence_number: Option<u64>,
    },
}

impl Message {
    pub(super) fn read(line: &str) -> Result<Self, MultilangError> {
        serde_json::from_str(line).map_err(|error| MultilangError::Message {
            line: line.chars().take(80).collect(),
            reason: error.to_string(),
        })
    }

    /// Its name in the protocol.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Initialize { .. } => "initialize",
            Self::ProcessRecords { .. } => "processRecords",
            Self::Checkpoint { .. } => "checkpoint",
            Self::LeaseLost {} => "leaseLost",
            Self::ShardEnded {} => "shardEnded",
            Self::ShutdownRequested {} => "shutdownRequested",
            Self::Shutdown { .. } => "shutdown",
        }
    }
}

fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}
