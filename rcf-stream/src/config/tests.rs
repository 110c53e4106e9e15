//! Files, variables and flags, and messages about wrong ones.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::connectors::file::{FileSource, OnReplaced};
#[cfg(feature = "kinesis")]
use crate::connectors::kinesis::{KinesisSinkConfig, KinesisSourceConfig, OnTrimmed};
use crate::connectors::sine::{Drops, SineConfig};

fn layers(toml: &str) -> Result<Layers, ConfigError> {
    let mut layers = Layers::default();
    layers.toml(Path::new("rcf.toml"), toml)?;
    Ok(layers)
}

fn build(toml: &str) -> Result<Config, ConfigError> {
    layers(toml)?.build()
}

/// The message about a wrong file.
fn error(toml: &str) -> String {
    build(toml).unwrap_err().to_string()
}

const MINIMAL: &str = "[source]\nkind = \"sine\"\n";

#[test]
fn a_full_file() {
    let config = build(
        r#"
        [source]
        kind = "file"
        path = "in.csv"
        [input]
        format = "csv"
        values = ["a", "b.c"]
        key = "who"
        timestamp = "at"
        delimiter = ";"
        header = false
        model_per = "shard"
        on_bad_record = "skip"
        [forest]
        shingle_size = 8
        number_of_trees = 30
        sample_size = 512
        time_decay = 0
        output_after = 100
        initial_accept_fraction = 0.5
        seed = 0xff
        [output]
        format = "csv"
        attribution = true
        [sink]
        kind = "file"
        path = "out.csv"
        [checkpoint]
        directory = "state"
        every_records = 1000
        every_seconds = 0.5
        retain = 5
        "#,
    )
    .unwrap();
    let expected = FileSource {
        path: "in.csv".into(),
        follow: false,
        on_replaced: OnReplaced::Fail,
    };
    assert_eq!(config.source.downcast::<FileSource>(), Some(&expected));
    assert_eq!(config.input.dimensions(), 2);
    assert_eq!((config.input.delimiter, config.input.header), (b';', false));
    assert_eq!(config.input.model_per, ModelPer::Shard);
    assert_eq!(config.input.on_bad_record, OnBadRecord::Skip);
    let parameters = config.operator().unwrap().parameters().clone();
    assert_eq!((parameters.shingle_size, parameters.seed), (8, 255));
    assert_eq!((parameters.time_decay, parameters.output_after), (0.0, 100));
    assert_eq!(
        config.output,
        OutputConfig {
            format: OutputFormat::Csv,
            attribution: true,
            ..OutputConfig::default()
        }
    );
    let checkpoint = config.checkpoint.unwrap();
    assert_eq!(checkpoint.schedule.every, Some(Duration::from_millis(500)));
    assert_eq!(
        (checkpoint.schedule.every_records, checkpoint.retain),
        (Some(1000), 5)
    );
}

#[test]
fn sine_has_its_own_settings() {
    let toml = format!("{MINIMAL}count = 9\ndrop_cycles = [1, 3]\nnoise = 1\nrate = 2.5\n");
    let config = build(&toml).unwrap();
    let expected = SineConfig {
        count: Some(9),
        drops: Drops::Cycles(vec![1, 3]),
        noise: 1.0,
        rate: Some(2.5),
        ..SineConfig::default()
    };
    assert_eq!(config.source.downcast::<SineConfig>(), Some(&expected));
    assert_eq!(config.input.format, InputFormat::Raw);
    assert_eq!(config.sink.file(), Some(Path::new("-")));
    assert_eq!(config.checkpoint, None);
}

#[test]
fn flags_go_over_the_environment_over_the_file() {
    let mut layers = layers(&format!(
        "{MINIMAL}[forest]\nseed = 1\nsample_size = 10\nshingle_size = 2\n"
    ))
    .unwrap();
    let variable = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let variables = [
        variable("RCF_FOREST_SEED", "2"),
        variable("RCF_FOREST_SAMPLE_SIZE", "20"),
        variable("RCF_LOG", "debug"),
        variable("HOME", "/"),
    ];
    layers.variables(variables).unwrap();
    layers.flag("forest.seed", "3").unwrap();
    let forest = layers.build().unwrap().forest;
    assert_eq!(
        (forest.seed, forest.sample_size, forest.shingle_size),
        (3, Some(20), Some(2))
    );
}

