//! The checkpoints of one stream: names, order, retention, and who may write.
//!
//! ```text
//! APPLICATION/STREAM/position.json                       names the manifest that counts
//! APPLICATION/STREAM/manifests/NUMBER-WRITER.rcf         what one checkpoint consists of
//! APPLICATION/STREAM/models/NUMBER-PART-WRITER.rcf       chunks of models
//! ```
//!
//! All but the position are never changed once they are written. A checkpoint is written in this
//! order: outputs are durable, chunks, manifest, position, and only then what no retained manifest
//! needs is deleted. A process that dies in between leaves objects that nothing names; the next one
//! deletes them.
//!
//! *Fencing.* Who opens the store writes its own name into the position, and every later write of
//! the position depends on finding it unchanged. So of two processes the one that opened last
//! commits, and the other is told at its next commit. In a folder a lock keeps the second out.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use object_store::UpdateVersion;
use rcf_core::keyed::{Changes, KeyedModel};

use super::background::Background;
use super::chunk::{self, LiveSet};
use super::index::Index;
use super::location::Location;
use super::manifest::{self, Manifest};
use super::objects::Objects;
use super::position::CommittedPosition;
use super::writer::ChunkSink;
use super::{CheckpointError, Fingerprint, OnMissingState};
use crate::operator::ModelKey;
use crate::record::Positions;
use crate::sink::SinkPositions;

pub(super) const POSITION: &str = "position.json";
pub(super) const MANIFESTS: &str = "manifests";
pub(super) const MODELS: &str = "models";

/// The checkpoints of one application over one stream, open for writing.
#[derive(Debug)]
pub struct CheckpointStore {
    pub(super) shared: Arc<Shared>,
    pub(super) background: Arc<Background>,
    /// What the position said when the store was opened.
    opened: Option<CommittedPosition>,
    _lock: Option<std::fs::File>,
}

/// What the loop and the thread that writes have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) objects: Objects,
    pub(super) name: String,
    pub(super) writer: String,
    conditional: bool,
    retain: usize,
    index: Mutex<Index>,
    /// Only one checkpoint is written at a time.
    committer: tokio::sync::Mutex<Committer>,
}

#[derive(Debug)]
struct Committer {
    version: Option<UpdateVersion>,
    number: u64,
    /// Retained manifests, oldest first, with their chunks.
    retained: VecDeque<Retained>,
}

#[derive(Debug, Clone)]
struct Retained {
    number: u64,
    name: String,
    chunks: BTreeSet<String>,
}

/// A checkpoint that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it consists of.
    pub manifest: Manifest,
    /// The name of its manifest.
    pub name: String,
    live: LiveSet,
}

/// One saved model.
#[derive(Debug)]
pub struct SavedModel<'a> {
    /// Its key.
    pub key: &'a str,
    /// The time of its last use.
    pub last_used: i64,
    /// Bytes that it occupied in memory.
    pub memory: usize,
    /// Its state, as `rcf-core` writes it.
    pub state: &'a [u8],
}

/// What to write.
#[derive(Debug)]
pub(super) struct Snapshot<M> {
    pub(super) settings: Fingerprint,
    pub(super) records: u64,
    pub(super) positions: Positions,
    pub(super) sink: SinkPositions,
    pub(super) changes: Changes<ModelKey, M>,
}

/// A checkpoint that was written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Committed {
    /// Its number.
    pub number: u64,
    /// What is safe now.
    pub positions: Positions,
    /// Bytes written for it, compaction included.
    pub bytes: u64,
    /// Models written for it because they had changed.
    pub changed: u64,
    /// How long it took to write it, while the stream went on.
    pub duration: Duration,
}

impl CheckpointStore {
    /// Opens the checkpoints of an application over a stream, and takes the right to commit. The
    /// newest `retain` of them (at least one) are kept.
    ///
    /// # Errors
    /// Another process has a folder locked, or the store cannot be read or written.
    pub async fn open(
        location: Location,
        application: &str,
        stream: &str,
        retain: usize,
        policy: OnMissingState,
    ) -> Result<Self, CheckpointError> {
        let lock = location.lock(&below(application, stream))?;
        let store = Self::unopened(&location, application, stream, retain)?;
        let opening = Arc::clone(&store.shared);
        let opened = store
            .background
            .spawn(async move { opening.claim(policy).await });
        let opened = opened.await.map_err(CheckpointError::stopped)??;
        Ok(Self {
            opened,
            _lock: lock,
            ..store
        })
    }

