//! A chunk of models as bytes: what a checkpoint adds to the previous ones.
//!
//! All numbers are little-endian. A chunk is never changed once it is written.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | signature `89 52 43 46 4D 44 0D 0A` (`\x89RCFMD\r\n`) |
//! | 2 | format version, 1 |
//! | for each model | 4: length of the key; 8: length of the state; 8: time of the last use; 8: bytes that the model occupies in memory; the key in UTF-8; the state as `rcf-core` writes it; 4: CRC-32C of the bytes of this model before |
//!
//! Each model has its own checksum, so that one can be read alone.

use std::ops::Range;
use std::sync::Arc;

use super::{FormatError, frame};

const SIGNATURE: [u8; 8] = *b"\x89RCFMD\r\n";
const VERSION: u16 = 1;
const START: usize = SIGNATURE.len() + size_of::<u16>();
/// Before the key: two lengths, the time and the size in memory.
const FIXED: usize = 4 + 8 + 8 + 8;
const CHECKSUM: usize = 4;

/// Appends models to a chunk.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    bytes: Vec<u8>,
    records: u32,
}

/// A model in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) last_used: i64,
    pub(super) memory: u64,
    pub(super) state: &'a [u8],
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        Self { bytes, records: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn records(&self) -> u32 {
        self.records
    }

    /// Appends a model and returns its location.
    pub(super) fn push(&mut self, entry: &Entry<'_>) -> Range<u64> {
        let begin = self.bytes.len();
        let key_length =
            u32::try_from(entry.key.len()).expect("no record has a key of that length");
        self.bytes.extend(key_length.to_le_bytes());
        self.bytes.extend((entry.state.len() as u64).to_le_bytes());
        self.bytes.extend(entry.last_used.to_le_bytes());
        self.bytes.extend(entry.memory.to_le_bytes());
        self.bytes.extend(entry.key.as_bytes());
        self.bytes.extend(entry.state);
        let checksum = crc32c::crc32c(&self.bytes[begin..]);
        self.bytes.extend(checksum.to_le_bytes());
        self.records += 1;
        begin as u64..self.bytes.len() as u64
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads all models of a chunk, each with its location. Every byte is checked.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(Range<u64>, Entry<'_>)>, FormatError> {
    let truncated = || FormatError::Truncated { got: bytes.len() };
    frame::open(bytes, &SIGNATURE, VERSION)?;
    let (mut offset, mut entries) = (START, Vec::new());
    while offset < bytes.len() {
        let (length, entry) = read_one(&bytes[offset..]).map_err(|error| match error {
            FormatError::Truncated { .. } => truncated(),
            error => error,
        })?;
        entries.push((offset as u64..(offset + length) as u64, entry));
        offset += length;
    }
    Ok(entries)
}

/// Reads the model at the start of the bytes; returns its length, too.
pub(super) fn read_one(bytes: &[u8]) -> Result<(usize, Entry<'_>), FormatError> {
    let truncated = || FormatError::Truncated { got: bytes.len() };
    let fixed = bytes.get(..FIXED).ok_or_else(truncated)?;
    let number = |at: usize| {
        let bytes: [u8; 8] = fixed[at..at + 8].try_into().expect("eight bytes");
        u64::from_le_bytes(bytes)
    };
    let key_length = u32::from_le_bytes(fixed[..4].try_into().expect("four bytes"));
    let key_end = FIXED.checked_add(key_length as usize);
    let state_length = usize::try_from(number(4)).ok();
    let end = key_end
        .zip(state_length)
        .and_then(|(key_end, length)| key_end.checked_add(length));
    let (Some(key_end), Some(end)) = (key_end, end) else {
        return Err(truncated());
    };
    let length = end.checked_add(CHECKSUM).ok_or_else(truncated)?;
    let checksum = bytes.get(end..length).ok_or_else(truncated)?;
    let found = u32::from_le_bytes(checksum.try_into().expect("four bytes"));
    let computed = crc32c::crc32c(&bytes[..end]);
    if found != computed {
        return Err(FormatError::Checksum { found, computed });
    }
    let key = std::str::from_utf8(&bytes[FIXED..key_end]).map_err(|_| FormatError::Malformed {
        reason: "a key is not UTF-8".to_owned(),
    })?;
    let entry = Entry {
        key,
        last_used: number(12).cast_signed(),
        memory: number(20),
        state: &bytes[key_end..end],
    };
    Ok((length, entry))
}

/// Which of the models of some chunks are live, one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LiveSet(Vec<Vec<u8>>);

impl LiveSet {
    /// Nothing is live, in chunks of this many models.
    pub(super) fn new(records: impl Iterator<Item = u32>) -> Self {
        Self(records.map(|count| vec![0; bitmap_bytes(count)]).collect())
    }

    pub(super) fn set(&mut self, chunk: usize, record: u32) {
        self.0[chunk][record as usize / 8] |= 1 << (record % 8);
    }

    pub(super) fn contains(&self, chunk: usize, record: usize) -> bool {
        self.0[chunk][record / 8] >> (record % 8) & 1 == 1
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// `None` if the bytes are not those of chunks of this many models.
    pub(super) fn from_bytes(bytes: &[u8], records: impl Iterator<Item = u32>) -> Option<Self> {
        let mut rest = bytes;
        let mut bitmaps = Vec::new();
        for count in records {
            let (bitmap, after) = rest.split_at_checked(bitmap_bytes(count))?;
            bitmaps.push(bitmap.to_vec());
            rest = after;
        }
        rest.is_empty().then_some(Self(bitmaps))
    }
}

fn bitmap_bytes(records: u32) -> usize {
    records.div_ceil(8) as usize
}

/// The location of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) chunk: Arc<str>,
    pub(super) record: u32,
    pub(super) range: Range<u64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(key: &str) -> Entry<'_> {
        Entry {
            key,
            last_used: -7,
            memory: 1234,
            state: key.as_bytes(),
        }
    }

    fn chunk(keys: &[&str]) -> Vec<u8> {
        let mut writer = ChunkWriter::new();
        keys.iter().for_each(|key| {
            writer.push(&entry(key));
        });
        writer.finish()
    }

    #[test]
    fn models_are_read_together_and_alone() {
        let bytes = chunk(&["a", "", "λ"]);
        let read_all = read(&bytes).unwrap();
        let keys: Vec<_> = read_all.iter().map(|(_, entry)| *entry).collect();
        assert_eq!(keys, [entry("a"), entry(""), entry("λ")]);
        for (range, expected) in &read_all {
            let alone = &bytes[range.start as usize..range.end as usize];
            assert_eq!(read_one(alone), Ok((alone.len(), *expected)));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes = chunk(&["first", "second"]);
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of byte {index}");
            }
        }
        let whole_records: Vec<usize> = read(&bytes)
            .unwrap()
            .iter()
            .map(|it| it.0.start as usize)
            .collect();
        for length in (0..bytes.len()).filter(|length| !whole_records.contains(length)) {
            assert_eq!(
                read(&bytes[..length]),
                Err(FormatError::Truncated { got: length })
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>, keep in 0_usize..60, at in 0_usize..60) {
            let _ = read(&bytes);
            let _ = read_one(&bytes);
            // Most of a chunk with garbage in the middle.
            let mut mixed = chunk(&["key", "other"]);
            mixed.truncate(keep.max(10));
            let at = at.min(mixed.len());
            mixed.splice(at..at, bytes);
            let _ = read(&mixed);
        }

        #[test]
        fn live_sets_round_trip(counts in prop::collection::vec(0_u32..40, 0..6), picks: Vec<(usize, u32)>) {
            let mut live = LiveSet::new(counts.iter().copied());
            for (chunk, record) in picks {
                let Some(&count) = counts.get(chunk % 6) else { continue };
                if count > 0 {
                    live.set(chunk % 6, record % count);
                    prop_assert!(live.contains(chunk % 6, (record % count) as usize));
                }
            }
            let bytes = live.to_bytes();
            prop_assert_eq!(LiveSet::from_bytes(&bytes, counts.iter().copied()), Some(live));
            let longer = [bytes.as_slice(), &[0]].concat();
            prop_assert_eq!(LiveSet::from_bytes(&longer, counts.iter().copied()), None);
        }
    }
}
