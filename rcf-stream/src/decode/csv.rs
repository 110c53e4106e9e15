//! Reads columns from lines of CSV.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::number::NumberStyle;
use super::{DecodeError, Decoded, FieldPath, Fields, FieldsError, Unit, joined, number, unique};
use crate::suggest::closest;
use crate::time::EventTime;

/// Decodes lines of CSV, all with the same columns.
#[derive(Debug)]
pub(super) struct CsvDecoder {
    splitter: Splitter,
    values: Vec<Column>,
    optional_values: bool,
    numbers: NumberStyle,
    units: Vec<Option<Unit>>,
    key: Option<Column>,
    timestamp: Option<Column>,
    time_of_day: Vec<Column>,
    carried: Vec<Column>,
    categorical: Vec<Column>,
    /// As many as the header or the first line has.
    columns: Option<usize>,
}

#[derive(Debug)]
struct Column {
    name: String,
    index: usize,
}

impl CsvDecoder {
    pub(super) fn new(
        fields: &Fields,
        delimiter: u8,
        header: Option<&[u8]>,
    ) -> Result<Self, FieldsError> {
        let mut splitter = Splitter::new(delimiter);
        let names = header
            .map(|line| splitter.names(line))
            .transpose()
            .map_err(FieldsError::Header)?;
        let column = |path: &FieldPath| find(path, names.as_deref());
        Ok(Self {
            values: fields.values.iter().map(column).collect::<Result<_, _>>()?,
            optional_values: fields.optional_values,
            numbers: fields.numbers,
            units: fields.units.clone(),
            key: fields.key.as_ref().map(column).transpose()?,
            timestamp: fields.timestamp.as_ref().map(column).transpose()?,
            time_of_day: fields
                .time_of_day
                .iter()
                .map(column)
                .collect::<Result<_, _>>()?,
            carried: fields
                .carried
                .iter()
                .map(column)
                .collect::<Result<_, _>>()?,
            categorical: fields
                .categorical
                .iter()
                .map(column)
                .collect::<Result<_, _>>()?,
            columns: names.map(|names| names.len()),
            splitter,
        })
    }

    pub(super) fn decode(&mut self, line: &[u8]) -> Result<Decoded, DecodeError> {
        let got = self.splitter.split(line)?;
        let expected = *self.columns.get_or_insert(got);
        if got != expected {
            return Err(DecodeError::Columns { expected, got });
        }
        let values = self.values.iter().enumerate().map(|(index, column)| {
            let unit = self.units.get(index).and_then(Option::as_ref);
            match number(self.numbers, unit, &column.name, self.field(column)?) {
                Err(DecodeError::MissingField { .. }) if self.optional_values => Ok(f64::NAN),
                value => value,
            }
        });
        let values = values.collect::<Result<_, _>>()?;
        let key = self
            .key
            .as_ref()
            .map(|column| self.text(column))
            .transpose()?;
        let time = |column| Ok(self.optional_text(column)?.map(EventTime::Text));
        let mut timestamp = match &self.timestamp {
            Some(column) => time(column)?,
            None => None,
        };
        for column in &self.time_of_day {
            timestamp = joined(timestamp, time(column)?);
        }
        let carried = self.carried.iter().map(|column| {
            let text = self.optional_text(column)?;
            Ok(text.map(serde_json::Value::String))
        });
        let categories = self.categorical.iter().map(|column| {
            if self.optional_values {
                self.optional_text(column)
            } else {
                self.text(column).map(Some)
            }
        });
        Ok(Decoded {
            carried: carried.collect::<Result<_, DecodeError>>()?,
            categories: categories.collect::<Result<_, DecodeError>>()?,
            values,
            key,
            timestamp,
            time: None,
        })
    }

    fn text(&self, column: &Column) -> Result<String, DecodeError> {
        let text = self.optional_text(column)?;
        text.ok_or_else(|| DecodeError::MissingField {
            field: column.name.clone(),
        })
    }

