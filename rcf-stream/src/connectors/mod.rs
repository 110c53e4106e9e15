//! Connectors: one folder each, with its configuration, its source, its sink and their tests.
//!
//! A connector is registered by its line in [`CONNECTORS`]: settings, help, checks and fingerprints
//! follow from it. CONTRIBUTING.md explains how to add one.

pub mod file;
pub mod kafka;
pub mod kinesis;
pub mod memory;
pub mod multilang;
pub mod sine;

use std::any::Any;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::decode::InputFormat;
use crate::decode::dialect::Dialect;
use crate::lines;
use crate::observer::Observers;
use crate::record::Positions;
use crate::settings::{Section, SettingError, SettingOf};
use crate::sink::{Sink, SinkError, SinkPosition};
use crate::source::coordinator::Coordinator;
use crate::source::{Source, SourceError};

/// All connectors that a configuration can name, in the order of the help.
#[rustfmt::skip] // one line each
pub const CONNECTORS: &[&Connector] = &[
    &file::CONNECTOR,
    &sine::CONNECTOR,
    &kinesis::CONNECTOR,
    &kafka::CONNECTOR,
    &memory::CONNECTOR,
    &multilang::CONNECTOR,
];

/// What the configuration needs to know about a connector.
#[derive(Debug)]
pub struct Connector {
    /// Its name: `source.kind` or `sink.kind`.
    pub kind: &'static str,
    /// Its source, if it has one.
    pub source: Option<SourceEntry>,
    /// Its sink, if it has one.
    pub sink: Option<SinkEntry>,
}

impl Connector {
    /// Refuses the setting that chooses this connector if the program was built without its cargo
    /// feature, which has its name.
    pub(crate) fn needs_feature(&self, key: &str, is_built: bool) -> Result<(), SettingError> {
        if is_built {
            return Ok(());
        }
        let (key, feature) = (key.to_owned(), self.kind);
        Err(SettingError::NotBuilt { key, feature })
    }
}

/// The settings of a source, in the section `source`, and how they are read.
#[derive(Debug)]
pub struct SourceEntry {
    /// Names, types and help.
    pub settings: &'static [SettingOf],
    /// Reads and checks them.
    pub read: fn(&Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError>,
}

/// The settings of a sink, in the sections `sink` and `dead_letters`, and how they are read.
#[derive(Debug)]
pub struct SinkEntry {
    /// Names, types and help.
    pub settings: &'static [SettingOf],
    /// Reads and checks them.
    pub read: fn(&Section<'_>) -> Result<Arc<dyn SinkSettings>, SettingError>,
}

/// What a source is opened with.
#[derive(Debug, Clone)]
pub struct SourceOpening<'a> {
    /// It is read after these positions.
    pub positions: &'a Positions,
    /// They are notified of what only the source knows.
    pub observers: &'a Observers,
    /// How its text is written, if it is text.
    pub dialect: Dialect,
    /// A quote counts as unclosed when this many line feeds are quoted.
    pub max_quoted_lines: u64,
    /// Whether a later run can continue where this one ends.
    pub has_checkpoints: bool,
}

/// What a sink is opened with.
#[derive(Debug, Clone, Copy)]
pub struct SinkOpening<'a> {
    /// The first line of what is written, where the format has one.
    pub header: Option<&'a str>,
    /// What was written later is taken back, if the sink can do that.
    pub position: Option<&'a SinkPosition>,
    /// They are notified of what only the sink knows.
    pub observers: &'a Observers,
    /// The coordinator of the source, if it has one and checkpoints are written.
    pub coordinator: Option<&'a Arc<dyn Coordinator>>,
    /// The longest time between two checkpoints, if there is one.
    pub checkpoint_every: Option<Duration>,
}

/// The open text of a source before the first record, so that its dialect can be detected.
pub trait TextInput: Send {
    /// The start of the text, and whether that is all of it.
    fn head(&self) -> (&[u8], bool);

    /// The compression and encoding of the bytes.
    fn bytes(&self) -> lines::Bytes;