#[test]
fn unknown_keys_are_errors_with_a_suggestion() {
    assert_eq!(
        error("[source]\nkind = \"sine\"\n\n[forest]\nsampel_size = 3\n"),
        "rcf.toml, line 5: unknown setting \"forest.sampel_size\"; \
         did you mean \"forest.sample_size\"?"
    );
    assert!(error("seed = 1").contains("line 1: unknown setting \"seed\""));
    for section in ["source", "sink"] {
        let error = error(&format!("[{section}]\ntype = \"file\"\n"));
        let said = format!("unknown setting \"{section}.type\"; did you mean \"{section}.kind\"?");
        assert!(error.contains(&said), "{error}");
    }
    let mut layers = layers(MINIMAL).unwrap();
    let variable = ("RCF_FOREST_SEEED".to_owned(), "1".to_owned());
    assert_eq!(
        layers.variables([variable]).unwrap_err().to_string(),
        "environment variable RCF_FOREST_SEEED: unknown setting \"RCF_FOREST_SEEED\"; \
         did you mean \"RCF_FOREST_SEED\"?"
    );
}

#[test]
fn wrong_values_name_the_place_and_the_rule() {
    let cases = [
        (
            "[forest]\nseed = -1",
            "line 2: forest.seed must be a whole number, 0 or more, or \"random\", not -1",
        ),
        (
            "[forest]\ntime_decay = inf",
            "forest.time_decay must be a number, not inf",
        ),
        (
            "[input]\nvalues = 1",
            "input.values must be a list of texts, not 1",
        ),
        (
            "[source]\nkind = \"pulsar\"",
            "must be one of file, sine, kinesis, kafka, memory, multilang, not \"pulsar\"",
        ),
        (
            "[output]\nattribution = 1",
            "output.attribution must be true or false, not 1",
        ),
        (
            "[source\n",
            "rcf.toml is not valid TOML: TOML parse error at line 1",
        ),
    ];
    for (toml, expected) in cases {
        let error = error(toml);
        assert!(error.contains(expected), "{error}");
    }
    let mut layers = layers(MINIMAL).unwrap();
    assert_eq!(
        layers.flag("source.noise", "loud").unwrap_err().to_string(),
        "flag --source-noise: source.noise must be a number, not \"loud\""
    );
}

#[test]
fn rules_between_settings() {
    let file = "[source]\nkind = \"file\"\npath = \"-\"\n[input]\nvalues = [\"a\"]\n";
    let cases = [
        (
            String::new(),
            "source.kind is not set, but a pipeline needs it",
        ),
        (
            "[source]\nkind = \"file\"".to_owned(),
            "set it in the file, as RCF_SOURCE_PATH or as --source-path",
        ),
        (
            "[source]\nkind = \"multilang\"\nstream = \"in\"".to_owned(),
            "input.values is not set",
        ),
        (
            format!("{MINIMAL}path = \"-\""),
            "line 3: source.path has no effect with source.kind = \"sine\"",
        ),
        (
            format!("{MINIMAL}[input]\nvalues = [\"a\"]"),
            "no effect with input.format = \"raw\"",
        ),
        (
            format!("{file}format = \"jsonl\"\nheader = true"),
            "input.header has no effect with a source that is not a CSV file",
        ),
        (
            format!("{MINIMAL}[checkpoint]\nretain = 1"),
            "no effect with no checkpoint.directory",
        ),
        (
            format!("{MINIMAL}drops = \"none\"\ndrop_cycles = [1]"),
            "mutually exclusive",
        ),
        (
            format!("{MINIMAL}rate = 0"),
            "source.rate must be more than 0, not 0",
        ),
        (
            format!("{MINIMAL}[checkpoint]\ndirectory = \"s\"\nretain = 0"),
            "must be 1 or more",
        ),
        (
            format!("{MINIMAL}[forest]\nsample_size = 0"),
            "forest: sample_size must be",
        ),
        (
            file.replace("[\"a\"]", "[\"a\", \"a\"]"),
            "names \"a\" twice",
        ),
        (file.replace("[\"a\"]", "[\"a..b\"]"), "has an empty name"),
        (
            format!("{file}format = \"csv\"\ndelimiter = \"ab\""),
            "one ASCII character",
        ),
    ];
    for (toml, expected) in cases {
        let error = error(&toml);
        assert!(error.contains(expected), "{toml}\n{error}");
    }
}

