//! The files that are read and written: none has two roles, and no output lies among checkpoints.

use std::path::{Path, PathBuf};

use super::OpenError;
use crate::checkpoint::folder_around;
use crate::config::Config;
use crate::identity::{is_inside, is_same_file};

/// The setting that names the file that is read.
pub const SOURCE: &str = "source.path";

/// A file, and the setting that names it.
type Named<'a> = (&'static str, &'a Path);

/// Opening a sink truncates its file, so no output file may be an input, another output, or a file
/// of checkpoints, through any links. Checked before anything is opened.
///
/// # Errors
/// [`OpenError::SameFile`] and [`OpenError::AmongCheckpoints`] name the settings.
pub fn check_files(read: &[Named<'_>], written: &[Named<'_>]) -> Result<(), OpenError> {
    for (index, &(key, path)) in written.iter().enumerate() {
        let place = behind(path, "/dev/stdout");
        let inputs = read.iter().map(|&(key, path)| (key, path, "/dev/stdin"));
        let outputs = written[..index].iter();
        let outputs = outputs.map(|&(key, path)| (key, path, "/dev/stdout"));
        for (first, other, standard) in inputs.chain(outputs) {
            if is_same_file(&behind(other, standard), &place) {
                return Err(OpenError::SameFile {
                    first,
                    second: key,
                    path: path.display().to_string(),
                });
            }
        }
        if let Some(folder) = folder_around(&place) {
            return Err(among_checkpoints(key, path, &folder));
        }
    }
    Ok(())
}

/// [`check_files`] with the inputs of a configuration and its place for checkpoints.
pub(super) fn check_config(config: &Config, written: &[Named<'_>]) -> Result<(), OpenError> {
    let read = config.source.file().map(|path| (SOURCE, path));
    check_files(read.as_slice(), written)?;
    let directory = config.checkpoint.as_ref().map(|it| &*it.directory);
    let Some(folder) = directory.filter(|it| !it.contains("://")).map(Path::new) else {
        return Ok(());
    };
    match written
        .iter()
        .find(|(_, path)| is_inside(&behind(path, "/dev/stdout"), folder))
    {
        Some((key, path)) => Err(among_checkpoints(key, path, folder)),
        None => Ok(()),
    }
}

fn among_checkpoints(key: &'static str, path: &Path, folder: &Path) -> OpenError {
    OpenError::AmongCheckpoints {
        key,
        path: path.display().to_string(),
        folder: folder.display().to_string(),
    }
}

/// The standard stream that `-` means, if the system has a name for it.
fn behind(path: &Path, standard: &str) -> PathBuf {
    match path == Path::new("-") {
        true => standard.into(),
        false => path.to_owned(),
    }
}

/// The files that a configuration writes, by the settings that name them.
#[must_use]
pub fn written_files(config: &Config) -> Vec<(&'static str, &Path)> {
    let dead_letters = config.operator.dead_letters.as_ref();
    let files = [
        ("sink.path", config.sink.file()),
        ("dead_letters.path", dead_letters.and_then(|it| it.file())),
    ];
    let named = files.into_iter();
    named.filter_map(|(key, file)| Some((key, file?))).collect()
}
