//! Results as JSON objects.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Share, direction, shares_of};
use crate::event::{Event, EventTime};
use crate::operator::{MODEL_VERSION, Scored};
use crate::overdue::Overdue;

/// A result, in the order of its fields.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    stream: &'a str,
    shard: &'a str,
    sequence: &'a str,
    timestamp: Option<&'a EventTime>,
    key: &'a str,
    value: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<CategoriesOf<'a>>,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anomaly: Option<Anomaly<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<Shares<'a>>,
    model: Model,
}

/// The details of a candidate, reported or not.
#[derive(Serialize)]
struct Anomaly<'a> {
    reported: bool,
    /// Why it is not reported.
    suppressed: Option<&'static str>,
    /// The rule or the mark that ignored it.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_by: Option<u64>,
    /// 0 is this record, −1 the previous one.
    relative_index: i32,
    value: &'a [f64],
    expected: &'a [f64],
    direction: &'static str,
    attribution: Shares<'a>,
}

#[derive(Serialize)]
struct Model {
    version: u32,
    updates: u64,
}

/// A map from the names of the values to their shares, in the order of the values.
pub struct Shares<'a>(pub &'a [String], pub &'a [Share]);

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, share) in self.0.iter().zip(self.1) {
            map.serialize_entry(name, share)?;
        }
        map.end()
    }
}

/// A map from the names of the categories to those of a record.
pub struct CategoriesOf<'a>(&'a [String], &'a [Option<String>]);

impl<'a> CategoriesOf<'a> {
    /// The categories of an event; `None` where there are none.
    #[must_use]
    pub fn new(names: &'a [String], event: &'a Event) -> Option<Self> {
        (!names.is_empty()).then_some(Self(names, &event.categories))
    }
}

impl Serialize for CategoriesOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, category) in self.0.iter().zip(self.1) {
            map.serialize_entry(name, category)?;
        }
        map.end()
    }
}

/// A report of a silent key, in the order of its fields.
#[derive(Serialize)]
struct OverdueLine<'a> {
    id: &'a str,
    stream: &'a str,
    shard: &'a str,
    timestamp: EventTime,
    key: &'a str,
    anomaly: Silent,
}

/// The anomaly of a silent key.
#[derive(Serialize)]
struct Silent {
    reported: bool,
    suppressed: Option<&'static str>,
    overdue: Due,
}

/// When its last record arrived, when the next one was due, and the clock that shows it.
#[derive(Serialize)]
struct Due {
    last: EventTime,
    due: EventTime,
    clock: EventTime,
}

pub(super) fn encode_overdue(overdue: &Overdue) -> Vec<u8> {
    let line = OverdueLine {
        id: &overdue.id(),
        stream: &overdue.stream,
        shard: &overdue.shard,
        timestamp: EventTime::Arrival(overdue.due),
        key: &overdue.key,
        anomaly: Silent {
            reported: true,
            suppressed: None,
            overdue: Due {
                last: EventTime::Arrival(overdue.last),
                due: EventTime::Arrival(overdue.due),
                clock: EventTime::Arrival(overdue.clock),
            },
        },
    };
    serde_json::to_vec(&line).expect("all names are text")
}

pub(super) fn encode(
    event: &Event,
    scored: &Scored,
    names: &[String],
    categorical: &[String],
    shares: Option<&[Share]>,
    out: &mut Vec<u8>,
) {
    let detection = scored.detection.as_ref();
    let candidate = detection.and_then(|detection| detection.candidate.as_deref());
    let candidate_shares: Vec<Share> = candidate.map(shares_of).unwrap_or_default();
    let line = Line {
        id: &event.id,
        stream: &event.stream,
        shard: &event.shard,
        sequence: &event.sequence,
        timestamp: event.timestamp.as_ref(),
        key: &event.key,
        value: &event.values,
        category: CategoriesOf::new(categorical, event),
        score: scored.score,
        grade: detection.map(|it| it.grade),
        severity: detection.map(|it| it.severity),
        threshold: detection.map(|it| it.threshold),
        confidence: detection.map(|it| it.confidence),
        anomaly: detection
            .zip(candidate)
            .map(|(detection, candidate)| Anomaly {
                reported: detection.is_anomaly(),
                suppressed: detection.suppressed.map(rcf_core::Suppressed::as_str),
                suppressed_by: detection.suppressed.and_then(rcf_core::Suppressed::number),
                relative_index: candidate.relative_index,
                value: &candidate.values,
                expected: &candidate.expected,
                direction: direction(candidate),
                attribution: Shares(names, &candidate_shares),
            }),
        attribution: shares.map(|shares| Shares(names, shares)),
        model: Model {
            version: MODEL_VERSION,
            updates: scored.updates,
        },
    };
    serde_json::to_writer(out, &line).expect("names are text, and memory takes all bytes");
}
