//! Verdicts as lines. The order of the fields is fixed.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Row;
use crate::encode::OutputFormat;
use crate::event::EventTime;
use crate::record::OutputRecord;

/// Writes rows as JSON lines or CSV.
#[derive(Debug, Clone)]
pub struct RowEncoder {
    format: OutputFormat,
    names: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    stream: &'a str,
    shard: &'a str,
    sequence: &'a str,
    timestamp: Option<&'a EventTime>,
    key: &'a str,
    value: &'a [f64],
    score: f64,
    grade: f64,
    threshold: f64,
    evidence: f64,
    anomaly: bool,
    expected: Option<&'a [f64]>,
    attribution: Option<Value>,
    silenced: Option<&'static str>,
    explanation: Option<String>,
    warm_up: usize,
}

impl RowEncoder {
    /// An encoder for values of these names.
    #[must_use]
    pub fn new(format: OutputFormat, names: &[String]) -> Self {
        let names = names.to_vec();
        Self { format, names }
    }

    /// The first line of a file, where the format has one.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let expected = self.names.iter().map(|name| format!("expected_{name}"));
        let columns = ["id", "timestamp", "key"].map(str::to_owned).into_iter();
        let columns = columns.chain(self.names.iter().cloned());
        let verdict = ["score", "grade", "threshold", "evidence", "anomaly"].map(str::to_owned);
        let columns = columns.chain(verdict).chain(expected);
        let columns: Vec<_> = columns
            .chain(["explanation".to_owned()])
            .map(|it| field(&it))
            .collect();
        (self.format == OutputFormat::Csv).then(|| columns.join(","))
    }

    /// One result.
    #[must_use]
    pub fn encode(&self, row: &Row) -> OutputRecord {
        let line = match self.format {
            OutputFormat::Jsonl => self.json(row),
            OutputFormat::Csv => self.csv(row),
        };
        OutputRecord {
            id: row.event.id.clone(),
            partition_key: row.event.partition_key.clone(),
            data: line.into(),
        }
    }

    fn json(&self, row: &Row) -> String {
        let (event, verdict) = (&row.event, &row.verdict);
        let candidate = verdict.candidate.as_deref();
        let line = Line {
            id: &event.id,
            stream: &event.stream,
            shard: &event.shard,
            sequence: &event.sequence,
            timestamp: event.timestamp.as_ref(),
            key: &event.key,
            value: &event.values,
            score: verdict.score,
            grade: verdict.grade,
            threshold: verdict.threshold,
            evidence: verdict.evidence,
            anomaly: verdict.is_anomaly(),
            expected: candidate.map(|it| it.expected.as_slice()),
            attribution: candidate.map(|it| {
                let shares = it.attribution.high.iter().zip(&it.attribution.low);
                let share = |(name, (high, low)): (&String, (&f64, &f64))| {
                    (name.clone(), json!({"high": high, "low": low}))
                };
                Value::Object(
                    self.names
                        .iter()
                        .zip(shares)
                        .map(share)
                        .collect::<Map<_, _>>(),
                )
            }),
            silenced: verdict.silenced.map(rcf_core::Silenced::as_str),
            explanation: row.explanation(&self.names),
            warm_up: verdict.warm_up,
        };
        serde_json::to_string(&line).expect("names are text, and memory takes all bytes")
    }

    fn csv(&self, row: &Row) -> String {
        let (event, verdict) = (&row.event, &row.verdict);
        let mut fields = vec![
            field(&event.id),
            event
                .timestamp
                .as_ref()
                .map_or_else(String::new, |time| field(&time.to_string())),
            field(&event.key),
        ];
        fields.extend(event.values.iter().map(f64::to_string));
        for number in [
            verdict.score,
            verdict.grade,
            verdict.threshold,
            verdict.evidence,
        ] {
            fields.push(number.to_string());
        }
        fields.push(verdict.is_anomaly().to_string());
        match &verdict.candidate {
            Some(candidate) => fields.extend(candidate.expected.iter().map(f64::to_string)),
            None => fields.extend(self.names.iter().map(|_| String::new())),
        }
        fields.push(field(&row.explanation(&self.names).unwrap_or_default()));
        fields.join(",")
    }
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
