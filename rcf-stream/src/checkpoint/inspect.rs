//! Read-only inspection of checkpoints.

use futures_util::TryStreamExt;
use serde::Serialize;

use super::store::{CheckpointStore, MANIFESTS, POSITION};
use super::{CheckpointError, CommittedPosition, Location, Manifest};
use crate::operator::{ModelNaming, SavedModel, describe_model};

/// The findings for one application and stream.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The application.
    pub application: String,
    /// The stream.
    pub stream: String,
    /// The current position.
    pub position: Option<CommittedPosition>,
    /// The newest checkpoint.
    pub manifest: Option<Manifest>,
    /// Its models, in the order of their keys.
    pub models: Vec<ModelInfo>,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// One model of a checkpoint.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ModelInfo {
    /// Its key.
    pub key: String,
    /// The clock of its shard at its last record.
    pub last_used: i64,
    /// The size of its state.
    pub state_bytes: u64,
    /// What it occupied in memory.
    pub memory_bytes: u64,
    /// `forest` or `detector`.
    pub kind: &'static str,
    /// How many records it has learned.
    pub updates: u64,
}

/// Inspects all checkpoints in a place. Every byte of the newest ones is checked.
///
/// # Errors
/// The place cannot be read. What is wrong with a checkpoint is in its [`Inspection`].
pub async fn inspect(location: &Location) -> Result<Vec<Inspection>, CheckpointError> {
    let mut inspections = Vec::new();
    for (application, stream) in places(location).await? {
        let mut inspection = Inspection {
            application,
            stream,
            position: None,
            manifest: None,
            models: Vec::new(),
            error: None,
        };
        if let Err(error) = look(location, &mut inspection).await {
            inspection.error = Some(error.to_string());
        }
        inspections.push(inspection);
    }
    Ok(inspections)
}

/// The applications and streams that have checkpoints in a place, in order.
///
/// # Errors
/// The place cannot be listed.
pub async fn places(location: &Location) -> Result<Vec<(String, String)>, CheckpointError> {
    let root = (!location.root.as_ref().is_empty()).then_some(&location.root);
    let list = location.store.list(root).try_collect::<Vec<_>>();
    let metas = list.await.map_err(|source| CheckpointError::Store {
        action: "list",
        object: location.name.clone(),
        source: Box::new(source),
    })?;
    let mut found = Vec::new();
    for meta in metas {
        let parts: Vec<_> = meta.location.parts().collect();
        let [.., application, stream, name] = parts.as_slice() else {
            continue;
        };
        // A position may be missing; then manifests show where it was.
        let (application, stream) = match (name.as_ref(), parts.as_slice()) {
            (POSITION, _) => (application, stream),
            (_, [.., above, application, _, _]) if stream.as_ref() == MANIFESTS => {
                (above, application)
            }
            _ => continue,
        };
        found.push((application.as_ref().to_owned(), stream.as_ref().to_owned()));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

async fn look(location: &Location, into: &mut Inspection) -> Result<(), CheckpointError> {
    let store = CheckpointStore::look(location, &into.application, &into.stream).await?;
    into.position = store.position().cloned();
    let Some(found) = store.newest().await? else {
        return Ok(());
    };
    into.manifest = Some(found.manifest.clone());
    let models = &mut into.models;
    let mut each = |model: &SavedModel<'_>, kind, updates| {
        models.push(ModelInfo {
            key: model.key.to_owned(),
            last_used: model.last_used,
            state_bytes: model.state.len() as u64,
            memory_bytes: model.memory as u64,
            kind,
            updates,
        });
    };
    store
        .load(&found, ModelNaming::default(), |saved| {
            check_models(store.name(), &saved, &mut each)
        })
        .await?;
    models.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(())
}

/// Restores each model from its bytes, and returns its kind and how many records it has learned.
pub(super) fn check_models<'a>(
    name: &str,
    saved: &[SavedModel<'a>],
    mut each: impl FnMut(&SavedModel<'a>, &'static str, u64),
) -> Result<(), CheckpointError> {
    for model in saved {
        let described = describe_model(model.state);
        let (kind, updates) = described.map_err(|source| CheckpointError::Models {
            name: name.to_owned(),
            source: crate::operator::RestoreError::Model {
                key: model.key.to_owned(),
                source,
            },
        })?;
        each(model, kind, updates);
    }
    Ok(())
}
