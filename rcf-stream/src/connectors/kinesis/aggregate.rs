//! Records that the Kinesis Producer Library has packed into one.
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `F3 89 9A C2` |
//! | | a protocol buffer: 1: table of partition keys, 2: table of explicit hash keys, 3: records; each record 1: index of its partition key, 2: index of its explicit hash key, 3: data |
//! | 16 | MD5 of the protocol buffer |
//!
//! Data that begins like this but is not valid is an ordinary record: the consumer library treats
//! it in the same way.

use std::collections::HashMap;

use bytes::Bytes;
use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST: usize = 16;

/// The longest partition key of Kinesis, in characters.
const LONGEST_KEY: usize = 256;
/// Keys of packed records are written once and used often: together they may take this many times
/// the bytes of the record.
const MOST_KEYS: usize = 64;

/// One of the records that were packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRecord {
    /// Its position among them, from 0.
    pub(crate) index: u64,
    /// `None` if it is longer than Kinesis takes.
    pub(crate) partition_key: Option<String>,
    pub(crate) data: Bytes,
}

/// The content of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// Itself.
    NotPacked,
    /// Records, and how many of those packed belong to other shards.
    Records {
        records: Vec<UserRecord>,
        elsewhere: u64,
    },
    /// This many records that their keys would take far more memory than it has bytes.
    TooLarge { records: usize },
}

/// The hashes of the keys of a shard, both ends included.
pub(crate) type HashRange = (u128, u128);

/// The range of hash keys that a partition key maps to.
pub(crate) fn hash_of(partition_key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into())
}

/// Unpacks a record. Records that belong to another shard, as after a split between packing and
/// putting, are left out: that shard has them, too.
pub(crate) fn unpack(data: &Bytes, range: Option<HashRange>) -> Unpacked {
    match read(data) {
        Some(message) => select(message, range, data.len()).unwrap_or(Unpacked::NotPacked),
        None => Unpacked::NotPacked,
    }
}

fn read(data: &Bytes) -> Option<Aggregate> {
    let body = data.strip_prefix(&MAGIC)?;
    let body = body.get(..body.len().checked_sub(DIGEST)?)?;
    let body = data.slice_ref(body);
    if data[data.len() - DIGEST..] != Md5::digest(&body)[..] {
        return None;
    }
    Aggregate::read(&body)
}

/// `None` if a record refers to a key that does not exist.
fn select(message: Aggregate, range: Option<HashRange>, size: usize) -> Option<Unpacked> {
    let mut hashes: HashMap<u64, u128> = HashMap::new();
    let mut records = Vec::with_capacity(message.records.len());
    let (mut elsewhere, mut key_bytes) = (0, 0);
    let count = message.records.len();
    for (index, packed) in message.records.into_iter().enumerate() {
        let key = message
            .partition_keys
            .get(usize::try_from(packed.key).ok()?)?;
        let hash = match packed.hash {
            Some(explicit) => *message.hash_keys.get(usize::try_from(explicit).ok()?)?,
            None => *hashes.entry(packed.key).or_insert_with(|| hash_of(key)),
        };
        if range.is_some_and(|(low, high)| !(low..=high).contains(&hash)) {
            elsewhere += 1;
            continue;
        }
        let is_short = key.chars().nth(LONGEST_KEY).is_none();
        key_bytes += if is_short { key.len() } else { 0 };
        if key_bytes > MOST_KEYS.saturating_mul(size) {
            return Some(Unpacked::TooLarge { records: count });
        }
        records.push(UserRecord {
            index: index as u64,
            partition_key: is_short.then(|| key.clone()),
            data: packed.data,
        });
    }
    Some(Unpacked::Records { records, elsewhere })
}

#[derive(Default)]
struct Aggregate {
    partition_keys: Vec<String>,
    hash_keys: Vec<u128>,
    records: Vec<Packed>,
}

#[derive(Default)]
struct Packed {
    key: u64,
    hash: Option<u64>,
    data: Bytes,
}

impl Aggregate {
    fn read(bytes: &Bytes) -> Option<Self> {
        let mut message = Self::default();
        for field in Fields(bytes.clone()) {
            match field? {
                (1, Field::Bytes(text)) => {
                    message
                        .partition_keys
                        .push(String::from_utf8(text.into()).ok()?);
                }
                (2, Field::Bytes(text)) => {
                    let text = std::str::from_utf8(&text).ok()?;
                    message.hash_keys.push(text.parse().ok()?);
                }
                (3, Field::Bytes(record)) => message.records.push(Packed::read(record)?),
                _ => {} // of a later version
            }
        }
        Some(message)
    }
}

impl Packed {
    fn read(bytes: Bytes) -> Option<Self> {
        let (mut record, mut has_key, mut has_data) = (Self::default(), false, false);
        for field in Fields(bytes) {
            match field? {
                (1, Field::Number(index)) => (record.key, has_key) = (index, true),
                (2, Field::Number(index)) => record.hash = Some(index),
                (3, Field::Bytes(data)) => (record.data, has_data) = (data, true),
                _ => {} // tags
            }
        }
        (has_key && has_data).then_some(record)
    }
}

/// The wire format of protocol buffers, as far as it occurs here.
enum Field {
    Number(u64),
    Bytes(Bytes),
    Other,
}

/// Fields with their numbers; one `None` if the bytes are not fields.
struct Fields(Bytes);

impl Iterator for Fields {
    type Item = Option<(u64, Field)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.0.clear();
        }
        Some(field)
    }
}

