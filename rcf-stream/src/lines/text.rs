//! Conversion of the bytes of a file or a pipe to UTF-8: compression, encoding and line ends.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use encoding_rs::{Encoding as Charset, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A reader that another thread may take over.
pub(crate) type Input = Box<dyn Read + Send>;

const CHUNK: usize = 64 * 1024;

/// What the bytes were before they became text.
#[derive(Debug, Clone, Default)]
pub struct Bytes {
    /// How they are compressed: `gzip` or `zstd`.
    pub compression: Option<&'static str>,
    /// The format of the table whose rows became the text: `Parquet` or `Arrow IPC`.
    pub table: Option<&'static str>,
    /// Their encoding, if it was marked.
    encoding: Option<&'static str>,
    /// Whether a byte was found that is not UTF-8.
    is_latin1: Arc<AtomicBool>,
}

impl Bytes {
    /// Those of a table in this format.
    #[cfg(feature = "tables")]
    pub(super) fn of_table(format: &'static str) -> Self {
        Self {
            table: Some(format),
            ..Self::default()
        }
    }

    /// Whether the bytes of the file are those of the text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.compression.is_none() && self.table.is_none() && self.encoding().is_none()
    }

    /// Their encoding, if it is not UTF-8, in the part that was read.
    #[must_use]
    pub fn encoding(&self) -> Option<&'static str> {
        let is_latin1 = self.is_latin1.load(Ordering::Relaxed);
        self.encoding.or(is_latin1.then_some(WINDOWS_1252.name()))
    }
}

/// Detects compression and encoding by their first bytes, and undoes both.
///
/// # Errors
/// Those of reading; [`io::ErrorKind::InvalidData`] for a format that is not text, with its name
/// and the remedy.
pub(crate) fn open(input: Input) -> io::Result<(Input, Bytes)> {
    let (start, input) = peek(input)?;
    let mut bytes = Bytes::default();
    let (start, input): (Vec<u8>, Input) = if start.starts_with(GZIP) {
        bytes.compression = Some("gzip");
        peek(Box::new(MultiGzDecoder::new(input)))?
    } else if start.starts_with(ZSTD) {
        bytes.compression = Some("zstd");
        peek(Box::new(Zstandard::new(input)))?
    } else {
        (start, input)
    };
    #[cfg(feature = "tables")]
    if start.starts_with(ARROW_STREAM) {
        return super::tables::stream(input);
    }
    if let Some((_, reason)) = REFUSED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, *reason));
    }
    let charset = match start.as_slice() {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        [byte, 0, ..] if *byte != 0 => Some(UTF_16LE),
        [0, byte, ..] if *byte != 0 => Some(UTF_16BE),
        [0, ..] => {
            let reason = "it is not text: it starts with a zero byte";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        _ => None,
    };
    bytes.encoding = charset.map(Charset::name);
    let input: Input = match charset {
        Some(charset) => Box::new(
            DecodeReaderBytesBuilder::new()
                .encoding(Some(charset))
                .bom_override(true)
                .build(input),
        ),
        None => Box::new(Western::new(input, Arc::clone(&bytes.is_latin1))),
    };
    Ok((input, bytes))
}

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
pub(super) const PARQUET: &[u8] = b"PAR1";
pub(super) const ARROW_FILE: &[u8] = b"ARROW1";
pub(super) const ARROW_STREAM: &[u8] = b"\xff\xff\xff\xff";

#[cfg(feature = "tables")]
macro_rules! table {
    ($name:literal) => {
        concat!(
            "it is ",
            $name,
            ", which is not read from a pipe: give the name of a file"
        )
    };
}
#[cfg(not(feature = "tables"))]
macro_rules! table {
    ($name:literal) => {
        concat!(
            "it is ",
            $name,
            ", which this build does not read: build rcf with --features tables, or convert it to \
             CSV, for example with: duckdb -c \"COPY (FROM 'FILE') TO 'FILE.csv'\""
        )
    };
}

