//! The flags that say how a file is read, and opening it.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rcf_stream::connectors::file::{LinesInput, LinesSource};
use rcf_stream::decode::{Decoder, FieldPath, Fields, columns};
use rcf_stream::source::Source;
use rcf_stream::time::TimeFormat;

use super::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct InputFlags {
    /// A file of CSV or of JSON objects, one per line; - is the standard input
    pub(crate) file: PathBuf,
    /// A column or field that is a value; may be repeated [default: all that are numbers in the
    /// first record]
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,
    /// As --column, several at once
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// The column or field that is the key; each key has a detector of its own
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The column or field that is the time, to be handed on
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// How that time is written: auto, rfc3339, s, ms, us, ns, or a pattern as "%d.%m.%Y %H:%M"
    #[arg(long, value_name = "FORMAT", default_value = "auto", requires = "time")]
    time_format: TimeFormat,
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
    pub(crate) on_bad_record: BadRecordFlag,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum BadRecordFlag {
    /// Stop with an error
    Fail,
    /// Leave it out, with a warning
    Skip,
}

/// An open file, and how its records are read.
pub(crate) struct Input {
    pub(crate) source: LinesSource,
    pub(crate) decoder: Decoder,
    /// Its length, where it has one.
    pub(crate) bytes: Option<u64>,
}

impl InputFlags {
    /// Opens the file and finds out what was not said about it.
    pub(crate) fn open(&self) -> Result<Input, Failure> {
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
            time_format: self.time_format.clone(),
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
        let decoder = match format {
            Format::Csv => Decoder::csv(&fields, self.delimiter, source.header()),
            Format::Jsonl => Decoder::json(&fields, true),
        };
        Ok(Input {
            decoder: decoder.map_err(|error| self.misfit(error))?,
            bytes: self.bytes(),
            source,
        })
    }

    /// All columns that are numbers in the first record, but for key and time.
    fn numeric_columns(
        &self,
        source: &mut LinesSource,
        format: Format,
        fields: &Fields,
    ) -> Result<Vec<FieldPath>, Failure> {
        let Some(first) = source.peek()?.map(<[u8]>::to_vec) else {
            return Err(self.misfit("there is no record in it"));
        };
        let mut numeric = match format {
            Format::Csv => columns::numeric_csv_columns(source.header(), &first, self.delimiter),
            Format::Jsonl => columns::numeric_json_fields(&first),
        };
        numeric.retain(|path| ![&fields.key, &fields.timestamp].contains(&&Some(path.clone())));
        if numeric.is_empty() {
            let reason = "no column is a number in the first record; name one with --column, \
                          if it is CSV or JSON lines at all";
            return Err(self.misfit(reason));
        }
        tracing::info!(columns = ?numeric.iter().map(FieldPath::as_str).collect::<Vec<_>>());
        Ok(numeric)
    }

    /// The file is not what the flags say.
    fn misfit(&self, reason: impl std::fmt::Display) -> Failure {
        Failure::configuration(format!("{}: {reason}", self.file.display()))
    }

    fn bytes(&self) -> Option<u64> {
        let metadata = (self.file != Path::new("-")).then(|| self.file.metadata().ok())??;
        Some(metadata.len()).filter(|_| metadata.is_file())
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err("it must be one ASCII character, neither a quote nor a line feed".to_owned()),
    }
}
