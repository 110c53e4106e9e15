//! A decoded record: what the operator takes.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::decode::Decoded;
use crate::operator::{ForestParameters, OperatorConfigError, RandomCutForestOperator, Scored};
use crate::record::{Record, Timestamp};

/// One decoded record.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The id of the result: that of the record, and for a record of several lines `/` and the
    /// index of the line, from 0.
    pub id: String,
    /// The stream it came from.
    pub stream: Arc<str>,
    /// The shard it came from.
    pub shard: Arc<str>,
    /// The sequence number of its record.
    pub sequence: String,
    /// The partition key of its record.
    pub partition_key: String,
    /// The key it carries; the partition key where no field is configured.
    pub key: String,
    /// The name of the model that takes it.
    pub model: String,
    /// The time it carries, or else when it arrived in the stream.
    pub timestamp: Option<EventTime>,
    /// The values, one for each configured field.
    pub values: Vec<f64>,
    /// Fields that are handed on as they are.
    pub carried: Vec<Option<serde_json::Value>>,
}

impl Event {
    /// Joins a record with what one of its lines was decoded to.
    #[must_use]
    pub fn new(record: &Record, line: Option<usize>, decoded: Decoded, per: ModelPer) -> Self {
        let id = match line {
            None => record.id(),
            Some(line) => format!("{}/{line}", record.id()),
        };
        let model = match (per, &decoded.key) {
            (ModelPer::Shard, _) => record.shard.to_string(),
            // A partition key lives in one shard at a time. A key from the payload may come
            // through several, whose order is not repeatable: it gets a model in each.
            (ModelPer::Key, Some(key)) => format!("{}/{key}", record.shard),
            (ModelPer::Key, None) => record.partition_key.clone(),
        };
        Self {
            id,
            stream: Arc::clone(&record.stream),
            shard: Arc::clone(&record.shard),
            sequence: record.sequence.clone(),
            partition_key: record.partition_key.clone(),
            key: decoded.key.unwrap_or_else(|| record.partition_key.clone()),
            model,
            timestamp: decoded
                .timestamp
                .or(record.timestamp.map(EventTime::Arrival)),
            values: decoded.values,
            carried: decoded.carried,
        }
    }
}

/// When an event happened. Written out as it was read, never reformatted.
#[derive(Debug, Clone, PartialEq)]
pub enum EventTime {
    /// A text field.
    Text(String),
    /// A number field.
    Number(serde_json::Number),
    /// When the record arrived in the stream.
    Arrival(Timestamp),
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Arrival(timestamp) => timestamp.fmt(f),
        }
    }
}

impl Serialize for EventTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Arrival(timestamp) => serializer.collect_str(timestamp),
        }
    }
}

/// What has a model of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPer {
    /// Each partition key; where a key field is configured, each key within each shard.
    #[default]
    Key,
    /// Each shard, whatever the keys of its records.
    Shard,
}

/// The operator of the pipeline.
pub type EventOperator = RandomCutForestOperator<Event, Scored>;

/// Builds the operator of the pipeline for events of `dimensions` values.
///
/// # Errors
/// The rule of the forest that a parameter breaks.
pub fn event_operator(
    dimensions: usize,
    parameters: &ForestParameters,
    attribution: bool,
) -> Result<EventOperator, OperatorConfigError> {
    EventOperator::builder()
        .dimensions(dimensions)
        .parameters(parameters.clone())
        .attribution(attribution)
        .input_mapper_into(|event: &Event, values| values.extend_from_slice(&event.values))
        .key_mapper(|event| event.model.as_str().into())
        .result_mapper(|_, scored| scored)
        .build()
}