const REFUSED: &[(&[u8], &str)] = &[
    (PARQUET, table!("a Parquet file")),
    (ARROW_FILE, table!("an Arrow IPC file")),
    (ARROW_STREAM, table!("an Arrow IPC stream")),
    (
        b"PK\x03\x04",
        "it is a ZIP archive or an Excel workbook; unpack it, or save it as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "it is an old Excel workbook; save it as CSV",
    ),
    (
        b"BZh",
        "it is compressed with bzip2; pipe it through: bzip2 -dc FILE | rcf … -",
    ),
    (
        b"\xfd7zXZ",
        "it is compressed with xz; pipe it through: xz -dc FILE | rcf … -",
    ),
    (
        b"\x04\x22\x4d\x18",
        "it is compressed with lz4; pipe it through: lz4 -dc FILE | rcf … -",
    ),
    (
        b"SQLite format 3",
        "it is an SQLite database; export the table as CSV",
    ),
    (b"\x89HDF", "it is an HDF5 file; export the table as CSV"),
    (
        b"\xff\xfe\0\0",
        "it is UTF-32; convert it: iconv -f UTF-32 -t UTF-8 FILE | rcf … -",
    ),
    (
        b"\0\0\xfe\xff",
        "it is UTF-32; convert it: iconv -f UTF-32 -t UTF-8 FILE | rcf … -",
    ),
];

/// The first bytes, as many as are needed to recognise the format, without consuming them. If the
/// first byte begins no known signature, there is nothing to wait for.
fn peek(mut input: Input) -> io::Result<(Vec<u8>, Input)> {
    let mut start = Vec::new();
    let mut byte = [0];
    let known = || REFUSED.iter().map(|(magic, _)| *magic).chain([GZIP, ZSTD]);
    loop {
        let may_grow = |magic: &[u8]| magic.len() > start.len() && magic.starts_with(&start);
        if start.len() >= 2 && !known().any(may_grow) {
            break;
        }
        match input.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => start.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let input = Box::new(Cursor::new(start.clone()).chain(input));
    Ok((start, input))
}

/// Zstandard frames, one after the other.
struct Zstandard {
    input: BufReader<Input>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl Zstandard {
    fn new(input: Input) -> Self {
        Self {
            input: BufReader::new(input),
            decoder: FrameDecoder::new(),
            in_frame: false,
        }
    }

    /// Begins the next frame; `false` at the end of the input.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.input.by_ref().take(length.into());
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }
}

impl Read for Zstandard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                self.in_frame = self.begin()?;
                if !self.in_frame {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let strategy = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.input, strategy);
                decoded.map_err(damaged)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let (stored, computed) = (
                self.decoder.get_checksum_from_data(),
                self.decoder.get_calculated_checksum(),
            );
            if stored.is_some() && stored != computed {
                return Err(damaged("the checksum differs"));
            }
            self.in_frame = false;
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("damaged zstd data: {error}"),
    )
}

/// UTF-8 up to the first byte that is not, and from there on Latin-1 (as Windows writes it), if
/// everything before was ASCII. Text that was UTF-8 before is passed on unchanged: a record with a
/// stray byte is a bad record, not another encoding.
pub(super) struct Western {
    input: Input,
    state: State,
    is_latin1: Arc<AtomicBool>,
    buffer: Vec<u8>, // read; not handed on up to `start`
    start: usize,
    text: Vec<u8>, // scratch for what is transcoded
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ascii,
    Utf8,
    Latin1,
}

impl Western {
    fn new(input: Input, is_latin1: Arc<AtomicBool>) -> Self {
        Self {
            input,
            state: State::Ascii,
            is_latin1,
            buffer: Vec::new(),
            start: 0,
            text: Vec::new(),
        }
    }

    /// Reads more and examines it; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.start = 0;
        self.buffer.resize(CHUNK, 0);
        let mut length = self.input.read(&mut self.buffer)?;
        if self.state == State::Ascii && !self.buffer[..length].is_ascii() {
            // A character may be cut at the end of what was read: at most three bytes of it.
            self.state = loop {
                match std::str::from_utf8(&self.buffer[..length]) {
                    Ok(_) => break State::Utf8,
                    Err(error) if error.error_len().is_some() => break State::Latin1,
                    Err(_) => {
                        self.buffer.resize(length + 1, 0);
                        match self.input.read(&mut self.buffer[length..])? {
                            0 => break State::Latin1,
                            more => length += more,
                        }
                    }
                }
            };
        }
        self.buffer.truncate(length);
        if self.state == State::Latin1 {
            self.is_latin1.store(true, Ordering::Relaxed);
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&self.buffer);
            self.text.clear();
            self.text.extend_from_slice(text.as_bytes());
            std::mem::swap(&mut self.text, &mut self.buffer);
        }
        Ok(length > 0)
    }
}

