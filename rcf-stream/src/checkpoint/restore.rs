//! Restoring an operator from the newest checkpoint.

use serde::{Deserialize, Serialize};

use super::store::{CheckpointStore, Found};
use super::{CheckpointError, Fingerprint};
use crate::event::EventOperator;
use crate::record::Positions;
use crate::sink::SinkPositions;

/// What to do if the state that the position names is damaged or missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnMissingState {
    /// Report it and stop: the decision is left to people.
    #[default]
    Fail,
    /// Go back to the newest older checkpoint that is whole.
    Previous,
    /// Read the stream again, from where it would begin without checkpoints.
    Rebuild,
    /// Continue at the position, with new models.
    Reset,
}

/// Where a pipeline begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Start {
    /// How many records were consumed before.
    pub records: u64,
    /// How far each shard was consumed.
    pub positions: Positions,
    /// How far the sinks have got.
    pub sink: SinkPositions,
}

/// Restores the newest checkpoint into an operator without models, and returns where to begin.
///
/// # Errors
/// It was written with other settings, or cannot be read and the policy does not cover that.
pub async fn restore(
    store: &CheckpointStore,
    policy: OnMissingState,
    settings: &Fingerprint,
    operator: &mut EventOperator,
) -> Result<Start, CheckpointError> {
    restore_part(store, policy, settings, operator, &EventOperator::clear).await
}

/// [`restore`] into an operator with models of other shards: `forget` removes those that were
/// restored from an unusable checkpoint.
pub(super) async fn restore_part(
    store: &CheckpointStore,
    policy: OnMissingState,
    settings: &Fingerprint,
    operator: &mut EventOperator,
    forget: &(dyn Fn(&mut EventOperator) + Sync),
) -> Result<Start, CheckpointError> {
    let newest = match store.newest().await {
        Ok(None) => return Ok(Start::default()),
        Ok(Some(found)) => load(store, &found, settings, operator).await,
        Err(error) => Err(error),
    };
    let error = match newest {
        Err(error) if error.is_missing_state() && policy != OnMissingState::Fail => error,
        done => return done,
    };
    tracing::warn!(%error, ?policy, "the newest checkpoint cannot be used");
    forget(operator);
    match policy {
        OnMissingState::Fail => Err(error),
        OnMissingState::Previous => previous(store, settings, operator, forget).await,
        OnMissingState::Rebuild => Ok(Start::default()),
        OnMissingState::Reset => {
            let position = store.position().cloned().unwrap_or_default();
            Ok(Start {
                records: position.records,
                positions: position.positions,
                sink: position.sink,
            })
        }
    }
}

/// Restores one of the retained checkpoints, by its number; its sink position is ignored.
///
/// The settings of the sink may differ: a replay writes elsewhere.
///
/// # Errors
/// There is none of that number, it was written with other settings, or cannot be read.
pub async fn restore_number(
    store: &CheckpointStore,
    number: u64,
    settings: &Fingerprint,
    operator: &mut EventOperator,
) -> Result<Start, CheckpointError> {
    let mut found = store.numbered(number).await?;
    found.manifest.settings.copy_section("sink", settings);
    load(store, &found, settings, operator).await
}

async fn previous(
    store: &CheckpointStore,
    settings: &Fingerprint,
    operator: &mut EventOperator,
    forget: &(dyn Fn(&mut EventOperator) + Sync),
) -> Result<Start, CheckpointError> {
    for name in older(store).await? {
        let loaded = match store.find(name.clone()).await {
            Ok(found) => load(store, &found, settings, operator).await,
            Err(error) => Err(error),
        };
        match loaded {
            Err(error) if error.is_missing_state() => {
                tracing::warn!(%error, name, "an older checkpoint cannot be used either");
                forget(operator);
            }
            done => {
                tracing::warn!(name, "continuing from an older checkpoint");
                return done;
            }
        }
    }
    Err(CheckpointError::NothingOlder {
        name: store.name().to_owned(),
    })
}

/// The retained checkpoints before the one that the position names, newest first.
async fn older(store: &CheckpointStore) -> Result<Vec<String>, CheckpointError> {
    let newest = store.position().map_or(0, |position| position.number);
    let retained = store.retained().await?.into_iter().rev();
    Ok(retained
        .filter(|(number, _)| *number < newest)
        .map(|(_, name)| name)
        .collect())
}

pub(super) async fn load(
    store: &CheckpointStore,
    found: &Found,
    settings: &Fingerprint,
    operator: &mut EventOperator,
) -> Result<Start, CheckpointError> {
    let manifest = &found.manifest;
    let differences = manifest.settings.differences(settings);
    if !differences.is_empty() {
        let name = store.name().to_owned();
        return Err(CheckpointError::OtherSettings { name, differences });
    }
    let (saved, now) = (manifest.settings.model_version(), settings.model_version());
    if saved < now {
        let message = "the models are of an earlier version; scores may change from here on";
        tracing::warn!(saved, now, "{message}");
    }
    let unfit = |source| CheckpointError::Models {
        name: store.name().to_owned(),
        source,
    };
    let naming = operator.naming();
    store
        .load(found, naming, |models| {
            operator.restore_models(&models).map_err(unfit)
        })
        .await?;
    Ok(Start {
        records: manifest.records,
        positions: manifest.positions.clone(),
        sink: manifest.sink.clone(),
    })
}
