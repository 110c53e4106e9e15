use rcf_core::parameters::{DETECTOR, FOREST, ParameterDefault};
use rcf_core::{AnomalyDetector, Imputation, Learning, RandomCutForest, Threshold, Transform};

use super::*;

/// A value for a parameter that is not its default.
fn other(row: &Parameter) -> String {
    match (row.name, row.kind) {
        ("imputation", _) => "\"forest\"".into(),
        ("patience", _) => "7, \"learning\": \"skip\"".into(),
        ("threshold", _) => "[\"quantile\", 2.5]".into(),
        ("ignore_near_expected", _) => "{\"relative_below\": 0.5}".into(),
        ("rules", _) => "[\"0 within 2%\", \"when 0 < 1\"]".into(),
        ("noise_floor", ParameterKind::PerInput) => "[0.25]".into(),
        ("bounding_box_cache_fraction", _) => "1".into(),
        ("shingle_rotation", _) => "true, \"shingle_size\": 4".into(),
        ("internal_shingling", _) => "false".into(),
        (_, ParameterKind::Integer) => "3".into(),
        (_, ParameterKind::Real) => "0.0625".into(),
        (_, ParameterKind::Flag) => "true".into(),
        (_, ParameterKind::PerInput) => "[2]".into(),
        (_, ParameterKind::Name(names)) => {
            let default = match row.default {
                ParameterDefault::Name(name) => name,
                _ => names[0],
            };
            let other = names.iter().rfind(|name| **name != default);
            let other = other.expect("two names");
            match *other {
                "down_weight" => "[\"down_weight\", 2]".into(),
                name => format!("\"{name}\""),
            }
        }
        _ => panic!("{} is of a kind that no test knows", row.name),
    }
}

/// `input_dimensions` takes weights along, and so on: what is compared is the whole.
#[test]
fn each_parameter_of_the_table_reaches_the_model() {
    let plain = format!("{:?}", forest("{}").unwrap().build().unwrap().config());
    for row in FOREST {
        let json = format!("{{\"{}\": {}}}", row.name, other(row));
        let built = forest(&json).unwrap().build().unwrap();
        assert_ne!(format!("{:?}", built.config()), plain, "{json}");
    }
    let plain = detector("{}").unwrap().config();
    for row in DETECTOR {
        let json = format!("{{\"{}\": {}}}", row.name, other(row));
        let built = detector(&json).unwrap().build().unwrap();
        assert_ne!(*built.config(), plain, "{json}");
    }
}

#[test]
fn defaults_are_those_of_the_builders() {
    let built = forest("{\"seed\": null}").unwrap().build().unwrap();
    let expected = RandomCutForest::builder(1).build().unwrap();
    assert_eq!(built.config(), expected.config());
    let expected = AnomalyDetector::builder(1).config();
    assert_eq!(detector("{}").unwrap().config(), expected);
}

#[test]
fn numbers_arrive_to_the_bit() {
    let decay = 0.000_123_456_789_012_345_68_f64;
    let json = format!("{{\"time_decay\": {decay:?}, \"seed\": 18446744073709551615}}");
    let built = forest(&json).unwrap().build().unwrap();
    assert_eq!(built.config().time_decay.to_bits(), decay.to_bits());
    assert_eq!(built.config().seed, u64::MAX);
}

