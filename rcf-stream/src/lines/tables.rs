//! Parquet and Arrow IPC as lines of JSON, one for each row, so that one reader serves all formats.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::text::{ARROW_FILE, ARROW_STREAM, Bytes, Input, PARQUET};

/// How many rows are converted at once, since the batches of a file may be as large as the file.
const ROWS: usize = 1_024;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// The rows of a file, if it is a table.
///
/// # Errors
/// Those of reading; [`io::ErrorKind::InvalidData`] for a table that is damaged or not supported.
pub(crate) fn open(path: &Path) -> io::Result<Option<(Input, Bytes)>> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref()
        .take(ARROW_FILE.len() as u64)
        .read_to_end(&mut start)?;
    file.rewind()?;
    Ok(if start.starts_with(PARQUET) {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(ROWS).build());
        let batches = builder.map_err(|error| unreadable("Parquet", &error))?;
        Some(rows("Parquet", Box::new(batches)))
    } else if start.starts_with(ARROW_FILE) {
        let reader = FileReader::try_new(BufReader::new(file), None);
        let batches = reader.map_err(|error| unreadable("Arrow IPC", &error))?;
        Some(rows("Arrow IPC", Box::new(batches)))
    } else if start.starts_with(ARROW_STREAM) {
        Some(stream(Box::new(file))?)
    } else {
        None
    })
}

/// The rows of an Arrow IPC stream, which needs no seeking.
///
/// # Errors
/// As for [`open`].
pub(super) fn stream(input: Input) -> io::Result<(Input, Bytes)> {
    let reader = StreamReader::try_new_buffered(input, None);
    let batches = reader.map_err(|error| unreadable("Arrow IPC", &error))?;
    Ok(rows("Arrow IPC", Box::new(batches)))
}

fn rows(format: &'static str, batches: Batches) -> (Input, Bytes) {
    let bytes = Bytes::of_table(format);
    let rows = Rows {
        format,
        batches,
        batch: None,
        text: Vec::new(),
        start: 0,
    };
    (Box::new(rows), bytes)
}

fn unreadable(format: &str, error: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("it begins as {format}, but is damaged or of a kind that is not read: {error}"),
    )
}

/// Rows of batches as text.
struct Rows {
    format: &'static str,
    batches: Batches,
    /// The current batch, without the converted rows.
    batch: Option<RecordBatch>,
    text: Vec<u8>, // not handed on from `start`
    start: usize,
}

impl Rows {
    /// Converts the next rows to text; `false` at the end.
    fn fill(&mut self) -> Result<bool, ArrowError> {
        self.text.clear();
        self.start = 0;
        let batch = match self.batch.take() {
            Some(batch) => batch,
            None => match self.batches.next().transpose()? {
                Some(batch) => batch,
                None => return Ok(false),
            },
        };
        let rows = batch.num_rows().min(ROWS);
        if rows < batch.num_rows() {
            self.batch = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        // Nulls are written, too, so that the columns are in their order from the first row on.
        let options = WriterBuilder::new().with_explicit_nulls(true);
        let mut writer = options.build::<_, LineDelimited>(&mut self.text);
        writer.write(&batch.slice(0, rows))?;
        writer.finish()?;
        Ok(true)
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.start == self.text.len() {
            if !self
                .fill()
                .map_err(|error| unreadable(self.format, &error))?
            {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.text.len() - self.start);
        buffer[..length].copy_from_slice(&self.text[self.start..self.start + length]);
        self.start += length;
        Ok(length)
    }
}
