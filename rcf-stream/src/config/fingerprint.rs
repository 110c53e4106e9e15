//! The settings that a state depends on, and their names in a fingerprint.
//!
//! Names and the form of values are a format: checkpoints hold them. They contain no `{:?}` of our
//! types.

use serde_json::{Map, Value, json};

use super::Config;
use crate::checkpoint::Fingerprint;
use crate::decode::FieldPath;
use crate::decode::dialect::Dialect;
use crate::encode::{KdaContent, KdaSql};
use crate::event::{EventOperator, KeyOverride};
use crate::operator::{detector_parameters, forest_parameters};
use crate::time::{OnLate, TimeFormat};

impl Config {
    /// The settings that a state depends on: what changes a score, an id or the bytes of a result,
    /// and where results go. How often checkpoints are written, for example, is not one of them.
    #[must_use]
    pub fn fingerprint(&self, operator: &EventOperator) -> Fingerprint {
        let forest = operator.parameters();
        let mut fingerprint = Fingerprint::default();
        let (source, sink) = (&self.source, &self.sink);
        fingerprint.insert("source", with_kind(source.kind(), source.fingerprint()));
        let path = |path: &Option<FieldPath>| path.clone().map(String::from);
        fingerprint.insert(
            "input",
            json!({
                "format": self.input.format,
                "values": self.input.fields.values,
                "units": (!self.input.fields.units.is_empty())
                    .then_some(&self.input.fields.units),
                "categorical": (!self.input.fields.categorical.is_empty())
                    .then_some(&self.input.fields.categorical),
                "key": path(&self.input.fields.key),
                "timestamp": path(&self.input.fields.timestamp),
                "time_of_day": match self.input.fields.time_of_day.as_slice() {
                    [] => None,
                    [one] => Some(json!(one)),
                    several => Some(json!(several)),
                },
                "time_format": (self.input.fields.time_format != TimeFormat::Auto)
                    .then_some(&self.input.fields.time_format),
                "on_late": (self.input.on_late != OnLate::Judge).then_some(self.input.on_late),
                "delimiter": char::from(self.input.delimiter),
                "header": self.input.header,
                "dialect": self.input.recognised.as_ref().and_then(Dialect::unusual),
                "optional_values": self.input.fields.optional_values.then_some(true),
                "model_per": self.input.model_per,
            }),
        );
        for (name, value) in forest_parameters(forest) {
            fingerprint.insert(&format!("forest.{name}"), value);
        }
        fingerprint.insert(
            "output",
            json!({
                "format": self.output.format,
                "attribution": self.output.attribution,
                "score_above": self.output.score_above,
                "csv_safe": self.output.csv_safe.then_some(true),
            }),
        );
        if let Some(kda_sql) = &self.output.kda_sql {
            fingerprint.insert("output", columns(kda_sql));
        }
        let overrides: Value = self.operator.overrides.iter().map(key_override).collect();
        fingerprint.insert(
            "operator",
            json!({
                "with_time": self.operator.with_time.then_some(true),
                "overrides": (!self.operator.overrides.is_empty()).then_some(overrides),
                "time_to_live_seconds": self.operator.time_to_live.map(|it| it.as_secs_f64()),
            }),
        );
        if let Some(detector) = &self.operator.detector {
            for (name, value) in detector_parameters(&detector.config()) {
                fingerprint.insert(&format!("operator.detector.{name}"), value);
            }
        }
        fingerprint.insert("sink", with_kind(sink.kind(), sink.fingerprint()));
        fingerprint
    }
}

fn with_kind(kind: &'static str, mut settings: Value) -> Value {
    settings["kind"] = kind.into();
    settings
}

fn columns(kda_sql: &KdaSql) -> Value {
    let column = |column: &crate::encode::KdaColumn| {
        let content = match column.content {
            KdaContent::Score => json!("score"),
            KdaContent::Explanation => json!("explanation"),
            KdaContent::Carried { index, is_value } => {
                json!({"kind": "carried", "index": index, "is_value": is_value})
            }
        };
        json!({"name": column.name, "content": content})
    };
    json!({
        "columns": kda_sql.columns.iter().map(column).collect::<Vec<_>>(),
        "value_names": kda_sql.value_names,
        "direction": kda_sql.direction,
    })
}

/// The key, and what is set for it.
fn key_override(over: &KeyOverride) -> Value {
    let forest = &over.parameters;
    let parameters = json!({
        "shingle_size": forest.shingle_size,
        "number_of_trees": forest.number_of_trees,
        "sample_size": forest.sample_size,
        "time_decay": forest.time_decay,
        "output_after": forest.output_after,
        "initial_accept_fraction": forest.initial_accept_fraction,
        "seed": forest.seed,
    });
    let set: Map<String, Value> = match parameters {
        Value::Object(all) => all.into_iter().filter(|(_, it)| !it.is_null()).collect(),
        _ => Map::new(),
    };
    json!({"key": over.key, "parameters": set})
}
