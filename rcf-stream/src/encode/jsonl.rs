//! Results as JSON objects.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Share;
use crate::event::{Event, EventTime};
use crate::operator::{MODEL_VERSION, Scored};

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
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<Shares<'a>>,
    model: Model,
}

#[derive(Serialize)]
struct Model {
    version: u32,
    updates: u64,
}

/// A map from the names of the values to their shares, in the order of the values.
struct Shares<'a>(&'a [String], &'a [Share]);

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, share) in self.0.iter().zip(self.1) {
            map.serialize_entry(name, share)?;
        }
        map.end()
    }
}

pub(super) fn encode(
    event: &Event,
    scored: &Scored,
    names: &[String],
    shares: Option<&[Share]>,
    out: &mut Vec<u8>,
) {
    let line = Line {
        id: &event.id,
        stream: &event.stream,
        shard: &event.shard,
        sequence: &event.sequence,
        timestamp: event.timestamp.as_ref(),
        key: &event.key,
        value: &event.values,
        score: scored.score,
        attribution: shares.map(|shares| Shares(names, shares)),
        model: Model {
            version: MODEL_VERSION,
            updates: scored.updates,
        },
    };
    serde_json::to_writer(out, &line).expect("names are text, and memory takes all bytes");
}
