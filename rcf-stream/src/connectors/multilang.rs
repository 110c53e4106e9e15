//! The records that the MultiLangDaemon of the Kinesis Client Library passes on.
//!
//! The daemon drives the program, so this connector has settings and no [`Source`]: the program
//! takes its settings and serves the daemon (`rcf run --multilang`).

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Connector, SourceEntry, SourceOpening, SourceSettings};
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::source::{Source, SourceError};

/// The connector.
pub const CONNECTOR: Connector = Connector {
    kind: "multilang",
    source: Some(SourceEntry {
        settings: SETTINGS,
        read,
    }),
    sink: None,
};

const SETTINGS: &[SettingOf] = &[(
    "stream",
    Kind::Text,
    "use this stream name in the ids of results",
)];

const DRIVEN: &str =
    "source.kind = \"multilang\" is for the MultiLangDaemon: start it with --multilang";

/// A shard of a stream, as the daemon passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultilangSource {
    /// The name of the stream, for the ids of results.
    pub stream: String,
}

fn read(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    let stream = section.required("stream")?;
    Ok(Arc::new(MultilangSource { stream }))
}

#[async_trait]
impl SourceSettings for MultilangSource {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        self.stream.clone()
    }

    fn fingerprint(&self) -> Value {
        json!({"stream": self.stream})
    }

    fn can_open(&self) -> Result<(), SettingError> {
        Err(SettingError::Driven { reason: DRIVEN })
    }

    async fn open(&self, _: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        Err(SourceError::Service {
            action: format!("cannot read {}", self.stream),
            source: DRIVEN.into(),
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn has_arrival_times(&self) -> bool {
        true
    }

    fn bounded(&self, from_time: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        match from_time {
            None => Ok(Arc::new(self.clone())),
            Some(_) => Err("--from-time is for Kinesis".to_owned()),
        }
    }
}