    fn unopened(
        location: &Location,
        application: &str,
        stream: &str,
        retain: usize,
    ) -> Result<Self, CheckpointError> {
        let below = below(application, stream);
        let prefix = if location.root.as_ref().is_empty() {
            below.clone()
        } else {
            format!("{}/{below}", location.root)
        };
        let objects = Objects::new(Arc::clone(&location.store), prefix.into());
        let background = Background::start().map_err(|source| CheckpointError::Io {
            action: "start a thread for",
            path: location.name.clone().into(),
            source,
        })?;
        let shared = Arc::new(Shared {
            objects,
            name: format!("{}/{below}", location.name),
            writer: random_name(),
            conditional: location.conditional,
            retain: retain.max(1),
            index: Mutex::new(Index::default()),
            committer: tokio::sync::Mutex::new(Committer {
                version: None,
                number: 0,
                retained: VecDeque::new(),
            }),
        });
        Ok(Self {
            shared,
            background: Arc::new(background),
            opened: None,
            _lock: None,
        })
    }

    /// Opens the checkpoints of an application over a stream to look at them: nothing is locked,
    /// and nobody is kept from writing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn look(
        location: &Location,
        application: &str,
        stream: &str,
    ) -> Result<Self, CheckpointError> {
        let store = Self::unopened(location, application, stream, 1)?;
        let shared = Arc::clone(&store.shared);
        let read = store
            .background
            .spawn(async move { shared.read_position().await });
        let (position, _) = read.await.map_err(CheckpointError::stopped)??;
        let opened = position.manifest.is_some().then_some(position);
        Ok(Self { opened, ..store })
    }

    /// How people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// What the position said when the store was opened; `None` if there was no checkpoint.
    #[must_use]
    pub fn position(&self) -> Option<&CommittedPosition> {
        self.opened.as_ref()
    }

    /// The checkpoint that the position names.
    ///
    /// # Errors
    /// It is damaged or missing.
    pub async fn newest(&self) -> Result<Option<Found>, CheckpointError> {
        match self.opened.as_ref().and_then(|it| it.manifest.clone()) {
            None => Ok(None),
            Some(name) => self.find(name).await.map(Some),
        }
    }

    /// The manifests that are there, with their numbers, oldest first.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn retained(&self) -> Result<Vec<(u64, String)>, CheckpointError> {
        let shared = Arc::clone(&self.shared);
        let names = self
            .background
            .spawn(async move { shared.objects.list(MANIFESTS).await });
        let names = names.await.map_err(CheckpointError::stopped)??;
        let numbered = names
            .into_iter()
            .map(|name| Some((number_of(&name)?, name)));
        Ok(numbered.flatten().collect())
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// It is damaged or missing.
    pub async fn find(&self, name: String) -> Result<Found, CheckpointError> {
        let shared = Arc::clone(&self.shared);
        let found = self
            .background
            .spawn(async move { shared.find(name).await });
        found.await.map_err(CheckpointError::stopped)?
    }

    /// Reads all models of a checkpoint, chunk by chunk, and makes it the one that the next builds
    /// on.
    ///
    /// # Errors
    /// A chunk is damaged or missing, or `each` refuses its models.
    pub async fn load(
        &self,
        found: &Found,
        mut each: impl FnMut(Vec<SavedModel<'_>>) -> Result<(), CheckpointError>,
    ) -> Result<(), CheckpointError> {
        self.shared.index().clear();
        for (number, info) in found.manifest.chunks.iter().enumerate() {
            let (shared, name) = (Arc::clone(&self.shared), info.name.clone());
            let bytes = self
                .background
                .spawn(async move { shared.objects.get(&name).await });
            let bytes = bytes.await.map_err(CheckpointError::stopped)??;
            let object = || self.shared.objects.name(&info.name);
            let damaged = |source| CheckpointError::Damaged {
                object: object(),
                source,
            };
            let (bytes, _) = bytes.ok_or_else(|| CheckpointError::Missing { object: object() })?;
            if bytes.len() as u64 != info.bytes {
                return Err(damaged(super::FormatError::Truncated { got: bytes.len() }));
            }
            let entries = chunk::read(&bytes).map_err(damaged)?;
            if entries.len() != info.records as usize {
                let reason = format!("it has {} models, not {}", entries.len(), info.records);
                return Err(damaged(super::FormatError::Malformed { reason }));
            }
            let mut models = Vec::new();
            let mut index = self.shared.index();
            let chunk = index.add_chunk(info.clone());
            for (record, (range, entry)) in entries.into_iter().enumerate() {
                if !found.live.contains(number, record) {
                    continue;
                }
                let record = u32::try_from(record).expect("counted in 32 bits");
                index.committed(entry.key.into(), &chunk, record, range);
                models.push(SavedModel {
                    key: entry.key,
                    last_used: entry.last_used,
                    memory: usize::try_from(entry.memory).unwrap_or(usize::MAX),
                    state: entry.state,
                });
            }
            drop(index);
            each(models)?;
        }
        let models = self.shared.index().models();
        if models as u64 != found.manifest.models {
            return Err(CheckpointError::Damaged {
                object: self.shared.objects.name(&found.name),
                source: super::FormatError::Malformed {
                    reason: format!(
                        "its chunks hold {} different models, not {}",
                        models, found.manifest.models
                    ),
                },
            });
        }
        Ok(())
    }

    /// Writes a checkpoint. The results of all consumed records must be durable.
    pub(super) async fn commit<M: KeyedModel + 'static>(
        shared: Arc<Shared>,
        snapshot: Snapshot<M>,
    ) -> Result<Committed, CheckpointError> {
        shared.commit(snapshot).await
    }
}

