//! The identity of a file: its device and inode, and the bytes that were read from it.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The location of a file: links to it and other names of it have the same identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileIdentity {
    /// The device.
    pub device: u64,
    /// The inode on the device.
    pub inode: u64,
}

impl FileIdentity {
    /// The identity of an open or named regular file; `None` for pipes and devices.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self::of_any(metadata)).flatten()
    }

    #[cfg(unix)]
    fn of_any(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    /// Not known on this platform.
    #[cfg(not(unix))]
    fn of_any(_: &Metadata) -> Option<Self> {
        None
    }

    /// The identity of the regular file behind a path, through links; `None` for `-`.
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
            (Err(_), Err(_)) => a == b || real_path(a).is_some_and(|it| Some(it) == real_path(b)),
            _ => false, // pipes and devices may be shared
        },
        _ => false,
    }
}

/// Whether a path leads into a folder, through symbolic and hard links and other names of folders,
/// even if neither exists yet.
#[must_use]
pub fn is_inside(path: &Path, folder: &Path) -> bool {
    let (Some(real), Some(real_folder)) = (real_path(path), real_path(folder)) else {
        return false;
    };
    let of_folder = |path: &Path| FileIdentity::of_any(&path.metadata().ok()?);
    let identity = of_folder(&real_folder);
    let is_it = |it: &Path| it == real_folder || (identity.is_some() && of_folder(it) == identity);
    real.ancestors().skip(1).any(is_it) || is_linked_into(&real, &real_folder)
}

/// Whether a file has another name somewhere in a folder.
#[cfg(unix)]
fn is_linked_into(path: &Path, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(metadata) = path.metadata().ok().filter(|it| it.nlink() > 1) else {
        return false; // almost all files: the folder is not searched
    };
    let Some(identity) = FileIdentity::of(&metadata) else {
        return false;
    };
    let mut folders = vec![folder.to_owned()];
    while let Some(entries) = folders.pop().map(std::fs::read_dir) {
        for entry in entries.into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue; // it is gone
            };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if FileIdentity::of(&metadata) == Some(identity) {
                return true;
            }
        }
    }
    false
}

/// Not known on this platform.
#[cfg(not(unix))]
fn is_linked_into(_: &Path, _: &Path) -> bool {
    false
}

/// Where a path leads through links, even if its last parts do not exist yet.
#[must_use]
pub(crate) fn real_path(path: &Path) -> Option<PathBuf> {
    follow(path, MOST_LINKS)
}

/// The limit of Linux.
const MOST_LINKS: u8 = 40;

fn follow(path: &Path, links: u8) -> Option<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Some(real);
    }
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    match path.read_link() {
        Ok(target) => follow(&folder.join(target), links.checked_sub(1)?),
        Err(_) => Some(follow(folder, links)?.join(path.file_name()?)),
    }
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
    #[test]
    fn paths_into_a_folder_are_inside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("state/deep")).unwrap();
        fs::write(path("state/deep/a"), "1").unwrap();
        fs::hard_link(path("state/deep/a"), path("hard")).unwrap();
        fs::write(path("b"), "1").unwrap();
        fs::hard_link(path("b"), path("c")).unwrap();
        symlink("state", path("folder")).unwrap();
        symlink("folder/deep/new", path("dangling")).unwrap();
        symlink("loop", path("loop")).unwrap();
        for name in [
            "state/deep/a",
            "state/new",
            "state/none/new",
            "folder/new",
            "dangling",
            "hard",
        ] {
            assert!(is_inside(&path(name), &path("state")), "{name}");
        }
        assert!(is_inside(&path("folder/new"), &path("folder")));
        assert!(is_inside(&path("later/new"), &path("later")));
        for name in ["b", "new", "state", "state.txt", "later/new", "loop"] {
            assert!(!is_inside(&path(name), &path("state")), "{name}");
        }
        assert!(!is_inside(Path::new("/dev/null"), &path("state")));
    }
}
