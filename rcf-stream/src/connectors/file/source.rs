//! Records from the lines of a file or of the standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::line_reader::{Line, LineReader};
use crate::error::SourceError;
use crate::record::{Positions, Record};
use crate::source::{Batch, ONLY_SHARD, Source};

/// How many chunks are read ahead.
const READ_AHEAD: usize = 4;

/// An open file, or the standard input, of which nothing was taken yet.
pub struct LinesInput(LineReader);

impl LinesInput {
    /// Opens a file; `-` is the standard input.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let input: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let error = |source| SourceError::Io {
                path: path.to_owned(),
                source,
            };
            Box::new(File::open(path).map_err(error)?)
        };
        Ok(Self(LineReader::new(input, path)))
    }

    /// The first byte that is not blank, by which formats can be told apart. It stays.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    pub fn first_byte(&mut self) -> Result<Option<u8>, SourceError> {
        self.0.first_byte()
    }

    /// Takes each line as one record.
    #[must_use]
    pub fn lines(self) -> LinesSource {
        LinesSource::new(self.0, None)
    }

    /// Takes each line of CSV as one record; quoted fields may hold line feeds. The first line is
    /// the header where `is_header` says so.
    ///
    /// # Errors
    /// Those of reading the first line.
    pub fn csv(
        self,
        delimiter: u8,
        is_header: impl FnOnce(&[u8]) -> bool,
    ) -> Result<LinesSource, SourceError> {
        let mut reader = self.0;
        reader.quoted_fields(delimiter);
        let first = reader.next()?;
        let mut source = LinesSource::new(reader, None);
        match first {
            Some(line) if is_header(&line.data) => source.header = Some(line.data),
            other => source.first = other,
        }
        Ok(source)
    }
}

/// Records from lines. The sequence number of a record is the number of the line on which it
/// starts, from 1. Its stream is the name of the file, without folders, or `stdin`.
pub struct LinesSource {
    stream: Arc<str>,
    shard: Arc<str>,
    header: Option<Bytes>,
    first: Option<Line>, // read, but not delivered yet
    after: u64,          // the line to resume after
    state: State,
}

enum State {
    Ready(LineReader),
    /// A thread reads: reading a pipe blocks for as long as it likes, and files have no other way.
    Reading(mpsc::Receiver<Result<Vec<Line>, SourceError>>),
}

impl LinesSource {
    fn new(reader: LineReader, first: Option<Line>) -> Self {
        let stream = match reader.path().file_name() {
            Some(name) if reader.path() != Path::new("-") => name.to_string_lossy().into(),
            _ => "stdin".into(),
        };
        let state = State::Ready(reader);
        Self {
            stream,
            shard: ONLY_SHARD.into(),
            header: None,
            first,
            after: 0,
            state,
        }
    }

    /// Resumes after the position.
    ///
    /// # Errors
    /// [`SourceError::Position`] where the position is not a line number.
    pub fn resume(mut self, positions: &Positions) -> Result<Self, SourceError> {
        let position = positions.get(&self.shard);
        if let Some(sequence) = position.and_then(|position| position.sequence.as_deref()) {
            self.after = crate::source::number_in_position(&self.shard, sequence)?;
        }
        Ok(self)
    }

    /// The first record, which stays, so that its columns can be looked at; `None` where there is
    /// none, or where reading has begun.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn peek(&mut self) -> Result<Option<&[u8]>, SourceError> {
        if let (None, State::Ready(reader)) = (&self.first, &mut self.state) {
            self.first = reader.next()?;
        }
        Ok(self.first.as_ref().map(|line| &line.data[..]))
    }

    fn record(&self, line: Line) -> Record {
        Record {
            stream: Arc::clone(&self.stream),
            shard: Arc::clone(&self.shard),
            sequence: line.number.to_string(),
            sub_sequence: None,
            partition_key: String::new(),
            timestamp: None,
            data: line.data,
        }
    }

    /// Starts the thread on the first call.
    fn reading(&mut self) -> &mut mpsc::Receiver<Result<Vec<Line>, SourceError>> {
        if matches!(self.state, State::Ready(_)) {
            let (sender, receiver) = mpsc::channel(READ_AHEAD);
            let before = std::mem::replace(&mut self.state, State::Reading(receiver));
            if let State::Ready(reader) = before {
                let (first, after) = (self.first.take(), self.after);
                std::thread::spawn(move || read(reader, first, after, &sender));
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
            Some(lines) => {
                let records = lines?.into_iter().map(|line| self.record(line)).collect();
                Ok(Some(Batch {
                    records,
                    ..Batch::default()
                }))
            }
        }
    }

    fn header(&self) -> Option<&[u8]> {
        self.header.as_deref()
    }
}

/// Sends the lines after `after`, in batches of what one read gives, so that a slow pipe is not
/// held back. Ends when the source is dropped.
fn read(
    mut reader: LineReader,
    mut first: Option<Line>,
    after: u64,
    sender: &mpsc::Sender<Result<Vec<Line>, SourceError>>,
) {
    let mut newest = 0;
    loop {
        let line = match first
            .take()
            .map_or_else(|| reader.next(), |line| Ok(Some(line)))
        {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        let mut batch = vec![line];
        batch.extend(std::iter::from_fn(|| reader.next_buffered()));
        newest = batch.last().map_or(newest, |line| line.number);
        batch.retain(|line| line.number > after);
        if !batch.is_empty() && sender.blocking_send(Ok(batch)).is_err() {
            return;
        }
    }
    if newest < after {
        let reason = format!(
            "{} ends on line {newest}; is it the file that the checkpoint was made with?",
            reader.path().display()
        );
        let (shard, sequence) = (ONLY_SHARD.to_owned(), after.to_string());
        drop(sender.blocking_send(Err(SourceError::Position {
            shard,
            sequence,
            reason,
        })));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new()
            .prefix("in")
            .suffix(".csv")
            .tempfile()
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
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
        let mut source = input.csv(b',', |_| true).unwrap();
        assert_eq!(source.header(), Some(&b"a,b"[..]));
        assert_eq!(source.peek().unwrap(), Some(&b"1,2"[..]));
        let records = drain(&mut source).await.unwrap();
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        assert_eq!(ids, [format!("{name}/0/2"), format!("{name}/0/4")]);
        assert_eq!(records[1].data, "3,4");
    }

    #[tokio::test]
    async fn a_first_line_that_is_no_header_is_a_record() {
        let file = file("1,2\n3,4\n");
        let mut source = LinesInput::open(file.path())
            .unwrap()
            .csv(b',', |_| false)
            .unwrap();
        assert_eq!(source.header(), None);
        assert_eq!(source.peek().unwrap(), Some(&b"1,2"[..]));
        assert_eq!(drain(&mut source).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn resumes_after_every_line() {
        let lines: String = (1..=50_000).map(|line| format!("{line}\n")).collect();
        let file = file(&lines);
        let open = || LinesInput::open(file.path()).unwrap().lines();
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
        let mut source = LinesInput::open(long.path()).unwrap().lines();
        let mut positions = Positions::default();
        positions.advance(&drain(&mut source).await.unwrap()[2]);
        let short = file("1\n2\n");
        let mut source = LinesInput::open(short.path())
            .unwrap()
            .lines()
            .resume(&positions)
            .unwrap();
        let error = drain(&mut source).await.unwrap_err();
        assert!(error.to_string().contains("ends on line 2"), "{error}");
    }
}