impl Read for Western {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.state == State::Utf8 && self.start == self.buffer.len() {
            return self.input.read(buffer); // nothing more to examine
        }
        if self.start == self.buffer.len() && !self.fill()? {
            return Ok(0);
        }
        let length = buffer.len().min(self.buffer.len() - self.start);
        buffer[..length].copy_from_slice(&self.buffer[self.start..self.start + length]);
        self.start += length;
        Ok(length)
    }
}

/// Converts the carriage returns of an old Macintosh to line feeds.
pub(super) struct Returns(pub(super) Input);

impl Read for Returns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        for byte in &mut buffer[..read] {
            if *byte == b'\r' {
                *byte = b'\n';
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> (String, Bytes) {
        let (mut input, found) = open(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
        let mut text = Vec::new();
        input.read_to_end(&mut text).unwrap();
        (String::from_utf8(text).unwrap(), found)
    }

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        let units = format!("{mark}{text}");
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        units.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_become_utf_8() {
        let text = "Größe;Wert\n1;2\n";
        let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for (bytes, name) in [
            (text.as_bytes().to_vec(), None),
            (utf16(text, false, true), Some("UTF-16LE")),
            (utf16(text, true, true), Some("UTF-16BE")),
            (utf16(text, false, false), Some("UTF-16LE")),
            (latin1, Some("windows-1252")),
        ] {
            let (read, found) = read(&bytes);
            assert_eq!((read.as_str(), found.encoding()), (text, name));
        }
    }

    #[test]
    fn a_stray_byte_in_utf_8_is_left_and_latin_1_after_much_ascii_is_read() {
        let mut bytes = "é\n".repeat(CHUNK).into_bytes();
        bytes.push(0xff);
        let (mut input, _) = open(Box::new(Cursor::new(bytes.clone()))).unwrap();
        let mut text = Vec::new();
        input.read_to_end(&mut text).unwrap();
        assert_eq!(text, bytes);

        let mut late = "1\n".repeat(CHUNK).into_bytes();
        late.extend(b"23 \xb0C\n");
        assert!(read(&late).0.ends_with("1\n23 °C\n"));
    }

    #[test]
    fn compressed_files_are_read_member_by_member() {
        let gzip = |text: &str| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(text.as_bytes()).unwrap();
            writer.finish().unwrap()
        };
        let zstd = |text: &str| {
            ruzstd::encoding::compress_to_vec(
                text.as_bytes(),
                ruzstd::encoding::CompressionLevel::Fastest,
            )
        };
        let long = "7,8\n".repeat(100_000);
        let (text, found) = read(&[gzip("a,b\n"), gzip(&long)].concat());
        assert_eq!(
            (text.len(), found.compression),
            (4 + long.len(), Some("gzip"))
        );
        let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
        let (text, found) = read(&[zstd("a,b\n"), skipped, zstd(&long)].concat());
        assert_eq!(
            (text.len(), found.compression),
            (4 + long.len(), Some("zstd"))
        );
    }

    #[test]
    fn cut_and_foreign_files_are_errors_with_the_remedy() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all("1\n".repeat(1000).as_bytes()).unwrap();
        let mut cut = writer.finish().unwrap();
        cut.truncate(cut.len() - 6);
        let (mut input, _) = open(Box::new(Cursor::new(cut))).unwrap();
        assert!(input.read_to_end(&mut Vec::new()).is_err());
        for (start, word) in [(b"PAR1xx".as_slice(), "Parquet"), (b"PK\x03\x04", "ZIP")] {
            let error = open(Box::new(Cursor::new(start))).err().unwrap();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
