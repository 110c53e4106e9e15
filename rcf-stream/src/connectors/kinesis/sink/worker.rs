//! The task that puts records.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::queue::{Entry, Queue};
use super::service_error;
use crate::BoxError;
use crate::connectors::kinesis::{Backoff, KinesisApi, Rejection};
use crate::observer::{Observer, Observers};
use crate::sink::SinkError;

/// Commands of the sink to the worker.
#[derive(Debug)]
pub(super) enum Command {
    Put(Entry, OwnedSemaphorePermit),
    /// Answered when all records before it are acknowledged.
    Flush(oneshot::Sender<()>),
}

pub(super) struct Worker<A> {
    api: Arc<A>,
    action: String,
    observers: Observers,
    commands: mpsc::UnboundedReceiver<Command>,
    queue: Queue,
    /// While it waits, no further command is taken.
    flush: Option<oneshot::Sender<()>>,
    _in_flight: CloseOnDrop,
}

/// When the worker is gone, no bytes are released any more: all waiting tasks must be notified.
struct CloseOnDrop(Arc<Semaphore>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<A: KinesisApi> Worker<A> {
    pub(super) fn new(
        api: Arc<A>,
        stream: &str,
        observers: &Observers,
        commands: mpsc::UnboundedReceiver<Command>,
        in_flight: Arc<Semaphore>,
    ) -> Self {
        Self {
            api,
            action: format!("cannot put records into the Kinesis stream {stream}"),
            observers: observers.clone(),
            commands,
            queue: Queue::default(),
            flush: None,
            _in_flight: CloseOnDrop(in_flight),
        }
    }

    /// Puts records until the sink is gone, or a record cannot be put at all.
    pub(super) async fn run(mut self) -> Result<(), SinkError> {
        let mut backoff = Backoff::default();
        loop {
            self.take_waiting();
            if self.queue.is_empty() {
                if let Some(flush) = self.flush.take() {
                    // Without a receiver, no caller waits for the flush any more.
                    let _ = flush.send(());
                }
                match self.commands.recv().await {
                    Some(command) => self.take(command),
                    None => return Ok(()),
                }
                continue;
            }
            let request = self.queue.next_request();
            let records = request.len();
            match self.api.put_records(request).await {
                Ok(outcomes) => self.settle(&outcomes, &mut backoff).await?,
                Err(error) if error.kind.is_retryable_at_work() => {
                    self.observers.retried(records as u64);
                    self.queue.settle_failed();
                    backoff.wait(&self.action, &error).await;
                }
                Err(error) => return Err(service_error(&self.action, error)),
            }
        }
    }

    /// Takes the commands that are available, without waiting.
    fn take_waiting(&mut self) {
        while self.flush.is_none() && !self.queue.is_full() {
            match self.commands.try_recv() {
                Ok(command) => self.take(command),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Put(entry, share) => self.queue.push(entry, share),
            Command::Flush(done) => self.flush = Some(done),
        }
    }

    async fn settle(
        &mut self,
        outcomes: &[Result<(), Rejection>],
        backoff: &mut Backoff,
    ) -> Result<(), SinkError> {
        let put = match self.queue.settle(outcomes) {
            Ok(put) => put,
            Err((entry, rejection)) => {
                let source = format!("the result {} was refused: {rejection}", entry.id);
                return Err(self.failed(source.into()));
            }
        };
        let refused = outcomes.len().saturating_sub(put);
        if refused > 0 {
            self.observers.retried(refused as u64);
        }
        // Every accepted record is progress: only a request without any increases the delay.
        if put > 0 {
            backoff.reset();
        }
        if let Some(Err(rejection)) = outcomes.iter().find(|outcome| outcome.is_err()) {
            backoff.wait(&self.action, rejection).await;
        }
        Ok(())
    }

    fn failed(&self, source: BoxError) -> SinkError {
        SinkError::Service {
            action: self.action.clone(),
            source,
        }
    }
}
