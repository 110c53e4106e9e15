//! Results as the lines of a file or of the standard output.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::place::{FileOutput, FilePlace, Standing};
use super::standard::Redirected;
use crate::observer::{InFlight, Observers};
use crate::record::OutputRecord;
use crate::sink::{Flushed, Sink, SinkError, SinkPosition};

/// Writes each result as one line. A regular file gets each result exactly once: after a crash it
/// is truncated to the length in the checkpoint.
#[derive(Debug)]
pub struct LinesSink {
    path: PathBuf,
    header: Option<String>,
    output: Output,
    hands_over: bool,
    lines: Vec<u8>, // scratch
    observers: Observers,
}

#[derive(Debug)]
enum Output {
    File(FileOutput),
    /// A pipe, a terminal or a device: written data cannot be taken back.
    Stream(Box<dyn StreamOutput>),
    /// The standard output, with what is known about it if it is a file.
    Standard(io::Stdout, Option<Redirected>),
}

trait StreamOutput: Write + Send + std::fmt::Debug {}
impl<W: Write + Send + std::fmt::Debug> StreamOutput for W {}

impl LinesSink {
    /// Opens a file; `-` is the standard output. Without a position the file begins empty, with
    /// the header as its first line.
    ///
    /// # Errors
    /// [`SinkError::Position`] if the file is not the one of the position, or is shorter; otherwise
    /// [`SinkError::Io`].
    pub fn open(
        path: &Path,
        header: Option<&str>,
        resume: Option<&SinkPosition>,
    ) -> Result<Self, SinkError> {
        let output = if path == Path::new("-") {
            let output = io::stdout();
            let redirected = Redirected::of(&output);
            Output::Standard(output, redirected)
        } else if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            let stream = OpenOptions::new().write(true).open(path);
            Output::Stream(Box::new(stream.map_err(io_error(path))?))
        } else {
            let place = resume.map(|it| FilePlace::read(path, it)).transpose()?;
            Output::File(FileOutput::open(path, place.as_ref())?)
        };
        let mut sink = Self {
            path: path.to_owned(),
            header: header.map(str::to_owned),
            output,
            hands_over: false,
            lines: Vec::new(),
            observers: Observers::default(),
        };
        sink.write_header()?;
        Ok(sink)
    }

    /// Reports to observers which results are not written yet.
    #[must_use]
    pub fn observers(mut self, observers: &Observers) -> Self {
        self.observers = observers.clone();
        self
    }

    fn write_header(&mut self) -> Result<(), SinkError> {
        let starts = match &self.output {
            Output::File(file) => file.length() == 0,
            Output::Stream(_) | Output::Standard(..) => true,
        };
        if let (Some(header), true) = (&self.header, starts) {
            self.lines.extend(header.as_bytes());
            self.lines.push(b'\n');
            self.write_lines()?;
        }
        Ok(())
    }

    /// One write for all lines, so that nothing waits in our buffers.
    fn write_lines(&mut self) -> Result<(), SinkError> {
        if let Output::Standard(_, Some(file)) = &self.output {
            still_there(file)?;
        }
        let written = match &mut self.output {
            Output::File(file) => file.append(&self.lines),
            Output::Stream(stream) => write_all(stream, &self.lines),
            Output::Standard(stream, _) => write_all(stream, &self.lines),
        };
        self.lines.clear();
        written.map_err(io_error(&self.path))
    }

    /// Whether the file is as it was left; notices a new name.
    fn look(&mut self) -> Result<(), SinkError> {
        if let Output::Standard(_, Some(file)) = &self.output {
            still_there(file)?;
        }
        if let Output::File(file) = &self.output
            && file.standing(&self.path)? == Standing::Renamed
            && !self.hands_over
        {
            tracing::warn!(
                "{} was renamed; results continue in a new file of that name",
                self.path.display()
            );
            self.hands_over = true;
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for LinesSink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        let _in_flight = InFlight::new(&self.observers, records.len() as u64);
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
        self.look()?;
        match &self.output {
            Output::File(file) => {
                file.sync().map_err(io_error(&self.path))?;
                Ok(Some(file.place(self.hands_over).write()))
            }
            Output::Stream(_) | Output::Standard(..) => Ok(None), // flushed by each write
        }
    }

    async fn begin_flush(&mut self) -> Result<Flushed, SinkError> {
        self.look()?;
        let Output::File(output) = &self.output else {
            return Ok(Box::pin(std::future::ready(Ok(None))));
        };
        let path = self.path.clone();
        let file = output.duplicate().map_err(io_error(&path))?;
        let position = output.place(self.hands_over).write();
        // Syncing a disk can take time.
        Ok(Box::pin(async move {
            let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
            let synced = synced.map_err(io::Error::other).and_then(|done| done);
            synced.map_err(io_error(&path))?;
            Ok(Some(position))
        }))
    }

    fn hand_over(&mut self) {
        self.hands_over = matches!(self.output, Output::File(_));
    }

    fn hands_over(&self) -> bool {
        self.hands_over
    }

    async fn reopen(&mut self) -> Result<(), SinkError> {
        self.hands_over = false;
        if let Output::File(file) = &mut self.output
            && file.reopen(&self.path)?
        {
            tracing::info!("results continue in the new {}", self.path.display());
            self.write_header()?;
        }
        Ok(())
    }
}

