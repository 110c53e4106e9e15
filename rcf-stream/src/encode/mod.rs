//! Encoding of results. The order of the fields is fixed and no clock is read, so that a replay
//! writes equal bytes.

pub mod csv;
pub mod jsonl;
mod kda_sql;

use rcf_core::{Attribution, Candidate, Direction};
use serde::{Deserialize, Serialize};

pub use kda_sql::{KdaColumn, KdaContent, KdaSql};

use crate::event::Event;
use crate::operator::Scored;
use crate::overdue::Overdue;

/// How results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// One JSON object for each result, on its own line if the sink is a file.
    #[default]
    Jsonl,
    /// One line of CSV for each result. Files begin with a header.
    Csv,
}

/// Encodes the results of one operator.
#[derive(Debug, Clone)]
pub struct Encoder {
    format: OutputFormat,
    names: Vec<String>,
    categorical: Vec<String>,
    attribution: bool,
    decisions: bool,
    csv_safe: bool,
    kda_sql: Option<KdaSql>,
    score_above: Option<f64>,
}

impl Encoder {
    /// An encoder for values of these names. With `attribution`, results include the share of each
    /// value in the score, high and low, summed over the shingle.
    #[must_use]
    pub fn new(format: OutputFormat, names: &[String], attribution: bool) -> Self {
        Self {
            format,
            names: names.to_vec(),
            categorical: Vec::new(),
            attribution,
            decisions: false,
            csv_safe: false,
            kda_sql: None,
            score_above: None,
        }
    }

    /// The names of the categories of records, which are written after the values.
    #[must_use]
    pub fn categorical(mut self, names: &[String]) -> Self {
        self.categorical = names.to_vec();
        self
    }

    /// The results are decisions of detectors: a header names their columns.
    #[must_use]
    pub fn decisions(mut self, on: bool) -> Self {
        self.decisions = on;
        self
    }

    /// Puts a single quote before texts in CSV that a spreadsheet would interpret as formulas.
    #[must_use]
    pub fn csv_safe(mut self, on: bool) -> Self {
        self.csv_safe = on;
        self
    }

    /// Writes the columns of the retired Kinesis Data Analytics for SQL instead.
    #[must_use]
    pub fn kda_sql(mut self, columns: KdaSql) -> Self {
        self.attribution = columns.explains();
        self.kda_sql = Some(columns);
        self
    }

    /// Leaves out results whose score is not higher than this.
    #[must_use]
    pub fn score_above(mut self, bound: f64) -> Self {
        self.score_above = Some(bound);
        self
    }

    /// Whether a result is to be written.
    #[must_use]
    pub fn selects(&self, scored: &Scored) -> bool {
        self.score_above.is_none_or(|bound| scored.score > bound)
    }

    /// The first line of a file, without its line feed, if the format has one.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        match (self.format, &self.kda_sql) {
            (OutputFormat::Jsonl, _) => None,
            (OutputFormat::Csv, None) => {
                let (attribution, decisions) = (self.attribution, self.decisions);
                Some(csv::header(
                    &self.names,
                    &self.categorical,
                    attribution,
                    decisions,
                    self.csv_safe,
                ))
            }
            (OutputFormat::Csv, Some(kda_sql)) => Some(kda_sql.header(self.csv_safe)),
        }
    }

    /// Appends one result, without a line feed at its end.
    pub fn encode(&self, event: &Event, scored: &Scored, out: &mut Vec<u8>) {
        let shares = match &scored.attribution {
            Some(attribution) if self.attribution => Some(shares(attribution, self.names.len())),
            _ => None,
        };
        if let Some(kda_sql) = &self.kda_sql {
            let (format, safe) = (self.format, self.csv_safe);
            return kda_sql.encode(format, event, scored, shares.as_deref(), safe, out);
        }
        match self.format {
            OutputFormat::Jsonl => {
                let (names, categorical) = (&self.names, &self.categorical);
                jsonl::encode(event, scored, names, categorical, shares.as_deref(), out)
            }
            OutputFormat::Csv => csv::encode(event, scored, shares.as_deref(), self.csv_safe, out),
        }
    }
}

impl Encoder {
    /// One report of a silent key. It has no values and no score.
    #[must_use]
    pub fn encode_overdue(&self, overdue: &Overdue) -> Vec<u8> {
        match self.format {
            OutputFormat::Jsonl => jsonl::encode_overdue(overdue),
            OutputFormat::Csv => {
                let (values, categories) = (self.names.len(), self.categorical.len());
                csv::encode_overdue(overdue, values, categories, self.attribution, self.csv_safe)
            }
        }
    }
}

