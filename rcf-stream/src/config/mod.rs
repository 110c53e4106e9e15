//! The configuration: one TOML file, `RCF_*` environment variables and flags, validated once.
//! The result is the typed [`Config`].

mod build;
mod compat;
mod error;
mod fingerprint;
mod layers;
mod operator;
mod schema;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use error::ConfigError;
pub use layers::{Layers, Origin};
use rcf_core::AnomalyDetectorBuilder;
pub use schema::{RENAMED, SETTINGS, Setting};

use crate::checkpoint::{OnMissingState, Schedule};
use crate::connectors::{SinkSettings, SourceSettings};
use crate::decode::dialect::{Dialect, Header};
use crate::decode::{FieldPath, Fields, InputFormat};
use crate::encode::{Encoder, KdaSql, OutputFormat};
use crate::event::{EventOperator, KeyOverride, ModelPer, ModelSettings, keyed_operator};
use crate::operator::{ForestParameters, OperatorConfigError};
use crate::pipeline::OnBadRecord;
use crate::reading::{Choice, Given, Named, Recognised};
use crate::time::{OnLate, TimeFormat};

/// Everything about one pipeline.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where records come from.
    pub source: Arc<dyn SourceSettings>,
    /// How they are read.
    pub input: InputConfig,
    /// The parameters of the models.
    pub forest: ForestParameters,
    /// How results are written.
    pub output: OutputConfig,
    /// Where results go.
    pub sink: Arc<dyn SinkSettings>,
    /// How models are held, and what they decide.
    pub operator: OperatorConfig,
    /// Where and when checkpoints are written, if any.
    pub checkpoint: Option<CheckpointConfig>,
    /// Where health, metrics and the live page are served, if they are.
    pub http: Option<HttpConfig>,
}

/// Where the HTTP server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// The name or address of the interface.
    pub host: String,
    /// The port; 0 takes any that is free.
    pub port: u16,
    /// A file with the token that requests must show to see keys, values or metrics.
    pub token_file: Option<PathBuf>,
    /// Whether others may see them without a token.
    pub public: bool,
}

/// How records are read.
#[derive(Debug, Clone, PartialEq)]
pub struct InputConfig {
    /// How they are written.
    pub format: InputFormat,
    /// What to take out of them; nothing for raw numbers.
    pub fields: Fields,
    /// What the configuration sets for the text of a file; the rest is detected.
    pub given: Given,
    /// What was detected.
    pub recognised: Option<Dialect>,
    /// What separates the columns of CSV.
    pub delimiter: u8,
    /// Whether the first line of a CSV file names the columns.
    pub header: bool,
    /// What each model belongs to.
    pub model_per: ModelPer,
    /// What happens to bad records.
    pub on_bad_record: OnBadRecord,
    /// What happens to records whose time is before the newest one of their key.
    pub on_late: OnLate,
    /// How far ahead of its shard a time may be before others have to confirm it; `None` if nothing
    /// needs the time.
    pub max_time_jump: Option<Duration>,
    /// A quote counts as unclosed when this many line feeds are quoted.
    pub max_quoted_lines: u64,
}

impl InputConfig {
    /// How the text of a file is written.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.recognised.clone().unwrap_or_else(|| Dialect {
            format: self.format,
            delimiter: self.delimiter,
            header: if self.header {
                Header::FirstLine
            } else {
                Header::None
            },
            ..Dialect::default()
        })
    }

    /// The columns that the configuration names.
    #[must_use]
    pub fn named(&self) -> Named {
        let label = |path: &FieldPath| path.as_str().to_owned();
        let fields = &self.fields;
        let format = (fields.time_format != TimeFormat::Auto).then(|| fields.time_format.clone());
        Named {
            values: fields.values.iter().map(label).collect(),
            categorical: fields.categorical.iter().map(label).collect(),
            key: fields.key.as_ref().map(label),
            time: fields.timestamp.as_ref().map(label),
            time_of_day: fields.time_of_day.iter().map(label).collect(),
            time_format: format,
            options: self.given.options,
        }
    }

    /// The fields that the configuration selects, if it names the values.
    #[must_use]
    pub fn choice(&self) -> Choice {
        Choice {
            values: self.fields.values.clone(),
            units: self.fields.units.clone(),
            categorical: self.fields.categorical.clone(),
            key: self.fields.key.clone(),
            time: self.fields.timestamp.clone(),
            time_of_day: self.fields.time_of_day.clone(),
            time_format: self.fields.time_format.clone(),
            ..Choice::default()
        }
    }

    fn settle(&mut self, recognised: &Recognised) {
        let Recognised { dialect, choice } = recognised;
        self.format = dialect.format;
        self.delimiter = dialect.delimiter;
        self.header = dialect.header != Header::None;
        self.fields.numbers = dialect.numbers;
        self.fields.units.clone_from(&choice.units);
        self.recognised = Some(dialect.clone());
        if self.fields.values.is_empty() {
            self.fields.values.clone_from(&choice.values);
            if self.fields.key.is_none() {
                self.fields.key.clone_from(&choice.key);
            }
            if self.fields.timestamp.is_none() {
                self.fields.timestamp.clone_from(&choice.time);
                self.fields.time_of_day.clone_from(&choice.time_of_day);
                self.fields.time_format.clone_from(&choice.time_format);
            }
        }
    }

    /// The dimensions of the models: the number of values of a record, categories included.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        match self.format {
            InputFormat::Raw => 1,
            InputFormat::Json | InputFormat::Jsonl | InputFormat::Csv => {
                self.fields.values.len() + self.fields.categorical.len()
            }
        }
    }

    /// Whether the values are chosen from the records.
    #[must_use]
    pub fn chooses_values(&self) -> bool {
        self.format != InputFormat::Raw && self.fields.values.is_empty()
    }
}