impl Shared {
    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("nobody panics holding it")
    }

    /// The position as the newest manifest has it that is whole, for want of a better one.
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
                let position = CommittedPosition {
                    writer: String::new(),
                    number: found.manifest.number,
                    manifest: Some(found.name),
                    records: found.manifest.records,
                    positions: found.manifest.positions,
                    sink: found.manifest.sink,
                };
                return Ok((position, version));
            }
        }
        Err(CheckpointError::NothingOlder {
            name: self.name.clone(),
        })
    }

    async fn read_position(
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

    /// Reads the position, writes our name into it, and deletes what no checkpoint needs.
    async fn claim(
        &self,
        policy: OnMissingState,
    ) -> Result<Option<CommittedPosition>, CheckpointError> {
        let mut committer = self.committer.lock().await;
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
        self.write_position(&mut committer, &ours).await?;
        // From here on nobody else commits, so what no manifest names is nobody's.
        self.retain_manifests(&mut committer, &manifests, &position)
            .await?;
        Ok(position.manifest.is_some().then_some(position))
    }

    /// Reads the retained manifests, and deletes what a process left that died while it wrote.
    async fn retain_manifests(
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

    async fn find(&self, name: String) -> Result<Found, CheckpointError> {
        let object = || self.objects.name(&name);
        let (bytes, _) = self
            .objects
            .get(&name)
            .await?
            .ok_or_else(|| CheckpointError::Missing { object: object() })?;
        let (manifest, live) =
            manifest::decode(&bytes).map_err(|source| CheckpointError::Damaged {
                object: object(),
                source,
            })?;
        Ok(Found {
            manifest,
            name,
            live,
        })
    }

    async fn commit<M: KeyedModel>(
        &self,
        snapshot: Snapshot<M>,
    ) -> Result<Committed, CheckpointError> {
        let begin = Instant::now();
        let mut committer = self.committer.lock().await;
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
            changed: changed as u64,
            duration: begin.elapsed(),
        })
    }

    /// Copies what counts out of chunks where little does, so that all of them together stay within
    /// twice of what counts, and their number within a limit.
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
                if self.index().is_at(entry.key, &name, record) {
                    let memory = usize::try_from(entry.memory).unwrap_or(usize::MAX);
                    sink.add(entry.key, entry.last_used, memory, entry.state)
                        .await?;
                }
            }
        }
        sink.finish().await
    }

    async fn write_position(
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
        // Read back: whether or not the answer to our put arrived, this is what counts.
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

    /// Where a store cannot compare and replace in one step, at least the two are close together.
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

    /// Why the position is not what we have written.
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

    /// Deletes manifests beyond those to retain, and chunks that no other one needs.
    async fn collect(&self, committer: &mut Committer) {
        let mut candidates = BTreeSet::new();
        while committer.retained.len() > self.retain {
            let Some(old) = committer.retained.pop_front() else {
                break;
            };
            tracing::debug!(number = old.number, "a checkpoint is no longer retained");
            self.objects.delete(&old.name).await;
            candidates.extend(old.chunks);
        }
        // Nothing begins to use a chunk that nothing uses. Both lists under one lock: a chunk that is
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

fn chunk_names(manifest: &Manifest) -> BTreeSet<String> {
    manifest
        .chunks
        .iter()
        .map(|chunk| chunk.name.clone())
        .collect()
}

/// The number in the name of a manifest.
fn number_of(name: &str) -> Option<u64> {
    let (number, _) = name.rsplit('/').next()?.split_once('-')?;
    number.parse().ok()
}

fn below(application: &str, stream: &str) -> String {
    format!("{}/{}", part(application), part(stream))
}

/// A name as one part of a path that means the same in every store.
fn part(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match name {
        "" | "." | ".." => "_".to_owned(),
        name => name.replace(|c: char| !allowed(c), "_"),
    }
}

/// A name that no other process has: the standard library seeds each `RandomState` differently.
fn random_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    let now = std::time::SystemTime::now();
    let id = std::process::id();
    format!("{:016x}", RandomState::new().hash_one((now, id)))
}
