//! The right to write: every write of the position is conditional on the position that this process
//! wrote last.

use object_store::UpdateVersion;

use super::commit::Committer;
use super::position::CommittedPosition;
use super::store::{MANIFESTS, POSITION, Shared};
use super::{CheckpointError, OnMissingState};

impl Shared {
    /// Takes the right to commit, and deletes objects that no checkpoint needs.
    pub(super) async fn claim(
        &self,
        policy: OnMissingState,
    ) -> Result<Option<CommittedPosition>, CheckpointError> {
        let mut committer = self.committer.lock().await;
        let (position, manifests) = self.take_over(&mut committer, policy).await?;
        // From here on no other process commits, so whatever no manifest names is garbage.
        self.retain_manifests(&mut committer, &manifests, &position)
            .await?;
        Ok(position.manifest.is_some().then_some(position))
    }

    /// [`claim`](Self::claim) if a service knows the current manifest.
    pub(super) async fn claim_at(
        &self,
        manifest: &str,
    ) -> Result<CommittedPosition, CheckpointError> {
        let mut committer = self.committer.lock().await;
        let position = CommittedPosition::of(self.find(manifest.to_owned()).await?);
        let manifests = self.objects.list(MANIFESTS).await?;
        let there = self.objects.get(POSITION).await?;
        committer.version = there.map(|(_, version)| version);
        committer.number = position.number;
        let ours = CommittedPosition {
            writer: self.writer.clone(),
            ..position.clone()
        };
        self.write_position(&mut committer, &ours).await?;
        self.retain_manifests(&mut committer, &manifests, &position)
            .await?;
        Ok(position)
    }

    /// Reads the position and writes our name into it. Also returns the manifests.
    pub(super) async fn take_over(
        &self,
        committer: &mut Committer,
        policy: OnMissingState,
    ) -> Result<(CommittedPosition, Vec<String>), CheckpointError> {
        let (position, version) = match self.read_position().await {
            Err(error) if error.is_missing_state() && policy != OnMissingState::Fail => {
                tracing::warn!(%error, ?policy, "taking the position from a manifest");
                self.position_of_newest_manifest().await?
            }
            read => read?,
        };
        let manifests = self.objects.list(MANIFESTS).await?;
        committer.version = version;
        committer.number = position.number;
        let ours = CommittedPosition {
            writer: self.writer.clone(),
            ..position.clone()
        };
        self.write_position(committer, &ours).await?;
        Ok((position, manifests))
    }

    pub(super) async fn read_position(
        &self,
    ) -> Result<(CommittedPosition, Option<UpdateVersion>), CheckpointError> {
        if let Some((bytes, version)) = self.objects.get(POSITION).await? {
            let position =
                CommittedPosition::decode(&bytes).map_err(|source| CheckpointError::Damaged {
                    object: self.objects.name(POSITION),
                    source,
                })?;
            return Ok((position, Some(version)));
        }
        if self.objects.list(MANIFESTS).await?.is_empty() {
            return Ok((CommittedPosition::default(), None));
        }
        Err(CheckpointError::Missing {
            object: self.objects.name(POSITION),
        })
    }

    /// The position according to the newest complete manifest, if there is nothing better.
    async fn position_of_newest_manifest(
        &self,
    ) -> Result<(CommittedPosition, Option<UpdateVersion>), CheckpointError> {
        let version = self
            .objects
            .get(POSITION)
            .await?
            .map(|(_, version)| version);
        for name in self.objects.list(MANIFESTS).await?.into_iter().rev() {
            if let Ok(found) = self.find(name).await {
                return Ok((CommittedPosition::of(found), version));
            }
        }
        Err(CheckpointError::NothingOlder {
            name: self.name.clone(),
        })
    }

    pub(super) async fn write_position(
        &self,
        committer: &mut Committer,
        position: &CommittedPosition,
    ) -> Result<(), CheckpointError> {
        let bytes = position.encode();
        let version = committer.version.take();
        if !self.conditional && version.is_some() {
            self.check_writer(committer.number, position).await?;
        }
        let put = self
            .objects
            .replace(POSITION, bytes.clone(), version, self.conditional);
        put.await?;
        // Read back: whether or not the response to our put arrived, this is the current state.
        let Some((found, version)) = self.objects.get(POSITION).await? else {
            return Err(CheckpointError::NotKept {
                object: self.objects.name(POSITION),
                written: bytes.len() as u64,
                there: None,
            });
        };
        if found != bytes {
            return Err(self.fenced(&found, bytes.len() as u64));
        }
        committer.version = Some(version);
        Ok(())
    }

    /// If a store cannot compare and replace in one step, at least the two are close together.
    async fn check_writer(
        &self,
        number: u64,
        position: &CommittedPosition,
    ) -> Result<(), CheckpointError> {
        let is_claim = number == position.number;
        match self.objects.get(POSITION).await? {
            Some((found, _)) if !is_claim => match CommittedPosition::decode(&found) {
                Ok(there) if there.writer == self.writer => Ok(()),
                _ => Err(self.fenced(&found, 0)),
            },
            _ => Ok(()),
        }
    }

    /// Why the position is not the one that we wrote.
    fn fenced(&self, found: &[u8], written: u64) -> CheckpointError {
        match CommittedPosition::decode(found) {
            Ok(other) if other.writer != self.writer => CheckpointError::Fenced {
                name: self.name.clone(),
                number: other.number,
            },
            _ => CheckpointError::NotKept {
                object: self.objects.name(POSITION),
                written,
                there: Some(found.len() as u64),
            },
        }
    }
}
