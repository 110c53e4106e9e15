//! A regular file that results are appended to, and what is known of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sink::io_error;
use crate::identity::FileIdentity;
use crate::sink::{SinkError, SinkPosition};

/// This many bytes before the position identify a results file.
const TAIL: usize = 4 * 1024;

/// How far a file of results got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilePlace {
    length: u64,
    #[serde(flatten)]
    file: FileIdentity,
    /// CRC-32C of the last bytes before the length; checkpoints of 0.1.0 have none.
    tail: Option<u32>,
    /// The file was complete, and a new one of its name was to follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    handed_over: bool,
}

impl FilePlace {
    /// Reads a position: a JSON object, or a bare length of release 0.1.0.
    pub(super) fn read(path: &Path, position: &SinkPosition) -> Result<Self, SinkError> {
        if let Ok(length) = position.0.parse() {
            return Ok(Self {
                length,
                file: FileIdentity::default(),
                tail: None,
                handed_over: false,
            });
        }
        serde_json::from_str(&position.0).map_err(|_| SinkError::Position {
            path: path.to_owned(),
            position: position.0.clone(),
            reason: "it is not of a file; does the checkpoint belong to another sink?".to_owned(),
        })
    }

    pub(super) fn write(&self) -> SinkPosition {
        SinkPosition(serde_json::to_string(self).expect("all names are text"))
    }

    fn error(&self, path: &Path, reason: String) -> SinkError {
        SinkError::Position {
            path: path.to_owned(),
            position: format!("byte {}", self.length),
            reason,
        }
    }
}

/// What has happened to a file since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has its name.
    InPlace,
    /// It has another name, and results are still written to it.
    Renamed,
}

/// An open file, with its length and its last bytes.
#[derive(Debug)]
pub(super) struct FileOutput {
    file: File,
    identity: Option<FileIdentity>,
    length: u64,
    tail: Vec<u8>,
}

impl FileOutput {
    /// Opens a file at a place, and truncates what was written after it; without a place,
    /// everything.
    pub(super) fn open(path: &Path, place: Option<&FilePlace>) -> Result<Self, SinkError> {
        let mut output = Self::append_to(path)?;
        let is_new = |place: &FilePlace| place.handed_over && output.identity != Some(place.file);
        if let Some(place) = place.filter(|place| !is_new(place)) {
            output.find(path, place)?;
        } else {
            output.length = 0;
            output.tail.clear();
        }
        output.file.set_len(output.length).map_err(io_error(path))?;
        Ok(output)
    }

    /// Always at the end, so that a file that is truncated meanwhile gets no hole.
    fn append_to(path: &Path) -> Result<Self, SinkError> {
        let options = || {
            OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(path)
        };
        let file = options().map_err(io_error(path))?;
        let metadata = file.metadata().map_err(io_error(path))?;
        Ok(Self {
            identity: FileIdentity::of(&metadata),
            length: metadata.len(),
            tail: Vec::new(),
            file,
        })
    }

    /// Checks that the file is the one of the place.
    fn find(&mut self, path: &Path, place: &FilePlace) -> Result<(), SinkError> {
        if self.length < place.length {
            let reason = format!(
                "the file has only {} bytes. Restore the missing results, or choose an empty \
                 checkpoint directory to start from scratch",
                self.length
            );
            return Err(place.error(path, reason));
        }
        self.length = place.length;
        self.tail = self.read_tail().map_err(io_error(path))?;
        match place.tail {
            Some(tail) if tail != crc32c::crc32c(&self.tail) => {
                let reason = format!(
                    "the last {} bytes before it are not those that were written; is it another \
                     file? Restore the results file, move this one away, or choose an empty \
                     checkpoint directory to start from scratch",
                    self.tail.len()
                );
                Err(place.error(path, reason))
            }
            _ => Ok(()),
        }
    }

    fn read_tail(&mut self) -> io::Result<Vec<u8>> {
        let from = self.length.saturating_sub(TAIL as u64);
        self.file.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::with_capacity(TAIL);
        (&self.file)
            .take(self.length - from)
            .read_to_end(&mut tail)?;
        Ok(tail)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.tail.extend(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        self.file.write_all(bytes)
    }

    pub(super) fn place(&self, handed_over: bool) -> FilePlace {
        FilePlace {
            length: self.length,
            file: self.identity.unwrap_or_default(),
            tail: Some(crc32c::crc32c(&self.tail)),
            handed_over,
        }
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    pub(super) fn duplicate(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Whether everything that was written is still there, and where.
    pub(super) fn standing(&self, path: &Path) -> Result<Standing, SinkError> {
        let metadata = self.file.metadata().map_err(io_error(path))?;
        let changed = |reason: String| SinkError::Changed {
            path: path.to_owned(),
            reason,
        };
        if metadata.len() != self.length {
            return Err(changed(format!(
                "it has {} bytes, but {} were written. Rotate it by renaming (not by copying and \
                 truncating), and let nothing else write to it",
                metadata.len(),
                self.length
            )));
        }
        if is_deleted(&metadata) {
            return Err(changed(
                "it was deleted, and with it the results since the last rotation; rotate it by \
                 renaming it"
                    .to_owned(),
            ));
        }
        let is_in_place = self.identity.is_none() || FileIdentity::of_path(path) == self.identity;
        Ok(if is_in_place {
            Standing::InPlace
        } else {
            Standing::Renamed
        })
    }

    /// Continues in the file that has the name now; `false` if that is this one.
    pub(super) fn reopen(&mut self, path: &Path) -> Result<bool, SinkError> {
        let new = Self::append_to(path)?;
        if new.identity.is_some() && new.identity == self.identity {
            return Ok(false);
        }
        if new.length > 0 {
            return Err(SinkError::Changed {
                path: path.to_owned(),
                reason: format!(
                    "a new file took its place and has {} bytes already; it must be empty",
                    new.length
                ),
            });
        }
        *self = new;
        Ok(true)
    }
}

#[cfg(unix)]
fn is_deleted(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() == 0
}

#[cfg(not(unix))]
fn is_deleted(_: &std::fs::Metadata) -> bool {
    false
}
