//! Construction of a checked [`Config`] from settings.

use std::sync::Arc;
use std::time::Duration;

use super::compat;
use super::layers::Layers;
use super::{CheckpointConfig, Config, ConfigError, HttpConfig, InputConfig, OutputConfig};
use crate::checkpoint::{OnMissingState, Schedule};
use crate::connectors::{CONNECTORS, Connector, SinkSettings, SourceSettings};
use crate::decode::number::Decimal;
use crate::decode::{FieldPath, Fields, InputFormat};
use crate::encode::OutputFormat;
use crate::event::ModelPer;
use crate::lines::MAX_QUOTED_LINES;
use crate::operator::ForestParameters;
use crate::pipeline::OnBadRecord;
use crate::reading::{Given, OptionNames};
use crate::settings::{Section, SettingError, Value, Values, check};
use crate::time::{OnLate, TimeFormat, YEAR};

impl Layers {
    /// Checks everything that can be checked without opening anything.
    ///
    /// # Errors
    /// One variant of [`ConfigError`] for each rule.
    pub fn build(&self) -> Result<Config, ConfigError> {
        let source = self.source()?;
        let mut input = self.input(&*source)?;
        let output = self.output(&mut input)?;
        let mut config = Config {
            input,
            forest: self.forest()?,
            output,
            sink: self.sink("sink")?,
            operator: self.operator()?,
            checkpoint: self.checkpoint()?,
            http: self.http()?,
            source,
        };
        config.fit_detector();
        if let Some((key, origin)) = self.unused() {
            let because = self.reason_for_no_effect(key);
            return Err(ConfigError::NoEffect {
                origin: origin.clone(),
                key,
                because,
            });
        }
        let key = "source.headers";
        if let Some(origin) = self.origin(key).filter(|_| !config.sink.takes_headers()) {
            return Err(ConfigError::NoEffect {
                origin: origin.clone(),
                key,
                because: format!("sink.kind = {:?}", config.sink.kind()),
            });
        }
        config.operator()?; // checks the parameters
        Ok(config)
    }

    fn source(&self) -> Result<Arc<dyn SourceSettings>, ConfigError> {
        let kind = self.choice("source.kind");
        let kind = kind.ok_or_else(|| SettingError::missing("source.kind", "a pipeline"))?;
        let entry = entry(kind, |connector| connector.source.as_ref());
        Ok((entry.read)(&Section::new(self, "source"))?)
    }

    fn input(&self, source: &dyn SourceSettings) -> Result<InputConfig, ConfigError> {
        let is_file = source.is_text();
        let given_format = match self.choice("input.format") {
            Some("json") => Some(InputFormat::Json),
            Some("jsonl") => Some(InputFormat::Jsonl),
            Some("csv") => Some(InputFormat::Csv),
            Some("raw") => Some(InputFormat::Raw),
            _ => None,
        };
        let format = given_format.unwrap_or_else(|| source.default_format());
        let has_arrival_times = source.has_arrival_times();
        if let Some(need) = self.time_need()
            && !has_arrival_times
            && self.text("input.timestamp").is_none()
        {
            return Err(SettingError::missing("input.timestamp", need).into());
        }
        let fields = match format {
            InputFormat::Raw => Fields::default(),
            InputFormat::Json | InputFormat::Jsonl | InputFormat::Csv => {
                self.fields(is_file && self.choice("compat").is_none())?
            }
        };
        let mut given = Given {
            format: given_format,
            options: OptionNames::OF_A_PIPELINE,
            ..Given::default()
        };
        let may_be_csv = format == InputFormat::Csv || (is_file && given_format.is_none());
        if may_be_csv {
            given.delimiter = self.delimiter()?;
            if is_file {
                given.header = self.switch("input.header");
                given.decimal = self.choice("input.decimal").map(|mark| match mark {
                    "comma" => Decimal::Comma,
                    _ => Decimal::Point,
                });
            }
            if given.delimiter.is_some() || given.header.is_some() || given.decimal.is_some() {
                given.format = Some(InputFormat::Csv);
            }
        }
        Ok(InputConfig {
            format: given.format.unwrap_or(format),
            fields,
            delimiter: given.delimiter.unwrap_or(b','),
            header: given.header.unwrap_or(true),
            given,
            recognised: None,
            model_per: match self.choice("input.model_per") {
                Some("shard") => ModelPer::Shard,
                _ if source.rebalances() => ModelPer::KeyInShard,
                // A partition key may move to another shard, whose clock is unrelated.
                _ if self.expect_every().is_some() && self.text("input.key").is_none() => {
                    ModelPer::KeyInShard
                }
                _ => ModelPer::Key,
            },
            on_bad_record: match self.choice("input.on_bad_record") {
                Some("skip") => OnBadRecord::Skip,
                Some("dead_letter") => OnBadRecord::DeadLetter,
                _ => OnBadRecord::Fail,
            },
            max_time_jump: self.max_time_jump(has_arrival_times)?,
            max_quoted_lines: if may_be_csv {
                self.count("input.max_quoted_lines")
            } else {
                None
            }
            .unwrap_or(MAX_QUOTED_LINES),
            on_late: match self.on_late_counts().then(|| self.choice("input.on_late")) {
                Some(Some("skip")) => OnLate::Skip,
                Some(Some("bad")) => OnLate::Bad,
                _ => OnLate::Judge,
            },
        })
    }

