//! A decoded record: the input of the operator.

use std::sync::Arc;

use rcf_core::AnomalyDetectorBuilder;
use serde::{Deserialize, Serialize};

use crate::decode::Decoded;
use crate::operator::{
    ForestParameters, ModelName, ModelNaming, OperatorConfigError, RandomCutForestOperator, Scored,
};
use crate::record::Record;
pub use crate::time::EventTime;
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
    /// The key it carries; the partition key if no field is configured.
    pub key: String,
    /// The name of its model.
    pub model: ModelName,
    /// The time it carries, otherwise when it arrived in the stream.
    pub timestamp: Option<EventTime>,
    /// That time in milliseconds since 1970, if it can be read.
    pub time: Option<f64>,
    /// The values, one for each configured field; after it was scored also the surprises of its
    /// categories.
    pub values: Vec<f64>,
    /// The categories, one for each configured field.
    pub categories: Vec<Option<String>>,
    /// The clock of its shard, in milliseconds; 0 if no time is known.
    pub clock: i64,
    /// Fields that are passed on unchanged.
    pub carried: Vec<Option<serde_json::Value>>,
}

impl Event {
    /// Joins a record with one of its decoded lines.
    #[must_use]
    pub fn new(record: &Record, line: Option<usize>, decoded: Decoded, per: ModelPer) -> Self {
        let id = match line {
            None => record.id(),
            Some(line) => format!("{}/{line}", record.id()),
        };
        let model = match (per, &decoded.key) {
            (ModelPer::Shard, _) => ModelName::of_shard(&record.shard),
            // A partition key is in one shard at a time. A key from the payload may come through
            // several shards, whose relative order is not repeatable: it gets a model in each.
            (_, Some(key)) => ModelName::in_shard(&record.shard, key),
            (ModelPer::KeyInShard, None) => {
                ModelName::in_shard(&record.shard, &record.partition_key)
            }
            (ModelPer::Key, None) => ModelName::of_key(&record.partition_key),
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
            categories: decoded.categories,
            clock: 0,
            carried: decoded.carried,
        }
    }
}

/// What each model belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPer {
    /// Each partition key; if a key field is configured, each key within each shard.
    #[default]
    Key,
    /// Each shard, whatever the keys of its records.
    Shard,
    /// Each key within each shard, even the partition key: for sources whose shards can be revoked,
    /// so that each model goes with its shard.
    KeyInShard,
}

impl ModelPer {
    fn naming(self, keyed_by_field: bool) -> ModelNaming {
        match self {
            Self::Shard => ModelNaming::Shard,
            Self::Key if !keyed_by_field => ModelNaming::Key,
            Self::Key | Self::KeyInShard => ModelNaming::KeyInShard,
        }
    }
}

/// The operator of the pipeline.
pub type EventOperator = RandomCutForestOperator<Event, Scored>;

/// The models of a pipeline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelSettings {
    /// What each model belongs to.
    pub model_per: ModelPer,
    /// How many of the dimensions, the last ones, are surprises of categories.
    pub categories: usize,
    /// The parameters of the forests.
    pub forest: ForestParameters,
    /// The detectors around them, if decisions are made.
    pub detector: Option<AnomalyDetectorBuilder>,
    /// Whether detectors receive the time of events.
    pub with_time: bool,
    /// What happens to a record whose time is before that of the record before.
    pub on_late: OnLate,
    /// Keys with other parameters; the first match applies.
    pub overrides: Vec<KeyOverride>,
    /// Milliseconds of silence after which a key is forgotten.
    pub time_to_live: Option<u64>,
}

/// Other parameters for some keys.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyOverride {
    /// The key, or with `*` at the end the keys with this prefix.
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
    let naming = settings.model_per.naming(keyed_by_field);
    let mut builder = EventOperator::builder()
        .dimensions(dimensions)
        .parameters(settings.forest.clone())
        .attribution(attribution)
        .on_late(settings.on_late)
        .track_changes()
        .categories(settings.categories, |event| &event.categories)
        .input_mapper_into(|event: &Event, values| values.extend_from_slice(&event.values))
        .name_mapper(naming, |event| event.model.clone())
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
        builder = builder.override_for(move |it| KeyOverride::takes(&key, it), parameters);
    }
    builder.build()
}
