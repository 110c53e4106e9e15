//! Objects under one prefix: verified puts, and gets whose errors name the object.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};

use super::CheckpointError;

/// A folder in a store of objects.
#[derive(Debug, Clone)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self { store, prefix }
    }

    /// The full name of an object, for people.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}/{}", self.prefix, name)
    }

    fn path(&self, name: &str) -> Path {
        Path::from(self.name(name))
    }

    pub(super) fn error(&self, action: &'static str, name: &str, source: Error) -> CheckpointError {
        CheckpointError::Store {
            action,
            object: self.name(name),
            source: Box::new(source),
        }
    }

    /// Writes an object that does not exist yet, and checks that it then exists: a store that
    /// falsely reports success must be detected before a position refers to the object.
    pub(super) async fn create(&self, name: &str, bytes: Vec<u8>) -> Result<(), CheckpointError> {
        let length = bytes.len() as u64;
        let options = PutOptions::from(PutMode::Create);
        let path = self.path(name);
        match self.store.put_opts(&path, bytes.into(), options).await {
            // A put that was sent twice finds its own object: names are unique.
            Ok(_) | Err(Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(self.error("write", name, error)),
        }
        let there = match self.store.head(&path).await {
            Ok(meta) => Some(meta.size),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(self.error("look for", name, error)),
        };
        if there == Some(length) {
            return Ok(());
        }
        Err(CheckpointError::NotKept {
            object: self.name(name),
            written: length,
            there,
        })
    }

    /// Replaces an object if it is still that version, or creates it. `None` if it is not.
    pub(super) async fn replace(
        &self,
        name: &str,
        bytes: Vec<u8>,
        version: Option<UpdateVersion>,
        conditional: bool,
    ) -> Result<Option<UpdateVersion>, CheckpointError> {
        let mode = match version {
            _ if !conditional => PutMode::Overwrite,
            Some(version) => PutMode::Update(version),
            None => PutMode::Create,
        };
        let path = self.path(name);
        match self.store.put_opts(&path, bytes.into(), mode.into()).await {
            Ok(result) => Ok(Some(result.into())),
            Err(Error::Precondition { .. } | Error::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(self.error("write", name, error)),
        }
    }

    /// An object with its version; `None` if there is none.
    pub(super) async fn get(
        &self,
        name: &str,
    ) -> Result<Option<(Bytes, UpdateVersion)>, CheckpointError> {
        let error = |error| self.error("read", name, error);
        let result = match self.store.get(&self.path(name)).await {
            Ok(result) => result,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(source) => return Err(error(source)),
        };
        let version = UpdateVersion {
            e_tag: result.meta.e_tag.clone(),
            version: result.meta.version.clone(),
        };
        let bytes = result.bytes().await.map_err(error)?;
        Ok(Some((bytes, version)))
    }

    /// Parts of an object.
    pub(super) async fn get_ranges(
        &self,
        name: &str,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, CheckpointError> {
        let parts = self.store.get_ranges(&self.path(name), ranges).await;
        parts.map_err(|error| self.error("read", name, error))
    }

    /// The names of the objects in a folder.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>, CheckpointError> {
        let prefix = self.path(folder);
        let list = self.store.list(Some(&prefix)).try_collect::<Vec<_>>();
        let metas = list
            .await
            .map_err(|error| self.error("list", folder, error))?;
        let mut names: Vec<String> = metas
            .iter()
            .filter_map(|meta| Some(format!("{folder}/{}", meta.location.filename()?)))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Deletes an object. An object that stays only costs space, so a failure is only logged.
    pub(super) async fn delete(&self, name: &str) {
        match self.store.delete(&self.path(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => {
                let object = self.name(name);
                tracing::warn!(object, %error, "cannot delete an object that is not needed");
            }
        }
    }
}
