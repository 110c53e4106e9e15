//! When to write a checkpoint.

use std::time::Duration;

use tokio::time::Instant;

use super::{Checkpoint, CheckpointDirectory, CheckpointError, Fingerprint};
use crate::record::Positions;
use crate::sink::SinkPosition;

/// When a checkpoint is due: at whichever comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedule {
    /// At the first end of a batch after so many records.
    pub every_records: Option<u64>,
    /// After so much time.
    pub every: Option<Duration>,
}

/// Writes the checkpoints of one pipeline, when they are due.
#[derive(Debug)]
pub struct Checkpointer {
    directory: CheckpointDirectory,
    schedule: Schedule,
    fingerprint: Fingerprint,
    records: u64,
    committed_records: Option<u64>,
    committed_at: Instant,
}

impl Checkpointer {
    /// Opens the newest checkpoint of the folder, if there is one, and checks that it was written
    /// with the same settings.
    ///
    /// # Errors
    /// [`CheckpointError::OtherSettings`], and those of [`CheckpointDirectory::latest`].
    pub fn open(
        directory: CheckpointDirectory,
        schedule: Schedule,
        fingerprint: Fingerprint,
    ) -> Result<(Self, Option<Checkpoint>), CheckpointError> {
        let latest = directory.latest()?;
        if let Some(checkpoint) = &latest {
            let differences = checkpoint.fingerprint.differences(&fingerprint);
            if !differences.is_empty() {
                let path = directory.path().to_owned();
                return Err(CheckpointError::OtherSettings { path, differences });
            }
        }
        let checkpointer = Self {
            directory,
            schedule,
            fingerprint,
            records: latest.as_ref().map_or(0, |checkpoint| checkpoint.records),
            committed_records: latest.as_ref().map(|checkpoint| checkpoint.records),
            committed_at: Instant::now(),
        };
        Ok((checkpointer, latest))
    }

    /// Counts consumed records. Returns whether a checkpoint is due by their number.
    pub fn consumed(&mut self, records: u64) -> bool {
        self.records += records;
        let since = self.records - self.committed_records.unwrap_or(0);
        self.schedule
            .every_records
            .is_some_and(|every| since >= every)
    }

    /// Waits until a checkpoint is due by time, which may be never. Cancel safe.
    pub async fn due(&self) {
        let due = self
            .schedule
            .every
            .and_then(|every| self.committed_at.checked_add(every));
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Writes a checkpoint and returns its size in bytes. The results of all consumed records
    /// must be durable.
    ///
    /// # Errors
    /// I/O errors.
    pub fn commit(
        &mut self,
        positions: &Positions,
        sink: Option<SinkPosition>,
        state: Vec<u8>,
    ) -> Result<usize, CheckpointError> {
        let size = self.directory.commit(&Checkpoint {
            fingerprint: self.fingerprint.clone(),
            records: self.records,
            positions: positions.clone(),
            sink,
            state,
        })?;
        self.committed_records = Some(self.records);
        self.committed_at = Instant::now();
        Ok(size)
    }

    /// Begins the time until the next checkpoint anew: there was nothing to write.
    pub fn postpone(&mut self) {
        self.committed_at = Instant::now();
    }
}
