//! The line that summarises the detected format of a source.

use std::fmt;

use super::columns::reasons;
use super::{Choice, OptionNames, Order};
use crate::categories::surprise_label;
use crate::decode::dialect::{Dialect, Framing, Header};
use crate::decode::number::Decimal;
use crate::decode::{FieldPath, InputFormat};
use crate::lines::Bytes;
use crate::time::TimeFormat;

/// What was detected about a source. `Display` writes one line, for the standard error.
#[derive(Debug, Clone)]
pub struct Understood<'a> {
    /// The compression and encoding.
    pub bytes: Bytes,
    /// The dialect of the text.
    pub dialect: &'a Dialect,
    /// The selected columns of its records.
    pub choice: &'a Choice,
    /// An ambiguous number.
    pub doubt: Option<String>,
    /// The names of the options that correct the detected format.
    pub options: OptionNames,
}

impl fmt::Display for Understood<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.choice.values.iter().enumerate();
        let values = values.map(|(index, path)| self.label(index, path));
        let categories = self.choice.categorical.iter();
        let categories = categories.map(|path| surprise_label(&path.label()));
        let labels: Vec<String> = values.chain(categories).collect();
        let (shown, more) = labels.split_at(labels.len().min(12));
        write!(f, "judged: {}", shown.join(", "))?;
        if !more.is_empty() {
            write!(f, " and {} more", more.len())?;
        }
        for (path, number, count) in &self.choice.sentinels {
            let label = path.label();
            write!(
                f,
                "; {label} is {number} in {count} of the first records: if that means missing, "
            )?;
            f.write_str("leave these cells empty")?;
        }
        match &self.choice.time {
            Some(path) => {
                write!(f, "; time: {}", path.label())?;
                for (n, part) in self.choice.time_of_day.iter().enumerate() {
                    let is_last = n + 1 == self.choice.time_of_day.len();
                    write!(
                        f,
                        "{}{}",
                        if is_last { " and " } else { ", " },
                        part.label()
                    )?;
                }
                write!(f, " ({}", self.unit(&self.choice.time_format))?;
                match self.choice.order {
                    Order::OldestFirst => {}
                    Order::NewestFirst => f.write_str(", the newest record first")?,
                    Order::Unsorted(percent) => {
                        write!(f, ", {percent} % of the records older than the one before")?;
                    }
                }
                if self.choice.order != Order::OldestFirst {
                    f.write_str(": they are judged in this order, so sort them")?;
                }
                f.write_str(")")?;
            }
            None => f.write_str("; time: none")?,
        }
        match &self.choice.key {
            Some(path) => write!(f, "; key: {}", path.label())?,
            None => f.write_str("; key: none")?,
        }
        match self.choice.ignored.as_slice() {
            [] => f.write_str("; ignored: none")?,
            ignored => write!(f, "; ignored: {}", reasons(ignored, self.options))?,
        }
        write!(f, "; read as {}", self.format())?;
        match &self.doubt {
            Some(number) => write!(f, "; {}", self.doubt_of(number)),
            None => Ok(()),
        }
    }
}

impl Understood<'_> {
    /// The name of a column, with its unit.
    fn label(&self, index: usize, path: &FieldPath) -> String {
        let label = path.label();
        match self.choice.units.get(index) {
            Some(Some(unit)) if self.choice.converted.contains(path) => {
                format!("{label} ({}, other units converted)", unit.label())
            }
            Some(Some(unit)) => format!("{label} ({})", unit.label()),
            _ => label,
        }
    }

    /// `1,234 is read as 1.234; --decimal point reads 1234`.
    fn doubt_of(&self, number: &str) -> String {
        let (point, whole) = (number.replace(',', "."), number.replace([',', '.'], ""));
        let decimal = self.dialect.numbers.decimal;
        let (read, other) = match number.contains(decimal.mark()) {
            true => (point, whole),
            false => (whole, point),
        };
        let mark = match decimal {
            Decimal::Point => "comma",
            Decimal::Comma => "point",
        };
        let option = self.options.decimal;
        format!("{number} is read as {read}, with {option} {mark} as {other}")
    }

    /// How a time is read, in words.
    fn unit(&self, format: &TimeFormat) -> String {
        match format {
            TimeFormat::Epoch(unit) => unit.plural().to_owned(),
            TimeFormat::Rfc3339 => "RFC 3339".to_owned(),
            TimeFormat::Auto => format!("format not recognised: {}", self.options.time_format),
            other if other.has_no_year() => {
                format!("{other}, without a year: the first is of the last twelve months")
            }
            other => other.to_string(),
        }
    }

    /// `CSV with semicolons, decimal comma, gzip`.
    fn format(&self) -> String {
        let dialect = self.dialect;
        if let Some(table) = self.bytes.table {
            return table.to_owned();
        }
        let mut parts = vec![match (dialect.format, dialect.framing) {
            (InputFormat::Csv, _) => format!("CSV with {}", delimiter_name(dialect.delimiter)),
            (InputFormat::Raw, _) => "numbers, one in each record".to_owned(),
            (_, Framing::Values) => "JSON values".to_owned(),
            (InputFormat::Json, _) => "JSON, one value in each record".to_owned(),
            (InputFormat::Jsonl, _) => "JSON lines".to_owned(),
        }];
        if dialect.format == InputFormat::Csv {
            match dialect.header {
                Header::None => parts.push("no header".to_owned()),
                Header::FirstLine => {}
                Header::Comment(_) => parts.push("a header that was completed".to_owned()),
            }
        }
        for (count, what) in [
            (dialect.skip, "before the table"),
            (dialect.unit_lines, "of units"),
        ] {
            match count {
                0 => {}
                1 => parts.push(format!("1 line {what} skipped")),
                count => parts.push(format!("{count} lines {what} skipped")),
            }
        }
        if let Some(mark) = dialect.comment {
            parts.push(format!("comments after {}", char::from(mark)));
        }
        if dialect.numbers.decimal == Decimal::Comma {
            parts.push("decimal comma".to_owned());
        }
        if let Some(mark) = dialect.numbers.grouping {
            parts.push(format!("thousands separated by {mark:?}"));
        }
        if dialect.numbers.signs {
            parts.push("signs of currency and percent dropped".to_owned());
        }
        parts.extend(self.bytes.encoding().map(str::to_owned));
        parts.extend(self.bytes.compression.map(str::to_owned));
        parts.join(", ")
    }
}

fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b',' => "commas".to_owned(),
        b';' => "semicolons".to_owned(),
        b'\t' => "tabs".to_owned(),
        b'|' => "bars".to_owned(),
        b' ' => "blanks".to_owned(),
        other => format!("{:?}", char::from(other)),
    }
}
