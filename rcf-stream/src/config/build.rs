//! From settings to a checked [`Config`].

use std::path::PathBuf;
use std::time::Duration;

use super::layers::{Layers, Value};
use super::schema::Setting;
use super::{
    CheckpointConfig, Config, ConfigError, InputConfig, KinesisSinkConfig, KinesisSourceConfig,
    OnTrimmed, OutputConfig, SinkConfig, SourceConfig,
};
use crate::checkpoint::Schedule;
use crate::decode::{FieldPath, Fields, InputFormat};
use crate::encode::OutputFormat;
use crate::event::ModelPer;
use crate::operator::ForestParameters;
use crate::pipeline::OnBadRecord;
use crate::source::sine::{Drops, SineConfig};

impl Layers {
    /// Checks everything that can be checked without opening anything.
    ///
    /// # Errors
    /// One variant of [`ConfigError`] for each rule.
    pub fn build(&self) -> Result<Config, ConfigError> {
        let source = self.source()?;
        let input = self.input(&source)?;
        let config = Config {
            input,
            forest: self.forest()?,
            output: OutputConfig {
                format: match self.choice("output.format") {
                    Some("csv") => OutputFormat::Csv,
                    _ => OutputFormat::Jsonl,
                },
                attribution: self.switch("output.attribution").unwrap_or(false),
            },
            sink: self.sink()?,
            checkpoint: self.checkpoint()?,
            source,
        };
        if let Some((key, origin)) = self.unused() {
            let because = self.reason_for_no_effect(key);
            return Err(ConfigError::NoEffect {
                origin: origin.clone(),
                key,
                because,
            });
        }
        config.operator()?; // checks the parameters
        Ok(config)
    }

    fn source(&self) -> Result<SourceConfig, ConfigError> {
        match self.choice("source.kind") {
            None => Err(missing("source.kind", "a pipeline")),
            Some("file") => {
                let path = self.required("source.path", "source.kind = \"file\"")?;
                Ok(SourceConfig::File { path: path.into() })
            }
            Some("sine") => self.sine().map(SourceConfig::Sine),
            Some(_) => self.kinesis_source().map(SourceConfig::Kinesis),
        }
    }

    fn sine(&self) -> Result<SineConfig, ConfigError> {
        let drops = match (
            self.choice("source.drops"),
            self.counts("source.drop_cycles"),
        ) {
            (Some(_), Some(_)) => {
                let (first, second) = ("source.drops", "source.drop_cycles");
                return Err(ConfigError::Conflict { first, second });
            }
            (None, Some(cycles)) => Drops::Cycles(cycles),
            (Some("every_cycle"), None) => Drops::EveryCycle,
            (Some("none"), None) => Drops::None,
            (_, None) => Drops::Original,
        };
        let noise = self.real("source.noise").unwrap_or(0.0);
        check("source.noise", "0 or more", noise, noise >= 0.0)?;
        let rate = self.real("source.rate");
        if let Some(rate) = rate {
            check("source.rate", "more than 0", rate, rate > 0.0)?;
        }
        let defaults = SineConfig::default();
        Ok(SineConfig {
            count: self.count("source.count"),
            drops,
            noise,
            seed: self.count("source.seed").unwrap_or(defaults.seed),
            rate,
            partition_key: self
                .text("source.partition_key")
                .unwrap_or(defaults.partition_key),
        })
    }

    fn kinesis_source(&self) -> Result<KinesisSourceConfig, ConfigError> {
        needs_kinesis("source.kind")?;
        let stream = self.required("source.stream", "source.kind = \"kinesis\"")?;
        let mut kinesis = KinesisSourceConfig::new(stream);
        kinesis.region = self.text("source.region");
        kinesis.endpoint_url = self.text("source.endpoint_url");
        if let Some(start) = self.text("source.start") {
            kinesis.start = start.parse()?;
        }
        if let Some(milliseconds) = self.count("source.poll_interval_ms") {
            kinesis.poll_interval_ms = milliseconds;
        }
        if let Some(records) = self.count("source.max_records") {
            let holds = (1..=10_000).contains(&records);
            check("source.max_records", "1 to 10000", records, holds)?;
            kinesis.max_records = records as u32;
        }
        if let Some(follow) = self.switch("source.follow") {
            kinesis.follow = follow;
        }
        if self.choice("source.on_trimmed") == Some("fail") {
            kinesis.on_trimmed = OnTrimmed::Fail;
        }
        Ok(kinesis)
    }

