//! What tells one file from another: its device and inode, and the bytes that were read of it.

use std::fs::Metadata;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where a file lies: links to it and other names of it have the same identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileIdentity {
    /// The device.
    pub device: u64,
    /// The inode on the device.
    pub inode: u64,
}

impl FileIdentity {
    /// The identity of an open or named regular file; `None` for pipes and devices.
    #[cfg(unix)]
    #[must_use]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    /// Not known on this platform.
    #[cfg(not(unix))]
    #[must_use]
    pub fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// The identity of the regular file behind a path, through links; `-` is nothing.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        Self::of(&path.metadata().ok()?)
    }
}

/// How far a file was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePosition {
    /// Which file it was.
    pub file: FileIdentity,
    /// The bytes before the next record, after decompression.
    pub offset: u64,
    /// CRC-32C of these bytes.
    pub fingerprint: u32,
    /// The number of the next line.
    pub line: u64,
}

/// Whether two paths name the same file, also through links, also if neither exists yet.
#[must_use]
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    match (FileIdentity::of_path(a), FileIdentity::of_path(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a.metadata(), b.metadata()) {
            (Err(_), Err(_)) => {
                a == b || future_place(a).is_some_and(|it| Some(it) == future_place(b))
            }
            _ => false, // pipes and devices may be shared
        },
        _ => false,
    }
}

/// Where a file will be made that does not exist yet.
fn future_place(path: &Path) -> Option<std::path::PathBuf> {
    let path = match path.read_link() {
        Ok(target) => path.parent()?.join(target),
        Err(_) => path.to_owned(),
    };
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_other_names_are_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        fs::write(path("b"), "1").unwrap();
        fs::hard_link(path("a"), path("hard")).unwrap();
        symlink(path("a"), path("soft")).unwrap();
        symlink("later", path("dangling")).unwrap();
        for name in ["a", "./a", "hard", "soft"] {
            assert!(is_same_file(&path("a"), &path(name)), "{name}");
        }
        assert!(!is_same_file(&path("a"), &path("b")));
        assert!(!is_same_file(&path("a"), &path("later")));
        assert!(is_same_file(&path("later"), &path("./later")));
        assert!(is_same_file(&path("later"), &path("dangling")));
        assert!(!is_same_file(&path("later"), &path("never")));
        assert!(!is_same_file(
            Path::new("/dev/null"),
            Path::new("/dev/null")
        ));
    }
}
