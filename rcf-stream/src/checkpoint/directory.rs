//! Checkpoints in a folder.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Checkpoint, CheckpointError, format};

/// A folder of checkpoints, named by rising numbers, of which the highest counts.
///
/// It is locked for as long as this value lives, by the operating system: the lock of a process
/// that dies is gone.
#[derive(Debug)]
pub struct CheckpointDirectory {
    path: PathBuf,
    retain: usize,
    numbers: VecDeque<u64>, // of the files in the folder, rising
    _lock: File,
}

impl CheckpointDirectory {
    /// Opens a folder, creating it where needed, in which the newest `retain` checkpoints (at
    /// least one) are kept.
    ///
    /// # Errors
    /// [`CheckpointError::Locked`] where another process has it open; else I/O errors.
    pub fn open(path: &Path, retain: usize) -> Result<Self, CheckpointError> {
        fs::create_dir_all(path).map_err(io_error("create", path))?;
        let lock = lock(path)?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(path).map_err(io_error("list", path))? {
            let name = entry.map_err(io_error("list", path))?.file_name();
            match name.to_str().map(FileName::parse) {
                Some(FileName::Checkpoint(number)) => numbers.push(number),
                // What a process that died did not finish.
                Some(FileName::Temporary) => {
                    let path = path.join(name);
                    fs::remove_file(&path).map_err(io_error("remove", &path))?;
                }
                Some(FileName::Other) | None => {}
            }
        }
        numbers.sort_unstable();
        Ok(Self {
            path: path.to_owned(),
            retain: retain.max(1),
            numbers: numbers.into(),
            _lock: lock,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the newest checkpoint; `None` where there is none.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] where the newest cannot be read. Older ones are not tried: to
    /// go back in time is a decision for people.
    pub fn latest(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        let Some(number) = self.numbers.back() else {
            return Ok(None);
        };
        let path = self.path.join(file_name(*number));
        let bytes = fs::read(&path).map_err(io_error("read", &path))?;
        match format::decode(&bytes) {
            Ok(checkpoint) => Ok(Some(checkpoint)),
            Err(source) => Err(CheckpointError::Damaged { path, source }),
        }
    }

    /// Writes a checkpoint and returns its size in bytes. When this returns, it is on the disk
    /// and is the newest; if the process dies before, the one before still is.
    ///
    /// # Errors
    /// I/O errors.
    pub fn commit(&mut self, checkpoint: &Checkpoint) -> Result<usize, CheckpointError> {
        let number = self.numbers.back().map_or(1, |newest| newest + 1);
        let path = self.path.join(file_name(number));
        let temporary = path.with_extension(TEMPORARY);
        let bytes = format::encode(checkpoint);
        write_synced(&temporary, &bytes).map_err(io_error("write", &temporary))?;
        fs::rename(&temporary, &path).map_err(io_error("rename", &temporary))?;
        sync_folder(&self.path).map_err(io_error("sync", &self.path))?;
        self.numbers.push_back(number);
        self.remove_old();
        Ok(bytes.len())
    }

    /// A file that cannot be removed costs space but nothing else, so it is only logged.
    fn remove_old(&mut self) {
        while self.numbers.len() > self.retain {
            let Some(number) = self.numbers.pop_front() else {
                return;
            };
            let path = self.path.join(file_name(number));
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "cannot remove an old checkpoint");
            }
        }
    }
}

const PREFIX: &str = "checkpoint-";
const EXTENSION: &str = "rcf";
const TEMPORARY: &str = "tmp";

/// Twenty digits hold every u64, so that names sort as their numbers do.
fn file_name(number: u64) -> String {
    format!("{PREFIX}{number:020}.{EXTENSION}")
}

enum FileName {
    Checkpoint(u64),
    Temporary,
    Other,
}

impl FileName {
    fn parse(name: &str) -> Self {
        let parts = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('.'));
        match parts.map(|(number, extension)| (number.parse(), extension)) {
            Some((Ok(number), EXTENSION)) => Self::Checkpoint(number),
            Some((Ok(_), TEMPORARY)) => Self::Temporary,
            _ => Self::Other,
        }
    }
}

fn lock(path: &Path) -> Result<File, CheckpointError> {
    let file = path.join("lock");
    let lock = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&file)
        .map_err(io_error("open", &file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(CheckpointError::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(io_error("lock", &file)(source)),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename durable. Only Unix can sync a folder; elsewhere the file system must do.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Io {
        action,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(records: u64) -> Checkpoint {
        Checkpoint {
            fingerprint: super::super::Fingerprint::default(),
            records,
            positions: crate::record::Positions::default(),
            sink: None,
            state: vec![records as u8; 100],
        }
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "lock")
            .collect();
        names.sort();
        names
    }

    #[test]
    fn keeps_the_newest_and_goes_on_counting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let mut directory = CheckpointDirectory::open(&path, 2).unwrap();
        assert_eq!(directory.latest().unwrap(), None);
        for records in 1..=4 {
            directory.commit(&checkpoint(records)).unwrap();
        }
        drop(directory);
        fs::write(
            path.join("checkpoint-00000000000000000005.tmp"),
            "unfinished",
        )
        .unwrap();
        fs::write(path.join("notes.txt"), "not ours").unwrap();

        let mut directory = CheckpointDirectory::open(&path, 2).unwrap();
        assert_eq!(directory.latest().unwrap(), Some(checkpoint(4)));
        directory.commit(&checkpoint(5)).unwrap();
        assert_eq!(directory.latest().unwrap(), Some(checkpoint(5)));
        assert_eq!(
            names(&path),
            [file_name(4), file_name(5), "notes.txt".to_owned()]
        );
    }

    #[test]
    fn a_damaged_newest_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = CheckpointDirectory::open(folder.path(), 3).unwrap();
        directory.commit(&checkpoint(1)).unwrap();
        directory.commit(&checkpoint(2)).unwrap();
        let newest = folder.path().join(file_name(2));
        let mut bytes = fs::read(&newest).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&newest, bytes).unwrap();
        let error = directory.latest().unwrap_err();
        assert!(matches!(&error, CheckpointError::Damaged { path, .. } if *path == newest));
        assert!(error.to_string().contains(&file_name(2)), "{error}");
    }

    #[test]
    fn two_cannot_have_it_open() {
        let folder = tempfile::tempdir().unwrap();
        let first = CheckpointDirectory::open(folder.path(), 3).unwrap();
        let error = CheckpointDirectory::open(folder.path(), 3).unwrap_err();
        assert!(matches!(error, CheckpointError::Locked { .. }), "{error}");
        drop(first);
        CheckpointDirectory::open(folder.path(), 3).unwrap();
    }
}
