//! The thread that reads lines: where it begins, and what it does at the end of the input.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::rotation;
use super::source::{LinesOptions, OnReplaced};
use crate::identity::{FileIdentity, FilePosition};
use crate::lines::{self, Line, LineReader, Records};
use crate::record::Position;
use crate::source::{ONLY_SHARD, SourceError, number_in_position};

/// How often a followed file is checked.
const POLL: Duration = Duration::from_millis(100);

/// A batch of lines.
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    /// The offset after the last of them.
    pub(super) position: Option<FilePosition>,
}

type Sender = mpsc::Sender<Result<Lines, SourceError>>;

pub(super) struct LineThread {
    records: Records,
    file: Option<File>, // the file that is read, if it is a regular one
    identity: FileIdentity,
    header: Option<Bytes>,
    options: LinesOptions,
    /// Rotated files to read before the file that has the name now.
    rotated: Vec<PathBuf>,
    /// Whether the file that is read has lost its name, or its content, to another.
    superseded: bool,
    /// Lines up to this one were consumed before positions contained more than line numbers.
    after: u64,
}

/// The result of going to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    Same,
    /// The file ends before it.
    Short,
    /// The bytes before it differ.
    Others,
}

/// The next action at the end of the input.
enum AtEnd {
    /// There is more to read, or another file.
    Read,
    Wait,
    Done,
}

impl LineThread {
    pub(super) fn new(
        records: Records,
        file: Option<File>,
        header: Option<Bytes>,
        options: LinesOptions,
    ) -> Self {
        let identity = identity(file.as_ref());
        Self {
            records,
            file,
            identity,
            header,
            options,
            rotated: Vec::new(),
            superseded: false,
            after: 0,
        }
    }

    /// Sends the lines of one read as a batch, so that a slow pipe causes no delay. Ends when the
    /// source is dropped.
    pub(super) fn run(mut self, position: Option<Position>, sender: &Sender) {
        let done = match position {
            Some(position) => self.resume(&position),
            None => Ok(()),
        };
        if let Err(error) = done.and_then(|()| self.send_all(sender)) {
            drop(sender.blocking_send(Err(error)));
        }
    }

    fn send_all(&mut self, sender: &Sender) -> Result<(), SourceError> {
        let mut newest = 0;
        loop {
            let Some(line) = self.next()? else {
                match self.at_end()? {
                    AtEnd::Read => continue,
                    AtEnd::Wait if sender.is_closed() => return Ok(()),
                    AtEnd::Wait => {
                        std::thread::sleep(POLL);
                        self.look_for_cut()?;
                    }
                    AtEnd::Done => break,
                }
                continue;
            };
            let mut lines = vec![line];
            lines.extend(std::iter::from_fn(|| self.records.next_buffered()));
            newest = lines.last().map_or(newest, |line| line.number);
            lines.retain(|line| line.number > self.after);
            let position = self.position();
            if !lines.is_empty() && sender.blocking_send(Ok(Lines { lines, position })).is_err() {
                return Ok(());
            }
        }
        if newest < self.after {
            let reason = format!("it ends on line {newest}");
            return Err(self.replaced(self.after, reason));
        }
        Ok(())
    }

    /// How far it got; `None` if records are not lines.
    fn position(&mut self) -> Option<FilePosition> {
        let file = self.identity;
        let reader = self.records.lines()?;
        Some(FilePosition {
            file,
            offset: reader.offset(),
            fingerprint: reader.fingerprint(),
            line: reader.next_line(),
        })
    }

    /// The next line; `None` at the present end of the input.
    fn next(&mut self) -> Result<Option<Line>, SourceError> {
        if let Some(line) = self.records.next_terminated()? {
            return Ok(Some(line));
        }
        let may_grow = self.file.is_some() && !self.superseded && self.rotated.is_empty();
        Ok(if may_grow && self.options.follow {
            None
        } else if may_grow && self.options.wait_for_line_feed {
            self.records.lines().and_then(LineReader::last_open_quote)
        } else {
            self.records.last()
        })
    }

