//! Shared parts of consumers and producers: options, and reports of librdkafka.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;

use super::Options;
use super::error::{Kind, kind, kind_of_code};

/// Requests for metadata wait this long for a broker.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// At the start they wait this long before the cause is examined.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// A request that a broker cannot answer yet is repeated after this time.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// A wait is reported after this time,
const LONG: Duration = Duration::from_secs(10);
/// and again each time that this has passed.
const AGAIN: Duration = Duration::from_secs(60);
/// The name under which brokers see this program.
const CLIENT: &str = "rcf";

/// A client of these brokers, with the options of the user.
pub(super) fn config(brokers: &[String], options: &Options) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers.join(","));
    config.set("client.id", CLIENT);
    // Its option `debug` is of no use at a level that discards what it reports.
    config.set_log_level(match options.get("debug") {
        Some(_) => RDKafkaLogLevel::Debug,
        None => RDKafkaLogLevel::Warning,
    });
    for (name, value) in options.iter() {
        config.set(name, value);
    }
    config
}

/// The last error that librdkafka reported: it is more specific than a request's timeout.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Option<(Code, String)>>);

impl Told {
    /// Takes note of an error.
    pub(super) fn note(&self, error: &KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else {
            return;
        };
        tracing::debug!(%code, reason, "librdkafka reports");
        let mut last = self
            .0
            .lock()
            .expect("no thread panics while it holds the lock");
        // That all brokers are down is less specific than the error of one.
        if code != Code::AllBrokersDown || last.is_none() {
            *last = Some((code, reason.to_owned()));
        }
    }

    /// The message of a failed request, or what librdkafka reported meanwhile, if the configuration
    /// is the cause: repeating the request would not help.
    pub(super) fn judge<T>(&self, done: KafkaResult<T>) -> KafkaResult<T> {
        let last = self
            .0
            .lock()
            .expect("no thread panics while it holds the lock");
        match (done, &*last) {
            (Err(_), Some((code, _))) if matches!(kind_of_code(*code), Kind::Setup(_)) => {
                Err(KafkaError::Global(*code))
            }
            (done, _) => done,
        }
    }

    /// The text of that error.
    pub(super) fn last(&self) -> Option<String> {
        let last = self
            .0
            .lock()
            .expect("no thread panics while it holds the lock");
        last.as_ref().map(|(_, reason)| reason.clone())
    }

    /// Replaces an error that only reports a timeout, and its text.
    pub(super) fn instead_of(&self, error: KafkaError) -> (KafkaError, Option<String>) {
        let is_told = matches!(error, KafkaError::Global(_));
        if kind(&error) != Kind::Unavailable && !is_told {
            return (error, None);
        }
        match self
            .0
            .lock()
            .expect("no thread panics while it holds the lock")
            .take()
        {
            Some((code, reason)) => (KafkaError::Global(code), Some(reason)),
            None => (error, None),
        }
    }
}

/// A line of the log of librdkafka. Lost connections are not errors: it reconnects automatically.
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

/// Repeats a request while brokers cannot answer, for a limited time.
pub(super) fn retry<T>(
    what: &'static str,
    patience: Duration,
    mut request: impl FnMut() -> KafkaResult<T>,
) -> KafkaResult<T> {
    let mut wait = Wait::new(what);
    loop {
        match request() {
            Err(error) if kind(&error) == Kind::Unavailable && wait.so_far() < patience => {
                wait.report(&error);
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// A wait that is reported in the log when it is long.
pub(super) struct Wait {
    what: &'static str,
    begin: Instant,
    next: Duration,
}

impl Wait {
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            begin: Instant::now(),
            next: LONG,
        }
    }

    pub(super) fn so_far(&self) -> Duration {
        self.begin.elapsed()
    }

    /// When the next report is due.
    pub(super) fn due(&self) -> Instant {
        self.begin + self.next
    }

    /// Reports what is waited for and why, if that is due.
    pub(super) fn report(&mut self, why: &dyn std::fmt::Display) {
        let seconds = self.so_far().as_secs();
        if self.so_far() >= self.next {
            tracing::warn!(seconds, "still waiting for {}: {why}", self.what);
            self.next = self.so_far() + AGAIN;
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
