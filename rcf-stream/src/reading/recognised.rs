//! The detected format of a text: its dialect, and the choice of its columns.

use std::io::Cursor;
use std::path::Path;

use thiserror::Error;

use super::{Choice, ChoiceError, DialectError, Given, Named, RECORDS, Sample, choose};
use crate::decode::dialect::Dialect;
use crate::decode::{Decoder, Fields, FieldsError, InputFormat};
use crate::lines::{Cutting, Records};

/// How a source is read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recognised {
    /// How its text is written.
    pub dialect: Dialect,
    /// The selected columns of its records.
    pub choice: Choice,
}

/// The format of a source cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// Its dialect is not supported.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The named columns do not exist, or none can be judged.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
}

impl Recognised {
    /// Detects the format of a source from its start, given whether that is all of it.
    ///
    /// # Errors
    /// What was found and is not supported, with the remedy.
    pub fn of(
        (head, ended): (&[u8], bool),
        given: &Given,
        named: &Named,
    ) -> Result<Self, ReadingError> {
        let dialect = Self::dialect((head, ended), given, named)?;
        let sample = sample(head, ended, &dialect);
        let choice = choose(&sample, named).map_err(|error| match error {
            ChoiceError::Nothing {
                ignored, options, ..
            } if sample.columns.len() == 1 && given.delimiter.is_none() => ChoiceError::Nothing {
                delimiter: super::table::likely_delimiter(head),
                ignored,
                options,
            },
            other => other,
        })?;
        Ok(Self { dialect, choice })
    }

    /// Detects only the dialect. If a column is named other than by a number, there is a header.
    ///
    /// # Errors
    /// What was found and is not supported, with the remedy.
    pub fn dialect(
        (head, ended): (&[u8], bool),
        given: &Given,
        named: &Named,
    ) -> Result<Dialect, DialectError> {
        let mut columns = named
            .values
            .iter()
            .chain(&named.categorical)
            .chain(&named.key)
            .chain(&named.time)
            .chain(&named.time_of_day);
        let is_named = columns.any(|name| name.parse::<usize>().is_err());
        let given = Given {
            header: given.header.or(is_named.then_some(true)),
            ..given.clone()
        };
        super::text(head, ended, &given)
    }

    /// An ambiguous number at the start of the text, if no number there shows whether its mark is
    /// the decimal one; `None` if the mark was given.
    #[must_use]
    pub fn doubtful_number(&self, head: (&[u8], bool), given: &Given) -> Option<String> {
        let (head, ended) = head;
        match given.decimal {
            None => super::table::doubtful_number(head, ended, &self.dialect),
            Some(_) => None,
        }
    }

    /// The decoder of the records.
    ///
    /// # Errors
    /// A header that cannot be read.
    pub fn decoder(
        &self,
        header: Option<&[u8]>,
        optional_values: bool,
    ) -> Result<Decoder, FieldsError> {
        let fields = Fields {
            values: self.choice.values.clone(),
            categorical: self.choice.categorical.clone(),
            key: self.choice.key.clone(),
            timestamp: self.choice.time.clone(),
            time_of_day: self.choice.time_of_day.clone(),
            time_format: self.choice.time_format.clone(),
            optional_values,
            numbers: self.dialect.numbers,
            units: self.choice.units.clone(),
            ..Fields::default()
        };
        match self.dialect.format {
            InputFormat::Csv => Decoder::csv(&fields, self.dialect.delimiter, header),
            InputFormat::Json => Decoder::json(&fields, false),
            InputFormat::Jsonl => Decoder::json(&fields, true),
            InputFormat::Raw => Ok(Decoder::raw()),
        }
    }
}

/// The records at the start of a text. The last is left out where the text may continue.
fn sample(head: &[u8], ended: bool, dialect: &Dialect) -> Sample {
    let input = Box::new(Cursor::new(head.to_vec()));
    let Ok(mut records) = Records::open(input, Path::new("-"), dialect, Cutting::default()) else {
        return Sample::default();
    };
    let header = records.header.take();
    let mut lines = Vec::new();
    while lines.len() <= RECORDS
        && let Ok(Some(line)) = records.next()
    {
        lines.push(line.data);
    }
    if !ended && lines.len() > 1 {
        lines.pop();
    }
    Sample::new(
        dialect,
        header.as_deref(),
        lines.iter().map(|line| &line[..]),
    )
}