/// How results are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutputConfig {
    /// The format.
    pub format: OutputFormat,
    /// Whether results include the share of each value in the score.
    pub attribution: bool,
    /// Whether to write the columns of the retired Kinesis Data Analytics for SQL instead.
    pub kda_sql: Option<KdaSql>,
    /// Only results with a higher score are written.
    pub score_above: Option<f64>,
    /// Whether texts in CSV are protected from being interpreted as formulas.
    pub csv_safe: bool,
}

impl OutputConfig {
    /// Whether the operator has to compute the attribution.
    #[must_use]
    pub fn needs_attribution(&self) -> bool {
        match &self.kda_sql {
            Some(columns) => columns.explains(),
            None => self.attribution,
        }
    }

    /// The encoder for values of these names.
    #[must_use]
    pub fn encoder(&self, names: &[String]) -> Encoder {
        let mut encoder =
            Encoder::new(self.format, names, self.attribution).csv_safe(self.csv_safe);
        if let Some(columns) = &self.kda_sql {
            encoder = encoder.kda_sql(columns.clone());
        }
        if let Some(bound) = self.score_above {
            encoder = encoder.score_above(bound);
        }
        encoder
    }
}

/// How models are held, and what they decide.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorConfig {
    /// The detectors, if decisions are made.
    pub detector: Option<AnomalyDetectorBuilder>,
    /// Whether decisions are made only because nothing else is configured.
    pub decides_by_default: bool,
    /// Whether detectors receive the time of events.
    pub with_time: bool,
    /// Keys with other parameters.
    pub overrides: Vec<KeyOverride>,
    /// Silence after which a key is forgotten.
    pub time_to_live: Option<Duration>,
    /// Silence after which a key is reported.
    pub expect_every: Option<Duration>,
    /// Bytes that models may occupy in memory; the rest goes to the checkpoint store.
    pub memory: Option<usize>,
    /// Where bad records go, if they are kept.
    pub dead_letters: Option<Arc<dyn SinkSettings>>,
}

impl OperatorConfig {
    /// Leaves decisions out.
    pub fn only_score(&mut self) {
        self.detector = None;
        self.decides_by_default = false;
        self.with_time = false;
        self.expect_every = None;
    }
}

/// Where and when checkpoints are written.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointConfig {
    /// A folder, or `s3://bucket/prefix`.
    pub directory: String,
    /// The name under which they are kept there: two applications can read one stream.
    pub application: String,
    /// What to do when the newest one is damaged or missing.
    pub on_missing_state: OnMissingState,
    /// When a checkpoint is due.
    pub schedule: Schedule,
    /// How many are kept.
    pub retain: usize,
}

impl CheckpointConfig {
    /// The default interval of checkpoints.
    pub const EVERY: Duration = Duration::from_secs(60);
    /// The default name of an application.
    pub const APPLICATION: &str = "rcf";
    /// The default number of retained checkpoints.
    pub const RETAIN: usize = 3;
}

/// A seed from the entropy of the operating system.
#[must_use]
pub fn random_seed() -> u64 {
    rand::random()
}

impl Config {
    /// Uses what was detected for everything that the configuration leaves open.
    pub fn settle(&mut self, recognised: &Recognised) {
        self.input.settle(recognised);
        self.fit_detector();
    }

    /// Gives the detector the dimensions of the input; one if they are chosen later.
    pub(crate) fn fit_detector(&mut self) {
        let dimensions = self.input.dimensions().max(1);
        let detector = self.operator.detector.take();
        self.operator.detector = detector.map(|it| it.input_dimensions(dimensions));
    }

    /// The operator for these settings, without models.
    ///
    /// # Errors
    /// The rule of the forest that a parameter breaks.
    pub fn operator(&self) -> Result<EventOperator, OperatorConfigError> {
        let settings = ModelSettings {
            model_per: self.input.model_per,
            categories: self.input.fields.categorical.len(),
            forest: self.forest.clone(),
            detector: self.operator.detector.clone(),
            with_time: self.operator.with_time,
            on_late: self.input.on_late,
            overrides: self.operator.overrides.clone(),
            time_to_live: self
                .operator
                .time_to_live
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        };
        keyed_operator(
            self.input.dimensions().max(1), // they may be chosen later
            &settings,
            self.input.fields.key.is_some(),
            self.output.needs_attribution(),
        )
    }

    /// The name of the stream in checkpoints.
    #[must_use]
    pub fn stream(&self) -> String {
        self.source.stream()
    }
}
