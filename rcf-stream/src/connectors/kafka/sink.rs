//! A Kafka topic as a [`Sink`].
//!
//! `write` hands results to librdkafka and returns; those on their way hold shares of a fixed
//! number of bytes: when there are none left, `write` waits.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use tokio::sync::Semaphore;

use super::client::{self, blocking};
use super::error::{Kind, kind, sink_error};
use super::group::Group;
use super::producer::{Barrier, Delivery as OnTheWay, Producer};
use super::{Delivery, KafkaSinkConfig};
use crate::connectors::SinkOpening;
use crate::observer::{InFlight, Observers};
use crate::record::OutputRecord;
use crate::sink::{Flushed, Sink, SinkError, SinkPosition};

/// The header with the id of a result.
pub(super) const ID_HEADER: &str = "rcf.id";
/// The most bytes that are written and not acknowledged.
const BYTES_IN_FLIGHT: usize = 32 << 20;
/// The overhead of a result in addition to its key and payload.
const OVERHEAD: usize = 256;
/// How long a transaction may be open if checkpoints are not written by time: the default maximum
/// of brokers.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(900);

/// Writes results to a topic.
#[derive(Debug)]
pub(super) struct KafkaSink {
    topic: String,
    action: String,
    producer: Arc<Producer>,
    observers: Observers,
    in_flight: Arc<Semaphore>,
    barrier: Arc<Barrier>,
}

impl KafkaSink {
    pub(super) async fn open(
        config: &KafkaSinkConfig,
        opening: &SinkOpening<'_>,
    ) -> Result<Self, SinkError> {
        let KafkaSinkConfig { topic, brokers, .. } = config;
        let action = format!("cannot write to the topic {topic} at {}", brokers.join(","));
        let group = opening.coordinator.and_then(|it| {
            let any: &dyn std::any::Any = &**it;
            any.downcast_ref::<Group>().cloned()
        });
        let (config, longest) = (config.clone(), opening.checkpoint_every);
        let (name, opened) = (action.clone(), action.clone());
        let producer = blocking(move || connect(&config, group, longest, &opened)).await?;
        Ok(Self {
            topic: topic.clone(),
            action: name,
            producer,
            observers: opening.observers.clone(),
            in_flight: Arc::new(Semaphore::new(BYTES_IN_FLIGHT)),
            barrier: Arc::default(),
        })
    }

    /// Why a result was not delivered, if one was not.
    fn check(&self) -> Result<(), SinkError> {
        match self.producer.undelivered() {
            None => Ok(()),
            Some((id, size, error)) => {
                Err(undelivered(&self.action, &self.producer, id, size, error))
            }
        }
    }
}

fn undelivered(
    action: &str,
    producer: &Producer,
    id: String,
    size: usize,
    error: KafkaError,
) -> SinkError {
    if error.rdkafka_error_code() == Some(Code::MessageSizeTooLarge) {
        return SinkError::Service {
            action: action.to_owned(),
            source: format!(
                "the result {id} has {size} bytes, more than the topic accepts; raise \
                 max.message.bytes of the topic and the option message.max.bytes"
            )
            .into(),
        };
    }
    failed(
        format!("{action}: the result {id} was not delivered"),
        producer,
        error,
    )
}

/// Converts an error of a producer for the pipeline. A failed transaction is aborted, and the
/// pipeline continues from the newest checkpoint as soon as brokers are available.
fn failed(action: String, producer: &Producer, error: KafkaError) -> SinkError {
    let is_transactional = producer.is_transactional();
    let (error, told) = producer.explain(error);
    match sink_error(action, &error, told) {
        SinkError::Service { action, source }
            if is_transactional && kind(&error) == Kind::Unavailable =>
        {
            let reason = source.to_string();
            SinkError::Lost { action, reason }
        }
        error => error,
    }
}

