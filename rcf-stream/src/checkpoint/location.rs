//! Locations of checkpoints: a folder on this machine, or a bucket.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::CheckpointError;
use super::store::{MANIFESTS, POSITION};
use crate::identity::real_path;

/// The file that a process locks.
const LOCK: &str = "lock";

/// An open store of objects.
#[derive(Debug, Clone)]
pub struct Location {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Its name for people.
    pub(super) name: String,
    /// A folder above the applications.
    pub(super) root: object_store::path::Path,
    /// Whether the store can make a write depend on what it replaces. A folder cannot; its lock
    /// provides that.
    pub(super) conditional: bool,
    /// The folder, if it is one.
    pub(super) folder: Option<PathBuf>,
}

impl Location {
    /// Opens a folder, or `s3://bucket/prefix` in a program with the feature `s3`. Folders are
    /// created as needed, and synced.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(text: &str) -> Result<Self, CheckpointError> {
        if let Some((scheme, rest)) = text.split_once("://") {
            return Self::open_url(text, scheme, rest);
        }
        let folder = PathBuf::from(text);
        if folder.is_file() {
            return Err(CheckpointError::Location {
                location: text.to_owned(),
                reason: "it is a file; give a folder".to_owned(),
            });
        }
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        let store = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| unusable(text, error))?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            name: text.to_owned(),
            root: object_store::path::Path::default(),
            conditional: false,
            folder: Some(folder),
        })
    }

    /// Takes any store that supports conditional puts.
    #[must_use]
    pub fn of_store(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            name: store.to_string(),
            store,
            root: object_store::path::Path::default(),
            conditional: true,
            folder: None,
        }
    }

    #[cfg(feature = "s3")]
    fn open_url(text: &str, scheme: &str, rest: &str) -> Result<Self, CheckpointError> {
        use object_store::aws::AmazonS3Builder;
        if scheme != "s3" {
            return Err(unknown_scheme(text, scheme));
        }
        let (bucket, root) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(CheckpointError::Location {
                location: text.to_owned(),
                reason: "it names no bucket; give s3://bucket/prefix".to_owned(),
            });
        }
        // The client uses the cipher provider of the process; another part may have set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        // The SDK's own variables for another endpoint.
        let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").or(std::env::var("AWS_ENDPOINT_URL"));
        if let Ok(endpoint) = endpoint {
            let plain = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_allow_http(plain);
        }
        let store = builder.build().map_err(|error| unusable(text, error))?;
        Ok(Self {
            store: Arc::new(store),
            name: text.to_owned(),
            root: root.into(),
            conditional: true,
            folder: None,
        })
    }

    #[cfg(not(feature = "s3"))]
    fn open_url(text: &str, scheme: &str, _: &str) -> Result<Self, CheckpointError> {
        if scheme == "s3" {
            let reason = "this program was built without S3; build it with: \
                          cargo build --release --bin rcf --features kinesis,s3";
            return Err(CheckpointError::Location {
                location: text.to_owned(),
                reason: reason.to_owned(),
            });
        }
        Err(unknown_scheme(text, scheme))
    }

    /// Locks a folder for as long as the file lives; the lock of a process that dies is gone.
    pub(super) fn lock(&self, below: &str) -> Result<Option<File>, CheckpointError> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let folder = folder.join(below);
        fs::create_dir_all(&folder).map_err(io_error("create", &folder))?;
        let path = folder.join(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(CheckpointError::Locked { path: folder }),
            Err(TryLockError::Error(source)) => Err(io_error("lock", &path)(source)),
        }
    }
}

/// The folder of checkpoints that a path lies in, if any, recognised by its contents.
pub(crate) fn folder_around(path: &Path) -> Option<PathBuf> {
    let real = real_path(path)?;
    let holds_checkpoints = |folder: &&Path| {
        let has = |name: &str| folder.join(name).exists();
        has(MANIFESTS) && (has(POSITION) || has(LOCK))
    };
    let found = real.ancestors().skip(1).find(holds_checkpoints);
    found.map(Path::to_owned)
}

fn unusable(text: &str, error: object_store::Error) -> CheckpointError {
    CheckpointError::Location {
        location: text.to_owned(),
        reason: error.to_string(),
    }
}

fn unknown_scheme(text: &str, scheme: &str) -> CheckpointError {
    CheckpointError::Location {
        location: text.to_owned(),
        reason: format!("{scheme}:// is not known; give a folder or s3://bucket/prefix"),
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
