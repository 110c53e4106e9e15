//! The first records of a source as columns.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::RECORDS;
use crate::decode::dialect::Dialect;
use crate::decode::number::{NumberStyle, is_missing, is_sign};
use crate::decode::{FieldPath, InputFormat, Splitter, Unit};

/// Objects deeper than this are not examined.
const DEPTH: usize = 8;
/// More columns than this are not examined.
const COLUMNS: usize = 2_000;

/// The first records of a source, by column.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The columns in the order in which they appear.
    pub columns: Vec<Column>,
    /// How many records were examined.
    pub records: usize,
}

/// The content of one column in the first records.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name for a decoder.
    pub path: FieldPath,
    /// Its name for people.
    pub label: String,
    /// The numbers, also those in text, in the order of the records.
    pub numbers: Vec<f64>,
    /// How many numbers were text, as all are in CSV.
    pub in_text: usize,
    /// The texts that are not numbers.
    pub texts: Vec<String>,
    /// How many records have a truth value, an object or an array there.
    pub others: usize,
    /// The unit of the numbers, and whether those of others were converted.
    pub unit: Option<(Unit, bool)>,
    /// Two units, or signs, whose numbers cannot be compared.
    pub unlike: Option<(String, String)>,
    /// The signs next to numbers, and how many numbers but 0 have none.
    signs: BTreeSet<char>,
    unsigned: usize,
}

impl Column {
    fn new(path: FieldPath, label: String) -> Self {
        Self {
            path,
            label,
            numbers: Vec::new(),
            in_text: 0,
            texts: Vec::new(),
            others: 0,
            unit: None,
            unlike: None,
            signs: BTreeSet::new(),
            unsigned: 0,
        }
    }

    /// How many records have a value there.
    #[must_use]
    pub fn present(&self) -> usize {
        self.numbers.len() + self.texts.len() + self.others
    }

    /// The cells as texts, in the order of the records, if they are of one kind.
    pub(super) fn cells(&self) -> Option<Vec<String>> {
        match (self.numbers.len(), self.texts.len(), self.others) {
            _ if self.unit.is_some() => None,
            (0, _, 0) => Some(self.texts.clone()),
            (_, 0, 0) => Some(self.numbers.iter().map(ToString::to_string).collect()),
            _ => None,
        }
    }

    fn add_text(&mut self, style: NumberStyle, text: &str) {
        if let Some(number) = style.parse(text).filter(|number| number.is_finite()) {
            self.numbers.push(number);
            self.in_text += 1;
            let signs: Vec<char> = text.chars().filter(|c| is_sign(*c)).collect();
            self.unsigned += usize::from(signs.is_empty() && number != 0.0);
            self.signs.extend(signs);
        } else if !is_missing(text) {
            self.texts.push(text.trim().to_owned());
        }
    }
}

impl Column {
    /// Reads the texts that are numbers with a unit.
    fn settle_unit(&mut self, style: NumberStyle) {
        let has_plain = self.numbers.iter().any(|number| *number != 0.0);
        match Unit::of(style, &self.texts, has_plain) {
            Some(Ok(unit)) => {
                let values = self.texts.iter().filter_map(|text| unit.read(style, text));
                self.numbers.extend(values);
                let is_mixed = unit.is_mixed(&self.texts);
                self.texts.clear();
                self.unit = Some((unit, is_mixed));
            }
            Some(Err(unlike)) => self.unlike = Some(unlike),
            None => {
                let mut signs = self.signs.iter().map(ToString::to_string);
                let no_sign = (self.unsigned > 0).then(|| "no sign".to_owned());
                self.unlike = signs.next().zip(signs.next().or(no_sign));
            }
        }
    }
}

impl Sample {
    /// Reads records in this dialect. Unreadable ones are skipped.
    #[must_use]
    pub fn new<'a>(
        dialect: &Dialect,
        header: Option<&[u8]>,
        records: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let mut sample = match dialect.format {
            InputFormat::Csv => Self::csv(dialect, header, records.take(RECORDS)),
            InputFormat::Json => Self::json(records.take(RECORDS)),
            InputFormat::Jsonl => {
                let lines = records.flat_map(|record| record.split(|byte| *byte == b'\n'));
                Self::json(
                    lines
                        .filter(|line| !line.trim_ascii().is_empty())
                        .take(RECORDS),
                )
            }
            InputFormat::Raw => Self::default(),
        };
        let style = match dialect.format {
            InputFormat::Csv => dialect.numbers,
            _ => NumberStyle::default(),
        };
        for column in &mut sample.columns {
            column.settle_unit(style);
        }
        sample
    }

    fn csv<'a>(
        dialect: &Dialect,
        header: Option<&[u8]>,
        records: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let mut splitter = Splitter::new(dialect.delimiter);
        let names = header.and_then(|line| splitter.names(line).ok());
        let column = |name: &str| Column::new(FieldPath::name(name), name.to_owned());
        let mut sample = Self {
            columns: names.iter().flatten().map(|name| column(name)).collect(),
            records: 0,
        };
        for record in records {
            let Ok(width) = splitter.split(record) else {
                continue;
            };
            if sample.columns.is_empty() {
                sample.columns = (1..=width)
                    .map(|number| column(&number.to_string()))
                    .collect();
            }
            if width != sample.columns.len() {
                continue;
            }
            sample.records += 1;
            for (index, column) in sample.columns.iter_mut().enumerate() {
                let cell = splitter.field(index).unwrap_or_default();
                column.add_text(dialect.numbers, &String::from_utf8_lossy(cell));
            }
        }
        sample
    }

    fn json<'a>(records: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut sample = Self::default();
        let mut places = HashMap::new();
        for record in records {
            let Ok(value) = serde_json::from_slice::<Value>(record) else {
                continue;
            };
            sample.records += 1;
            sample.add(&value, &mut Vec::new(), &mut places);
        }
        sample
    }

    fn add(
        &mut self,
        value: &Value,
        path: &mut Vec<String>,
        places: &mut HashMap<Vec<String>, usize>,
    ) {
        let mut inside = |sample: &mut Self, name: String, value: &Value| {
            path.push(name);
            if path.len() <= DEPTH {
                sample.add(value, path, places);
            }
            path.pop();
        };
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    inside(self, name.clone(), value);
                }
                return;
            }
            Value::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    inside(self, index.to_string(), value);
                }
                return;
            }
            _ => {}
        }
        let index = match places.get(path.as_slice()) {
            Some(&index) => index,
            None if path.is_empty() || self.columns.len() >= COLUMNS => return,
            None => {
                let label = path.join(".");
                let path_of = FieldPath::nested(path.clone());
                self.columns.push(Column::new(path_of, label));
                places.insert(path.clone(), self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        let column = &mut self.columns[index];
        match value {
            Value::Number(number) => column.numbers.extend(number.as_f64()),
            Value::String(text) => column.add_text(NumberStyle::default(), text),
            Value::Null => {}
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => column.others += 1,
        }
    }

    /// The column of that name, as a person or a configuration writes it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Column> {
        let by = |is: &dyn Fn(&&Column) -> bool| self.columns.iter().find(is);
        by(&|column| column.label == name).or_else(|| by(&|column| column.path.as_str() == name))
    }
}