/// A producer for the sink: that of the group, if its transactions include the results, too.
fn connect(
    config: &KafkaSinkConfig,
    group: Option<Group>,
    longest: Option<Duration>,
    action: &str,
) -> Result<Arc<Producer>, SinkError> {
    let setup = |reason: &str| SinkError::Setup {
        action: action.to_owned(),
        reason: reason.to_owned(),
    };
    let failed = |(error, told)| sink_error(action, &error, told);
    let mut options = client::config(&config.brokers, &config.options);
    options.set("enable.idempotence", "true");
    // The partition that Java's clients choose for a key, too: consumers may join results with
    // records.
    set_default(config, &mut options, "partitioner", "murmur2_random");
    let wanted = config.delivery;
    if wanted == Some(Delivery::ExactlyOnce) && group.is_none() {
        return Err(setup(
            "exactly_once needs a Kafka source and checkpoint.directory; set \
             sink.delivery = \"at_least_once\"",
        ));
    }
    let group = group.filter(|_| wanted != Some(Delivery::AtLeastOnce));
    let Some(group) = group else {
        return plain(config, options, action);
    };
    let same = {
        let producer = Producer::plain(&options).map_err(|error| failed((error, None)))?;
        producer.find(&config.topic).map_err(failed)?;
        producer.cluster() == group.cluster()
    };
    if !same {
        if wanted.is_some() {
            return Err(setup(
                "exactly_once needs source and sink in one cluster; set \
                 sink.delivery = \"at_least_once\"",
            ));
        }
        tracing::info!(
            "source and sink are in different clusters: results are delivered at least \
                        once"
        );
        return plain(config, options, action);
    }
    let id = format!(
        "rcf-{}-{}-{:016x}",
        group.name(),
        group.topic(),
        rand::random::<u64>()
    );
    set_default(config, &mut options, "transactional.id", &id);
    let longest = longest.map_or(LONGEST_TRANSACTION, |every| {
        every * 2 + Duration::from_secs(30)
    });
    let longest = longest.min(LONGEST_TRANSACTION).as_millis().to_string();
    set_default(config, &mut options, "transaction.timeout.ms", &longest);
    group.producer(|| {
        Producer::transactional(&options)
            .map(Arc::new)
            .map_err(failed)
    })
}

fn plain(
    config: &KafkaSinkConfig,
    mut options: ClientConfig,
    action: &str,
) -> Result<Arc<Producer>, SinkError> {
    options.remove("transactional.id");
    options.remove("transaction.timeout.ms");
    // As long as brokers are down.
    set_default(config, &mut options, "message.timeout.ms", "0");
    let failed = |(error, told)| sink_error(action, &error, told);
    let producer = Producer::plain(&options).map_err(|error| failed((error, None)))?;
    producer.find(&config.topic).map_err(failed)?;
    Ok(Arc::new(producer))
}

fn set_default(config: &KafkaSinkConfig, options: &mut ClientConfig, name: &str, value: &str) {
    if config.options.get(name).is_none() {
        options.set(name, value);
    }
}

#[async_trait]
impl Sink for KafkaSink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        self.check()?;
        for record in records {
            let size = record.data.len() + record.partition_key.len() + record.headers.size();
            let cost = u32::try_from((size + OVERHEAD).min(BYTES_IN_FLIGHT)).unwrap_or(u32::MAX);
            let share = Arc::clone(&self.in_flight).acquire_many_owned(cost).await;
            let share = share.expect("it is never closed");
            let delivery = Box::new(OnTheWay {
                id: record.id,
                size,
                _share: share,
                _in_flight: InFlight::new(&self.observers, 1),
                _barrier: Arc::clone(&self.barrier),
            });
            let message = (record.partition_key.as_str(), &*record.data);
            let sent = self
                .producer
                .send(&self.topic, message, &record.headers, delivery);
            if let Err(error) = sent {
                self.check()?; // it may be the cause
                return Err(failed(self.action.clone(), &self.producer, error));
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError> {
        self.begin_flush().await?.await
    }

    async fn begin_flush(&mut self) -> Result<Flushed, SinkError> {
        self.check()?;
        let before = std::mem::take(&mut self.barrier);
        let passed = before.when_passed();
        drop(before);
        let (producer, action) = (Arc::clone(&self.producer), self.action.clone());
        Ok(Box::pin(async move {
            let _ = passed.await; // notified when all of them are delivered or have failed
            match producer.undelivered() {
                None => Ok(None),
                Some((id, size, error)) => Err(undelivered(&action, &producer, id, size, error)),
            }
        }))
    }
}
