//! Results as the retired Kinesis Data Analytics for SQL wrote them.
//!
//! A row has the columns that the application selected, in its order and under its names. The
//! score is a double, 0 while the model learns. The explanation is a text that contains JSON: for
//! each numeric column its share of the score and, if requested, the direction with its
//! strength, as texts with four decimals.

use serde_json::{Value, json};

use super::csv::field;
use super::{OutputFormat, Share};
use crate::event::Event;
use crate::operator::Scored;

/// The columns of results in compatibility with the retired service.
#[derive(Debug, Clone, PartialEq)]
pub struct KdaSql {
    /// The columns, in order.
    pub columns: Vec<KdaColumn>,
    /// The names of the values in explanations.
    pub value_names: Vec<String>,
    /// Whether explanations include the direction.
    pub direction: bool,
}

/// A column of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KdaColumn {
    /// Its name in the result.
    pub name: String,
    /// Its content.
    pub content: KdaContent,
}

/// The content of a column of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KdaContent {
    /// The field of the record that was [carried](Event::carried) at this index, unchanged; and
    /// whether it is one of the values, so that it is written as a number.
    Carried {
        /// The index among the carried fields.
        index: usize,
        /// Whether it is one of the values.
        is_value: bool,
    },
    /// `ANOMALY_SCORE`.
    Score,
    /// `ANOMALY_EXPLANATION`.
    Explanation,
}

impl KdaSql {
    /// Whether a column needs the attribution.
    #[must_use]
    pub fn explains(&self) -> bool {
        let explanation = |column: &KdaColumn| column.content == KdaContent::Explanation;
        self.columns.iter().any(explanation)
    }

    pub(super) fn header(&self, safe: bool) -> String {
        let names = self.columns.iter().map(|column| field(&column.name, safe));
        names.collect::<Vec<_>>().join(",")
    }

    pub(super) fn encode(
        &self,
        format: OutputFormat,
        event: &Event,
        scored: &Scored,
        shares: Option<&[Share]>,
        safe: bool,
        out: &mut Vec<u8>,
    ) {
        let columns = self.columns.iter().map(|column| {
            let value = match column.content {
                KdaContent::Carried { index, is_value } => {
                    carried(event.carried.get(index).cloned().flatten(), is_value)
                }
                KdaContent::Score => json!(scored.score),
                KdaContent::Explanation => {
                    Value::String(self.explanation(shares.unwrap_or_default()))
                }
            };
            (&column.name, value)
        });
        match format {
            OutputFormat::Jsonl => {
                let row: Vec<_> = columns
                    .map(|(name, value)| format!("{}:{value}", json!(name)))
                    .collect();
                out.extend_from_slice(format!("{{{}}}", row.join(",")).as_bytes());
            }
            OutputFormat::Csv => {
                let text = |value| match value {
                    Value::Null => String::new(),
                    Value::String(text) => field(&text, safe).into_owned(),
                    other => other.to_string(),
                };
                let row: Vec<_> = columns.map(|(_, value)| text(value)).collect();
                out.extend_from_slice(row.join(",").as_bytes());
            }
        }
    }

    /// This keeps the order, unlike a map of `serde_json`.
    fn explanation(&self, shares: &[Share]) -> String {
        let column = |(name, share): (&String, &Share)| {
            let attribution = share.high + share.low;
            let mut text = format!("{}:{{", json!(name));
            if self.direction {
                let direction = if share.high > share.low {
                    "HIGH"
                } else {
                    "LOW"
                };
                let strength = (share.high - share.low).abs();
                text += &format!("\"DIRECTION\":\"{direction}\",\"STRENGTH\":\"{strength:.4}\",");
            }
            text + &format!("\"ATTRIBUTION_SCORE\":\"{attribution:.4}\"}}")
        };
        let columns: Vec<_> = self.value_names.iter().zip(shares).map(column).collect();
        format!("{{{}}}", columns.join(","))
    }
}

/// Fields of CSV are texts: a field that is one of the values was read as a number, and is written
/// as one.
fn carried(value: Option<Value>, is_value: bool) -> Value {
    match value {
        Some(Value::String(text)) if is_value => match serde_json::from_str(text.trim()) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => Value::String(text),
        },
        other => other.unwrap_or(Value::Null),
    }
}