    fn input(&self, source: &SourceConfig) -> Result<InputConfig, ConfigError> {
        let format = match (self.choice("input.format"), source) {
            (Some("json"), _) => InputFormat::Json,
            (Some("csv"), _) => InputFormat::Csv,
            (Some("raw"), _) | (None, SourceConfig::Sine(_)) => InputFormat::Raw,
            (_, _) => InputFormat::Jsonl,
        };
        let fields = match format {
            InputFormat::Raw => Fields::default(),
            InputFormat::Json | InputFormat::Jsonl | InputFormat::Csv => self.fields()?,
        };
        let (mut delimiter, mut header) = (b',', true);
        if format == InputFormat::Csv {
            delimiter = self.delimiter()?;
            if matches!(source, SourceConfig::File { .. }) {
                header = self.switch("input.header").unwrap_or(true);
            }
        }
        Ok(InputConfig {
            format,
            fields,
            delimiter,
            header,
            model_per: match self.choice("input.model_per") {
                Some("shard") => ModelPer::Shard,
                _ => ModelPer::Key,
            },
            on_bad_record: match self.choice("input.on_bad_record") {
                Some("skip") => OnBadRecord::Skip,
                _ => OnBadRecord::Fail,
            },
        })
    }

    fn fields(&self) -> Result<Fields, ConfigError> {
        let values = self.texts("input.values").unwrap_or_default();
        if values.is_empty() {
            return Err(missing("input.values", "every format but raw"));
        }
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                return Err(ConfigError::RepeatedField {
                    field: value.clone(),
                });
            }
        }
        let path = |key: &'static str, text: String| {
            FieldPath::new(text).map_err(|source| ConfigError::FieldPath { key, source })
        };
        let optional = |key| self.text(key).map(|text| path(key, text)).transpose();
        Ok(Fields {
            values: values
                .into_iter()
                .map(|text| path("input.values", text))
                .collect::<Result<_, _>>()?,
            key: optional("input.key")?,
            timestamp: optional("input.timestamp")?,
        })
    }

    fn delimiter(&self) -> Result<u8, ConfigError> {
        let text = self
            .text("input.delimiter")
            .unwrap_or_else(|| ",".to_owned());
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
            _ => Err(ConfigError::OutOfRange {
                key: "input.delimiter",
                rule: "one ASCII character, neither a quote nor a line feed",
                found: format!("{text:?}"),
            }),
        }
    }

    fn forest(&self) -> Result<ForestParameters, ConfigError> {
        let size = |key: &'static str| -> Result<Option<usize>, ConfigError> {
            let Some(count) = self.count(key) else {
                return Ok(None);
            };
            usize::try_from(count)
                .map(Some)
                .map_err(|_| ConfigError::OutOfRange {
                    key,
                    rule: "a size that memory can hold",
                    found: count.to_string(),
                })
        };
        Ok(ForestParameters {
            shingle_size: size("forest.shingle_size")?,
            number_of_trees: size("forest.number_of_trees")?,
            sample_size: size("forest.sample_size")?,
            time_decay: self.real("forest.time_decay"),
            output_after: size("forest.output_after")?,
            initial_accept_fraction: self.real("forest.initial_accept_fraction"),
            seed: self.count("forest.seed").unwrap_or(0),
        })
    }

    fn sink(&self) -> Result<SinkConfig, ConfigError> {
        if self.choice("sink.kind") == Some("kinesis") {
            needs_kinesis("sink.kind")?;
            return Ok(SinkConfig::Kinesis(KinesisSinkConfig {
                stream: self.required("sink.stream", "sink.kind = \"kinesis\"")?,
                region: self.text("sink.region"),
                endpoint_url: self.text("sink.endpoint_url"),
            }));
        }
        let path = self.text("sink.path").unwrap_or_else(|| "-".to_owned());
        Ok(SinkConfig::File { path: path.into() })
    }

    fn checkpoint(&self) -> Result<Option<CheckpointConfig>, ConfigError> {
        let Some(directory) = self.text("checkpoint.directory") else {
            return Ok(None);
        };
        let every_records = self.count("checkpoint.every_records");
        if let Some(records) = every_records {
            check(
                "checkpoint.every_records",
                "1 or more",
                records,
                records > 0,
            )?;
        }
        let every = match self.real("checkpoint.every_seconds") {
            None => CheckpointConfig::EVERY,
            Some(seconds) => {
                check(
                    "checkpoint.every_seconds",
                    "more than 0",
                    seconds,
                    seconds > 0.0,
                )?;
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        };
        let retain = self
            .count("checkpoint.retain")
            .unwrap_or(CheckpointConfig::RETAIN as u64);
        check("checkpoint.retain", "1 or more", retain, retain > 0)?;
        Ok(Some(CheckpointConfig {
            directory: PathBuf::from(directory),
            schedule: Schedule {
                every_records,
                every: Some(every),
            },
            retain: usize::try_from(retain).unwrap_or(usize::MAX),
        }))
    }

    fn reason_for_no_effect(&self, key: &str) -> String {
        let section = key.split_once('.').map_or(key, |(section, _)| section);
        match section {
            "checkpoint" => "no checkpoint.directory".to_owned(),
            "input" if key == "input.header" => "a source that is no file of CSV".to_owned(),
            "input" => format!(
                "input.format = {:?}",
                self.choice("input.format").unwrap_or("raw")
            ),
            _ => {
                let kind = format!("{section}.kind");
                format!("{kind} = {:?}", self.choice(&kind).unwrap_or("file"))
            }
        }
    }

    fn required(&self, key: &'static str, because: &str) -> Result<String, ConfigError> {
        self.text(key)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| missing(key, because))
    }

    // The table gives each key its type, so none of these can meet another one.

    fn choice(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.choice(key).map(str::to_owned)
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        match self.get(key)? {
            Value::Texts(texts) => Some(texts.clone()),
            _ => None,
        }
    }

    fn count(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    fn counts(&self, key: &str) -> Option<Vec<u64>> {
        match self.get(key)? {
            Value::Counts(counts) => Some(counts.clone()),
            _ => None,
        }
    }

    fn real(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::Real(real) => Some(*real),
            _ => None,
        }
    }

    fn switch(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Switch(switch) => Some(*switch),
            _ => None,
        }
    }
}