impl Fields {
    fn read(&mut self) -> Option<(u64, Field)> {
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => self.skip(8)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                if length > self.0.len() {
                    return None;
                }
                Field::Bytes(self.0.split_to(length))
            }
            5 => self.skip(4)?,
            _ => return None,
        };
        Some((tag >> 3, field))
    }

    fn skip(&mut self, length: usize) -> Option<Field> {
        if length > self.0.len() {
            return None;
        }
        let _ = self.0.split_to(length);
        Some(Field::Other)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for (index, &byte) in self.0.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                let _ = self.0.split_to(index + 1);
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(data: &Bytes, range: Option<HashRange>) -> Option<Vec<UserRecord>> {
        match unpack(data, range) {
            Unpacked::Records { records, .. } => Some(records),
            _ => None,
        }
    }

    /// Packs records, each a partition key and data, as the Kinesis Producer Library does.
    pub(crate) fn pack(records: &[(&str, &[u8])]) -> Bytes {
        let field = |out: &mut Vec<u8>, number: u8, bytes: &[u8]| {
            out.push(number << 3 | 2);
            let mut length = bytes.len();
            while length >= 0x80 {
                out.push(length as u8 | 0x80);
                length >>= 7;
            }
            out.push(length as u8);
            out.extend(bytes);
        };
        let mut body = Vec::new();
        records
            .iter()
            .for_each(|(key, _)| field(&mut body, 1, key.as_bytes()));
        for (index, (_, data)) in records.iter().enumerate() {
            let mut record = vec![1 << 3, index as u8];
            field(&mut record, 3, data);
            field(&mut body, 3, &record);
        }
        let digest = Md5::digest(&body);
        [&MAGIC[..], &body, &digest].concat().into()
    }

    #[test]
    fn records_are_unpacked_in_their_order() {
        let long = vec![7; 300];
        let packed = pack(&[("a", b"one"), ("b", &long), ("a", b"")]);
        let records = records(&packed, None).unwrap();
        let seen: Vec<_> = records
            .iter()
            .map(|it| (it.index, it.partition_key.as_deref().unwrap(), &it.data[..]))
            .collect();
        assert_eq!(
            seen,
            [(0, "a", &b"one"[..]), (1, "b", &long), (2, "a", b"")]
        );
    }

    #[test]
    fn records_packed_by_the_producer_library_are_read() {
        // What AWS's own aws-kinesis-agg 1.2.3 for Python makes of ("key-1", "first") and ("key-2",
        // "second" with the explicit hash key 17).
        let text = concat!(
            "f3899ac20a056b65792d310a056b65792d32120231371a0908001a0566697273741a0c08",
            "0110001a067365636f6e64de9a03df1520e53a02b16cfe9a3d30e8",
        );
        let byte = |i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap();
        let packed: Bytes = (0..text.len() / 2).map(byte).collect();
        let texts = |range| -> Vec<Bytes> {
            let records = records(&packed, range).unwrap();
            records.into_iter().map(|it| it.data).collect()
        };
        assert_eq!(texts(None), ["first", "second"]);
        assert_eq!(
            texts(Some((0, 17))),
            ["second"],
            "an explicit hash key counts"
        );
    }

    #[test]
    fn records_of_other_shards_are_skipped() {
        let packed = pack(&[("a", b"1"), ("b", b"2")]);
        let hash = hash_of("b");
        let unpacked = unpack(&packed, Some((hash, hash)));
        assert!(matches!(unpacked, Unpacked::Records { elsewhere: 1, .. }));
        let records = records(&packed, Some((hash, hash))).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].index, &records[0].data[..]), (1, &b"2"[..]));
        // MD5("a") is a published test vector.
        assert_eq!(hash_of("a"), 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661);
    }

    #[test]
    fn damaged_and_other_records_are_left_alone() {
        let packed = pack(&[("a", b"one")]);
        for index in 0..packed.len() {
            let mut damaged = packed.to_vec();
            damaged[index] ^= 1;
            assert_eq!(
                unpack(&damaged.into(), None),
                Unpacked::NotPacked,
                "byte {index}"
            );
        }
        for length in 0..packed.len() {
            assert_eq!(unpack(&packed.slice(..length), None), Unpacked::NotPacked);
        }
    }

    #[test]
    fn long_keys_are_named_and_take_no_memory() {
        let (short, long) = ("ü".repeat(256), "k".repeat(257));
        let packed = pack(&[(&short, b"1"), (&long, b"2")]);
        let keys: Vec<_> = records(&packed, None)
            .unwrap()
            .into_iter()
            .map(|it| it.partition_key)
            .collect();
        assert_eq!(keys, [Some(short), None]);
        // One key of 256 characters for 100,000 records of 7 bytes.
        let mut body = vec![10, 0x80, 2];
        body.extend([b'k'; 256]);
        for _ in 0..100_000 {
            body.extend([26, 4, 8, 0, 26, 0]);
        }
        let digest = Md5::digest(&body);
        let data: Bytes = [&MAGIC[..], &body, &digest].concat().into();
        let unpacked = unpack(&data, None);
        assert!(
            matches!(unpacked, Unpacked::Records { .. }),
            "43 times its size"
        );
        let data = data.slice(..);
        assert_eq!(
            select(read(&data).unwrap(), None, 1_000),
            Some(Unpacked::TooLarge { records: 100_000 })
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(body: Vec<u8>) {
            let digest = Md5::digest(&body);
            let _ = unpack(&[&MAGIC[..], &body, &digest].concat().into(), None);
        }
    }
}
