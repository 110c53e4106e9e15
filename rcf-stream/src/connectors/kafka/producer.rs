//! A producer with or without transactions, and its undelivered results.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::TopicPartitionList;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::client::{self, LOOK, PAUSE, TIMEOUT, Told};
use super::error::{Kind, kind};
use super::group::through_rebalances;
use crate::observer::InFlight;
use crate::record::Headers;

/// One request of a transaction waits this long, and is then repeated.
const REQUEST: Duration = Duration::from_secs(30);
/// The timeout for ending a transaction when no caller waits for it.
const ABORT: Duration = Duration::from_secs(10);

/// A result in flight.
pub(super) struct Delivery {
    pub(super) id: String,
    pub(super) size: usize,
    /// Its share of the bytes that may be in flight.
    pub(super) _share: OwnedSemaphorePermit,
    pub(super) _in_flight: InFlight,
    pub(super) _barrier: Arc<Barrier>,
}

/// Signals, when its last copy is dropped, that everything sent before it is delivered.
#[derive(Debug, Default)]
pub(super) struct Barrier(Mutex<Option<oneshot::Sender<()>>>);

impl Barrier {
    pub(super) fn when_passed(&self) -> oneshot::Receiver<()> {
        let (done, passed) = oneshot::channel();
        *self
            .0
            .lock()
            .expect("no thread panics while it holds the lock") = Some(done);
        passed
    }
}

impl Drop for Barrier {
    fn drop(&mut self) {
        let done = self.0.get_mut().ok().and_then(Option::take);
        if let Some(done) = done {
            let _ = done.send(()); // no caller waits any more
        }
    }
}

/// Why the first undelivered result was not delivered: its id, its size, the error.
pub(super) type Undelivered = (String, usize, KafkaError);

/// Receives the reports of librdkafka.
#[derive(Default)]
pub(super) struct Context {
    pub(super) told: Told,
    undelivered: Mutex<Option<Undelivered>>,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.told.note(&error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Box<Delivery>) {
        if let Err((error, message)) = result {
            let mut first = self
                .undelivered
                .lock()
                .expect("no thread panics while it holds the lock");
            if first.is_none() {
                tracing::debug!(topic = message.topic(), id = delivery.id, %error, "not delivered");
                *first = Some((delivery.id.clone(), delivery.size, error.clone()));
            }
        }
    }
}

/// A producer; all its methods may block.
pub(super) struct Producer {
    inner: ThreadedProducer<Context>,
    /// Whether a transaction is open, where there are transactions.
    transaction: Option<Mutex<bool>>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let transactions = self.transaction.is_some();
        f.debug_struct("Producer")
            .field("transactions", &transactions)
            .finish()
    }
}

impl Producer {
    /// Without transactions.
    pub(super) fn plain(config: &ClientConfig) -> KafkaResult<Self> {
        let inner = ThreadedProducer::from_config_and_context(config, Context::default())?;
        Ok(Self {
            inner,
            transaction: None,
        })
    }

    /// With transactions. Ends those that an earlier process with this id left open.
    pub(super) fn transactional(
        config: &ClientConfig,
    ) -> Result<Self, (KafkaError, Option<String>)> {
        let inner = ThreadedProducer::from_config_and_context(config, Context::default());
        let inner: ThreadedProducer<Context> = inner.map_err(|error| (error, None))?;
        let begun = client::retry("the transactions of an earlier run to end", REQUEST, || {
            inner.init_transactions(TIMEOUT)
        });
        begun.map_err(|error| inner.context().told.instead_of(error))?;
        Ok(Self {
            inner,
            transaction: Some(Mutex::new(false)),
        })
    }

    /// The cluster; `None` if no broker answers.
    pub(super) fn cluster(&self) -> Option<String> {
        self.inner.client().fetch_cluster_id(TIMEOUT)
    }

    pub(super) fn is_transactional(&self) -> bool {
        self.transaction.is_some()
    }

