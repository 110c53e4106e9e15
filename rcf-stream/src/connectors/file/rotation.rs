//! Files that were rotated away: whether the followed one still holds what was read, and under
//! which name the rest of it can be found.

use std::cmp::Reverse;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::identity::{FileIdentity, FilePosition};
use crate::source::SourceError;

/// Whether the file still has these bytes before this offset. It has not if it was truncated, even
/// if it has grown again since.
#[cfg(unix)]
pub(super) fn still_holds(file: &File, tail: &[u8], end: u64) -> bool {
    use std::os::unix::fs::FileExt;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if length < end {
        return false;
    }
    let mut there = vec![0; tail.len()];
    let from = end - tail.len() as u64;
    file.read_exact_at(&mut there, from).is_ok() && there == tail
}

#[cfg(not(unix))]
pub(super) fn still_holds(file: &File, _: &[u8], end: u64) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.len() >= end)
}

/// The files that have to be read before the one that has the name now: the file of the position,
/// which is recognised by its content, and those that were rotated away after it, oldest first.
/// Empty if no file is that of the position. The file itself is preferred to its copies, otherwise
/// the newest copy.
pub(super) fn find(path: &Path, position: &FilePosition) -> Result<Vec<PathBuf>, SourceError> {
    let error = |source| SourceError::Io {
        path: path.to_owned(),
        source,
    };
    let candidates = siblings(path).map_err(error)?;
    let holds_it = |file: &Path| begins_with(file, position).unwrap_or(false);
    let is_itself = |file: &PathBuf| {
        FileIdentity::of_path(file).is_some_and(|it| it == position.file) && holds_it(file)
    };
    let itself = candidates.iter().position(is_itself);
    let copy = || candidates.iter().rposition(|file| holds_it(file));
    // Every file begins with nothing.
    let first = itself.or_else(|| (position.offset > 0).then(copy).flatten());
    Ok(first.map_or_else(Vec::new, |first| candidates[first..].to_vec()))
}

/// The other files whose names begin with that of this one, oldest first.
fn siblings(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let current = FileIdentity::of_path(path);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other.len() <= name.len() || !other.starts_with(&*name) {
            continue;
        }
        let Ok(metadata) = entry.path().metadata() else {
            continue; // gone meanwhile
        };
        if metadata.is_file() && FileIdentity::of(&metadata) != current {
            found.push((age(&metadata)?, Reverse(entry.path())));
        }
    }
    // Among files of the same age, `.2` is older than `.1`.
    found.sort();
    Ok(found.into_iter().map(|(_, Reverse(path))| path).collect())
}

/// When a file was last written and, if clocks are too coarse, when it got its name.
#[cfg(unix)]
fn age(metadata: &Metadata) -> io::Result<(SystemTime, (i64, i64))> {
    use std::os::unix::fs::MetadataExt;
    let named = (metadata.ctime(), metadata.ctime_nsec());
    Ok((metadata.modified()?, named))
}

#[cfg(not(unix))]
fn age(metadata: &Metadata) -> io::Result<SystemTime> {
    metadata.modified()
}

/// Whether a file begins with the bytes before the position.
fn begins_with(path: &Path, position: &FilePosition) -> io::Result<bool> {
    let mut file = File::open(path)?.take(position.offset);
    let (mut fingerprint, mut length) = (0, 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(length == position.offset && fingerprint == position.fingerprint),
            read => {
                fingerprint = crc32c::crc32c_append(fingerprint, &buffer[..read]);
                length += read as u64;
            }
        }
    }
}
