//! The flags that describe how a file is read, and how it is opened.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rcf_stream::connectors::file::{LinesInput, LinesSource};
use rcf_stream::decode::dialect;
use rcf_stream::decode::number::Decimal;
use rcf_stream::decode::{Decoder, InputFormat};
use rcf_stream::reading::{Given, Named, OptionNames, Recognised, Understood};
use rcf_stream::source::Source;
use rcf_stream::time::TimeFormat;

use super::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct InputFlags {
    /// A file of CSV or JSON, optionally compressed with gzip or zstd; with the feature `tables`
    /// also Parquet or Arrow IPC; - is standard input
    pub(crate) file: PathBuf,
    /// Judge this column or field; may be repeated [default: all numeric columns except indexes,
    /// clocks, counters, constants, ids and labels]
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,
    /// Judge these columns, like --column
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// Judge this column of text by how surprising its category is; may be repeated [default: none]
    #[arg(long, value_name = "NAME")]
    categorical: Vec<String>,
    /// Use this column as the key; each key has its own detector [default: none]
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Use this column as the time [default: the first one that holds times]. If it is set, a
    /// record with an unreadable time is bad for `report` and with --use-time
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// Continue the time with this column if --time is only a part of it, such as a date or a year;
    /// may be repeated [default: none; without --time, detected]
    #[arg(long, value_name = "NAME", requires = "time")]
    time_of_day: Vec<String>,
    /// Read times in this format: auto, rfc3339, s, ms, us, ns, excel, or a pattern such as
    /// "%d.%m.%Y %H:%M" [default: detected]
    #[arg(long, value_name = "FORMAT")]
    time_format: Option<TimeFormat>,
    /// Read this format [default: detected]
    #[arg(long, value_enum)]
    input_format: Option<Format>,
    /// Whether the first line of CSV has the names of the columns [default: detected]
    #[arg(long, value_name = "true|false")]
    header: Option<bool>,
    /// Separate the columns of CSV by this: one character, or comma, semicolon, tab, bar or blank
    /// [default: detected]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Read numbers with this decimal mark [default: detected]
    #[arg(long, value_enum)]
    decimal: Option<DecimalFlag>,
    /// Handle a record that cannot be read or scored in this way
    #[arg(long, value_enum, default_value_t = BadRecordFlag::Fail)]
    pub(crate) on_bad_record: BadRecordFlag,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Columns of text
    Csv,
    /// JSON: objects on lines or in sequence, or an array of objects
    #[value(alias = "json")]
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum DecimalFlag {
    /// 1.5
    Point,
    /// 1,5
    Comma,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum BadRecordFlag {
    /// Stop with an error
    Fail,
    /// Skip it, with a warning
    Skip,
}

/// An open file, and how its records are read.
pub(crate) struct Input {
    pub(crate) source: LinesSource,
    pub(crate) decoder: Decoder,
    /// Its length, if it has one that counts the bytes of its text.
    pub(crate) bytes: Option<u64>,
    /// The format of its times, if it has any.
    pub(crate) time_format: Option<TimeFormat>,
}

impl InputFlags {
    /// Whether the column of times was requested, not detected.
    pub(crate) fn names_time(&self) -> bool {
        self.time.is_some()
    }

    /// Whether there is a detector for each key.
    pub(crate) fn has_keys(&self) -> bool {
        self.key.is_some()
    }

    /// Opens the file, detects what was not specified, and reports the detected format on the
    /// standard error.
    pub(crate) fn open(&self) -> Result<Input, Failure> {
        let input = LinesInput::open(&self.file)?;
        let recognised = Recognised::of(input.head(), &self.given(), &self.named());
        let recognised = recognised.map_err(|error| self.misfit(error))?;
        let bytes = input.bytes();
        let understood = Understood {
            bytes: bytes.clone(),
            dialect: &recognised.dialect,
            choice: &recognised.choice,
            doubt: recognised.doubtful_number(input.head(), &self.given()),
            options: OptionNames::default(),
        };
        let _ = writeln!(std::io::stderr(), "rcf: {understood}"); // there may be no reader
        let source = input.records(&recognised.dialect)?;
        let decoder = recognised.decoder(source.header(), true);
        Ok(Input {
            decoder: decoder.map_err(|error| self.misfit(error))?,
            bytes: self.bytes().filter(|_| bytes.is_plain()),
            time_format: recognised
                .choice
                .time
                .is_some()
                .then_some(recognised.choice.time_format),
            source,
        })
    }

    /// The flags about the text.
    fn given(&self) -> Given {
        Given {
            format: self.input_format.map(|format| match format {
                Format::Csv => InputFormat::Csv,
                Format::Jsonl => InputFormat::Jsonl,
            }),
            delimiter: self.delimiter,
            header: self.header,
            decimal: self.decimal.map(|decimal| match decimal {
                DecimalFlag::Point => Decimal::Point,
                DecimalFlag::Comma => Decimal::Comma,
            }),
            ..Given::default()
        }
    }

    /// The columns that the flags name.
    fn named(&self) -> Named {
        Named {
            values: self.column.iter().chain(&self.columns).cloned().collect(),
            categorical: self.categorical.clone(),
            key: self.key.clone(),
            time: self.time.clone(),
            time_of_day: self.time_of_day.clone(),
            time_format: self.time_format.clone(),
            ..Named::default()
        }
    }

    /// These flags in shell syntax, with the columns that are judged.
    pub(crate) fn arguments(&self, columns: &[String]) -> Vec<String> {
        let mut words = vec![self.file.to_string_lossy().into_owned()];
        let mut add = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
        if columns.iter().any(|name| name.contains(',')) {
            columns
                .iter()
                .for_each(|name| add("--column", name.clone()));
        } else if !columns.is_empty() {
            add("--columns", columns.join(","));
        }
        self.categorical
            .iter()
            .for_each(|name| add("--categorical", name.clone()));
        if let Some(name) = &self.key {
            add("--key", name.clone());
        }
        if let Some(name) = &self.time {
            add("--time", name.clone());
        }
        self.time_of_day
            .iter()
            .for_each(|name| add("--time-of-day", name.clone()));
        if let Some(format) = &self.time_format {
            add("--time-format", format.to_string());
        }
        let mut add_choice = |flag: &str, value: Option<clap::builder::PossibleValue>| {
            add(
                flag,
                value.map_or_else(String::new, |value| value.get_name().to_owned()),
            );
        };
        if let Some(format) = self.input_format {
            add_choice("--input-format", format.to_possible_value());
        }
        if let Some(decimal) = self.decimal {
            add_choice("--decimal", decimal.to_possible_value());
        }
        if self.on_bad_record != BadRecordFlag::Fail {
            add_choice("--on-bad-record", self.on_bad_record.to_possible_value());
        }
        if let Some(header) = self.header {
            add("--header", header.to_string());
        }
        match self.delimiter {
            Some(b'\t') => add("--delimiter", "tab".to_owned()),
            Some(delimiter) => add("--delimiter", char::from(delimiter).to_string()),
            None => {}
        }
        words.iter().map(|word| quoted(word)).collect()
    }

    /// The file does not match the flags.
    fn misfit(&self, reason: impl std::fmt::Display) -> Failure {
        Failure::configuration(format!("{}: {reason}", self.file.display()))
    }

    fn bytes(&self) -> Option<u64> {
        let metadata = (self.file != Path::new("-")).then(|| self.file.metadata().ok())??;
        Some(metadata.len()).filter(|_| metadata.is_file())
    }
}

/// A word, quoted for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    dialect::delimiter(text).ok_or_else(|| format!("it must be {}", dialect::DELIMITER_RULE))
}