#[test]
fn names_with_numbers_are_those_of_python() {
    let config = |json: &str| detector(json).unwrap().config();
    let learning = |json: &str| config(&format!("{{\"learning\": {json}}}")).learning;
    assert_eq!(learning("\"always\""), Learning::Always);
    assert_eq!(learning("[\"frozen\", 10]"), Learning::Frozen { after: 10 });
    assert_eq!(learning("\"skip\""), Learning::Skip { patience: 512 });
    assert_eq!(learning("[\"skip\", 5]"), Learning::Skip { patience: 5 });
    assert_eq!(
        learning("\"delay\", \"patience\": 9"),
        Learning::Delay { patience: 9 }
    );
    let down = |one_in, patience| Learning::DownWeight { one_in, patience };
    assert_eq!(learning("[\"down_weight\", 4]"), down(4, 512));
    assert_eq!(learning("[\"down_weight\", 4, 8]"), down(4, 8));

    let threshold = |json: &str| config(&format!("{{\"threshold\": {json}}}")).threshold;
    assert_eq!(threshold("\"calibrated\""), Threshold::default());
    assert_eq!(threshold("1.5"), Threshold::Fixed { score: 1.5 });
    assert_eq!(
        threshold("[\"deviations\", 4]"),
        Threshold::Deviations { factor: 4.0 }
    );
    let decades = 4.0;
    assert_eq!(
        threshold("[\"extreme_value\", 4]"),
        Threshold::ExtremeValue { decades }
    );
    assert_eq!(
        threshold("[\"quantile\", 4]"),
        Threshold::Quantile { decades }
    );

    let json = "{\"input_dimensions\": 2, \"imputation\": [1, 2], \"weights\": 3}";
    assert_eq!(config(json).imputation, Imputation::Fixed(vec![1.0, 2.0]));
    assert_eq!(config(json).weights, [3.0, 3.0]);
    let transform = |name| config(&format!("{{\"transform\": \"{name}\"}}")).transform;
    assert_eq!(transform("difference"), Transform::Difference);
    let near = config("{\"ignore_near_expected\": 2}").near_expected;
    assert_eq!((near.absolute_above, near.absolute_below), (2.0, 2.0));
    assert_eq!((near.relative_above, near.relative_below), (0.0, 0.0));
}

#[test]
fn wrong_values_are_refused_by_name() {
    for (json, said) in [
        ("", "the parameters are not JSON: "),
        ("[]", "must be a JSON object"),
        (
            "{\"seeds\": 1}",
            "unknown parameter seeds; known parameters are input_dimensions, shingle",
        ),
        (
            "{\"seed\": -1}",
            "seed must be a whole number of at least 0, got -1",
        ),
        (
            "{\"sample_size\": 1.5}",
            "sample_size must be a whole number",
        ),
        (
            "{\"silence\": 4294967296}",
            "silence must be a whole number from 0 to 4294967295",
        ),
        (
            "{\"noise_floor\": \"a\"}",
            "noise_floor must be a number, got \"a\"",
        ),
        (
            "{\"time_gap_input\": 1}",
            "time_gap_input must be true or false, got 1",
        ),
        (
            "{\"weights\": [\"a\"]}",
            "weights must be a number, or an array of numbers",
        ),
        (
            "{\"transform\": \"a\"}",
            "transform must be one of none, subtract_moving_average",
        ),
        (
            "{\"transform\": [\"none\", 1]}",
            "transform must be a name alone",
        ),
        (
            "{\"imputation\": \"fixed\"}",
            "imputation must be the values themselves",
        ),
        (
            "{\"imputation\": [\"zero\"]}",
            "imputation must be a name, or an array of numbers",
        ),
        (
            "{\"learning\": []}",
            "learning must be one of always, frozen",
        ),
        (
            "{\"learning\": \"frozen\"}",
            "learning must be [\"frozen\", after]",
        ),
        (
            "{\"learning\": [\"skip\", -1]}",
            "learning must be a name, and whole numbers",
        ),
        (
            "{\"learning\": [\"always\", 1]}",
            "learning must be a name, with a patience if",
        ),
        (
            "{\"learning\": \"down_weight\"}",
            "learning must be [\"down_weight\", one_in]",
        ),
        (
            "{\"learning\": [\"skip\", 1], \"patience\": 1}",
            "patience and this learning are mutually",
        ),
        (
            "{\"patience\": 1}",
            "learning must be skip or delay if patience is given",
        ),
        (
            "{\"threshold\": \"quantile\"}",
            "threshold must be calibrated, a score, or",
        ),
        (
            "{\"threshold\": [\"quantile\", \"a\"]}",
            "threshold must be calibrated, a score, or",
        ),
        (
            "{\"threshold\": 2, \"false_alarm_rate\": 0.1}",
            "false_alarm_rate and a threshold",
        ),
        (
            "{\"ignore_near_expected\": {\"above\": 1}}",
            "ignore_near_expected must be a number, or",
        ),
    ] {
        let error = detector(json).unwrap_err().to_string();
        assert!(error.contains(said), "{json}: {error}");
    }
    let error = forest("{\"threshold\": 2}").unwrap_err().to_string();
    assert!(error.starts_with("unknown parameter threshold"), "{error}");
}
