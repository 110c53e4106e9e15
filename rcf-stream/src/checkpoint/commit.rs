//! Writing a checkpoint: chunks of what has changed, a manifest, and last the position.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use object_store::UpdateVersion;
use rcf_core::keyed::{Changes, KeyedModel};

use super::manifest::{self, Manifest};
use super::position::CommittedPosition;
use super::retention::{Retained, chunk_names};
use super::store::{MANIFESTS, Shared};
use super::writer::ChunkSink;
use super::{CheckpointError, Fingerprint, chunk};
use crate::operator::ModelName;
use crate::record::Positions;
use crate::sink::SinkPositions;

/// State that only one checkpoint at a time may use.
#[derive(Debug, Default)]
pub(super) struct Committer {
    pub(super) version: Option<UpdateVersion>,
    pub(super) number: u64,
    /// Retained manifests, oldest first, with their chunks.
    pub(super) retained: VecDeque<Retained>,
}

/// The input of a checkpoint.
#[derive(Debug)]
pub(super) struct Snapshot<M> {
    pub(super) settings: Fingerprint,
    pub(super) records: u64,
    pub(super) positions: Positions,
    pub(super) sink: SinkPositions,
    pub(super) changes: Changes<ModelName, M>,
}

/// A checkpoint whose state is written.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The name of its manifest.
    pub(super) name: String,
    pub(super) manifest: Manifest,
    bytes: u64,
    changed: u64,
    begin: Instant,
}

/// A checkpoint that was written.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Committed {
    /// Its number.
    pub number: u64,
    /// The positions that are safe now.
    pub positions: Positions,
    /// Bytes written for it, compaction included.
    pub bytes: u64,
    /// Models written for it because they had changed.
    pub changed: u64,
    /// The time to write it, in the background.
    pub duration: Duration,
}

impl Shared {
    /// Writes a checkpoint. The results of all consumed records must be durable.
    pub(super) async fn commit<M: KeyedModel>(
        &self,
        snapshot: Snapshot<M>,
    ) -> Result<Committed, CheckpointError> {
        let prepared = self.prepare(snapshot).await?;
        self.settle(prepared).await
    }

    /// Writes the state of a checkpoint, which is not committed yet.
    pub(super) async fn prepare<M: KeyedModel>(
        &self,
        snapshot: Snapshot<M>,
    ) -> Result<Prepared, CheckpointError> {
        let begin = Instant::now();
        let committer = self.committer.lock().await;
        let number = committer.number + 1;
        let changed = snapshot.changes.models.len() + snapshot.changes.spilled.len();

        let mut sink = ChunkSink::new(self, number);
        for (key, last_used, model) in snapshot.changes.models {
            let state = model.to_bytes();
            let memory = model.size_in_bytes();
            drop(model); // from here on the loop may change it without a copy
            sink.add(&key, last_used, memory, &state).await?;
        }
        let mut bytes = sink.finish().await?;
        self.index().settle(&snapshot.changes.removed);
        bytes += self.compact(number).await?;

        let (chunks, live, models) = self.index().manifest();
        let manifest = Manifest {
            program: concat!("rcf ", env!("CARGO_PKG_VERSION")).to_owned(),
            number,
            records: snapshot.records,
            settings: snapshot.settings,
            positions: snapshot.positions,
            sink: snapshot.sink,
            models,
            chunks,
        };
        let name = format!("{MANIFESTS}/{number:020}-{}.rcf", self.writer);
        let encoded = manifest::encode(&manifest, &live);
        bytes += encoded.len() as u64;
        self.objects.create(&name, encoded).await?;
        Ok(Prepared {
            name,
            manifest,
            bytes,
            changed: changed as u64,
            begin,
        })
    }

    /// Makes the position name a checkpoint, and deletes what is no longer retained.
    pub(super) async fn settle(&self, prepared: Prepared) -> Result<Committed, CheckpointError> {
        let Prepared {
            name,
            manifest,
            bytes,
            changed,
            begin,
        } = prepared;
        let mut committer = self.committer.lock().await;
        let number = manifest.number;
        let position = CommittedPosition {
            writer: self.writer.clone(),
            number,
            manifest: Some(name.clone()),
            records: manifest.records,
            positions: manifest.positions.clone(),
            sink: manifest.sink.clone(),
        };
        self.write_position(&mut committer, &position).await?;
        committer.number = number;
        committer.retained.push_back(Retained {
            number,
            name,
            chunks: chunk_names(&manifest),
        });
        self.collect(&mut committer).await;
        Ok(Committed {
            number,
            positions: manifest.positions,
            bytes,
            changed,
            duration: begin.elapsed(),
        })
    }

    /// Copies live models out of chunks with few of them, so that the total size stays within twice
    /// the live size, and the number of chunks within a limit.
    async fn compact(&self, number: u64) -> Result<u64, CheckpointError> {
        let victims = self.index().victims();
        let mut sink = ChunkSink::new(self, number);
        for name in victims {
            let object = || self.objects.name(&name);
            let (bytes, _) = self
                .objects
                .get(&name)
                .await?
                .ok_or_else(|| CheckpointError::Missing { object: object() })?;
            let entries = chunk::read(&bytes).map_err(|source| CheckpointError::Damaged {
                object: object(),
                source,
            })?;
            for (record, (_, entry)) in entries.into_iter().enumerate() {
                let counts = self.index().name_at(entry.key, &name, record);
                if let Some(model) = counts {
                    let memory = usize::try_from(entry.memory).unwrap_or(usize::MAX);
                    sink.add(&model, entry.last_used, memory, entry.state)
                        .await?;
                }
            }
        }
        sink.finish().await
    }
}
