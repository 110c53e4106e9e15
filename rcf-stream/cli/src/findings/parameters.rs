//! The parameters of a detector, for people.

use rcf_core::{DetectorConfig, Imputation, Learning, Threshold};

use crate::report::number;

/// Names and values.
pub(super) fn list(config: &DetectorConfig) -> Vec<(&'static str, String)> {
    let count = |count: usize| number(count as f64);
    let mut list = vec![
        ("shingle size", records(config.shingle_size as u64)),
        ("trees", count(config.number_of_trees)),
        (
            "sample size",
            format!("{} points", count(config.sample_size)),
        ),
        (
            "time decay",
            format!("{} per record", number(config.time_decay)),
        ),
        ("transform", words(&format!("{:?}", config.transform))),
        ("missing values", imputation(&config.imputation)),
        ("warm-up", records(config.warm_up as u64)),
        ("boundary", threshold(config.threshold)),
        ("learning", learning(config.learning)),
        ("silence after an alert", records(config.silence.into())),
        (
            "end of an event",
            format!("{} below the boundary", records(config.quiet.into())),
        ),
        ("seed", config.seed.to_string()),
    ];
    if !config.rules.is_empty() {
        let rules: Vec<String> = config.rules.iter().map(ToString::to_string).collect();
        list.push(("rules, columns by number from 0", rules.join("; ")));
    }
    list
}

fn records(count: u64) -> String {
    let word = if count == 1 { "record" } else { "records" };
    format!("{} {word}", number(count as f64))
}

fn threshold(threshold: Threshold) -> String {
    match threshold {
        Threshold::Calibrated { false_alarm_rate } => {
            format!("false alarm rate {}", number(false_alarm_rate))
        }
        Threshold::ExtremeValue { decades } => format!("extreme values, {decades} decades"),
        Threshold::Deviations { factor } => format!("{factor} deviations above the mean score"),
        Threshold::Quantile { decades } => format!("quantile of the scores, {decades} decades"),
        Threshold::Fixed { score } => format!("score {}", number(score)),
        other => words(&format!("{other:?}")),
    }
}

fn learning(learning: Learning) -> String {
    match learning {
        Learning::Always => "always".to_owned(),
        Learning::Frozen { after } => format!("the first {}", records(after)),
        Learning::Skip { patience } => {
            format!(
                "not in unusual stretches of up to {}",
                records(patience.into())
            )
        }
        Learning::Delay { patience } => {
            format!("of unusual stretches after {}", records(patience.into()))
        }
        other => words(&format!("{other:?}")),
    }
}

fn imputation(imputation: &Imputation) -> String {
    match imputation {
        Imputation::Previous => "filled in with the value before".to_owned(),
        Imputation::Zero => "filled in with 0".to_owned(),
        Imputation::Linear => "filled in on a line through the two values before".to_owned(),
        Imputation::Forest => "filled in with what the forest expects".to_owned(),
        other => words(&format!("{other:?}")),
    }
}

/// `SubtractMovingAverage` as `subtract moving average`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
