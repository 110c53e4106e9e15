//! Records from the lines of a file or of the standard input.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::ahead::{Head, read_ahead};
use super::line_thread::{LineThread, Lines};
use crate::decode::dialect::{Dialect, Framing};
use crate::lines::{self, Bytes as TextBytes, Cutting, Input, MAX_QUOTED_LINES, Records};
use crate::record::{Headers, Position, Positions, Record};
use crate::source::{Batch, ONLY_SHARD, Source, SourceError};

/// How many chunks are read ahead.
const READ_AHEAD: usize = 4;

/// What happens if the file is not the one that the position in the checkpoint belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnReplaced {
    /// The pipeline ends with an error that names the file.
    #[default]
    Fail,
    /// The file is read from its start; the models stay, and line numbers continue.
    Restart,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinesOptions {
    /// What happens if the file is not the one of the position.
    pub on_replaced: OnReplaced,
    /// Whether to wait for new lines at the end, and to continue with the file that takes the name
    /// after a rotation.
    pub follow: bool,
    /// Whether a last line without its line feed is left for the next run.
    pub wait_for_line_feed: bool,
    /// A quote counts as unclosed when this many line feeds are quoted.
    pub max_quoted_lines: u64,
}

impl Default for LinesOptions {
    fn default() -> Self {
        Self {
            on_replaced: OnReplaced::default(),
            follow: false,
            wait_for_line_feed: false,
            max_quoted_lines: MAX_QUOTED_LINES,
        }
    }
}

impl LinesOptions {
    fn cutting(self) -> Cutting {
        Cutting {
            wait_for_line_feed: self.wait_for_line_feed,
            max_quoted_lines: self.max_quoted_lines,
        }
    }
}

/// An open file, or the standard input, before the first record.
pub struct LinesInput {
    path: PathBuf,
    input: Input,
    head: Head,
    bytes: TextBytes,
    file: Option<File>,
    options: LinesOptions,
}

impl LinesInput {
    /// Opens a file, undoes its compression and encoding, and reads its start ahead; `-` is the
    /// standard input. For other inputs it waits a second after their first bytes.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let error = |source| SourceError::Io {
            path: path.to_owned(),
            source,
        };
        let (input, file): (Input, Option<File>) = if path == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(error)?;
            let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
            let kept = is_file.then(|| file.try_clone()).transpose();
            (Box::new(file), kept.map_err(error)?)
        };
        #[cfg(feature = "tables")]
        let table = match &file {
            Some(_) => lines::open_table(path).map_err(error)?,
            None => None,
        };
        #[cfg(not(feature = "tables"))]
        let table = None;
        let (input, bytes) = match table {
            Some(table) => table,
            None => lines::open(input).map_err(error)?,
        };
        let (head, input) = read_ahead(input, file.is_none()).map_err(error)?;
        Ok(Self {
            path: path.to_owned(),
            input,
            head,
            bytes,
            file,
            options: LinesOptions::default(),
        })
    }

    /// The compression and encoding.
    #[must_use]
    pub fn options(mut self, options: LinesOptions) -> Self {
        self.options = options;
        self
    }

    /// The start of the text, and whether that is all of it.
    #[must_use]
    pub fn head(&self) -> (&[u8], bool) {
        (&self.head.text, self.head.ended)
    }

    /// The compression and encoding of the bytes.
    #[must_use]
    pub fn bytes(&self) -> TextBytes {
        self.bytes.clone()
    }

    /// The header, and all records, for tests.
    #[cfg(test)]
    pub(crate) fn all_records(self, dialect: &Dialect) -> Vec<Option<Bytes>> {
        let cutting = Cutting::default();
        let mut records = Records::open(self.input, &self.path, dialect, cutting).unwrap();
        let mut all = vec![records.header.take()];
        while let Some(line) = records.next().unwrap() {
            all.push(Some(line.data));
        }
        all
    }

    /// Takes records as they are written in this dialect.
    ///
    /// # Errors
    /// Those of reading the first line; a file to be followed that is not plain lines.
    pub fn records(self, dialect: &Dialect) -> Result<LinesSource, SourceError> {
        let Self {
            path,
            input,
            bytes,
            file,
            options,
            ..
        } = self;
        let is_plain = dialect.framing == Framing::Lines && bytes.is_plain();
        if options.follow && !is_plain {
            return Err(SourceError::Io {
                path,
                source: io::Error::new(
                    io::ErrorKind::Unsupported,
                    "only plain lines of UTF-8 can be followed (source.follow)",
                ),
            });
        }
        let records = Records::open(input, &path, dialect, options.cutting())?;
        Ok(LinesSource::new(records, file, options))
    }
}

/// Records from lines. The sequence number of a record is the number of the line on which it
/// starts, from 1; numbering continues across rotations and replacements, so that no two records
/// have the same number. Its stream is the name of the file, without folders, or `stdin`.
pub struct LinesSource {
    stream: Arc<str>,
    shard: Arc<str>,
    header: Option<Bytes>,
    file: Option<File>,
    options: LinesOptions,
    position: Option<Position>, // to resume after
    state: State,
}

enum State {
    Ready(Box<Records>),
    /// A thread reads: reading a pipe blocks indefinitely, and files have no asynchronous
    /// interface.
    Reading(mpsc::Receiver<Result<Lines, SourceError>>),
}

