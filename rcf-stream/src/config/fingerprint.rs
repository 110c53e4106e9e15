//! The settings that a state depends on, and their names in a fingerprint.
//!
//! Names and the form of values are a format: checkpoints hold them. No `{:?}` of a type of ours
//! ends up here.

use rcf_core::{DetectorConfig, Imputation, Learning, Threshold, Transform};
use serde_json::{Map, Value, json};

use super::Config;
use crate::checkpoint::Fingerprint;
use crate::decode::FieldPath;
use crate::decode::dialect::Dialect;
use crate::encode::{KdaContent, KdaSql};
use crate::event::{EventOperator, KeyOverride};
use crate::time::{OnLate, TimeFormat};

impl Config {
    /// The settings that a state depends on: what changes a score, an id or the bytes of a result,
    /// and where they go. How often checkpoints are written, for example, is none of them.
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
                "key": path(&self.input.fields.key),
                "timestamp": path(&self.input.fields.timestamp),
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
        fingerprint.insert(
            "forest",
            json!({
                "shingle_size": forest.shingle_size,
                "number_of_trees": forest.number_of_trees,
                "sample_size": forest.sample_size,
                "time_decay": forest.time_decay,
                "output_after": forest.output_after,
                "initial_accept_fraction": forest.initial_accept_fraction,
                "seed": forest.seed,
            }),
        );
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

/// All parameters of a detector by name. A variant is the value of its name, and its own parameters
/// are below it.
pub(crate) fn detector_parameters(config: &DetectorConfig) -> Vec<(&'static str, Value)> {
    let mut all = vec![
        ("input_dimensions", config.input_dimensions.into()),
        ("shingle_size", config.shingle_size.into()),
        ("number_of_trees", config.number_of_trees.into()),
        ("sample_size", config.sample_size.into()),
        ("time_decay", config.time_decay.into()),
        (
            "initial_accept_fraction",
            config.initial_accept_fraction.into(),
        ),
        ("seed", config.seed.into()),
        ("warm_up", config.warm_up.into()),
        ("transform_decay", config.transform_decay.into()),
        ("weights", config.weights.clone().into()),
        ("time_gap_input", config.time_gap_input.into()),
        ("noise_floor", config.noise_floor.into()),
        ("silence", config.silence.into()),
        ("quiet", config.quiet.into()),
    ];
    let transform: Value = match &config.transform {
        Transform::None => "none".into(),
        Transform::SubtractMovingAverage => "subtract_moving_average".into(),
        Transform::Normalize => "normalize".into(),
        Transform::Difference => "difference".into(),
        Transform::NormalizedDifference => "normalized_difference".into(),
        other => unnamed(other),
    };
    all.push(("transform", transform));
    let imputation: Value = match &config.imputation {
        Imputation::Zero => "zero".into(),
        Imputation::Fixed(values) => {
            all.push(("imputation.values", values.clone().into()));
            "fixed".into()
        }
        Imputation::Previous => "previous".into(),
        Imputation::Linear => "linear".into(),
        Imputation::Forest => "forest".into(),
        other => unnamed(other),
    };
    all.push(("imputation", imputation));
    learning(&config.learning, &mut all);
    threshold(&config.threshold, &mut all);
    let near = &config.near_expected;
    all.extend([
        ("near_expected.absolute_above", near.absolute_above.into()),
        ("near_expected.absolute_below", near.absolute_below.into()),
        ("near_expected.relative_above", near.relative_above.into()),
        ("near_expected.relative_below", near.relative_below.into()),
    ]);
    all
}

fn learning(learning: &Learning, all: &mut Vec<(&'static str, Value)>) {
    let (kind, patience) = match *learning {
        Learning::Always => ("always", None),
        Learning::Frozen { after } => {
            all.push(("learning.after", after.into()));
            ("frozen", None)
        }
        Learning::Skip { patience } => ("skip", Some(patience)),
        Learning::Delay { patience } => ("delay", Some(patience)),
        Learning::DownWeight { one_in, patience } => {
            all.push(("learning.one_in", one_in.into()));
            ("down_weight", Some(patience))
        }
        ref other => return all.push(("learning", unnamed(other))),
    };
    all.push(("learning", kind.into()));
    all.extend(patience.map(|patience| ("learning.patience", patience.into())));
}

fn threshold(threshold: &Threshold, all: &mut Vec<(&'static str, Value)>) {
    let kind = match *threshold {
        Threshold::Calibrated { false_alarm_rate } => {
            all.push(("threshold.false_alarm_rate", false_alarm_rate.into()));
            "calibrated"
        }
        Threshold::ExtremeValue { decades } => {
            all.push(("threshold.decades", decades.into()));
            "extreme_value"
        }
        Threshold::Deviations { factor } => {
            all.push(("threshold.factor", factor.into()));
            "deviations"
        }
        Threshold::Quantile { decades } => {
            all.push(("threshold.decades", decades.into()));
            "quantile"
        }
        Threshold::Fixed { score } => {
            all.push(("threshold.score", score.into()));
            "fixed"
        }
        ref other => return all.push(("threshold", unnamed(other))),
    };
    all.push(("threshold", kind.into()));
}

/// A variant that has no name here. A checkpoint that holds one is refused once it has.
fn unnamed(variant: &impl std::fmt::Debug) -> Value {
    format!("{variant:?}").into()
}

#[cfg(test)]
mod tests {
    use rcf_core::AnomalyDetector;

    use super::*;

    #[test]
    fn every_parameter_of_a_detector_has_a_name() {
        let builder = AnomalyDetector::builder(2).imputation(Imputation::Fixed(vec![1.0, 2.0]));
        let config = builder.config();
        let names: Vec<_> = detector_parameters(&config)
            .into_iter()
            .map(|(name, value)| {
                assert!(!value.is_object() && !value.is_null(), "{name}: {value}");
                name
            })
            .collect();
        // The fields as `{:#?}` shows them: one step in, a name and a colon.
        let shown = format!("{config:#?}");
        let fields: Vec<_> = shown
            .lines()
            .filter_map(|line| line.strip_prefix("    ")?.split_once(": "))
            .map(|(field, _)| field)
            .filter(|field| !field.starts_with(' '))
            .collect();
        assert!(fields.len() > 15, "{shown}");
        for field in fields {
            let is_named = |name: &&str| name.split('.').next() == Some(field);
            assert!(
                names.iter().any(is_named),
                "{field} is in no fingerprint: name it in `detector_parameters`, and what earlier \
                 releases did in `INTRODUCED`"
            );
        }
    }
}