    fn fields(&self, can_choose: bool) -> Result<Fields, ConfigError> {
        let values = self.texts("input.values").unwrap_or_default();
        let categorical = match self.choice("compat") {
            Some(_) => Vec::new(),
            None => self.texts("input.categorical").unwrap_or_default(),
        };
        if values.is_empty() && categorical.is_empty() && !can_choose {
            let because = "a source whose columns cannot be detected";
            return Err(SettingError::missing("input.values", because).into());
        }
        let all: Vec<_> = values.iter().chain(&categorical).collect();
        for (index, field) in all.iter().enumerate() {
            if all[..index].contains(field) {
                return Err(ConfigError::RepeatedField {
                    field: (*field).clone(),
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
            categorical: categorical
                .into_iter()
                .map(|text| path("input.categorical", text))
                .collect::<Result<_, _>>()?,
            key: optional("input.key")?,
            timestamp: optional("input.timestamp")?,
            time_of_day: match self.text("input.timestamp") {
                Some(_) => self
                    .texts("input.time_of_day")
                    .unwrap_or_default()
                    .into_iter()
                    .map(|text| path("input.time_of_day", text))
                    .collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            time_format: self.time_format()?,
            needs_time: self.time_need().is_some(),
            optional_values: self.switch("input.optional_values").unwrap_or(false),
            ..Fields::default()
        })
    }

    fn time_format(&self) -> Result<TimeFormat, ConfigError> {
        let text = self
            .text("input.timestamp")
            .and_then(|_| self.text("input.time_format"));
        match text {
            None => Ok(TimeFormat::Auto),
            Some(text) => text.parse().map_err(ConfigError::TimeFormat),
        }
    }

    /// The setting that needs the times of records, if there is one.
    fn time_need(&self) -> Option<&'static str> {
        if self.on_late_counts() {
            Some("detector.use_time = true")
        } else if self.expect_every().is_some() {
            Some("detector.expect_every")
        } else {
            self.real("operator.time_to_live_seconds")
                .map(|_| "operator.time_to_live_seconds")
        }
    }

    /// How far ahead a time may be. Without arrival times, a time further ahead than the time to
    /// live would make all keys be forgotten.
    fn max_time_jump(&self, has_arrival_times: bool) -> Result<Option<Duration>, ConfigError> {
        if self.time_need().is_none() || self.text("input.timestamp").is_none() {
            return Ok(None);
        }
        let key = "input.max_time_jump_seconds";
        let given = self.real(key);
        if let Some(seconds) = given {
            check(key, "more than 0", seconds, seconds > 0.0)?;
        }
        let to_live = self.real("operator.time_to_live_seconds");
        let shortest = to_live
            .filter(|_| !has_arrival_times)
            .unwrap_or(f64::INFINITY);
        let seconds = given.unwrap_or((YEAR / 1e3).min(shortest));
        Ok(Some(
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
        ))
    }

    fn on_late_counts(&self) -> bool {
        self.decides() && self.switch("detector.use_time") == Some(true)
    }

    fn delimiter(&self) -> Result<Option<u8>, ConfigError> {
        let Some(text) = self.text("input.delimiter") else {
            return Ok(None);
        };
        crate::decode::dialect::delimiter(&text)
            .map(Some)
            .ok_or_else(|| {
                let rule = crate::decode::dialect::DELIMITER_RULE;
                let found = format!("{text:?}");
                SettingError::OutOfRange {
                    key: "input.delimiter".to_owned(),
                    rule,
                    found,
                }
                .into()
            })
    }

    fn forest(&self) -> Result<ForestParameters, ConfigError> {
        let size = |key: &'static str| -> Result<Option<usize>, ConfigError> {
            let Some(count) = self.count(key) else {
                return Ok(None);
            };
            usize::try_from(count).map(Some).map_err(|_| {
                let rule = "a size that memory can hold";
                SettingError::OutOfRange {
                    key: key.to_owned(),
                    rule,
                    found: count.to_string(),
                }
                .into()
            })
        };
        let parameters = ForestParameters {
            shingle_size: size("forest.shingle_size")?,
            number_of_trees: size("forest.number_of_trees")?,
            sample_size: size("forest.sample_size")?,
            time_decay: self.real("forest.time_decay"),
            output_after: size("forest.output_after")?,
            initial_accept_fraction: self.real("forest.initial_accept_fraction"),
            seed: self.seed()?,
        };
        Ok(match self.choice("compat") {
            Some(_) => compat::parameters(parameters),
            None => parameters,
        })
    }

    /// The seed, drawn if configured so. A continued run needs its original seed, so a checkpoint
    /// requires a number.
    fn seed(&self) -> Result<u64, ConfigError> {
        let key = "forest.seed";
        if self.get(key) != Some(&Value::Random) {
            return Ok(self.count(key).unwrap_or(0));
        }
        let is_free = self.text("checkpoint.directory").is_none();
        let rule = "a number if checkpoint.directory is set, since a continued run needs its \
                    first seed";
        check(key, rule, "\"random\"", is_free)?;
        Ok(super::random_seed())
    }

    /// Whether the seed is drawn when the configuration is built.
    #[must_use]
    pub fn has_random_seed(&self) -> bool {
        self.get("forest.seed") == Some(&Value::Random)
    }

    fn output(&self, input: &mut InputConfig) -> Result<OutputConfig, ConfigError> {
        let mut output = OutputConfig {
            format: match self.choice("output.format") {
                Some("csv") => OutputFormat::Csv,
                _ => OutputFormat::Jsonl,
            },
            score_above: self.real("output.score_above"),
            ..OutputConfig::default()
        };
        if output.format == OutputFormat::Csv {
            output.csv_safe = self.switch("output.csv_safe").unwrap_or(false);
        }
        if self.choice("compat").is_some() {
            let columns = self.texts("output.columns");
            let direction = self.switch("output.direction").unwrap_or(false);
            output.kda_sql = Some(compat::columns(columns, direction, &mut input.fields)?);
        } else {
            output.attribution = self.switch("output.attribution").unwrap_or(false);
        }
        Ok(output)
    }

    /// The sink that a section describes.
    pub(super) fn sink(&self, section: &'static str) -> Result<Arc<dyn SinkSettings>, ConfigError> {
        let section = Section::new(self, section);
        let kind = section.choice("kind").unwrap_or("file");
        let entry = entry(kind, |connector| connector.sink.as_ref());
        Ok((entry.read)(&section)?)
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
            directory,
            application: match self.text("checkpoint.application") {
                Some(name) if !name.is_empty() => name,
                _ => CheckpointConfig::APPLICATION.to_owned(),
            },
            on_missing_state: match self.choice("checkpoint.on_missing_state") {
                Some("previous") => OnMissingState::Previous,
                Some("rebuild") => OnMissingState::Rebuild,
                Some("reset") => OnMissingState::Reset,
                _ => OnMissingState::Fail,
            },
            schedule: Schedule {
                every_records,
                every: Some(every),
            },
            retain: usize::try_from(retain).unwrap_or(usize::MAX),
        }))
    }

    fn http(&self) -> Result<Option<HttpConfig>, ConfigError> {
        let Some(port) = self.count("http.port") else {
            return Ok(None);
        };
        let holds = port <= u64::from(u16::MAX);
        check("http.port", "0 to 65535", port, holds)?;
        Ok(Some(HttpConfig {
            host: self
                .text("http.host")
                .unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: port as u16,
            token_file: self.text("http.token_file").map(Into::into),
            public: self.switch("http.public").unwrap_or(false),
        }))
    }

    fn reason_for_no_effect(&self, key: &str) -> String {
        let section = key.split_once('.').map_or(key, |(section, _)| section);
        match section {
            "checkpoint" => "no checkpoint.directory".to_owned(),
            "http" => "no http.port".to_owned(),
            "detector" if key == "detector.expect_every" && self.decides() => {
                match self.choice("input.model_per") {
                    Some("shard") => "input.model_per = \"shard\"".to_owned(),
                    _ => "compat, or source.kind = \"multilang\"".to_owned(),
                }
            }
            "detector" if key == "detector.max_time_jump" && self.decides() => {
                "no detector.use_time".to_owned()
            }
            "detector" => "detector.enabled = false".to_owned(),
            "operator" => "no checkpoint.directory, where models could be stored".to_owned(),
            "dead_letters" => "another input.on_bad_record than \"dead_letter\"".to_owned(),
            "input" if matches!(key, "input.time_format" | "input.time_of_day") => {
                "no input.timestamp".to_owned()
            }
            "input" if key == "input.max_time_jump_seconds" => {
                "no input.timestamp that something needs".to_owned()
            }
            "input" if key == "input.categorical" && self.choice("compat").is_some() => {
                "compat".to_owned()
            }
            "input" if key == "input.on_late" => "no detector.use_time".to_owned(),
            "input" if key == "input.max_quoted_lines" => "no input.format = \"csv\"".to_owned(),
            "input" if key == "input.header" || key == "input.decimal" => {
                "a source that is not a CSV file".to_owned()
            }
            "input" => format!(
                "input.format = {:?}",
                self.choice("input.format").unwrap_or("raw")
            ),
            "output" if key == "output.csv_safe" => "output.format = \"jsonl\"".to_owned(),
            "output" if key == "output.attribution" => "compat".to_owned(),
            "output" => "no compat".to_owned(),
            _ => {
                let kind = format!("{section}.kind");
                format!("{kind} = {:?}", self.choice(&kind).unwrap_or("file"))
            }
        }
    }
}

/// The entry of a connector. The table of settings rejects any other kind.
fn entry<T>(kind: &str, of: impl Fn(&'static Connector) -> Option<&'static T>) -> &'static T {
    let mut named = CONNECTORS.iter().filter(|connector| connector.kind == kind);
    named
        .find_map(|connector| of(connector))
        .expect("kinds are made from the same table")
}
