//! Messages as the records of a batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rdkafka::message::{BorrowedMessage, Message};

use super::{KafkaSourceConfig, headers};
use crate::record::{Record, Timestamp};
use crate::source::RecordFault;

/// The prefix of a key that is not UTF-8, followed by its bytes in hexadecimal.
const BINARY_KEY: &str = "0x";
/// A batch takes at most this many bytes.
pub(super) const MOST_BYTES: usize = 16 << 20;

/// Messages of the next batch.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) records: Vec<Record>,
    pub(super) faults: BTreeMap<usize, RecordFault>,
    pub(super) count: usize,
    pub(super) bytes: usize,
    pub(super) tombstones: u64,
    pub(super) binary_keys: u64,
    pub(super) last: BTreeMap<i32, (i64, Option<Timestamp>)>,
}

impl Taken {
    pub(super) fn take(
        &mut self,
        stream: &Arc<str>,
        shard: &Arc<str>,
        message: &BorrowedMessage<'_>,
        config: &KafkaSourceConfig,
    ) {
        self.count += 1;
        self.bytes += message.payload_len() + message.key_len();
        let timestamp = message.timestamp().to_millis().map(Timestamp);
        self.last
            .insert(message.partition(), (message.offset(), timestamp));
        let Some(payload) = message.payload() else {
            self.tombstones += 1;
            return;
        };
        let chosen = headers::choose(message.headers(), config);
        let fault = chosen.fault.map(|fault| (self.records.len(), fault));
        self.faults.extend(fault);
        self.bytes += chosen.forwarded.size();
        let key = chosen.key.as_deref().or(message.key()).unwrap_or_default();
        let partition_key = match std::str::from_utf8(key) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                self.binary_keys += 1;
                hexadecimal(key)
            }
        };
        self.records.push(Record {
            stream: Arc::clone(stream),
            shard: Arc::clone(shard),
            sequence: message.offset().to_string(),
            sub_sequence: None,
            partition_key,
            timestamp,
            headers: chosen.forwarded,
            data: Bytes::copy_from_slice(payload),
        });
    }
}

fn hexadecimal(key: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = BINARY_KEY.to_owned();
    for byte in key {
        let _ = write!(text, "{byte:02x}"); // into memory
    }
    text
}
