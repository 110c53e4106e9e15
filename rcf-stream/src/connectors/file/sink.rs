//! Results as the lines of a file or of the standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::error::SinkError;
use crate::record::OutputRecord;
use crate::sink::{Flushed, Sink, SinkPosition};

/// Writes each result as one line. A regular file gets each result exactly once: after a crash it
/// is cut back to where the checkpoint knows it to be.
#[derive(Debug)]
pub struct LinesSink {
    path: PathBuf,
    output: Output,
    lines: Vec<u8>, // scratch
}

#[derive(Debug)]
enum Output {
    /// With its length.
    File(File, u64),
    /// A pipe, a terminal or a device: what is written is gone.
    Stream(Box<dyn StreamOutput>),
}

trait StreamOutput: Write + Send + std::fmt::Debug {}
impl<W: Write + Send + std::fmt::Debug> StreamOutput for W {}

impl LinesSink {
    /// Opens a file; `-` is the standard output. Without a position the file begins empty, with
    /// the header as its first line.
    ///
    /// # Errors
    /// [`SinkError::Position`] where the file is shorter than the position; else
    /// [`SinkError::Io`].
    pub fn open(
        path: &Path,
        header: Option<&str>,
        resume: Option<&SinkPosition>,
    ) -> Result<Self, SinkError> {
        let output = open(path, resume)?;
        let mut sink = Self {
            path: path.to_owned(),
            output,
            lines: Vec::new(),
        };
        let starts = !matches!(sink.output, Output::File(_, 1..));
        if let (Some(header), true) = (header, starts) {
            sink.lines.extend(header.as_bytes());
            sink.lines.push(b'\n');
            sink.write_lines()?;
        }
        Ok(sink)
    }

    /// One write for all lines, so that nothing waits in a buffer of ours.
    fn write_lines(&mut self) -> Result<(), SinkError> {
        let written = match &mut self.output {
            Output::File(file, length) => {
                *length += self.lines.len() as u64;
                file.write_all(&self.lines)
            }
            Output::Stream(stream) => stream.write_all(&self.lines).and_then(|()| stream.flush()),
        };
        self.lines.clear();
        written.map_err(io_error(&self.path))
    }
}

#[async_trait]
impl Sink for LinesSink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        for record in &records {
            self.lines.extend_from_slice(&record.data);
            self.lines.push(b'\n');
        }
        if self.lines.is_empty() {
            Ok(())
        } else {
            self.write_lines()
        }
    }

    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError> {
        match &self.output {
            Output::File(file, length) => {
                file.sync_data().map_err(io_error(&self.path))?;
                Ok(Some(SinkPosition(length.to_string())))
            }
            Output::Stream(_) => Ok(None), // flushed by each write
        }
    }

    async fn begin_flush(&mut self) -> Result<Flushed, SinkError> {
        let Output::File(file, length) = &self.output else {
            return Ok(Box::pin(std::future::ready(Ok(None))));
        };
        let path = self.path.clone();
        let file = file.try_clone().map_err(io_error(&path))?;
        let position = SinkPosition(length.to_string());
        // A disk can take its time to sync.
        Ok(Box::pin(async move {
            let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
            let synced = synced.map_err(io::Error::other).and_then(|done| done);
            synced.map_err(io_error(&path))?;
            Ok(Some(position))
        }))
    }
}

fn open(path: &Path, resume: Option<&SinkPosition>) -> Result<Output, SinkError> {
    if path == Path::new("-") {
        return Ok(Output::Stream(Box::new(io::stdout())));
    }
    let error = || io_error(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(error())?;
    let metadata = file.metadata().map_err(error())?;
    if !metadata.is_file() {
        return Ok(Output::Stream(Box::new(file)));
    }
    let length = match resume {
        None => 0,
        Some(position) => length_to_keep(path, position, metadata.len())?,
    };
    file.set_len(length).map_err(error())?;
    file.seek(SeekFrom::End(0)).map_err(error())?;
    Ok(Output::File(file, length))
}

fn length_to_keep(path: &Path, position: &SinkPosition, length: u64) -> Result<u64, SinkError> {
    let reason = match position.0.parse() {
        Ok(keep) if keep <= length => return Ok(keep),
        Ok(_) => format!(
            "the file has only {length} bytes. Bring back the results that are missing, or \
             choose an empty checkpoint directory to start anew"
        ),
        Err(_) => "it is not a length; does the checkpoint belong to another sink?".to_owned(),
    };
    Err(SinkError::Position {
        path: path.to_owned(),
        position: position.0.clone(),
        reason,
    })
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> SinkError {
    let path = path.to_owned();
    move |source| SinkError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn results(texts: &[&'static str]) -> Vec<OutputRecord> {
        let result = |text: &&'static str| OutputRecord {
            id: String::new(),
            partition_key: String::new(),
            data: bytes::Bytes::from_static(text.as_bytes()),
        };
        texts.iter().map(result).collect()
    }

    #[tokio::test]
    async fn a_file_is_cut_back_to_the_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "from another run").unwrap();
        let mut sink = LinesSink::open(&path, Some("head"), None).unwrap();
        sink.write(results(&["a", "b"])).await.unwrap();
        let position = sink.flush().await.unwrap();
        sink.write(results(&["lost"])).await.unwrap();
        drop(sink);
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\na\nb\nlost\n");

        let mut sink = LinesSink::open(&path, Some("head"), position.as_ref()).unwrap();
        sink.write(results(&["c"])).await.unwrap();
        assert_eq!(sink.flush().await.unwrap(), Some(SinkPosition("11".into())));
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\na\nb\nc\n");
    }

    #[test]
    fn a_file_that_lost_results_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let position = SinkPosition("12".into());
        let error = LinesSink::open(&path, None, Some(&position)).unwrap_err();
        assert!(error.to_string().contains("only 0 bytes"), "{error}");
    }
}
