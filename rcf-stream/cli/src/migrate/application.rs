//! An application in the output of the AWS command line (`describe-application`, of either version
//! of the service): the SQL, the schema of its input, and the streams.

use serde_json::Value;

use super::MigrateError;
use rcf_stream::decode::FieldPath;

/// The content of the description, as far as a pipeline needs it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Application {
    pub(super) sql: String,
    pub(super) input: Option<Input>,
    /// The Kinesis stream that gets the results.
    pub(super) output: Option<StreamName>,
    /// Results are written as CSV.
    pub(super) output_is_csv: bool,
    /// Features that a pipeline does not have.
    pub(super) notes: Vec<String>,
}

/// The input, whose name in the application is `name`.
#[derive(Debug, PartialEq)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) stream: Option<StreamName>,
    pub(super) columns: Vec<Column>,
    pub(super) is_csv: bool,
    pub(super) delimiter: Option<String>,
    pub(super) latest: bool,
}

/// A column of the input: the path of its field, and its type in capitals.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) sql_type: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct StreamName {
    pub(super) region: String,
    pub(super) name: String,
}

impl Application {
    pub(super) fn read(json: &str) -> Result<Self, MigrateError> {
        let json: Value =
            serde_json::from_str(json).map_err(|error| MigrateError::Description {
                reason: error.to_string(),
            })?;
        let sql = find(&json, "TextContent").or_else(|| find(&json, "ApplicationCode"));
        let sql = sql
            .and_then(Value::as_str)
            .ok_or_else(|| MigrateError::Description {
                reason: "it has no SQL (TextContent or ApplicationCode); request the details with \
                     --include-additional-details"
                    .to_owned(),
            })?;
        let mut application = Self {
            sql: sql.to_owned(),
            ..Self::default()
        };
        let inputs = list(&json, "InputDescriptions");
        if let Some(input) = inputs.first() {
            application.input = Some(application.read_input(input));
        }
        for output in list(&json, "OutputDescriptions") {
            application.read_output(output);
        }
        if !list(&json, "ReferenceDataSourceDescriptions").is_empty() {
            application.note("reference data: a pipeline cannot join");
        }
        Ok(application)
    }

    fn read_input(&mut self, input: &Value) -> Input {
        let format = find(input, "RecordFormatType").and_then(Value::as_str);
        let is_csv = format == Some("CSV");
        if find(input, "LambdaARN").is_some()
            || find(input, "InputLambdaProcessorDescription").is_some()
        {
            self.note("the Lambda function that changed records before they were read");
        }
        let row_path = find(input, "RecordRowPath").and_then(Value::as_str);
        if let Some(path) = row_path.filter(|path| *path != "$") {
            self.note(&format!("the row path {path}: each record is one row here"));
        }
        let columns = list(input, "RecordColumns");
        let columns = columns.iter().enumerate().map(|(index, column)| {
            let text = |key| column.get(key).and_then(Value::as_str).unwrap_or_default();
            Column {
                name: text("Name").to_owned(),
                path: match (is_csv, text("Mapping").strip_prefix("$.")) {
                    (true, _) => (index + 1).to_string(),
                    (false, Some(path)) => path.replace('[', ".").replace(']', ""),
                    (false, None) => FieldPath::name(text("Name")).as_str().to_owned(),
                },
                sql_type: text("SqlType").to_uppercase(),
            }
        });
        let position = find(input, "InputStartingPosition").and_then(Value::as_str);
        Input {
            name: match list(input, "InAppStreamNames")
                .first()
                .and_then(Value::as_str)
            {
                Some(name) => name.to_owned(),
                None => format!(
                    "{}_001",
                    find(input, "NamePrefix")
                        .and_then(Value::as_str)
                        .unwrap_or("SOURCE_SQL_STREAM")
                ),
            },
            stream: input.get("KinesisStreamsInputDescription").and_then(stream),
            columns: columns.collect(),
            is_csv,
            delimiter: find(input, "RecordColumnDelimiter")
                .and_then(Value::as_str)
                .map(str::to_owned),
            latest: position == Some("NOW"),
        }
    }

    fn read_output(&mut self, output: &Value) {
        let name = output
            .get("Name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match output
            .get("KinesisStreamsOutputDescription")
            .and_then(stream)
        {
            Some(stream) if self.output.is_none() => {
                self.output = Some(stream);
                self.output_is_csv =
                    find(output, "RecordFormatType").and_then(Value::as_str) == Some("CSV");
            }
            Some(_) => self.note(&format!("the output {name}: a pipeline has one")),
            None => self.note(&format!(
                "the output {name}, which is not a Kinesis stream: let it read the output stream"
            )),
        }
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

/// The value of the first such key, at any depth.
fn find<'a>(json: &'a Value, key: &str) -> Option<&'a Value> {
    match json {
        Value::Object(object) => object
            .get(key)
            .or_else(|| object.values().find_map(|value| find(value, key))),
        Value::Array(array) => array.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    find(json, key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// `arn:aws:kinesis:region:account:stream/name`.
fn stream(description: &Value) -> Option<StreamName> {
    let arn = description.get("ResourceARN")?.as_str()?;
    let (_, name) = arn.rsplit_once('/')?;
    Some(StreamName {
        region: arn.split(':').nth(3)?.to_owned(),
        name: name.to_owned(),
    })
}