fn missing(key: &'static str, because: &str) -> ConfigError {
    let because = because.to_owned();
    let (variable, flag) = Setting::find(key)
        .map(|setting| (setting.variable(), setting.flag()))
        .unwrap_or_default();
    ConfigError::Missing {
        key,
        because,
        variable,
        flag,
    }
}

fn check(
    key: &'static str,
    rule: &'static str,
    found: impl ToString,
    holds: bool,
) -> Result<(), ConfigError> {
    if holds {
        Ok(())
    } else {
        Err(ConfigError::OutOfRange {
            key,
            rule,
            found: found.to_string(),
        })
    }
}

fn needs_kinesis(key: &'static str) -> Result<(), ConfigError> {
    if cfg!(feature = "kinesis") {
        Ok(())
    } else {
        Err(ConfigError::KinesisNotBuilt { key })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn layers(toml: &str) -> Result<Layers, ConfigError> {
        let mut layers = Layers::default();
        layers.toml(Path::new("rcf.toml"), toml)?;
        Ok(layers)
    }

    fn build(toml: &str) -> Result<Config, ConfigError> {
        layers(toml)?.build()
    }

    /// What is said about a wrong file.
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
        assert_eq!(
            config.source,
            SourceConfig::File {
                path: "in.csv".into()
            }
        );
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
                attribution: true
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
        assert_eq!(config.source, SourceConfig::Sine(expected));
        assert_eq!(config.input.format, InputFormat::Raw);
        assert_eq!(config.sink, SinkConfig::File { path: "-".into() });
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
        layers
            .flag(Setting::find("forest.seed").unwrap(), "3")
            .unwrap();
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
            "rcf.toml, line 5: there is no setting \"forest.sampel_size\"; \
             did you mean \"forest.sample_size\"?"
        );
        assert!(error("seed = 1").contains("line 1: there is no setting \"seed\""));
        let mut layers = layers(MINIMAL).unwrap();
        let variable = ("RCF_FOREST_SEEED".to_owned(), "1".to_owned());
        assert_eq!(
            layers.variables([variable]).unwrap_err().to_string(),
            "environment variable RCF_FOREST_SEEED: there is no setting \"RCF_FOREST_SEEED\"; \
             did you mean \"RCF_FOREST_SEED\"?"
        );
    }

    #[test]
    fn wrong_values_name_the_place_and_the_rule() {
        let cases = [
            (
                "[forest]\nseed = -1",
                "line 2: forest.seed must be a whole number, 0 or more, not -1",
            ),
            (
                "[forest]\ntime_decay = inf",
                "forest.time_decay must be a number, not inf",
            ),
            (
                "[input]\nvalues = \"a\"",
                "input.values must be a list of texts, not \"a\"",
            ),
            (
                "[source]\nkind = \"kafka\"",
                "must be one of file, sine, kinesis, not \"kafka\"",
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
        let setting = Setting::find("source.noise").unwrap();
        assert_eq!(
            layers.flag(setting, "loud").unwrap_err().to_string(),
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
                "[source]\nkind = \"file\"\npath = \"-\"".to_owned(),
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
                format!("{file}header = true"),
                "input.header has no effect with a source that is no file of CSV",
            ),
            (
                format!("{MINIMAL}[checkpoint]\nretain = 1"),
                "no effect with no checkpoint.directory",
            ),
            (
                format!("{MINIMAL}drops = \"none\"\ndrop_cycles = [1]"),
                "exclude each other",
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
    fn kinesis_says_how_to_build_it() {
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
        let SourceConfig::Kinesis(source) = config.source else {
            panic!("not a Kinesis source")
        };
        assert_eq!((source.stream.as_str(), source.max_records), ("in", 100));
        assert!(!source.follow && source.on_trimmed == OnTrimmed::Fail);
        assert!(matches!(config.sink, SinkConfig::Kinesis(sink) if sink.stream == "out"));
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
        assert_eq!(first.difference(&fingerprint(&same)), None);
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
            assert!(
                first
                    .difference(&fingerprint(&format!("{MINIMAL}{other}")))
                    .is_some(),
                "{other}"
            );
        }
    }
}
