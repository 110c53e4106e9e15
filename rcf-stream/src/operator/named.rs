//! The parameters of a model by name, for checkpoints and messages. No value is a `{:?}`.

use std::collections::BTreeMap;
use std::fmt;

use rcf_core::{Config, DetectorConfig, Imputation, Learning, Threshold};
use serde_json::Value;

use super::model::{Model, Scorer};

/// A parameter of a saved model, and its value now.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterDifference {
    /// The name of the parameter.
    pub name: String,
    /// Its value in the saved model; `None` if it has none.
    pub saved: Option<Value>,
    /// Its value now.
    pub configured: Option<Value>,
}

impl fmt::Display for ParameterDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<Value>| match value {
            Some(value) => value.to_string(),
            None => "not set".to_owned(),
        };
        let (saved, configured) = (text(&self.saved), text(&self.configured));
        write!(f, "{} was {saved} and is {configured}", self.name)
    }
}

/// The parameters in which two models differ.
pub(super) fn differences(saved: &Model, configured: &Model) -> Vec<ParameterDifference> {
    let (mut saved, mut configured) = (parameters(saved), parameters(configured));
    if saved["model"] != configured["model"] {
        // Parameters that only one model has would be a list of everything.
        saved.retain(|name, _| *name == "model");
        configured.retain(|name, _| *name == "model");
    }
    let mut names: Vec<&str> = saved.keys().chain(configured.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let difference = |name: &str| ParameterDifference {
        name: name.to_owned(),
        saved: saved.get(name).cloned(),
        configured: configured.get(name).cloned(),
    };
    let all = names.into_iter().map(difference);
    all.filter(|it| it.saved != it.configured).collect()
}

fn parameters(model: &Model) -> BTreeMap<&'static str, Value> {
    let (kind, parameters) = match &model.scorer {
        Scorer::Forest(forest) => ("forest", {
            let config = forest.config();
            let mut all = forest_parameters(config);
            all.push(("input_dimensions", config.input_dimensions.into()));
            all
        }),
        Scorer::Detector(detector) => ("detector", detector_parameters(detector.config())),
    };
    let kind = [("model", Value::from(kind))];
    let categories = model.categories.len();
    let categories = (categories > 0).then(|| ("categories", categories.into()));
    kind.into_iter()
        .chain(categories)
        .chain(parameters)
        .collect()
}

/// The parameters of a forest by name.
pub(crate) fn forest_parameters(config: &Config) -> Vec<(&'static str, Value)> {
    vec![
        ("shingle_size", config.shingle_size.into()),
        ("number_of_trees", config.number_of_trees.into()),
        ("sample_size", config.sample_size.into()),
        ("time_decay", config.time_decay.into()),
        ("output_after", config.output_after.into()),
        (
            "initial_accept_fraction",
            config.initial_accept_fraction.into(),
        ),
        ("seed", config.seed.into()),
    ]
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
        (
            "max_time_jump",
            config.max_time_jump.map_or("unlimited".into(), Value::from),
        ),
    ];
    all.push(("transform", config.transform.as_str().into()));
    all.push(("imputation", config.imputation.as_str().into()));
    if let Imputation::Fixed(values) = &config.imputation {
        all.push(("imputation.values", values.clone().into()));
    }
    all.push(("learning", config.learning.as_str().into()));
    all.extend(learning_numbers(config.learning));
    all.push(("threshold", config.threshold.as_str().into()));
    all.push((
        threshold_number(config.threshold),
        config.threshold.number().into(),
    ));
    let near = &config.near_expected;
    all.extend([
        ("near_expected.absolute_above", near.absolute_above.into()),
        ("near_expected.absolute_below", near.absolute_below.into()),
        ("near_expected.relative_above", near.relative_above.into()),
        ("near_expected.relative_below", near.relative_below.into()),
    ]);
    let rules: Vec<String> = config.rules.iter().map(ToString::to_string).collect();
    let is_empty = rules.is_empty();
    all.push((
        "rules",
        if is_empty {
            "none".into()
        } else {
            rules.into()
        },
    ));
    all
}

fn learning_numbers(learning: Learning) -> Vec<(&'static str, Value)> {
    let names: &[_] = match learning {
        Learning::Frozen { .. } => &["learning.after"],
        Learning::DownWeight { .. } => &["learning.one_in", "learning.patience"],
        _ => &["learning.patience"],
    };
    let numbers = learning.numbers().into_iter().map(Value::from);
    names.iter().copied().zip(numbers).collect()
}

fn threshold_number(threshold: Threshold) -> &'static str {
    match threshold {
        Threshold::Calibrated { .. } => "threshold.false_alarm_rate",
        Threshold::ExtremeValue { .. } | Threshold::Quantile { .. } => "threshold.decades",
        Threshold::Deviations { .. } => "threshold.factor",
        Threshold::Fixed { .. } => "threshold.score",
        _ => "threshold.number",
    }
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
            // Results are the same with another profile.
            .filter(|field| !field.starts_with(' ') && *field != "memory_profile")
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

    #[test]
    fn differences_have_names_and_both_values() {
        let model = |builder: rcf_core::AnomalyDetectorBuilder| {
            Model::new(Scorer::Detector(Box::new(builder.build().unwrap())), 0)
        };
        let saved = model(AnomalyDetector::builder(1).sample_size(64));
        let now = AnomalyDetector::builder(1).sample_size(128);
        let now = model(now.learning(Learning::Skip { patience: 9 }));
        let texts: Vec<_> = differences(&saved, &now)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            texts.contains(&"sample_size was 64 and is 128".to_owned()),
            "{texts:?}"
        );
        assert!(texts.contains(&"learning was \"always\" and is \"skip\"".to_owned()));
        assert!(texts.contains(&"learning.patience was not set and is 9".to_owned()));
        assert!(differences(&saved, &saved).is_empty());
        let forest = rcf_core::RandomCutForest::builder(1).build().unwrap();
        let forest = Model::new(Scorer::Forest(Box::new(forest)), 0);
        let texts: Vec<_> = differences(&forest, &now)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(texts, ["model was \"forest\" and is \"detector\""]);
    }
}
