//! A check of what a run would open. Nothing is written, taken or moved.

use std::fs::OpenOptions;
use std::path::Path;

use super::open_settings::{Keep, settle};
use super::{OpenError, begin, check_config, decoder, written_files};
use crate::checkpoint::{CheckpointError, CheckpointStore, Location};
use crate::config::Config;
use crate::observer::Observers;
use crate::record::Positions;
use crate::sink::SinkError;

/// What a check could not examine, each in a few words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Checks what [`open`](super::open) would open: the source and its format, the files of the sinks,
/// and whether the checkpoints were written with these settings.
///
/// # Errors
/// The first that could not be opened.
pub async fn check(config: &Config) -> Result<Checked, OpenError> {
    check_config(config, &written_files(config))?;
    let mut checked = Checked::default();
    let store = look(config).await?;
    match config.source.file() {
        _ if config.source.is_remote() => {
            decoder(config, None)?;
            let left_out = "the stream, which was not contacted";
            checked.left_out.push(left_out.to_owned());
        }
        Some(path) if path == Path::new("-") => {
            let left_out = "the standard input, which can be read only once";
            checked.left_out.push(left_out.to_owned());
        }
        _ => {
            let (config, input) = settle(config, store.as_ref(), Keep::No).await?;
            let source =
                begin(&config, input, &Positions::default(), &Observers::default()).await?;
            decoder(&config, source.header())?;
            same_settings(&config, store.as_ref()).await?;
        }
    }
    for sink in [Some(&config.sink), config.operator.dead_letters.as_ref()] {
        match sink.map(|sink| sink.file()) {
            Some(Some(path)) => writable(path)?,
            Some(None) => {
                let left_out = "the stream of results, which was not contacted";
                checked.left_out.push(left_out.to_owned());
            }
            None => {}
        }
    }
    Ok(checked)
}

/// The checkpoints, if there are some.
async fn look(config: &Config) -> Result<Option<CheckpointStore>, OpenError> {
    let Some(settings) = &config.checkpoint else {
        return Ok(None);
    };
    let is_remote = settings.directory.contains("://");
    if !is_remote && !Path::new(&settings.directory).exists() {
        return Ok(None); // it is made by the first run
    }
    let location = Location::open(&settings.directory)?;
    let (application, stream) = (&settings.application, config.stream());
    Ok(Some(
        CheckpointStore::look(&location, application, &stream).await?,
    ))
}

async fn same_settings(config: &Config, store: Option<&CheckpointStore>) -> Result<(), OpenError> {
    let Some(store) = store else {
        return Ok(());
    };
    let Some(found) = store.newest().await? else {
        return Ok(());
    };
    let fingerprint = config.fingerprint(&config.operator()?);
    match found.manifest.settings.differences(&fingerprint) {
        differences if differences.is_empty() => Ok(()),
        differences => {
            let name = store.name().to_owned();
            Err(CheckpointError::OtherSettings { name, differences }.into())
        }
    }
}

/// Whether a file can be written, without changing it.
fn writable(path: &Path) -> Result<(), SinkError> {
    let error = |source| SinkError::Io {
        path: path.to_owned(),
        source,
    };
    if path == Path::new("-") {
        return Ok(());
    }
    if path.exists() {
        OpenOptions::new().append(true).open(path).map_err(error)?;
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let metadata = parent.unwrap_or(Path::new(".")).metadata().map_err(error)?;
    if metadata.permissions().readonly() {
        return Err(error(std::io::ErrorKind::PermissionDenied.into()));
    }
    Ok(())
}
