//! The bytes of an input that were read and not yet taken, and their position in it.

use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};

use crate::source::SourceError;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// How much of what was read last is kept, to see whether it is still there.
const TAIL: usize = 256;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An input with a buffer, which skips a byte order mark.
pub(super) struct Input {
    reader: Box<dyn Read + Send>,
    pub(super) path: PathBuf,
    pub(super) buffer: BytesMut,
    at_start: bool,
    offset: u64,      // of the buffer in the input
    fingerprint: u32, // CRC-32C of everything before
    tail: Vec<u8>,    // what was read last
}

impl Input {
    pub(super) fn new(reader: Box<dyn Read + Send>, path: &Path) -> Self {
        Self {
            reader,
            path: path.to_owned(),
            buffer: BytesMut::new(),
            at_start: true,
            offset: 0,
            fingerprint: 0,
            tail: Vec::new(),
        }
    }

    /// Where the buffer starts in the input.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// CRC-32C of the bytes before the buffer.
    pub(super) fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// The bytes that were read last, and where they end in the input.
    pub(super) fn tail(&self) -> (&[u8], u64) {
        (&self.tail, self.offset + self.buffer.len() as u64)
    }

    /// Takes bytes from the buffer.
    pub(super) fn take(&mut self, length: usize) -> Bytes {
        let bytes = self.buffer.split_to(length).freeze();
        self.fingerprint = crc32c::crc32c_append(self.fingerprint, &bytes);
        self.offset += length as u64;
        bytes
    }

    /// Reads more, as much as there is now; 0 at the end of the input.
    pub(super) fn fill(&mut self) -> Result<usize, SourceError> {
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let read = read.map_err(|source| SourceError::Io {
            path: self.path.clone(),
            source,
        });
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                self.buffer.truncate(length);
                return Err(error);
            }
        };
        self.buffer.truncate(length + read);
        let newest = &self.buffer[length..];
        self.tail
            .extend(&newest[newest.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        if self.at_start {
            let may_be_mark = BYTE_ORDER_MARK.starts_with(&self.buffer);
            if read > 0 && may_be_mark && self.buffer.len() < BYTE_ORDER_MARK.len() {
                return self.fill();
            }
            self.at_start = false;
            if self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.take(BYTE_ORDER_MARK.len());
            }
        }
        Ok(read)
    }
}