#[cfg(not(feature = "kinesis"))]
#[test]
fn a_build_without_kinesis_names_the_feature() {
    for toml in [
        "[source]\nkind = \"kinesis\"\nstream = \"in\"".to_owned(),
        format!("{MINIMAL}[sink]\nkind = \"kinesis\"\nstream = \"out\""),
    ] {
        let error = error(&toml);
        assert!(
            error.contains("cargo build --release --bin rcf --features kinesis"),
            "{error}"
        );
    }
}

#[cfg(feature = "kinesis")]
#[test]
fn kinesis_to_kinesis() {
    let config = build(
        "[source]\nkind = \"kinesis\"\nstream = \"in\"\nregion = \"eu-west-1\"\n\
         endpoint_url = \"http://localhost:4568\"\nstart = \"latest\"\npoll_interval_ms = 1000\n\
         max_records = 100\nfollow = false\non_trimmed = \"fail\"\n\
         [input]\nformat = \"raw\"\n\
         [sink]\nkind = \"kinesis\"\nstream = \"out\"\nregion = \"eu-west-1\"\n\
         endpoint_url = \"http://localhost:4568\"\n",
    )
    .unwrap();
    let source = config.source.downcast::<KinesisSourceConfig>().unwrap();
    assert_eq!((source.stream.as_str(), source.max_records), ("in", 100));
    assert!(!source.follow && source.on_trimmed == OnTrimmed::Fail);
    let sink = config.sink.downcast::<KinesisSinkConfig>().unwrap();
    assert_eq!(sink.stream, "out");
}

#[test]
fn the_fingerprint_holds_what_changes_results_and_nothing_else() {
    let fingerprint = |toml: &str| {
        let config = build(toml).unwrap();
        config.fingerprint(&config.operator().unwrap())
    };
    let first = fingerprint(MINIMAL);
    let same = format!(
        "{MINIMAL}count = 5\nrate = 9\n[forest]\nsample_size = 256\n[input]\n\
         on_bad_record = \"skip\"\n[checkpoint]\ndirectory = \"x\""
    );
    assert_eq!(first.differences(&fingerprint(&same)), []);
    for other in [
        "noise = 1",
        "seed = 1",
        "partition_key = \"x\"",
        "drops = \"every_cycle\"",
        "[input]\nmodel_per = \"shard\"",
        "[forest]\ntime_decay = 0.5",
        "[output]\nattribution = true",
        "[sink]\npath = \"out\"",
    ] {
        let differences = first.differences(&fingerprint(&format!("{MINIMAL}{other}")));
        assert_eq!(differences.len(), 1, "{other}: {differences:?}");
    }
}

#[test]
fn a_setting_by_its_old_name_is_read_and_said() {
    let new = build(&format!(
        "{MINIMAL}[detector]\nenabled = true\nimputation = \"linear\"\n"
    ));
    let old = "RCF_DETECTOR_MISSING";
    let mut layers = [(); 3].map(|()| layers(MINIMAL).unwrap());
    let [file, variable, flag] = &mut layers;
    let toml = "[detector]\nmissing = \"linear\"\n";
    file.toml(Path::new("rcf.toml"), toml).unwrap();
    variable
        .variables([(old.to_owned(), "linear".to_owned())])
        .unwrap();
    flag.flag("detector.missing", "linear").unwrap();
    for (layers, place) in layers
        .iter_mut()
        .zip(["rcf.toml, line 2", old, "--detector-missing"])
    {
        let lines: Vec<_> = layers.old_names().collect();
        assert_eq!(lines.len(), 1, "{place}");
        assert!(
            lines[0].contains(place) && lines[0].contains("imputation"),
            "{}",
            lines[0]
        );
        layers.flag("detector.enabled", "true").unwrap();
        let built = layers.build().unwrap();
        let imputation = |config: &Config| {
            let detector = config.operator.detector.as_ref().unwrap();
            detector.config().imputation
        };
        assert_eq!(imputation(&built), imputation(new.as_ref().unwrap()));
    }
}

