//! Detections as lines. The order of the fields is fixed.

use serde::Serialize;

use super::Row;
use rcf_stream::encode::csv::Line as CsvLine;
use rcf_stream::encode::jsonl::Shares;
use rcf_stream::encode::{OutputFormat, shares_of};
use rcf_stream::event::EventTime;
use rcf_stream::record::OutputRecord;

/// Writes rows as JSON lines or CSV.
#[derive(Debug, Clone)]
pub struct RowEncoder {
    format: OutputFormat,
    names: Vec<String>,
    csv_safe: bool,
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
    attribution: Option<Shares<'a>>,
    suppressed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_by: Option<u64>,
    explanation: Option<String>,
    warm_up: usize,
}

impl RowEncoder {
    /// An encoder for values of these names.
    #[must_use]
    pub fn new(format: OutputFormat, names: &[String]) -> Self {
        Self {
            format,
            names: names.to_vec(),
            csv_safe: false,
        }
    }

    /// Whether texts of CSV that a spreadsheet would take for formulas get a single quote before
    /// them.
    #[must_use]
    pub fn csv_safe(mut self, on: bool) -> Self {
        self.csv_safe = on;
        self
    }

    /// The first line of a file, where the format has one.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let mut line = CsvLine::new(self.csv_safe);
        line.text("id").text("timestamp").text("key");
        for name in &self.names {
            line.text(name);
        }
        for name in ["score", "grade", "threshold", "evidence", "anomaly"] {
            line.text(name);
        }
        for name in &self.names {
            line.text(&format!("expected_{name}"));
        }
        line.text("explanation");
        (self.format == OutputFormat::Csv).then(|| line.finish())
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
        let (event, detection) = (&row.event, &row.detection);
        let candidate = detection.candidate.as_deref();
        let shares = candidate.map(shares_of).unwrap_or_default();
        let line = Line {
            id: &event.id,
            stream: &event.stream,
            shard: &event.shard,
            sequence: &event.sequence,
            timestamp: event.timestamp.as_ref(),
            key: &event.key,
            value: &event.values,
            score: detection.score,
            grade: detection.grade,
            threshold: detection.threshold,
            evidence: detection.evidence,
            anomaly: detection.is_anomaly(),
            expected: candidate.map(|it| it.expected.as_slice()),
            attribution: candidate.map(|_| Shares(&self.names, &shares)),
            suppressed: detection.suppressed.map(rcf_core::Suppressed::as_str),
            suppressed_by: detection.suppressed.and_then(rcf_core::Suppressed::number),
            explanation: row.explanation(&self.names),
            warm_up: detection.warm_up,
        };
        serde_json::to_string(&line).expect("names are text, and memory takes all bytes")
    }

    fn csv(&self, row: &Row) -> String {
        let (event, detection) = (&row.event, &row.detection);
        let mut line = CsvLine::new(self.csv_safe);
        line.text(&event.id)
            .time(event.timestamp.as_ref())
            .text(&event.key)
            .numbers(&event.values)
            .number(detection.score)
            .number(detection.grade)
            .number(detection.threshold)
            .number(detection.evidence)
            .number(detection.is_anomaly());
        match &detection.candidate {
            Some(candidate) => line.numbers(&candidate.expected),
            None => self.names.iter().fold(&mut line, |line, _| line.text("")),
        };
        line.text(&row.explanation(&self.names).unwrap_or_default());
        line.finish()
    }
}