impl LinesSource {
    fn new(mut records: Records, file: Option<File>, options: LinesOptions) -> Self {
        let stream = match records.path().file_name() {
            Some(name) if records.path() != Path::new("-") => name.to_string_lossy().into(),
            _ => "stdin".into(),
        };
        Self {
            stream,
            shard: ONLY_SHARD.into(),
            header: records.header.take(),
            file,
            options,
            position: None,
            state: State::Ready(Box::new(records)),
        }
    }

    /// Resumes after the position. Whether the file is the one of the position is checked when
    /// reading begins.
    ///
    /// # Errors
    /// [`SourceError::Position`] if the position is not a line number.
    pub fn resume(mut self, positions: &Positions) -> Result<Self, SourceError> {
        let position = positions.get(&self.shard);
        if let Some(sequence) = position.and_then(|position| position.sequence.as_deref()) {
            crate::source::number_in_position(&self.shard, sequence)?;
            self.position = position.cloned();
        }
        Ok(self)
    }

    fn batch(&self, lines: Lines) -> Batch {
        let mut batch = Batch {
            file: lines.position,
            ..Batch::default()
        };
        for (index, line) in lines.lines.into_iter().enumerate() {
            batch.faults.extend(line.fault.map(|fault| (index, fault)));
            batch.records.push(Record {
                stream: Arc::clone(&self.stream),
                shard: Arc::clone(&self.shard),
                sequence: line.number.to_string(),
                sub_sequence: None,
                partition_key: String::new(),
                timestamp: None,
                headers: Headers::default(),
                data: line.data,
            });
        }
        batch
    }

    /// Starts the thread on the first call.
    fn reading(&mut self) -> &mut mpsc::Receiver<Result<Lines, SourceError>> {
        if matches!(self.state, State::Ready(_)) {
            let (sender, receiver) = mpsc::channel(READ_AHEAD);
            let before = std::mem::replace(&mut self.state, State::Reading(receiver));
            if let State::Ready(records) = before {
                let header = self.header.clone();
                let thread = LineThread::new(*records, self.file.take(), header, self.options);
                let position = self.position.take();
                std::thread::spawn(move || thread.run(position, &sender));
            }
        }
        match &mut self.state {
            State::Reading(receiver) => receiver,
            State::Ready(_) => unreachable!("replaced above"),
        }
    }
}

#[async_trait]
impl Source for LinesSource {
    /// Cancel safe, because [`mpsc::Receiver::recv`] is.
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        match self.reading().recv().await {
            None => Ok(None),
            Some(lines) => Ok(Some(self.batch(lines?))),
        }
    }

    fn header(&self) -> Option<&[u8]> {
        self.header.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::decode::InputFormat;
    use crate::decode::dialect::Header;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new()
            .prefix("in")
            .suffix(".csv")
            .tempfile()
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn csv(header: Header) -> Dialect {
        Dialect {
            format: InputFormat::Csv,
            header,
            ..Dialect::default()
        }
    }

    fn lines_of(path: &Path) -> LinesSource {
        let input = LinesInput::open(path).unwrap();
        input.records(&Dialect::default()).unwrap()
    }

    async fn drain(source: &mut LinesSource) -> Result<Vec<Record>, SourceError> {
        let mut records = Vec::new();
        while let Some(batch) = source.next_batch().await? {
            records.extend(batch.records);
        }
        Ok(records)
    }

    #[tokio::test]
    async fn lines_become_records() {
        let file = file("a,b\n1,2\n\n3,4\n");
        let name = file.path().file_name().unwrap().to_str().unwrap();
        let input = LinesInput::open(file.path()).unwrap();
        let mut source = input.records(&csv(Header::FirstLine)).unwrap();
        assert_eq!(source.header(), Some(&b"a,b"[..]));
        let records = drain(&mut source).await.unwrap();
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        assert_eq!(ids, [format!("{name}/0/2"), format!("{name}/0/4")]);
        assert_eq!(records[1].data, "3,4");
    }

    #[tokio::test]
    async fn a_first_line_that_is_not_a_header_is_a_record() {
        let file = file("1,2\n3,4\n");
        let mut source = LinesInput::open(file.path())
            .unwrap()
            .records(&csv(Header::None))
            .unwrap();
        assert_eq!(source.header(), None);
        assert_eq!(drain(&mut source).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn resumes_after_every_line() {
        let lines: String = (1..=50_000).map(|line| format!("{line}\n")).collect();
        let file = file(&lines);
        let open = || lines_of(file.path());
        let all = drain(&mut open()).await.unwrap();
        assert_eq!(all.len(), 50_000);
        for last in [0, 1, 12_345, 49_998, 49_999] {
            let mut positions = Positions::default();
            positions.advance(&all[last]);
            let mut resumed = open().resume(&positions).unwrap();
            assert_eq!(drain(&mut resumed).await.unwrap(), all[last + 1..]);
        }
    }

    #[tokio::test]
    async fn a_shorter_file_than_before_is_an_error() {
        let long = file("1\n2\n3\n");
        let mut source = lines_of(long.path());
        let mut positions = Positions::default();
        positions.advance(&drain(&mut source).await.unwrap()[2]);
        let short = file("1\n2\n");
        let mut source = lines_of(short.path()).resume(&positions).unwrap();
        let error = drain(&mut source).await.unwrap_err();
        assert!(error.to_string().contains("ends on line 2"), "{error}");
    }
}
