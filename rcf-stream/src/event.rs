//! A decoded record: what the operator takes.

use std::fmt;
use std::sync::Arc;

use rcf_core::AnomalyDetectorBuilder;
use serde::{Deserialize, Serialize, Serializer};

use crate::decode::Decoded;
use crate::operator::{ForestParameters, OperatorConfigError, RandomCutForestOperator, Scored};
use crate::record::{Record, Timestamp};
use crate::time::OnLate;

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
    /// That time in milliseconds since 1970, where it can be read.
    pub time: Option<f64>,
    /// The values, one for each configured field.
    pub values: Vec<f64>,
    /// The clock of its shard, in milliseconds; 0 where no time is known.
    pub clock: i64,
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
            time: match decoded.timestamp {
                Some(_) => decoded.time,
                None => record.timestamp.map(|arrival| arrival.0 as f64),
            },
            timestamp: decoded
                .timestamp
                .or(record.timestamp.map(EventTime::Arrival)),
            values: decoded.values,
            clock: 0,
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

/// What the models of a pipeline are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelSettings {
    /// The parameters of the forests.
    pub forest: ForestParameters,
    /// The detectors around them, where decisions are asked for.
    pub detector: Option<AnomalyDetectorBuilder>,
    /// Whether detectors are told the time of events.
    pub with_time: bool,
    /// What happens to a record whose time is before that of the record before.
    pub on_late: OnLate,
    /// Keys with other parameters; the first that fits a key counts.
    pub overrides: Vec<KeyOverride>,
    /// Milliseconds of silence after which a key is forgotten.
    pub time_to_live: Option<u64>,
}

/// Other parameters for some keys.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyOverride {
    /// The key, or with `*` at the end the keys that begin so.
    pub key: String,
    /// What differs; the seed is not used.
    pub parameters: ForestParameters,
}

impl KeyOverride {
    fn takes(pattern: &str, key: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => key == pattern,
        }
    }
}

/// Builds the operator of a pipeline that only scores, for events of `dimensions` values.
///
/// # Errors
/// The rule of the forest that a parameter breaks.
pub fn event_operator(
    dimensions: usize,
    parameters: &ForestParameters,
    attribution: bool,
) -> Result<EventOperator, OperatorConfigError> {
    let settings = ModelSettings {
        forest: parameters.clone(),
        ..ModelSettings::default()
    };
    keyed_operator(dimensions, &settings, false, attribution)
}

/// Builds the operator of a pipeline for events of `dimensions` values.
///
/// # Errors
/// The rule of the forest or the detector that a parameter breaks.
pub fn keyed_operator(
    dimensions: usize,
    settings: &ModelSettings,
    keyed_by_field: bool,
    attribution: bool,
) -> Result<EventOperator, OperatorConfigError> {
    let mut builder = EventOperator::builder()
        .dimensions(dimensions)
        .parameters(settings.forest.clone())
        .attribution(attribution)
        .on_late(settings.on_late)
        .track_changes()
        .input_mapper_into(|event: &Event, values| values.extend_from_slice(&event.values))
        .key_mapper(|event| event.model.as_str().into())
        .time_mapper(|event| event.clock)
        .result_mapper(|_, scored| scored);
    if let Some(detector) = &settings.detector {
        builder = builder.detector(detector.clone());
    }
    if settings.with_time {
        builder = builder.event_time_mapper(|event| event.time);
    }
    if let Some(time) = settings.time_to_live {
        builder = builder.time_to_live(time);
    }
    for KeyOverride { key, parameters } in settings.overrides.clone() {
        // The model of a key from a field is called SHARD/KEY.
        let filter = move |model: &str| match model.split_once('/') {
            Some((_, name)) if keyed_by_field => KeyOverride::takes(&key, name),
            _ => KeyOverride::takes(&key, model),
        };
        builder = builder.override_for(filter, parameters);
    }
    builder.build()
}
