//! Kafka topics as a connector of the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Delivery, KafkaSinkConfig, KafkaSourceConfig, OnTrimmed, Options, Start};
use crate::connectors::{
    Connector, SinkEntry, SinkOpening, SinkSettings, SourceEntry, SourceOpening, SourceSettings,
};
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::sink::{Sink, SinkError};
use crate::source::{Source, SourceError};

/// The connector. It is in every build, so that a build without the feature reports how to get it.
pub const CONNECTOR: Connector = Connector {
    kind: "kafka",
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
    ("brokers", Kind::Texts, "connect to these brokers, host:port"),
    ("topic", Kind::Text, "read this topic"),
    ("group", Kind::Text, "join this consumer group, whose members share the partitions"),
    ("start", Kind::Text,
        "start here if the group has no offset: earliest, latest or a time [earliest]"),
    ("max_records", Kind::Count, "read at most this many records in a batch [10000]"),
    ("follow", Kind::Switch, "wait for new records at the end [true]"),
    ("on_trimmed", Kind::Choice(&["continue", "fail"]),
        "if records were trimmed before they could be read, do this [continue]"),
    ("headers", Kind::Texts, "forward these headers to results, by name; * for all [none]"),
    ("key_header", Kind::Text, "take the key from this header [none: the key of the message]"),
    ("options", Kind::Texts,
        "pass these options to librdkafka, NAME=VALUE or NAME=@FILE: security.protocol=SASL_SSL"),
];

#[rustfmt::skip]
const SINK_SETTINGS: &[SettingOf] = &[
    ("brokers", Kind::Texts, "connect to these brokers, host:port"),
    ("topic", Kind::Text, "write to this topic"),
    ("delivery", Kind::Choice(Delivery::NAMES),
        "deliver results exactly_once or at_least_once \
         [exactly_once from a topic of the same cluster with checkpoints, else at_least_once]"),
    ("options", Kind::Texts,
        "pass these options to librdkafka, NAME=VALUE or NAME=@FILE: security.protocol=SASL_SSL"),
];

const MAX_RECORDS: usize = 10_000;

const IS_BUILT: bool = cfg!(feature = "kafka");

fn read_source(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    CONNECTOR.needs_feature(&section.key("kind"), IS_BUILT)?;
    let start = match section.text("start") {
        Some(text) => text.parse().map_err(invalid(section, "start"))?,
        None => Start::default(),
    };
    let max_records = section.count("max_records");
    let max_records = max_records.map_or(Ok(MAX_RECORDS), |records| {
        section.check("max_records", "1 or more", records, records > 0)?;
        Ok(usize::try_from(records).unwrap_or(usize::MAX))
    })?;
    Ok(Arc::new(KafkaSourceConfig {
        brokers: brokers(section)?,
        topic: topic(section)?,
        group: section.required("group")?,
        start,
        max_records,
        follow: section.switch("follow").unwrap_or(true),
        on_trimmed: match section.choice("on_trimmed") {
            Some("fail") => OnTrimmed::Fail,
            _ => OnTrimmed::Continue,
        },
        headers: section.texts("headers").unwrap_or_default(),
        key_header: section.text("key_header").filter(|name| !name.is_empty()),
        options: options(section)?,
    }))
}

fn read_sink(section: &Section<'_>) -> Result<Arc<dyn SinkSettings>, SettingError> {
    CONNECTOR.needs_feature(&section.key("kind"), IS_BUILT)?;
    Ok(Arc::new(KafkaSinkConfig {
        brokers: brokers(section)?,
        topic: topic(section)?,
        delivery: section.choice("delivery").and_then(Delivery::named),
        options: options(section)?,
    }))
}

fn brokers(section: &Section<'_>) -> Result<Vec<String>, SettingError> {
    let brokers = section.texts("brokers").filter(|texts| !texts.is_empty());
    brokers.ok_or_else(|| {
        let because = format!("{}.kind = \"kafka\"", section.name());
        SettingError::missing(section.key("brokers"), &because)
    })
}

/// A valid topic name: ids of results and names of models rely on it.
fn topic(section: &Section<'_>) -> Result<String, SettingError> {
    let topic = section.required("topic")?;
    let is_name = topic
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let rule = "of letters, digits, '.', '_' and '-'";
    section.check("topic", rule, &topic, is_name)?;
    Ok(topic)
}

fn options(section: &Section<'_>) -> Result<Options, SettingError> {
    let texts = section.texts("options").unwrap_or_default();
    Options::parse(&texts).map_err(invalid(section, "options"))
}

fn invalid<E: Into<crate::BoxError>>(
    section: &Section<'_>,
    name: &str,
) -> impl Fn(E) -> SettingError {
    let key = section.key(name);
    move |error| SettingError::Invalid {
        key: key.clone(),
        source: error.into(),
    }
}

#[async_trait]
impl SourceSettings for KafkaSourceConfig {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        self.topic.clone()
    }

    fn fingerprint(&self) -> Value {
        json!({"topic": self.topic, "key_header": self.key_header})
    }

    fn can_open(&self) -> Result<(), SettingError> {
        CONNECTOR.needs_feature("source.kind", IS_BUILT)
    }

    #[cfg(feature = "kafka")]
    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(
            super::source::KafkaSource::open(self, opening).await?,
        ))
    }

    #[cfg(not(feature = "kafka"))]
    async fn open(&self, _: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        Err(SourceError::Service {
            action: format!("cannot read the topic {}", self.topic),
            source: "this program was built without the feature kafka".into(),
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

    fn rebalances(&self) -> bool {
        true
    }

    fn bounded(&self, _: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        Err(
            "a topic cannot be replayed from a checkpoint, since each of its partitions has \
             its own checkpoints; run again with another group, application and source.start"
                .to_owned(),
        )
    }
}

#[async_trait]
impl SinkSettings for KafkaSinkConfig {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn fingerprint(&self) -> Value {
        json!({"topic": self.topic})
    }

    fn can_open(&self) -> Result<(), SettingError> {
        CONNECTOR.needs_feature("sink.kind", IS_BUILT)
    }

    fn takes_headers(&self) -> bool {
        true
    }

    #[cfg(feature = "kafka")]
    async fn open(&self, opening: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        Ok(Box::new(super::sink::KafkaSink::open(self, opening).await?))
    }

    #[cfg(not(feature = "kafka"))]
    async fn open(&self, _: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        Err(SinkError::Service {
            action: format!("cannot write to the topic {}", self.topic),
            source: "this program was built without the feature kafka".into(),
        })
    }
}