    /// Reads records from it.
    ///
    /// # Errors
    /// It cannot be read in this way, or does not fit the positions.
    fn into_source(
        self: Box<Self>,
        opening: &SourceOpening<'_>,
    ) -> Result<Box<dyn Source>, SourceError>;
}

/// The checked settings of a source.
#[async_trait]
pub trait SourceSettings: Any + Debug + Send + Sync {
    /// The name of the connector.
    fn kind(&self) -> &'static str;

    /// The name of the stream in checkpoints and ids of results.
    fn stream(&self) -> String;

    /// What changes records or their ids, by name: an object.
    fn fingerprint(&self) -> Value;

    /// Whether this program can open it.
    ///
    /// # Errors
    /// The missing feature, or the program that opens it instead.
    fn can_open(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Opens the source.
    ///
    /// # Errors
    /// It cannot be opened, or does not fit the positions.
    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError>;

    /// Whether it is text whose dialect and columns can be detected.
    fn is_text(&self) -> bool {
        false
    }

    /// Opens its text, if it is text.
    ///
    /// # Errors
    /// It cannot be opened.
    fn open_text(&self) -> Result<Option<Box<dyn TextInput>>, SourceError> {
        Ok(None)
    }

    /// The file that is read, if it is one; `-` is the standard input.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Whether it waits for more at the present end.
    fn follows(&self) -> bool {
        false
    }

    /// The format of records if `input.format` is not set.
    fn default_format(&self) -> InputFormat {
        InputFormat::Jsonl
    }

    /// Whether opening it contacts another machine, which a check of the configuration does not do.
    fn is_remote(&self) -> bool {
        false
    }

    /// Whether records carry the time of their arrival.
    fn has_arrival_times(&self) -> bool {
        false
    }

    /// Whether a stream has several shards, whose relative order cannot be repeated.
    fn has_shards(&self) -> bool {
        false
    }

    /// Whether shards can be revoked and assigned while the stream is read. Each model then belongs
    /// to a shard, whatever else it belongs to.
    fn rebalances(&self) -> bool {
        false
    }

    /// How many records there are, if that is known.
    fn records(&self) -> Option<u64> {
        None
    }

    /// The same up to its present end, for a replay; from a time, if one is given.
    ///
    /// # Errors
    /// Why this source cannot start at a time.
    fn bounded(&self, from_time: Option<&str>) -> Result<Arc<dyn SourceSettings>, String>;
}

/// The checked settings of a sink.
#[async_trait]
pub trait SinkSettings: Any + Debug + Send + Sync {
    /// The name of the connector.
    fn kind(&self) -> &'static str;

    /// Where results go, by name: an object.
    fn fingerprint(&self) -> Value;

    /// Whether this program can open it.
    ///
    /// # Errors
    /// The missing feature, or the program that opens it instead.
    fn can_open(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Whether results are written with the headers of their records.
    fn takes_headers(&self) -> bool {
        false
    }

    /// Opens the sink.
    ///
    /// # Errors
    /// It cannot be opened.
    async fn open(&self, opening: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError>;

    /// The file that is written, if it is one; `-` is the standard output.
    fn file(&self) -> Option<&Path> {
        None
    }
}

/// Settings are equal if their types and all their values are.
impl PartialEq for dyn SourceSettings {
    fn eq(&self, other: &Self) -> bool {
        self.type_id() == other.type_id() && format!("{self:?}") == format!("{other:?}")
    }
}

impl PartialEq for dyn SinkSettings {
    fn eq(&self, other: &Self) -> bool {
        self.type_id() == other.type_id() && format!("{self:?}") == format!("{other:?}")
    }
}

impl dyn SourceSettings {
    /// The settings of a connector, if they are of this type.
    #[must_use]
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        let any: &dyn Any = self;
        any.downcast_ref()
    }
}

impl dyn SinkSettings {
    /// The settings of a connector, if they are of this type.
    #[must_use]
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        let any: &dyn Any = self;
        any.downcast_ref()
    }
}
