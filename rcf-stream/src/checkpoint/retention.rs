//! Retention: the newest manifests and the chunks that they need.

use std::collections::BTreeSet;

use super::CheckpointError;
use super::commit::Committer;
use super::manifest::Manifest;
use super::position::CommittedPosition;
use super::store::{MODELS, Shared};

#[derive(Debug, Clone)]
pub(super) struct Retained {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) chunks: BTreeSet<String>,
}

impl Shared {
    /// Reads the retained manifests, and deletes what a process left behind that died while
    /// writing.
    pub(super) async fn retain_manifests(
        &self,
        committer: &mut Committer,
        manifests: &[String],
        position: &CommittedPosition,
    ) -> Result<(), CheckpointError> {
        let number = position.number;
        let mut all_readable = position
            .manifest
            .as_ref()
            .is_none_or(|name| manifests.contains(name));
        for name in manifests {
            match number_of(name) {
                Some(found) if found > number => self.objects.delete(name).await,
                Some(found) => match self.find(name.clone()).await {
                    Ok(manifest) => committer.retained.push_back(Retained {
                        number: found,
                        name: name.clone(),
                        chunks: chunk_names(&manifest.manifest),
                    }),
                    Err(CheckpointError::Damaged { .. }) => all_readable = false,
                    Err(error) => return Err(error),
                },
                None => {} // not ours
            }
        }
        if all_readable {
            let needed: BTreeSet<&String> = committer
                .retained
                .iter()
                .flat_map(|it| &it.chunks)
                .collect();
            for name in self.objects.list(MODELS).await? {
                if !needed.contains(&name) {
                    self.objects.delete(&name).await;
                }
            }
        }
        Ok(())
    }

    /// Deletes manifests beyond those to retain, and chunks that no other one needs.
    pub(super) async fn collect(&self, committer: &mut Committer) {
        let mut candidates = BTreeSet::new();
        while committer.retained.len() > self.retain {
            let Some(old) = committer.retained.pop_front() else {
                break;
            };
            tracing::debug!(number = old.number, "a checkpoint is no longer retained");
            self.objects.delete(&old.name).await;
            candidates.extend(old.chunks);
        }
        // An unused chunk is never used again. Both lists are read under one lock: a chunk that is
        // added in between would look unused.
        let (used, known) = {
            let index = self.index();
            (index.used(), index.names())
        };
        candidates.extend(known);
        for chunk in candidates {
            let is_retained = committer
                .retained
                .iter()
                .any(|it| it.chunks.contains(&chunk));
            if !is_retained && !used.contains(chunk.as_str()) {
                self.objects.delete(&chunk).await;
                self.index().forget(&chunk);
            }
        }
    }
}

pub(super) fn chunk_names(manifest: &Manifest) -> BTreeSet<String> {
    manifest
        .chunks
        .iter()
        .map(|chunk| chunk.name.clone())
        .collect()
}

/// The number in the name of a manifest.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let (number, _) = name.rsplit('/').next()?.split_once('-')?;
    number.parse().ok()
}
