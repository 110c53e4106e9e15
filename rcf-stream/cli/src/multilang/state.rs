//! State objects: the models of a shard at a position. They are written once and never changed, so
//! a process that lost its lease can do no harm: at the same position it writes the same bytes.
//!
//! ```text
//! DIRECTORY/STREAM/SHARD/SEQUENCE.SUBSEQUENCE.rcf     at a committed position
//! DIRECTORY/STREAM/SHARD/ended.rcf                    what an ended shard left behind
//! ```
//!
//! A JSON header, preceded by its length (4 bytes, little-endian), then the models one after the
//! other, and the CRC-32C of everything before.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::MultilangError;
use rcf_stream::checkpoint::Fingerprint;
use rcf_stream::sink::SinkPosition;

/// How many objects of positions before the newest one are kept.
const RETAIN: usize = 2;
const ENDED: &str = "ended";

/// A saved model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Saved {
    /// How many records it has learned.
    pub(super) updates: u64,
    /// A snapshot of an operator that has only this model.
    pub(super) bytes: Vec<u8>,
}

/// The models of a shard, and how far its results have got.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) models: BTreeMap<String, Saved>,
    pub(super) sink: Option<SinkPosition>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    settings: BTreeMap<String, serde_json::Value>,
    sink: Option<String>,
    /// Key, updates and length of each model.
    models: Vec<(String, u64, usize)>,
}

/// The state objects of one shard.
#[derive(Debug)]
pub(super) struct Store {
    stream: PathBuf,
    shard: PathBuf,
    settings: Fingerprint,
}

impl Store {
    pub(super) fn new(directory: &Path, stream: &str, shard: &str, settings: Fingerprint) -> Self {
        let stream = directory.join(stream);
        Self {
            shard: stream.join(shard),
            stream,
            settings,
        }
    }

    /// The state at a committed position.
    pub(super) fn load(&self, sequence: &str, sub: u64) -> Result<State, MultilangError> {
        self.read(&self.shard.join(file_name(sequence, sub)))
    }

    /// Writes the state at a position, before it is committed.
    pub(super) fn save(
        &self,
        sequence: &str,
        sub: u64,
        state: &State,
    ) -> Result<(), MultilangError> {
        self.write(&self.shard.join(file_name(sequence, sub)), state)
    }

    /// Writes the state that an ended shard leaves behind.
    pub(super) fn end(&self, state: &State) -> Result<(), MultilangError> {
        self.write(&self.shard.join(format!("{ENDED}.rcf")), state)
    }

    /// The models that ended shards left behind: for each key the one with the most updates.
    pub(super) fn inheritance(&self) -> Result<BTreeMap<String, Saved>, MultilangError> {
        let mut inherited: BTreeMap<String, Saved> = BTreeMap::new();
        for shard in list(&self.stream)? {
            let path = self.stream.join(shard).join(format!("{ENDED}.rcf"));
            if !path.exists() {
                continue;
            }
            for (key, saved) in self.read(&path)?.models {
                let older = inherited
                    .get(&key)
                    .is_none_or(|it| it.updates < saved.updates);
                if older {
                    inherited.insert(key, saved);
                }
            }
        }
        Ok(inherited)
    }

    /// Removes objects of positions older than this one, which is committed. An object that cannot
    /// be removed only costs space.
    pub(super) fn collect(&self, sequence: &str, sub: u64) {
        let committed = file_name(sequence, sub);
        let mut older: Vec<_> = list(&self.shard)
            .unwrap_or_default()
            .into_iter()
            .filter(|name| name.ends_with(".rcf") && *name < committed)
            .collect();
        older.sort();
        older.truncate(older.len().saturating_sub(RETAIN));
        for name in older {
            let path = self.shard.join(name);
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "cannot remove an old state");
            }
        }
    }

    fn write(&self, path: &Path, state: &State) -> Result<(), MultilangError> {
        let written = fs::create_dir_all(&self.shard).and_then(|()| {
            let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
            let mut file = File::create(&temporary)?;
            file.write_all(&encode(&self.settings, state))?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            File::open(&self.shard)?.sync_all()
        });
        written.map_err(io_error("write", path))
    }

    fn read(&self, path: &Path) -> Result<State, MultilangError> {
        let unusable = |reason: String| MultilangError::Missing {
            path: path.to_owned(),
            reason,
        };
        let bytes = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let (settings, state) =
            decode(&bytes).ok_or_else(|| unusable("it is damaged".to_owned()))?;
        let differences = settings.differences(&self.settings);
        if differences.is_empty() {
            Ok(state)
        } else {
            Err(MultilangError::OtherSettings {
                path: path.to_owned(),
                differences,
            })
        }
    }
}

/// Padded, so that names sort as the numbers do.
fn file_name(sequence: &str, sub: u64) -> String {
    format!("{sequence:0>64}.{sub:020}.rcf")
}

fn encode(settings: &Fingerprint, state: &State) -> Vec<u8> {
    let sizes = state
        .models
        .iter()
        .map(|(key, it)| (key.clone(), it.updates, it.bytes.len()));
    let header = Header {
        format: 1,
        settings: settings.to_map(),
        sink: state.sink.as_ref().map(|it| it.0.clone()),
        models: sizes.collect(),
    };
    let header = serde_json::to_vec(&header).expect("all names in the header are text");
    let mut bytes = (header.len() as u32).to_le_bytes().to_vec();
    bytes.extend(header);
    state.models.values().for_each(|it| bytes.extend(&it.bytes));
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<(Fingerprint, State)> {
    let (bytes, checksum) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(bytes) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (length, bytes) = bytes.split_first_chunk::<4>()?;
    let (header, mut rest) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header)
        .ok()
        .filter(|it: &Header| it.format == 1)?;
    let mut models = BTreeMap::new();
    for (key, updates, length) in header.models {
        let (model, more) = rest.split_at_checked(length)?;
        models.insert(
            key,
            Saved {
                updates,
                bytes: model.to_vec(),
            },
        );
        rest = more;
    }
    let sink = header.sink.map(SinkPosition);
    let settings = Fingerprint::from_map(header.settings);
    rest.is_empty()
        .then_some((settings, State { models, sink }))
}

fn list(folder: &Path) -> Result<Vec<String>, MultilangError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(io_error("list", folder)(error)),
        Ok(entries) => {
            let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
            names
                .collect::<io::Result<_>>()
                .map_err(io_error("list", folder))
        }
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> MultilangError {
    let path = path.to_owned();
    move |source| MultilangError::State {
        action,
        path,
        source,
    }
}