#[test]
fn a_random_seed_is_drawn_for_each_run_and_refused_with_checkpoints() {
    let text = format!("{MINIMAL}[forest]\nseed = \"random\"\n");
    let layers = layers(&text).unwrap();
    assert!(layers.has_random_seed());
    let seeds: Vec<_> = (0..3)
        .map(|_| layers.build().unwrap().forest.seed)
        .collect();
    assert!(seeds[0] != seeds[1] || seeds[1] != seeds[2], "{seeds:?}");
    assert!(error(&format!("{MINIMAL}[forest]\nseed = \"rand\"\n")).contains("or \"random\""));
    let refused = error(&format!("{text}[checkpoint]\ndirectory = \"state\"\n"));
    assert!(
        refused.contains("forest.seed must be a number"),
        "{refused}"
    );
}

/// What a configuration leaves out is as the table of parameters has it.
#[test]
fn a_configuration_without_parameters_has_the_defaults_of_the_table() {
    let config = build(MINIMAL).unwrap();
    let detector = config.operator.detector.as_ref().unwrap();
    assert_eq!(
        detector.config(),
        rcf_core::AnomalyDetector::builder(1).config()
    );
    for (sample_size, patience) in [(None, 512), (Some(100), 200)] {
        let forest =
            sample_size.map_or(String::new(), |n| format!("[forest]\nsample_size = {n}\n"));
        let config = build(&format!(
            "{MINIMAL}{forest}[detector]\nlearning = \"skip\"\n"
        ))
        .unwrap();
        let learning = config.operator.detector.as_ref().unwrap().config().learning;
        assert_eq!(learning, rcf_core::Learning::Skip { patience });
    }
    let config = build(&format!("{MINIMAL}[detector]\npatience = 30\n")).unwrap();
    let learning = config.operator.detector.as_ref().unwrap().config().learning;
    assert_eq!(learning, rcf_core::Learning::Skip { patience: 30 });
}

#[test]
fn rules_call_values_by_their_names() {
    let file = "[source]\nkind = \"file\"\npath = \"in.csv\"\n";
    let named = format!("{file}[input]\nvalues = [\"value\"]\n");
    let with = |rules: &str| build(&format!("{named}[detector]\nrules = {rules}\n"));
    let config = with(r#"["value within 5% above", "when value < 10"]"#).unwrap();
    let rules = config.operator.detector.unwrap().config().rules;
    let texts: Vec<_> = rules.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["0 within 5% above", "when 0 < 10"]);
    let error = with(r#"["load within 5%"]"#).unwrap_err().to_string();
    assert!(error.starts_with("detector.rules: the rule"), "{error}");
    assert!(error.contains("the inputs are value"), "{error}");
    let error = with(r#"["1 within 5%"]"#).unwrap_err().to_string();
    assert!(error.contains("there are 1"), "{error}");
    let error = build(&format!("{file}[detector]\nrules = [\"0 within 5%\"]\n")).unwrap_err();
    assert!(error.to_string().contains("input.values"), "{error}");
    assert!(build(&format!("{MINIMAL}[detector]\nrules = [\"0 within 5%\"]\n")).is_ok());
}

/// A number just outside of its range is refused, as is each number where the range has none.
#[test]
fn numbers_are_refused_outside_of_the_range_of_the_table() {
    use std::ops::Bound;

    use rcf_core::parameters::{self, ParameterKind};

    let mut tested = 0;
    for setting in SETTINGS.iter() {
        let Some((section @ ("forest" | "detector"), name)) = setting.key.split_once('.') else {
            continue;
        };
        let row = parameters::find(parameters::DETECTOR, name);
        let Some(row) = row.or_else(|| parameters::find(parameters::FOREST, name)) else {
            continue;
        };
        let step = match row.kind {
            ParameterKind::Integer => 1.0,
            ParameterKind::Real => 0.001,
            _ => continue,
        };
        let below = match row.range.least {
            Bound::Included(least) => Some(least - step),
            Bound::Excluded(least) => Some(least),
            Bound::Unbounded => None,
        };
        let above = match row.range.greatest {
            Bound::Included(greatest) if greatest < 1e9 => Some(greatest + step),
            Bound::Excluded(greatest) => Some(greatest),
            _ => None,
        };
        for number in [below, above].into_iter().flatten() {
            let text = format!("{MINIMAL}[{section}]\n{name} = {number}\n");
            let is_refused = build(&text).map_or(true, |config| config.operator().is_err());
            assert!(is_refused, "{} = {number} was accepted", setting.key);
            tested += 1;
        }
    }
    assert!(tested >= 16, "only {tested} bounds were tested");
}