fn write_all(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// An error if results on the standard output were lost.
fn still_there(file: &Redirected) -> Result<(), SinkError> {
    let lost = file.lost().map_err(io_error(Path::new("-")))?;
    lost.map_or(Ok(()), |reason| {
        Err(SinkError::Changed {
            path: PathBuf::from("the standard output"),
            reason,
        })
    })
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> SinkError {
    let path = path.to_owned();
    move |source| SinkError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::Headers;

    fn results(texts: &[&'static str]) -> Vec<OutputRecord> {
        let result = |text: &&'static str| OutputRecord {
            id: String::new(),
            partition_key: String::new(),
            headers: Headers::default(),
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
        sink.flush().await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\na\nb\nc\n");
        drop(sink);

        // A checkpoint of 0.1.0 knows the length alone.
        LinesSink::open(&path, Some("head"), Some(&SinkPosition("9".into()))).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\na\nb\n");
        // Another file of that name is not cut.
        fs::write(&path, "another file with more bytes").unwrap();
        let error = LinesSink::open(&path, Some("head"), position.as_ref()).unwrap_err();
        assert!(error.to_string().contains("is it another file?"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap().len(), 28);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_is_cut_or_deleted_is_an_error_at_the_next_flush() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        for (change, expected) in [
            (cut as fn(&Path), "0 bytes"),
            (append, "14 bytes"),
            (delete, "deleted"),
        ] {
            let mut sink = LinesSink::open(&path, None, None).unwrap();
            sink.write(results(&["first"])).await.unwrap();
            change(&path);
            let error = sink.begin_flush().await.err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
            sink.write(results(&["second"])).await.unwrap();
            if path.exists() {
                let bytes = fs::read(&path).unwrap();
                assert!(!bytes.contains(&0), "no hole where the results were");
            }
        }
    }

    fn cut(path: &Path) {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(0).unwrap();
    }

    fn append(path: &Path) {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"foreign\n").unwrap();
    }

    fn delete(path: &Path) {
        fs::remove_file(path).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_renamed_file_is_handed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let old = folder.path().join("out.csv.1");
        let mut sink = LinesSink::open(&path, Some("head"), None).unwrap();
        sink.write(results(&["a"])).await.unwrap();
        sink.flush().await.unwrap();
        assert!(!sink.hands_over());
        fs::rename(&path, &old).unwrap();
        sink.write(results(&["b"])).await.unwrap();
        let position = sink.flush().await.unwrap();
        assert!(sink.hands_over());
        sink.reopen().await.unwrap();
        sink.write(results(&["c"])).await.unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "head\na\nb\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\nc\n");
        drop(sink);

        // A crash before the next checkpoint: the new file begins again.
        let mut sink = LinesSink::open(&path, Some("head"), position.as_ref()).unwrap();
        sink.write(results(&["c"])).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\nc\n");
        // On request, without a new name, it continues in place.
        sink.hand_over();
        sink.flush().await.unwrap();
        sink.reopen().await.unwrap();
        sink.write(results(&["d"])).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "head\nc\nd\n");
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
