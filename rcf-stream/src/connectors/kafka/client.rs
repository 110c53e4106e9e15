//! Shared parts of consumers and producers: options, and reports of librdkafka.

use std::sync::Mutex;
use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;

use super::Options;
use super::error::{Kind, kind, kind_of_code};

/// Requests for metadata wait so long for a broker.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// At the start they wait so long before it is looked why there is no answer.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// An answer that a broker cannot give yet is asked for again after this time.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// The name under which brokers see this program.
const CLIENT: &str = "rcf";

/// A client of these brokers, with the options of the user.
pub(super) fn config(brokers: &[String], options: &Options) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers.join(","));
    config.set("client.id", CLIENT);
    config.set_log_level(RDKafkaLogLevel::Warning);
    for (name, value) in options.iter() {
        config.set(name, value);
    }
    config
}

/// The last error that librdkafka reported by itself: it says more than that a request timed out.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Option<(Code, String)>>);

impl Told {
    /// Takes note of an error.
    pub(super) fn note(&self, error: &KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else {
            return;
        };
        tracing::debug!(%code, reason, "librdkafka reports");
        let mut last = self.0.lock().expect("nobody panics holding it");
        // That all brokers are down says less than why one is.
        if code != Code::AllBrokersDown || last.is_none() {
            *last = Some((code, reason.to_owned()));
        }
    }

    /// What a request that has failed says, or what librdkafka has said meanwhile, if that is a
    /// matter of the configuration: to ask again would not help.
    pub(super) fn judge<T>(&self, done: KafkaResult<T>) -> KafkaResult<T> {
        let last = self.0.lock().expect("nobody panics holding it");
        match (done, &*last) {
            (Err(_), Some((code, _))) if matches!(kind_of_code(*code), Kind::Setup(_)) => {
                Err(KafkaError::Global(*code))
            }
            (done, _) => done,
        }
    }

    /// The error in place of one that only says that time ran out, and its text.
    pub(super) fn instead_of(&self, error: KafkaError) -> (KafkaError, Option<String>) {
        let is_told = matches!(error, KafkaError::Global(_));
        if kind(&error) != Kind::Unavailable && !is_told {
            return (error, None);
        }
        match self.0.lock().expect("nobody panics holding it").take() {
            Some((code, reason)) => (KafkaError::Global(code), Some(reason)),
            None => (error, None),
        }
    }
}

/// A line of the log of librdkafka. Lost connections are not errors: it connects again by itself.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::warn!(facility, "{message}");
        }
        _ => tracing::debug!(facility, "{message}"),
    }
}

/// The partitions of a topic.
pub(super) fn partitions(metadata: &Metadata, topic: &str) -> KafkaResult<Vec<i32>> {
    let found = metadata.topics().iter().find(|it| it.name() == topic);
    let Some(found) = found else {
        return Err(KafkaError::MetadataFetch(Code::UnknownTopicOrPartition));
    };
    if let Some(error) = found.error() {
        return Err(KafkaError::MetadataFetch(error.into()));
    }
    if found.partitions().is_empty() {
        return Err(KafkaError::MetadataFetch(Code::UnknownTopicOrPartition));
    }
    Ok(found.partitions().iter().map(|it| it.id()).collect())
}

/// Tries again while brokers cannot answer, for so long.
pub(super) fn retry<T>(
    patience: Duration,
    mut request: impl FnMut() -> KafkaResult<T>,
) -> KafkaResult<T> {
    let begin = std::time::Instant::now();
    loop {
        match request() {
            Err(error) if kind(&error) == Kind::Unavailable && begin.elapsed() < patience => {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Runs requests that block on a thread where they may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
