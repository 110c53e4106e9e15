//! Streams of this process, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::MemoryStream;
use crate::connectors::{
    Connector, SinkEntry, SinkOpening, SinkSettings, SourceEntry, SourceOpening, SourceSettings,
};
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::sink::{Sink, SinkError};
use crate::source::{Source, SourceError};

/// The connector.
pub const CONNECTOR: Connector = Connector {
    kind: "memory",
    source: Some(SourceEntry {
        settings: SETTINGS,
        read: read_source,
    }),
    sink: Some(SinkEntry {
        settings: SETTINGS,
        read: read_sink,
    }),
};

const SETTINGS: &[SettingOf] = &[(
    "stream",
    Kind::Text,
    "use the stream of this name, which this process has published",
)];

fn read_source(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    Ok(Arc::new(StreamName(section.required("stream")?)))
}

fn read_sink(section: &Section<'_>) -> Result<Arc<dyn SinkSettings>, SettingError> {
    Ok(Arc::new(StreamName(section.required("stream")?)))
}

static PUBLISHED: Mutex<BTreeMap<String, MemoryStream>> = Mutex::new(BTreeMap::new());

fn published() -> MutexGuard<'static, BTreeMap<String, MemoryStream>> {
    PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryStream {
    /// Lets configurations of this process use the stream by its name, replacing a stream that was
    /// published under the same name.
    pub fn publish(&self) {
        published().insert(self.name.to_string(), self.clone());
    }

    /// Reverts [`publish`](Self::publish). Open sources and sinks are not affected.
    pub fn withdraw(&self) {
        published().remove(&*self.name);
    }
}

/// A published stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StreamName(String);

impl StreamName {
    fn find(&self) -> Result<MemoryStream, String> {
        let found = published().get(&self.0).cloned();
        found.ok_or_else(|| {
            "no stream of this name was published; streams in memory live within one process, \
             which publishes them first (MemoryStream::publish)"
                .to_owned()
        })
    }
}

#[async_trait]
impl SourceSettings for StreamName {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        self.0.clone()
    }

    fn fingerprint(&self) -> Value {
        json!({"stream": self.0})
    }

    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        let stream = self.find().map_err(|reason| SourceError::Service {
            action: format!("cannot read the stream {}", self.0),
            source: reason.into(),
        })?;
        Ok(Box::new(stream.source(opening.positions)?))
    }

    fn has_shards(&self) -> bool {
        true
    }

    fn bounded(&self, _: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        Err("a stream in memory has no end until it is closed".to_owned())
    }
}

#[async_trait]
impl SinkSettings for StreamName {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn fingerprint(&self) -> Value {
        json!({"stream": self.0})
    }

    async fn open(&self, _: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        let stream = self.find().map_err(|reason| SinkError::Service {
            action: format!("cannot write to the stream {}", self.0),
            source: reason.into(),
        })?;
        Ok(Box::new(stream.sink()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble;
    use crate::config::Layers;
    use crate::record::Positions;

    async fn run(settings: &str) -> Result<u64, String> {
        let mut layers = Layers::default();
        layers.toml("settings".as_ref(), settings).unwrap();
        let config = layers.build().unwrap();
        let pipeline = assemble::open(&config).await;
        let pipeline = pipeline.map_err(|error| error.to_string())?;
        let summary = pipeline.run(std::future::pending()).await;
        Ok(summary.map_err(|error| error.to_string())?.results)
    }

    #[tokio::test]
    async fn a_configuration_joins_two_streams_of_the_process() {
        let (input, output) = (MemoryStream::new("in", 2), MemoryStream::new("out", 1));
        let settings = "[source]\nkind = \"memory\"\nstream = \"in\"\n\
                        [input]\nformat = \"raw\"\n[sink]\nkind = \"memory\"\nstream = \"out\"\n";
        let error = run(settings).await.unwrap_err();
        assert!(
            error.contains("no stream of this name was published"),
            "{error}"
        );
        (0..50).for_each(|n| input.append(&format!("k{}", n % 4), n.to_string()));
        input.close();
        input.publish();
        output.publish();
        assert_eq!(run(settings).await, Ok(50));
        input.withdraw();
        output.withdraw();
        output.close();
        let mut reader = output.source(&Positions::default()).unwrap();
        let batch = reader.next_batch().await.unwrap().unwrap();
        assert_eq!(batch.records.len(), 50);
    }
}
