//! The checkpoints of one stream: names, order, retention, and who may write.
//!
//! ```text
//! APPLICATION/STREAM/input.json                          how the input is read, from the first start
//! APPLICATION/STREAM/position.json                       names the manifest that counts
//! APPLICATION/STREAM/manifests/NUMBER-WRITER.rcf         what one checkpoint consists of
//! APPLICATION/STREAM/models/NUMBER-PART-WRITER.rcf       chunks of models
//! ```
//!
//! All but the position are never changed once they are written. A checkpoint is written in this
//! order: outputs are durable, chunks, manifest, position, and only then objects that no retained
//! manifest needs are deleted. A process that dies in between leaves objects that nothing names;
//! the next one deletes them.
//!
//! *Fencing.* A process that opens the store writes its own name into the position, and every later
//! write of the position requires that it is unchanged. So of two processes the one that opened
//! last commits, and the other fails at its next commit. In a folder, a lock keeps the second
//! process out.

use std::sync::{Arc, Mutex, MutexGuard};

use super::background::Background;
use super::chunk::{self, LiveSet};
use super::commit::Committer;
use super::index::Index;
use super::location::Location;
use super::manifest::{self, Manifest};
use super::objects::Objects;
use super::position::CommittedPosition;
use super::retention::number_of;
use super::{CheckpointError, OnMissingState};
use crate::operator::{ModelName, ModelNaming, SavedModel};

pub(super) const POSITION: &str = "position.json";
pub(super) const MANIFESTS: &str = "manifests";
pub(super) const MODELS: &str = "models";

/// The checkpoints of one application over one stream, open for writing.
#[derive(Debug)]
pub struct CheckpointStore {
    pub(super) shared: Arc<Shared>,
    pub(super) background: Arc<Background>,
    /// The position when the store was opened.
    opened: Option<CommittedPosition>,
    _lock: Option<std::fs::File>,
}

/// State shared by the loop and the thread that writes.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) objects: Objects,
    pub(super) name: String,
    pub(super) writer: String,
    pub(super) conditional: bool,
    pub(super) retain: usize,
    index: Mutex<Index>,
    /// Only one checkpoint is written at a time.
    pub(super) committer: tokio::sync::Mutex<Committer>,
}

/// A checkpoint that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its contents.
    pub manifest: Manifest,
    /// The name of its manifest.
    pub name: String,
    live: LiveSet,
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

    /// [`open`](Self::open) if a service knows the current manifest, or knows that the store's own
    /// position is the current one. The thread is shared with other stores.
    pub(super) async fn open_at(
        location: &Location,
        (application, stream): (&str, &str),
        retain: usize,
        (manifest, policy): (Option<String>, OnMissingState),
        background: Arc<Background>,
    ) -> Result<Self, CheckpointError> {
        let lock = location.lock(&below(application, stream))?;
        let store = Self::in_background(location, application, stream, retain, background);
        let opening = Arc::clone(&store.shared);
        let opened = store.background.spawn(async move {
            match manifest {
                Some(manifest) => opening.claim_at(&manifest).await.map(Some),
                None => opening.claim(policy).await,
            }
        });
        let opened = opened.await.map_err(CheckpointError::stopped)??;
        Ok(Self {
            opened,
            _lock: lock,
            ..store
        })
    }

    /// The checkpoints of an application over a stream, locked where they are a folder, without the
    /// right to commit.
    pub(super) fn locked(
        location: &Location,
        application: &str,
        stream: &str,
    ) -> Result<Self, CheckpointError> {
        let _lock = location.lock(&below(application, stream))?;
        let store = Self::unopened(location, application, stream, 1)?;
        Ok(Self { _lock, ..store })
    }

    fn unopened(
        location: &Location,
        application: &str,
        stream: &str,
        retain: usize,
    ) -> Result<Self, CheckpointError> {
        let background = Background::start().map_err(|source| CheckpointError::Io {
            action: "start a thread for",
            path: location.name.clone().into(),
            source,
        })?;
        let background = Arc::new(background);
        Ok(Self::in_background(
            location,
            application,
            stream,
            retain,
            background,
        ))
    }

    fn in_background(
        location: &Location,
        application: &str,
        stream: &str,
        retain: usize,
        background: Arc<Background>,
    ) -> Self {
        let below = below(application, stream);
        let prefix = if location.root.as_ref().is_empty() {
            below.clone()
        } else {
            format!("{}/{below}", location.root)
        };
        let objects = Objects::new(Arc::clone(&location.store), prefix.into());
        let shared = Arc::new(Shared {
            objects,
            name: format!("{}/{below}", location.name),
            writer: random_name(),
            conditional: location.conditional,
            retain: retain.max(1),
            index: Mutex::new(Index::default()),
            committer: tokio::sync::Mutex::default(),
        });
        Self {
            shared,
            background,
            opened: None,
            _lock: None,
        }
    }

    /// Opens the checkpoints of an application over a stream for reading: nothing is locked, and
    /// other processes can write.
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

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The position when the store was opened; `None` if there was no checkpoint.
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

    /// Reads the manifest of this number.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub async fn numbered(&self, number: u64) -> Result<Found, CheckpointError> {
        let names = self.retained().await?;
        match names.iter().find(|(found, _)| *found == number) {
            Some((_, name)) => self.find(name.clone()).await,
            None => Err(CheckpointError::NoSuchNumber {
                name: self.name().to_owned(),
                number,
                there: names.iter().map(|(number, _)| number.to_string()).collect(),
            }),
        }
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
    /// on. Their names have the parts that `naming` says.
    ///
    /// # Errors
    /// A chunk is damaged or missing, or `each` refuses its models.
    pub async fn load(
        &self,
        found: &Found,
        naming: ModelNaming,
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
                index.committed(ModelName::read(entry.key, naming), &chunk, record, range);
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
}

impl Shared {
    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index
            .lock()
            .expect("no thread panics while it holds the lock")
    }

    pub(super) async fn find(&self, name: String) -> Result<Found, CheckpointError> {
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
}

fn below(application: &str, stream: &str) -> String {
    format!("{}/{}", part(application), part(stream))
}

/// A name as one path segment that means the same in every store.
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