    /// Whether the topic exists.
    pub(super) fn find(&self, topic: &str) -> Result<(), (KafkaError, Option<String>)> {
        let found = client::retry("the topic of the results", TIMEOUT, || {
            let metadata = self.inner.client().fetch_metadata(Some(topic), LOOK);
            let metadata = self.inner.context().told.judge(metadata)?;
            client::partitions(&metadata, topic).map(drop)
        });
        found.map_err(|error| self.inner.context().told.instead_of(error))
    }

    /// Hands a result to librdkafka; waits while its queue is full.
    pub(super) fn send(
        &self,
        topic: &str,
        (key, data): (&str, &[u8]),
        forwarded: &Headers,
        delivery: Box<Delivery>,
    ) -> KafkaResult<()> {
        self.begin()?;
        let mut headers = OwnedHeaders::new().insert(Header {
            key: super::sink::ID_HEADER,
            value: Some(&delivery.id),
        });
        for header in forwarded.iter() {
            headers = headers.insert(Header {
                key: &header.name,
                value: header.value.as_deref(),
            });
        }
        let record = BaseRecord::with_opaque_to(topic, delivery).payload(data);
        let record = record.headers(headers);
        let mut record = match key {
            "" => record,
            key => record.key(key),
        };
        loop {
            match self.inner.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(PAUSE / 20);
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn begin(&self) -> KafkaResult<()> {
        let Some(transaction) = &self.transaction else {
            return Ok(());
        };
        let mut is_open = transaction
            .lock()
            .expect("no thread panics while it holds the lock");
        if !*is_open {
            self.inner.begin_transaction()?;
            *is_open = true;
        }
        Ok(())
    }

    /// Commits what was sent together with offsets; if that fails, aborts the transaction.
    pub(super) fn commit(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> KafkaResult<()> {
        self.begin()?;
        let committed = self.try_commit(offsets, group);
        if let Some(transaction) = &self.transaction {
            *transaction
                .lock()
                .expect("no thread panics while it holds the lock") = false;
        }
        if committed.is_err() {
            // Readers need not wait for its timeout. If this fails, they do.
            let _ = self.inner.abort_transaction(ABORT);
        }
        committed
    }

    fn try_commit(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> KafkaResult<()> {
        through_rebalances(|| {
            again("offsets to join a transaction", || {
                self.inner
                    .send_offsets_to_transaction(offsets, group, REQUEST)
            })
        })?;
        again("a transaction to be committed", || {
            self.inner.commit_transaction(REQUEST)
        })
    }

    /// The first result that was not delivered since the last call.
    pub(super) fn undelivered(&self) -> Option<Undelivered> {
        let context = self.inner.context();
        context
            .undelivered
            .lock()
            .expect("no thread panics while it holds the lock")
            .take()
    }

    /// The last message of librdkafka, if it is more specific than the error.
    pub(super) fn explain(&self, error: KafkaError) -> (KafkaError, Option<String>) {
        self.inner.context().told.instead_of(error)
    }
}

/// Repeats a request of a transaction as long as that may help.
fn again(what: &'static str, mut request: impl FnMut() -> KafkaResult<()>) -> KafkaResult<()> {
    let mut wait = client::Wait::new(what);
    loop {
        match request() {
            Err(error) if may_be_repeated(&error) => {
                wait.report(&error);
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

fn may_be_repeated(error: &KafkaError) -> bool {
    match error {
        KafkaError::Transaction(error) => error.is_retriable() && !error.txn_requires_abort(),
        error => kind(error) == Kind::Unavailable,
    }
}

/// What was sent since the last commit is discarded, and readers should not have to wait for that.
impl Drop for Producer {
    fn drop(&mut self) {
        let is_open = self.transaction.as_mut().and_then(|it| it.get_mut().ok());
        if is_open.is_some_and(|is_open| *is_open) {
            let _ = self.inner.abort_transaction(ABORT);
        }
    }
}
