//! Admission of a batch: decodes records, and holds back those whose time is far ahead until others
//! confirm or refute it.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::{BadRecord, Pipeline};
use crate::event::Event;
use crate::record::{Header, HeldRecord, Record, Timestamp};
use crate::source::Batch;
use crate::time::{Ahead, Decided, TimeUnit};

/// A line of a record, decoded or not.
pub(super) struct Part<'a> {
    pub(super) record: Cow<'a, Record>,
    pub(super) line: Option<usize>,
    pub(super) data: Bytes,
    /// What is wrong with it; otherwise it is the next of the events.
    pub(super) bad: Option<BadRecord>,
}

/// Lines in the order in which they are judged, and the events of those that are not bad.
#[derive(Default)]
pub(super) struct Admitted<'a> {
    pub(super) parts: Vec<Part<'a>>,
    pub(super) events: Vec<Event>,
}

/// A decoded line that is held back.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    record: Record,
    line: Option<usize>,
    data: Bytes,
    event: Event,
}

impl Pipeline {
    pub(super) fn admit<'a>(&mut self, batch: &'a Batch) -> Admitted<'a> {
        let mut admitted = Admitted::default();
        for (index, record) in batch.records.iter().enumerate() {
            if let Some(fault) = batch.faults.get(&index) {
                admitted.parts.push(Part {
                    record: Cow::Borrowed(record),
                    line: None,
                    data: record.data.clone(),
                    bad: Some(fault.clone().into()),
                });
                continue;
            }
            let parts = match self.decoder.parts(&record.data) {
                Ok(parts) => parts,
                Err(reason) => {
                    admitted.parts.push(Part {
                        record: Cow::Borrowed(record),
                        line: None,
                        data: record.data.clone(),
                        bad: Some(reason.into()),
                    });
                    continue;
                }
            };
            for (line, data) in parts {
                let part = Part {
                    record: Cow::Borrowed(record),
                    line,
                    data,
                    bad: None,
                };
                match self.decoder.decode(&part.data) {
                    Ok(decoded) => {
                        let event = Event::new(record, line, decoded, self.model_per);
                        self.admit_event(part, event, &mut admitted);
                    }
                    Err(reason) => admitted.parts.push(Part {
                        bad: Some(reason.into()),
                        ..part
                    }),
                }
            }
        }
        admitted
    }

    fn admit_event<'a>(&mut self, part: Part<'a>, event: Event, admitted: &mut Admitted<'a>) {
        let shard = Arc::clone(&part.record.shard);
        let arrival = part.record.timestamp;
        if let Some(arrival) = arrival {
            self.positions.tick(&shard, Some(arrival.0));
        }
        let (Some(buffer), Some(time)) = (&mut self.ahead, event.time) else {
            return self.judge_now(part, event, admitted);
        };
        let clock = self.positions.clock(&shard);
        if buffer.is_far(clock, time) {
            let held = Ahead {
                shard,
                key: event.model.saved().to_owned(),
                time,
                agree: 0,
                against: 0,
                contested: false,
                item: Waiting {
                    record: part.record.into_owned(),
                    line: part.line,
                    data: part.data,
                    event,
                },
            };
            let decided = buffer.hold(clock, held);
            self.admit_decided(decided, admitted);
        } else {
            let refuted = buffer.follows_clock(&shard, event.model.saved());
            self.admit_decided(refuted, admitted);
            if arrival.is_none() {
                self.positions.tick(&shard, Some(time as i64));
            }
            self.judge_now(part, event, admitted);
        }
    }

    fn judge_now<'a>(&self, part: Part<'a>, mut event: Event, admitted: &mut Admitted<'a>) {
        if part.record.timestamp.is_some() || self.operator.forgets() || self.watch.is_some() {
            event.clock = self.positions.clock(&part.record.shard).unwrap_or(0);
        }
        admitted.parts.push(part);
        admitted.events.push(event);
    }

    fn admit_decided(&mut self, decided: Vec<Decided<Waiting>>, admitted: &mut Admitted<'_>) {
        for decided in decided {
            let (held, bad) = match decided {
                Decided::Judge { held, moves_clock } => {
                    if moves_clock && held.item.record.timestamp.is_none() {
                        self.positions.tick(&held.shard, Some(held.time as i64));
                    }
                    (held, None)
                }
                Decided::Bad(held) => {
                    let bad = BadRecord::FarAhead {
                        time: Timestamp(held.time as i64),
                        clock: Timestamp(self.positions.clock(&held.shard).unwrap_or(0)),
                    };
                    (held, Some(bad))
                }
            };
            let Waiting {
                record,
                line,
                data,
                event,
            } = held.item;
            let part = Part {
                record: Cow::Owned(record),
                line,
                data,
                bad,
            };
            if part.bad.is_some() {
                admitted.parts.push(part);
            } else {
                self.judge_now(part, event, admitted);
            }
        }
    }

    /// The stream has ended: decides about held records, unless a later run can continue with them.
    pub(super) fn admit_rest(&mut self) -> Admitted<'static> {
        let mut admitted = Admitted::default();
        let Some(buffer) = self.ahead.as_mut().filter(|buffer| !buffer.is_empty()) else {
            return admitted;
        };
        if self.checkpointer.is_some() {
            tracing::warn!(
                records = buffer.len(),
                "records with times far ahead are held in the checkpoint until others agree with \
                 them"
            );
            return admitted;
        }
        let decided = buffer.finish();
        self.admit_decided(decided, &mut admitted);
        admitted
    }

    /// Adds the state of the input to the positions.
    pub(super) fn note_input_state(&mut self) {
        let buffer = self.ahead.iter().flat_map(|buffer| buffer.iter());
        let held = buffer.map(|held| (Arc::clone(&held.shard), saved(held)));
        self.positions
            .note(self.decoder.time_unit(), held.collect());
        self.note_watches();
    }

    /// Continues with the state in a checkpoint.
    pub(super) fn restore_input_state(&mut self) {
        // Release 0.1.0 read all numbers as milliseconds, and its checkpoints name no unit.
        let begun = self.positions.iter().any(|(_, it)| it.sequence.is_some());
        let unit = self.positions.time_unit();
        let unit = unit.or_else(|| begun.then_some(TimeUnit::Milliseconds));
        self.decoder.resume_time_unit(unit);
        let shards: Vec<String> = self.positions.iter().map(|(it, _)| it.to_owned()).collect();
        shards.iter().for_each(|shard| self.restore_held(shard));
    }

    /// Holds back again what was held back of a shard.
    pub(super) fn restore_held(&mut self, shard: &str) {
        let (Some(buffer), Some(position)) = (&mut self.ahead, self.positions.get(shard)) else {
            return;
        };
        for saved in &position.held {
            let Some(record) = restored(shard, saved) else {
                continue; // the checksum of the checkpoint was right, so this does not happen
            };
            let Ok(decoded) = self.decoder.decode(&record.data) else {
                continue; // it was decoded with these settings before
            };
            let event = Event::new(&record, saved.line, decoded, self.model_per);
            buffer.restore(Ahead {
                shard: Arc::clone(&record.shard),
                key: event.model.saved().to_owned(),
                time: event.time.unwrap_or_default(),
                agree: saved.agree,
                against: saved.against,
                contested: saved.contested,
                item: Waiting {
                    data: record.data.clone(),
                    line: saved.line,
                    record,
                    event,
                },
            });
        }
    }
}

