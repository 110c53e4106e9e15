//! Connectors: one folder each, with its configuration, its source, its sink and their tests.
//!
//! A connector is registered by its line in [`CONNECTORS`]: settings, help, checks and fingerprints
//! follow from it. CONTRIBUTING.md tells how to add one.

pub mod file;
pub mod kinesis;
pub mod memory;
pub mod sine;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::config::{ConfigError, Layers, SettingOf, SinkSection};
use crate::decode::InputFormat;
use crate::error::{SinkError, SourceError};
use crate::record::Positions;
use crate::sink::Sink;
use crate::source::Source;

/// All connectors that a configuration can name, in the order of the help.
pub const CONNECTORS: &[&Connector] = &[&sine::CONNECTOR, &kinesis::CONNECTOR];

/// What a configuration has to know of a connector.
#[derive(Debug)]
pub struct Connector {
    /// Its name: `source.kind` or `sink.kind`.
    pub kind: &'static str,
    /// Its source, if it has one.
    pub source: Option<SourceEntry>,
    /// Its sink, if it has one.
    pub sink: Option<SinkEntry>,
}

/// The settings of a source, in the section `source`, and how they are read.
#[derive(Debug)]
pub struct SourceEntry {
    /// Names, types and help.
    pub settings: &'static [SettingOf],
    /// Reads and checks them.
    pub read: fn(&Layers) -> Result<Arc<dyn SourceSettings>, ConfigError>,
}

/// The settings of a sink, in the sections `sink` and `dead_letters`, and how they are read.
#[derive(Debug)]
pub struct SinkEntry {
    /// Names, types and help.
    pub settings: &'static [SettingOf],
    /// Reads and checks them.
    pub read: fn(&SinkSection<'_>) -> Result<Arc<dyn SinkSettings>, ConfigError>,
}

/// The checked settings of a source.
#[async_trait]
pub trait SourceSettings: Any + Debug + Send + Sync {
    /// The name of the connector.
    fn kind(&self) -> &'static str;

    /// The stream, as checkpoints and ids of results call it.
    fn stream(&self) -> String;

    /// What changes records or their ids, by name: an object.
    fn fingerprint(&self) -> Value;

    /// Whether this program was built with what the connector needs.
    ///
    /// # Errors
    /// What it was built without, and how to build it.
    fn is_built(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Opens the source after these positions.
    ///
    /// # Errors
    /// It cannot be opened, or does not fit the positions.
    async fn open(&self, positions: &Positions) -> Result<Box<dyn Source>, SourceError>;

    /// How records are written where `input.format` is not set.
    fn default_format(&self) -> InputFormat {
        InputFormat::Jsonl
    }

    /// Whether to open it is to ask another machine, which a check of the configuration does not.
    fn is_remote(&self) -> bool {
        false
    }

    /// Whether records carry the time of their arrival.
    fn has_arrival_times(&self) -> bool {
        false
    }

    /// Whether a stream has several shards, whose order to each other cannot be repeated.
    fn has_shards(&self) -> bool {
        false
    }

    /// How many records there are, where that is known.
    fn records(&self) -> Option<u64> {
        None
    }

    /// The same up to its present end, for a replay; from a time on, where one is given.
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

    /// Whether this program was built with what the connector needs.
    ///
    /// # Errors
    /// What it was built without, and how to build it.
    fn is_built(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Opens the sink.
    ///
    /// # Errors
    /// It cannot be opened.
    async fn open(&self) -> Result<Box<dyn Sink>, SinkError>;
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
