//! Kinesis streams as a connector of the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    CredentialsSource, KinesisSinkConfig, KinesisSourceConfig, OnTrimmed, ParseStartPositionError,
};
use crate::connectors::{
    Connector, SinkEntry, SinkOpening, SinkSettings, SourceEntry, SourceOpening, SourceSettings,
};
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::sink::{Sink, SinkError};
use crate::source::{Source, SourceError};

/// The connector. It is in every build, so that a build without the feature reports how to get it.
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
    ("stream", Kind::Text, "read this stream"),
    ("region", Kind::Text, "use this region [from the environment]"),
    ("endpoint_url", Kind::Text, "use this endpoint instead of the region's"),
    ("credentials", Kind::Choice(CredentialsSource::NAMES),
        "take credentials only from this place: environment, profile or instance [each in turn]"),
    ("consumer_arn", Kind::Text,
        "receive records as this registered consumer (enhanced fan-out)"),
    ("start", Kind::Text,
        "start here without a checkpoint: trim_horizon, latest or a time [trim_horizon]"),
    ("poll_interval_ms", Kind::Count,
        "wait this long between reads at the end of a shard, in milliseconds [250]"),
    ("max_records", Kind::Count, "read at most this many records in a request [10000]"),
    ("follow", Kind::Switch, "wait for new records at the end [true]"),
    ("on_trimmed", Kind::Choice(&["continue", "fail"]),
        "if records were trimmed before they could be read, do this [continue]"),
];

#[rustfmt::skip]
const SINK_SETTINGS: &[SettingOf] = &[
    ("stream", Kind::Text, "write to this stream"),
    ("region", Kind::Text, "use this region [from the environment]"),
    ("endpoint_url", Kind::Text, "use this endpoint instead of the region's"),
    ("credentials", Kind::Choice(CredentialsSource::NAMES),
        "take credentials only from this place: environment, profile or instance [each in turn]"),
];

const IS_BUILT: bool = cfg!(feature = "kinesis");

fn read_source(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    CONNECTOR.needs_feature(&section.key("kind"), IS_BUILT)?;
    let stream = section.required("stream")?;
    let mut kinesis = KinesisSourceConfig::new(stream);
    kinesis.region = section.text("region");
    kinesis.endpoint_url = section.text("endpoint_url");
    let credentials = section.choice("credentials");
    kinesis.credentials = credentials.and_then(CredentialsSource::named);
    kinesis.consumer_arn = section.text("consumer_arn");
    if let Some(start) = section.text("start") {
        let start = start.parse().map_err(|error: ParseStartPositionError| {
            let key = section.key("start");
            let source = error.into();
            SettingError::Invalid { key, source }
        });
        kinesis.start = start?;
    }
    if let Some(milliseconds) = section.count("poll_interval_ms") {
        kinesis.poll_interval_ms = milliseconds;
    }
    if let Some(records) = section.count("max_records") {
        let holds = (1..=10_000).contains(&records);
        section.check("max_records", "1 to 10000", records, holds)?;
        kinesis.max_records = records as u32;
    }
    if let Some(follow) = section.switch("follow") {
        kinesis.follow = follow;
    }
    if section.choice("on_trimmed") == Some("fail") {
        kinesis.on_trimmed = OnTrimmed::Fail;
    }
    Ok(Arc::new(kinesis))
}

fn read_sink(section: &Section<'_>) -> Result<Arc<dyn SinkSettings>, SettingError> {
    CONNECTOR.needs_feature(&section.key("kind"), IS_BUILT)?;
    Ok(Arc::new(KinesisSinkConfig {
        stream: section.required("stream")?,
        region: section.text("region"),
        endpoint_url: section.text("endpoint_url"),
        credentials: section
            .choice("credentials")
            .and_then(CredentialsSource::named),
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

    fn can_open(&self) -> Result<(), SettingError> {
        CONNECTOR.needs_feature("source.kind", IS_BUILT)
    }

    #[cfg(feature = "kinesis")]
    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        let source = super::KinesisSource::open(self, opening.positions, opening.observers);
        Ok(Box::new(source.await?))
    }

    #[cfg(not(feature = "kinesis"))]
    async fn open(&self, _: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        Err(SourceError::Service {
            action: format!("cannot read the Kinesis stream {}", self.stream),
            source: "this program was built without the feature kinesis".into(),
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn follows(&self) -> bool {
        self.follow
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
            bounded.start = start.map_err(|error: ParseStartPositionError| error.to_string())?;
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

    fn can_open(&self) -> Result<(), SettingError> {
        CONNECTOR.needs_feature("sink.kind", IS_BUILT)
    }

    #[cfg(feature = "kinesis")]
    async fn open(&self, opening: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        let sink = super::KinesisSink::open(self, opening.observers);
        Ok(Box::new(sink.await?))
    }

    #[cfg(not(feature = "kinesis"))]
    async fn open(&self, _: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        Err(SinkError::Service {
            action: format!("cannot write to the Kinesis stream {}", self.stream),
            source: "this program was built without the feature kinesis".into(),
        })
    }
}
