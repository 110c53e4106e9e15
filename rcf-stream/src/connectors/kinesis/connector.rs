//! Kinesis streams as a connector of the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{CredentialsSource, KinesisSinkConfig, KinesisSourceConfig, OnTrimmed};
use crate::config::{ConfigError, Kind, Layers, SettingOf, SinkSection, check};
use crate::connectors::{Connector, SinkEntry, SinkSettings, SourceEntry, SourceSettings};
use crate::error::{SinkError, SourceError};
use crate::record::Positions;
use crate::sink::Sink;
use crate::source::Source;

/// The connector. It is in every build, so that one without the feature says how to get it.
pub const CONNECTOR: Connector = Connector {
    kind: "kinesis",
    source: Some(SourceEntry {
        settings: SOURCE_SETTINGS,
        read: read_source,
    }),
    sink: Some(SinkEntry {
        settings: SINK_SETTINGS,
        read: read_sink,
    }),
};

#[rustfmt::skip] // a table reads best with a row on a line
const SOURCE_SETTINGS: &[SettingOf] = &[
    ("stream", Kind::Text, "the name of the stream"),
    ("region", Kind::Text, "the region [from the environment]"),
    ("endpoint_url", Kind::Text, "another endpoint than the region's"),
    ("credentials", Kind::Choice(CredentialsSource::NAMES),
        "the one place of credentials: environment, profile or instance [each in turn]"),
    ("consumer_arn", Kind::Text,
        "a registered consumer, to which records are pushed (enhanced fan-out)"),
    ("start", Kind::Text,
        "where to start without a checkpoint: trim_horizon, latest or a time [trim_horizon]"),
    ("poll_interval_ms", Kind::Count,
        "milliseconds between reads of a shard that is read to its end [250]"),
    ("max_records", Kind::Count, "the most records in one read [10000]"),
    ("follow", Kind::Switch, "whether to wait for new records [true]"),
    ("on_trimmed", Kind::Choice(&["continue", "fail"]),
        "what to do about records that are no longer there [continue]"),
];

#[rustfmt::skip]
const SINK_SETTINGS: &[SettingOf] = &[
    ("stream", Kind::Text, "the name of the stream"),
    ("region", Kind::Text, "the region [from the environment]"),
    ("endpoint_url", Kind::Text, "another endpoint than the region's"),
    ("credentials", Kind::Choice(CredentialsSource::NAMES),
        "the one place of credentials: environment, profile or instance [each in turn]"),
];

fn is_built(key: &'static str) -> Result<(), ConfigError> {
    if cfg!(feature = "kinesis") {
        Ok(())
    } else {
        Err(ConfigError::KinesisNotBuilt { key })
    }
}

fn read_source(layers: &Layers) -> Result<Arc<dyn SourceSettings>, ConfigError> {
    is_built("source.kind")?;
    let stream = layers.required("source.stream", "source.kind = \"kinesis\"")?;
    let mut kinesis = KinesisSourceConfig::new(stream);
    kinesis.region = layers.text("source.region");
    kinesis.endpoint_url = layers.text("source.endpoint_url");
    let credentials = layers.choice("source.credentials");
    kinesis.credentials = credentials.and_then(CredentialsSource::named);
    kinesis.consumer_arn = layers.text("source.consumer_arn");
    if let Some(start) = layers.text("source.start") {
        kinesis.start = start.parse()?;
    }
    if let Some(milliseconds) = layers.count("source.poll_interval_ms") {
        kinesis.poll_interval_ms = milliseconds;
    }
    if let Some(records) = layers.count("source.max_records") {
        let holds = (1..=10_000).contains(&records);
        check("source.max_records", "1 to 10000", records, holds)?;
        kinesis.max_records = records as u32;
    }
    if let Some(follow) = layers.switch("source.follow") {
        kinesis.follow = follow;
    }
    if layers.choice("source.on_trimmed") == Some("fail") {
        kinesis.on_trimmed = OnTrimmed::Fail;
    }
    Ok(Arc::new(kinesis))
}

fn read_sink(section: &SinkSection<'_>) -> Result<Arc<dyn SinkSettings>, ConfigError> {
    is_built(section.key("kind"))?;
    Ok(Arc::new(KinesisSinkConfig {
        stream: section.required("stream")?,
        region: section.text("region"),
        endpoint_url: section.text("endpoint_url"),
        credentials: section
            .text("credentials")
            .and_then(|name| CredentialsSource::named(&name)),
    }))
}

#[async_trait]
impl SourceSettings for KinesisSourceConfig {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        self.stream.clone()
    }

    fn fingerprint(&self) -> Value {
        json!({"stream": self.stream})
    }

    fn is_built(&self) -> Result<(), ConfigError> {
        is_built("source.kind")
    }

    #[cfg(feature = "kinesis")]
    async fn open(&self, positions: &Positions) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(super::KinesisSource::open(self, positions).await?))
    }

    #[cfg(not(feature = "kinesis"))]
    async fn open(&self, _: &Positions) -> Result<Box<dyn Source>, SourceError> {
        Err(SourceError::Service {
            action: format!("cannot read the Kinesis stream {}", self.stream),
            source: "this program was built without the feature kinesis".into(),
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn has_arrival_times(&self) -> bool {
        true
    }

    fn has_shards(&self) -> bool {
        true
    }

    fn bounded(&self, from_time: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        let mut bounded = self.clone();
        bounded.follow = false;
        if let Some(time) = from_time {
            let start = time.parse();
            bounded.start =
                start.map_err(|error: super::ParseStartPositionError| error.to_string())?;
        }
        Ok(Arc::new(bounded))
    }
}

#[async_trait]
impl SinkSettings for KinesisSinkConfig {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn fingerprint(&self) -> Value {
        json!({"stream": self.stream})
    }

    fn is_built(&self) -> Result<(), ConfigError> {
        is_built("sink.kind")
    }

    #[cfg(feature = "kinesis")]
    async fn open(&self) -> Result<Box<dyn Sink>, SinkError> {
        Ok(Box::new(super::KinesisSink::open(self).await?))
    }

    #[cfg(not(feature = "kinesis"))]
    async fn open(&self) -> Result<Box<dyn Sink>, SinkError> {
        Err(SinkError::Service {
            action: format!("cannot write to the Kinesis stream {}", self.stream),
            source: "this program was built without the feature kinesis".into(),
        })
    }
}