fn saved(held: &Ahead<Waiting>) -> HeldRecord {
    let Waiting {
        record, line, data, ..
    } = &held.item;
    HeldRecord {
        stream: record.stream.to_string(),
        sequence: record.sequence.clone(),
        sub_sequence: record.sub_sequence,
        line: *line,
        partition_key: record.partition_key.clone(),
        timestamp: record.timestamp.map(|arrival| arrival.0),
        headers: record.headers.iter().map(saved_header).collect(),
        data: STANDARD.encode(data),
        agree: held.agree,
        against: held.against,
        contested: held.contested,
    }
}

fn saved_header(header: &Header) -> (String, Option<String>) {
    let value = header.value.as_ref().map(|value| STANDARD.encode(value));
    (header.name.clone(), value)
}

fn restored_header((name, value): &(String, Option<String>)) -> Option<Header> {
    let value = match value {
        Some(value) => Some(STANDARD.decode(value).ok()?.into()),
        None => None,
    };
    let name = name.clone();
    Some(Header { name, value })
}

fn restored(shard: &str, held: &HeldRecord) -> Option<Record> {
    let headers = held.headers.iter().map(restored_header);
    Some(Record {
        stream: held.stream.as_str().into(),
        shard: shard.into(),
        sequence: held.sequence.clone(),
        sub_sequence: held.sub_sequence,
        partition_key: held.partition_key.clone(),
        timestamp: held.timestamp.map(Timestamp),
        headers: headers.collect::<Option<_>>()?,
        data: STANDARD.decode(&held.data).ok()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_records_that_wait_are_restored() {
        let values = [None, Some(&b""[..]), Some(b"\xff\x00")];
        let headers = values.map(|value| Header {
            name: "trace".to_owned(),
            value: value.map(Bytes::from_static),
        });
        for header in headers {
            let saved = saved_header(&header);
            assert_eq!(restored_header(&saved), Some(header));
        }
    }
}