    fn optional_text(&self, column: &Column) -> Result<Option<String>, DecodeError> {
        let text = utf8(self.field(column)?)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn field(&self, column: &Column) -> Result<&[u8], DecodeError> {
        let missing = || DecodeError::MissingField {
            field: column.name.clone(),
        };
        self.splitter.field(column.index).ok_or_else(missing)
    }
}

fn find(path: &FieldPath, names: Option<&[String]>) -> Result<Column, FieldsError> {
    let name = path.column();
    let index = match names {
        Some(names) => names
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| FieldsError::NoSuchColumn {
                name: name.to_owned(),
                columns: names.to_vec(),
                suggestion: closest(name, names.iter().map(String::as_str)).map(str::to_owned),
            })?,
        None => match name.parse::<usize>() {
            Ok(number @ 1..) => number - 1,
            _ => {
                return Err(FieldsError::NotAColumnNumber {
                    name: name.to_owned(),
                });
            }
        },
    };
    Ok(Column {
        name: name.to_owned(),
        index,
    })
}

/// Splits lines into fields, without allocating once its buffers have grown.
#[derive(Debug)]
pub(crate) struct Splitter {
    reader: Box<Reader>,
    blanks: bool, // whether fields are separated by any number of blanks
    text: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl Splitter {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            reader: Box::new(ReaderBuilder::new().delimiter(delimiter).build()),
            blanks: delimiter == b' ',
            text: Vec::new(),
            ends: Vec::new(),
            fields: 0,
        }
    }

    /// Splits one line and returns the number of its fields.
    pub(crate) fn split(&mut self, line: &[u8]) -> Result<usize, DecodeError> {
        if self.blanks {
            return Ok(self.split_at_blanks(line));
        }
        // Fields are never longer than the line, nor more than its bytes and one.
        self.text.resize(self.text.len().max(line.len()), 0);
        self.ends.resize(self.ends.len().max(line.len() + 1), 0);
        self.reader.reset();
        let (first, read, written, ended) =
            self.reader
                .read_record(line, &mut self.text, &mut self.ends);
        self.fields = match first {
            ReadRecordResult::InputEmpty => {
                // An empty input signals the end of the line to the reader.
                let (_, _, _, more) = self.reader.read_record(
                    &[],
                    &mut self.text[written..],
                    &mut self.ends[ended..],
                );
                ended + more
            }
            _ => ended,
        };
        if line[read..].iter().any(|byte| !byte.is_ascii_whitespace()) {
            let reason = "a line break outside quotes".to_owned();
            return Err(DecodeError::Syntax {
                format: "CSV",
                reason,
            });
        }
        Ok(self.fields)
    }

    /// Splits at any number of blanks and tabs; there are no quotes.
    fn split_at_blanks(&mut self, line: &[u8]) -> usize {
        self.text.clear();
        self.ends.clear();
        let words = line.split(u8::is_ascii_whitespace);
        for word in words.filter(|word| !word.is_empty()) {
            let inner = word
                .strip_prefix(b"\"")
                .and_then(|it| it.strip_suffix(b"\""));
            self.text.extend_from_slice(inner.unwrap_or(word));
            self.ends.push(self.text.len());
        }
        self.fields = self.ends.len();
        self.fields
    }

    /// A field of the line that was split last.
    pub(crate) fn field(&self, index: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..self.fields)?;
        let start = match index {
            0 => 0,
            _ => *ends.get(index - 1)?,
        };
        self.text.get(start..*ends.get(index)?)
    }

    /// The fields of a line as names: without surrounding blanks, and each only once.
    pub(crate) fn names(&mut self, line: &[u8]) -> Result<Vec<String>, DecodeError> {
        let fields = self.split(line)?;
        let names = (0..fields).map(|index| {
            let name = utf8(self.field(index).unwrap_or_default())?;
            Ok(name.trim().to_owned())
        });
        Ok(unique(names.collect::<Result<_, DecodeError>>()?))
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::Syntax {
        format: "UTF-8",
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(values: &[&str], key: Option<&str>, timestamp: Option<&str>) -> Fields {
        Fields {
            values: values.iter().map(|name| FieldPath::name(name)).collect(),
            key: key.map(FieldPath::name),
            timestamp: timestamp.map(FieldPath::name),
            ..Fields::default()
        }
    }

    #[test]
    fn takes_columns_by_name() {
        let fields = fields(&["x.y", "a"], Some("who"), Some("at"));
        let mut decoder = CsvDecoder::new(&fields, b',', Some(b"at, a,who,\"x.y\"")).unwrap();
        let decoded = decoder
            .decode(b"2014-07-01, 1 ,\"a \"\"b\"\", c\",2.5")
            .unwrap();
        assert_eq!(decoded.values, [2.5, 1.0]);
        assert_eq!(decoded.key.as_deref(), Some("a \"b\", c"));
        assert_eq!(
            decoded.timestamp,
            Some(EventTime::Text("2014-07-01".into()))
        );
    }

    #[test]
    fn takes_columns_by_number() {
        let mut decoder = CsvDecoder::new(&fields(&["2"], None, None), b';', None).unwrap();
        assert_eq!(decoder.decode(b"a;3").unwrap().values, [3.0]);
        assert_eq!(
            decoder.decode(b"a;3;4"),
            Err(DecodeError::Columns {
                expected: 2,
                got: 3
            })
        );
        let error = CsvDecoder::new(&fields(&["0"], None, None), b',', None).unwrap_err();
        assert_eq!(error, FieldsError::NotAColumnNumber { name: "0".into() });
    }

    #[test]
    fn duplicate_and_empty_column_names_are_distinguished() {
        let fields = fields(&["v", "v_2", "column_1"], None, None);
        let mut decoder = CsvDecoder::new(&fields, b',', Some(b",v,v")).unwrap();
        assert_eq!(decoder.decode(b"1,2,3").unwrap().values, [2.0, 3.0, 1.0]);
    }

    #[test]
    fn any_number_of_blanks_separates() {
        let fields = fields(&["b"], Some("a"), None);
        let mut decoder = CsvDecoder::new(&fields, b' ', Some(b" a   b")).unwrap();
        let decoded = decoder.decode(b"\"x\" \t 2.5 ").unwrap();
        assert_eq!(
            (decoded.values[0], decoded.key.as_deref()),
            (2.5, Some("x"))
        );
    }

    #[test]
    fn words_for_missing_values_are_missing_where_that_is_allowed() {
        let mut fields = fields(&["v"], None, None);
        let read = |fields: &Fields, text: &str| {
            CsvDecoder::new(fields, b',', Some(b"v"))
                .unwrap()
                .decode(text.as_bytes())
        };
        assert_eq!(read(&fields, "NA").unwrap_err().reason(), "missing_field");
        assert_eq!(read(&fields, "N A").unwrap_err().reason(), "not_a_number");
        fields.optional_values = true;
        for text in ["\"\"", "NA", "-", "?", "#N/A", "null", "None", "NaN"] {
            assert!(read(&fields, text).unwrap().values[0].is_nan(), "{text}");
        }
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_likely_one() {
        let header = Some(b"timestamp,value".as_slice());
        let error = CsvDecoder::new(&fields(&["valeu"], None, None), b',', header).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown column \"valeu\"; the columns are timestamp, value; did you mean \"value\"?"
        );
    }

    #[test]
    fn bad_lines_are_errors_and_the_next_line_is_read() {
        let mut decoder =
            CsvDecoder::new(&fields(&["v"], Some("k"), None), b',', Some(b"k,v")).unwrap();
        let reasons =
            |line: &[u8], decoder: &mut CsvDecoder| decoder.decode(line).unwrap_err().reason();
        assert_eq!(reasons(b"a,b", &mut decoder), "not_a_number");
        assert_eq!(reasons(b"a,", &mut decoder), "missing_field");
        assert_eq!(reasons(b",1", &mut decoder), "missing_field");
        assert_eq!(reasons(b"a", &mut decoder), "columns");
        assert_eq!(reasons(b"", &mut decoder), "columns");
        assert_eq!(reasons(b"\xff,1", &mut decoder), "syntax");
        assert_eq!(reasons(b"a,1\nb,2", &mut decoder), "syntax");
        assert_eq!(decoder.decode(b"a,1").unwrap().values, [1.0]);
    }
}
