//! `rcf score`: the scores of a file.

use std::path::PathBuf;

use clap::ValueEnum;
use rcf_stream::assemble;
use rcf_stream::config::{Config, InputConfig, OutputConfig, SinkConfig, SourceConfig};
use rcf_stream::decode::{FieldPath, Fields, InputFormat, columns};
use rcf_stream::encode::OutputFormat;
use rcf_stream::event::ModelPer;
use rcf_stream::pipeline::OnBadRecord;
use rcf_stream::source::Source;
use rcf_stream::source::lines::{LinesInput, LinesSource};

use crate::failure::Failure;
use crate::forest::ForestFlags;
use crate::stop;

/// Scores each record against all records before it. Higher is more anomalous; about 1 is normal;
/// 0 means that the forest is still learning.
#[derive(clap::Args)]
pub(crate) struct Score {
    /// A file of CSV or of JSON objects, one per line; - is the standard input
    file: PathBuf,
    /// A column or field that is a value; may be repeated [default: all that are numbers in the
    /// first record]
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,
    /// As --column, several at once
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// The column or field that is the key; each key has a forest of its own
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The column or field that is the time, to be handed on
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// How the file is written [default: JSON lines if it starts with a brace, else CSV]
    #[arg(long, value_enum)]
    input_format: Option<Format>,
    /// Whether the first line of CSV names the columns [default: if none of its fields is a number]
    #[arg(long, value_name = "true|false")]
    header: Option<bool>,
    /// What separates the columns of CSV
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    delimiter: u8,
    /// What to do with a record that cannot be read or scored
    #[arg(long, value_enum, default_value_t = BadRecordFlag::Fail)]
    on_bad_record: BadRecordFlag,
    /// Where results go; - is the standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// How results are written [default: as the name of the output says, else JSON lines]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Add the share of each value in the score
    #[arg(long)]
    attribution: bool,
    #[command(flatten)]
    forest: ForestFlags,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
}

#[derive(Clone, Copy, ValueEnum)]
enum BadRecordFlag {
    /// Stop with an error
    Fail,
    /// Leave it out, with a warning
    Skip,
}

impl Score {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (source, input) = self.open()?;
        let config = self.config(input);
        let operator = config.operator().map_err(Failure::configuration)?;
        let learning = operator.parameters().output_after as u64;
        let pipeline = assemble::join(&config, operator, Box::new(source), None).await?;
        let summary = pipeline.run(stop::requested()).await?;
        tracing::info!(
            records = summary.records,
            results = summary.results,
            bad_records = ?summary.bad_records,
            "scored"
        );
        if summary.results <= learning {
            tracing::warn!(
                records = summary.results,
                output_after = learning,
                "too few records: every score is 0, because the forest was still learning"
            );
        }
        Ok(())
    }

    /// Opens the file and finds out what was not said about it.
    fn open(&self) -> Result<(LinesSource, InputConfig), Failure> {
        let mut file = LinesInput::open(&self.file)?;
        let format = match self.input_format {
            Some(format) => format,
            None if file.first_byte()? == Some(b'{') => Format::Jsonl,
            None => Format::Csv,
        };
        let path = |text: &String| match format {
            Format::Csv => Ok(FieldPath::name(text)),
            Format::Jsonl => FieldPath::new(text.as_str()).map_err(Failure::configuration),
        };
        let named = self.column.iter().chain(&self.columns);
        let mut fields = Fields {
            values: named.map(path).collect::<Result<_, _>>()?,
            key: self.key.as_ref().map(path).transpose()?,
            timestamp: self.time.as_ref().map(path).transpose()?,
            ..Fields::default()
        };
        let is_header = |line: &[u8]| match self.header {
            Some(header) => header,
            None => columns::is_csv_header(line, self.delimiter),
        };
        let mut source = match format {
            Format::Csv => file.csv(self.delimiter, is_header)?,
            Format::Jsonl => file.lines(),
        };
        if fields.values.is_empty() {
            fields.values = self.numeric_columns(&mut source, format, &fields)?;
        }
        let input = InputConfig {
            format: match format {
                Format::Csv => InputFormat::Csv,
                Format::Jsonl => InputFormat::Jsonl,
            },
            fields,
            delimiter: self.delimiter,
            header: source.header().is_some(),
            model_per: ModelPer::Key,
            on_bad_record: match self.on_bad_record {
                BadRecordFlag::Fail => OnBadRecord::Fail,
                BadRecordFlag::Skip => OnBadRecord::Skip,
            },
        };
        Ok((source, input))
    }

    /// All columns that are numbers in the first record, but for key and time.
    fn numeric_columns(
        &self,
        source: &mut LinesSource,
        format: Format,
        fields: &Fields,
    ) -> Result<Vec<FieldPath>, Failure> {
        let first = source.peek()?.unwrap_or_default().to_vec();
        let mut numeric = match format {
            Format::Csv => columns::numeric_csv_columns(source.header(), &first, self.delimiter),
            Format::Jsonl => columns::numeric_json_fields(&first),
        };
        numeric.retain(|path| ![&fields.key, &fields.timestamp].contains(&&Some(path.clone())));
        if numeric.is_empty() {
            return Err(Failure::configuration(format!(
                "{}: no column is a number in the first record; name one with --column",
                self.file.display()
            )));
        }
        tracing::info!(columns = ?numeric.iter().map(FieldPath::as_str).collect::<Vec<_>>());
        Ok(numeric)
    }

    fn config(self, input: InputConfig) -> Config {
        let format = match self.format {
            Some(format) => format,
            None if self.output.extension().is_some_and(|it| it == "csv") => Format::Csv,
            None => Format::Jsonl,
        };
        Config {
            source: SourceConfig::File { path: self.file },
            input,
            forest: self.forest.into(),
            output: OutputConfig {
                format: match format {
                    Format::Csv => OutputFormat::Csv,
                    Format::Jsonl => OutputFormat::Jsonl,
                },
                attribution: self.attribution,
                ..OutputConfig::default()
            },
            sink: SinkConfig::File { path: self.output },
            checkpoint: None,
            http: None,
        }
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err("it must be one ASCII character, neither a quote nor a line feed".to_owned()),
    }
}
