//! The retained checkpoints of a place: listing, verification, and going back to one.

use std::sync::Arc;

use serde::Serialize;

use super::inspect::check_models;
use super::store::{CheckpointStore, Found};
use super::{CheckpointError, CommittedPosition, Location, OnMissingState};
use crate::operator::ModelNaming;

/// A retained checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RetainedCheckpoint {
    /// Its number.
    pub number: u64,
    /// Whether it is the current one.
    pub is_current: bool,
    /// The release that wrote it.
    pub program: String,
    /// How many records were consumed.
    pub records: u64,
    /// How many models it has.
    pub models: u64,
    /// The bytes of its chunks, which it may share with other checkpoints.
    pub bytes: u64,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl CheckpointStore {
    /// The retained checkpoints, oldest first. With `every_byte` all chunks and models are read;
    /// without it, the manifests alone.
    ///
    /// # Errors
    /// The place cannot be listed. What is wrong with a checkpoint is in its `error`.
    pub async fn history(
        &self,
        every_byte: bool,
    ) -> Result<Vec<RetainedCheckpoint>, CheckpointError> {
        let current = self.position().and_then(|it| it.manifest.clone());
        let mut history = Vec::new();
        for (number, name) in self.retained().await? {
            let mut retained = RetainedCheckpoint {
                number,
                is_current: current.as_ref() == Some(&name),
                program: String::new(),
                records: 0,
                models: 0,
                bytes: 0,
                error: None,
            };
            let checked = match self.find(name).await {
                Ok(found) => {
                    let manifest = &found.manifest;
                    retained.program.clone_from(&manifest.program);
                    (retained.records, retained.models) = (manifest.records, manifest.models);
                    retained.bytes = manifest.chunks.iter().map(|chunk| chunk.bytes).sum();
                    match every_byte {
                        true => self.check(&found).await,
                        false => Ok(()),
                    }
                }
                Err(error) => Err(error),
            };
            retained.error = checked.err().map(|error| error.to_string());
            history.push(retained);
        }
        if let Some(name) = current.filter(|_| !history.iter().any(|it| it.is_current)) {
            // The position names a manifest that is gone: that is listed as a checkpoint, too.
            let number = self.position().map_or(0, |position| position.number);
            let missing = CheckpointError::Missing {
                object: self.shared.objects.name(&name),
            };
            history.push(RetainedCheckpoint {
                number,
                is_current: true,
                program: String::new(),
                records: 0,
                models: 0,
                bytes: 0,
                error: Some(missing.to_string()),
            });
        }
        Ok(history)
    }

    /// Reads every byte of a checkpoint, and restores every model in it.
    async fn check(&self, found: &Found) -> Result<(), CheckpointError> {
        self.load(found, ModelNaming::default(), |models| {
            check_models(self.name(), &models, |_, _, _| {})
        })
        .await
    }
}

/// Makes an older checkpoint the current one, after every byte of it was read. Later ones stay
/// until the next start, which deletes them; until then this can be taken back.
///
/// # Errors
/// There is none of that number, it is not whole, or another process has the place open.
pub async fn roll_back(
    location: Location,
    application: &str,
    stream: &str,
    number: u64,
) -> Result<(), CheckpointError> {
    let store = CheckpointStore::locked(&location, application, stream)?;
    let shared = Arc::clone(&store.shared);
    let taken = store.background.spawn(async move {
        let mut committer = shared.committer.lock().await;
        // A damaged position is what is being replaced, and no reason to refuse.
        let policy = OnMissingState::Previous;
        shared.take_over(&mut committer, policy).await
    });
    taken.await.map_err(CheckpointError::stopped)??;
    let found = store.numbered(number).await?;
    store.check(&found).await?;
    let position = CommittedPosition {
        writer: store.shared.writer.clone(),
        number,
        manifest: Some(found.name),
        records: found.manifest.records,
        positions: found.manifest.positions,
        sink: found.manifest.sink,
    };
    let shared = Arc::clone(&store.shared);
    let written = store.background.spawn(async move {
        let mut committer = shared.committer.lock().await;
        shared.write_position(&mut committer, &position).await
    });
    written.await.map_err(CheckpointError::stopped)?
}