    fn at_end(&mut self) -> Result<AtEnd, SourceError> {
        if self.superseded || !self.rotated.is_empty() {
            return self.next_file();
        }
        let follows = self.options.follow && self.file.is_some();
        if !follows {
            if let Some(reader) = self.records.lines()
                && reader.has_open_line()
            {
                tracing::warn!(
                    "{}: line {} has no line feed yet; it is read once the line feed arrives",
                    reader.path().display(),
                    reader.next_line()
                );
            }
            return Ok(AtEnd::Done);
        }
        self.look()
    }

    /// Continues with the file that was rotated away after this one, otherwise with the one that
    /// has the name.
    fn next_file(&mut self) -> Result<AtEnd, SourceError> {
        let path = self.records.path().to_owned();
        // Opened first: a file that was rotated away before that is found now, even if it was not
        // before.
        let named = File::open(&path);
        let found = match self.position() {
            Some(position) => rotation::find(&path, &position)?,
            None => Vec::new(),
        };
        let mut files = match found.split_first() {
            Some((_, newer)) => newer.to_vec(),
            None => std::mem::take(&mut self.rotated),
        };
        files.retain(|file| *file != path);
        self.rotated.clear();
        if files.is_empty() {
            match named {
                Ok(file) => self.switch_to(file)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.superseded = true;
                    return Ok(AtEnd::Wait); // it is being rotated at this moment
                }
                Err(source) => return Err(SourceError::Io { path, source }),
            }
        } else {
            let next = files.remove(0);
            self.switch(&next)?;
            files.push(path);
            self.rotated = files;
        }
        self.superseded = false;
        Ok(AtEnd::Read)
    }

    /// Whether the followed file was truncated since the last check: then the rest of it may be in
    /// a copy. Checked before more is read, since it may have grown again by then.
    fn look_for_cut(&mut self) -> Result<(), SourceError> {
        let (Some(file), Some(reader)) = (&self.file, self.records.lines()) else {
            return Ok(());
        };
        let (tail, end) = reader.tail();
        if rotation::still_holds(file, tail, end) {
            return Ok(());
        }
        let path = self.records.path().to_owned();
        let copies = match self.position() {
            Some(position) => rotation::find(&path, &position)?,
            None => Vec::new(),
        };
        tracing::warn!(
            "{} was truncated; {}",
            path.display(),
            match copies.first() {
                Some(copy) => format!("continuing in {}", copy.display()),
                None => "continuing from its start".to_owned(),
            }
        );
        self.begin_rotated(copies)
    }

    /// Whether the followed file still has its name.
    fn look(&mut self) -> Result<AtEnd, SourceError> {
        let path = self.records.path().to_owned();
        match FileIdentity::of_path(&path) {
            Some(now) if now != self.identity => {
                tracing::info!("{} was rotated; continuing in the new file", path.display());
                // The writer may have written to the old file until now.
                self.superseded = true;
                Ok(AtEnd::Read)
            }
            // Missing at the moment, as during a rotation, or the same file.
            _ => Ok(AtEnd::Wait),
        }
    }

    /// Reads other files before the one that has the name now, the first from where the old one
    /// was left.
    fn begin_rotated(&mut self, mut files: Vec<PathBuf>) -> Result<(), SourceError> {
        let path = self.records.path().to_owned();
        let Some(position) = self.position().filter(|_| !files.is_empty()) else {
            return self.switch(&path);
        };
        files.push(path);
        let first = files.remove(0);
        self.take(open(&first)?)?;
        self.skip_to(&position)?;
        self.rotated = files;
        Ok(())
    }

    /// Skips what was read; returns whether the file contains exactly that.
    fn skip_to(&mut self, position: &FilePosition) -> Result<Reached, SourceError> {
        let Some(reader) = self.records.lines() else {
            return Ok(Reached::Short);
        };
        if reader.offset() > position.offset || !reader.skip_to(position.offset)? {
            return Ok(Reached::Short);
        }
        if reader.fingerprint() != position.fingerprint {
            return Ok(Reached::Others);
        }
        self.records.put_back(None);
        self.records.number_from(position.line);
        Ok(Reached::Same)
    }

    /// Continues at the start of a file; skips a header that is the known one.
    fn switch(&mut self, path: &Path) -> Result<(), SourceError> {
        self.switch_to(open(path)?)
    }

    fn switch_to(&mut self, file: File) -> Result<(), SourceError> {
        self.take(file)?;
        if let Some(header) = &self.header {
            let first = self.records.next_terminated()?;
            let first = first.filter(|line| line.data != header);
            self.records.put_back(first);
        }
        Ok(())
    }

    /// Reads this file from its start.
    fn take(&mut self, file: File) -> Result<(), SourceError> {
        let error = |source| SourceError::Io {
            path: self.records.path().to_owned(),
            source,
        };
        let kept = file.try_clone().map_err(error)?;
        let (input, _) = lines::open(Box::new(file)).map_err(error)?;
        self.identity = identity(Some(&kept));
        self.file = Some(kept);
        self.records.switch(input);
        Ok(())
    }

    /// Goes to the position of a checkpoint.
    fn resume(&mut self, position: &Position) -> Result<(), SourceError> {
        let sequence = position.sequence.as_deref().unwrap_or("0");
        let last = number_in_position(ONLY_SHARD, sequence)?;
        let path = self.records.path().to_owned();
        if self.file.is_none() {
            let next = position.file.as_ref().map_or(last + 1, |file| file.line);
            tracing::warn!(
                "{} is a pipe: the models continue from the checkpoint, and all records from the \
                 pipe are new; line numbers continue at {next}",
                path.display()
            );
            self.records.number_from(next);
            return Ok(());
        }
        if self.records.lines().is_none() {
            // Values that are not on separate lines are counted.
            self.after = last;
            return Ok(());
        }
        let Some(file) = &position.file else {
            tracing::warn!(
                "{}: the checkpoint is from a release that stored only line numbers; continuing \
                 after line {last}, without a check that it is the same file",
                path.display()
            );
            self.after = last;
            return Ok(());
        };
        let reached = self.skip_to(file)?;
        if reached == Reached::Same {
            if self.identity != file.file {
                tracing::info!(
                    "{} was moved or copied; its content is known",
                    path.display()
                );
            }
            return Ok(());
        }
        if self.options.follow {
            let found = rotation::find(&path, file)?;
            if let Some(first) = found.first() {
                tracing::info!(
                    "{} was rotated between runs; continuing in {}",
                    path.display(),
                    first.display()
                );
                self.take(open(first)?)?;
                self.skip_to(file)?;
                self.rotated = found[1..].to_vec();
                self.rotated.push(path);
                return Ok(());
            }
        }
        let reason = match reached {
            Reached::Short => format!("it has fewer than {} bytes", file.offset),
            _ => format!("its first {} bytes differ", file.offset),
        };
        match self.options.on_replaced {
            OnReplaced::Fail => Err(self.replaced(last, reason)),
            OnReplaced::Restart => {
                tracing::warn!(
                    "{} is not the file of the checkpoint: {reason}; reading it from its start",
                    path.display()
                );
                self.records.put_back(None);
                self.records.number_from(file.line);
                self.switch(&path)
            }
        }
    }

    fn replaced(&self, line: u64, reason: String) -> SourceError {
        SourceError::Replaced {
            path: self.records.path().to_owned(),
            line,
            reason,
        }
    }
}

fn open(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|source| SourceError::Io {
        path: path.to_owned(),
        source,
    })
}

fn identity(file: Option<&File>) -> FileIdentity {
    let metadata = file.and_then(|file| file.metadata().ok());
    let identity = metadata.and_then(|metadata| FileIdentity::of(&metadata));
    identity.unwrap_or_default()
}