/// The share of one value in the score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Share {
    /// Because the value was higher than expected.
    high: f64,
    /// Because the value was lower than expected.
    low: f64,
}

impl Share {
    /// Both numbers, each in a different form.
    #[must_use]
    pub fn map(self, form: impl Fn(f64) -> f64) -> Self {
        Self {
            high: form(self.high),
            low: form(self.low),
        }
    }
}

/// The shares of the values in the score of a candidate.
pub fn shares_of(candidate: &Candidate) -> Vec<Share> {
    let parts = candidate
        .attribution
        .high
        .iter()
        .zip(&candidate.attribution.low);
    parts.map(|(&high, &low)| Share { high, low }).collect()
}

fn direction(candidate: &Candidate) -> &'static str {
    match candidate.direction {
        Direction::High => "HIGH",
        Direction::Low => "LOW",
    }
}

/// Sums the attribution over the records of the shingle, of `dimensions` values each.
fn shares(attribution: &Attribution, dimensions: usize) -> Vec<Share> {
    let mut shares = vec![Share::default(); dimensions];
    for (index, (high, low)) in attribution.high.iter().zip(&attribution.low).enumerate() {
        let share = &mut shares[index % dimensions];
        share.high += high;
        share.low += low;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoded;
    use crate::event::{EventTime, ModelPer};
    use crate::record::{Headers, Record, Timestamp};

    fn result(attribution: bool) -> (Event, Scored) {
        let record = Record {
            stream: "in".into(),
            shard: "0".into(),
            sequence: "7".into(),
            sub_sequence: None,
            partition_key: "a \"b\", c".into(),
            timestamp: Some(Timestamp(0)),
            headers: Headers::default(),
            data: bytes::Bytes::new(),
        };
        let decoded = Decoded {
            values: vec![1.0, -2.5],
            ..Decoded::default()
        };
        let event = Event::new(&record, None, decoded, ModelPer::Key);
        let attribution = attribution.then(|| Attribution {
            high: vec![0.0, 0.5, 0.25, 1.0],
            low: vec![0.125, 0.0, 0.0, 0.0],
        });
        (
            event,
            Scored {
                late: false,
                score: 1.875,
                attribution,
                updates: 300,
                detection: None,
                predicted: Vec::new(),
                surprises: Vec::new(),
            },
        )
    }

    fn encode(format: OutputFormat, event: &Event, scored: &Scored) -> String {
        let encoder = Encoder::new(
            format,
            &["x".into(), "y".into()],
            scored.attribution.is_some(),
        );
        let mut out = Vec::new();
        encoder.encode(event, scored, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_lines_have_a_fixed_order() {
        let (mut event, scored) = result(true);
        assert_eq!(
            encode(OutputFormat::Jsonl, &event, &scored),
            concat!(
                r#"{"id":"in/0/7","stream":"in","shard":"0","sequence":"7","#,
                r#""timestamp":"1970-01-01T00:00:00.000Z","key":"a \"b\", c","value":[1.0,-2.5],"#,
                r#""score":1.875,"attribution":{"x":{"high":0.25,"low":0.125},"#,
                r#""y":{"high":1.5,"low":0.0}},"model":{"version":1,"updates":300}}"#
            )
        );
        event.timestamp = Some(EventTime::Number(12.into()));
        let (_, scored) = result(false);
        assert_eq!(
            encode(OutputFormat::Jsonl, &event, &scored),
            concat!(
                r#"{"id":"in/0/7","stream":"in","shard":"0","sequence":"7","timestamp":12,"#,
                r#""key":"a \"b\", c","value":[1.0,-2.5],"score":1.875,"#,
                r#""model":{"version":1,"updates":300}}"#
            )
        );
    }

    #[test]
    fn csv_quotes_only_where_needed() {
        let (mut event, scored) = result(true);
        event.timestamp = None;
        let header = Encoder::new(OutputFormat::Csv, &["x".into(), "y".into()], true).header();
        assert_eq!(
            header.as_deref(),
            Some(
                "id,timestamp,key,x,y,score,x_high,x_low,y_high,y_low,model_version,model_updates"
            )
        );
        assert_eq!(
            encode(OutputFormat::Csv, &event, &scored),
            "in/0/7,,\"a \"\"b\"\", c\",1,-2.5,1.875,0.25,0.125,1.5,0,1,300"
        );
    }
}
