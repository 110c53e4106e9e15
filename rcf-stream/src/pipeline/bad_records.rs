//! Handling of records that cannot be decoded or scored.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Pipeline, PipelineError};
use crate::observer::Observer;

use crate::record::{OutputRecord, Record};

/// What happens to a record that cannot be decoded or scored. The models never see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnBadRecord {
    /// The pipeline ends with an error that names the record.
    #[default]
    Fail,
    /// The record is logged, counted by reason, and left out.
    Skip,
    /// As for `Skip`, and the record also goes to a separate sink.
    DeadLetter,
}

/// A bad record as it is stored.
#[derive(Serialize)]
struct DeadLetter<'a> {
    id: &'a str,
    line: Option<usize>,
    reason: &'static str,
    message: String,
    partition_key: &'a str,
    /// The bytes, if they are UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    /// The bytes, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

impl Pipeline {
    /// Handles a bad record by the policy; returns the dead letter, if there is one.
    pub(super) fn bad_record(
        &mut self,
        record: &Record,
        line: Option<usize>,
        data: &[u8],
        reason: BadRecord,
    ) -> Result<Option<OutputRecord>, PipelineError> {
        let id = record.id();
        if self.on_bad_record == OnBadRecord::Fail {
            return Err(PipelineError::BadRecord { id, line, reason });
        }
        self.observers.bad_record(reason.name());
        let count = self.summary.bad_records.entry(reason.name()).or_default();
        *count += 1;
        if *count <= 10 || count.is_power_of_two() {
            tracing::warn!(id, line, %reason, count, "record left out");
        }
        if self.dead_letters.is_none() {
            return Ok(None);
        }
        let text = std::str::from_utf8(data).ok();
        let letter = DeadLetter {
            id: &id,
            line,
            reason: reason.name(),
            message: reason.to_string(),
            partition_key: &record.partition_key,
            data: text,
            data_base64: text.is_none().then(|| {
                use base64::Engine;
                base64::engine::general_purpose::STANDARD.encode(data)
            }),
        };
        let data = serde_json::to_vec(&letter).expect("names are text");
        Ok(Some(OutputRecord {
            id,
            partition_key: record.partition_key.clone(),
            headers: record.headers.clone(),
            data: data.into(),
        }))
    }
}
