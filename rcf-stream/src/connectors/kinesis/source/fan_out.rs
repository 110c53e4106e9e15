//! Reads a shard by enhanced fan-out: records are pushed, with dedicated throughput.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::reader::{Outcome, ShardReader};
use super::{Message, service_error};
use crate::connectors::kinesis::{ApiError, Backoff, ErrorKind, KinesisApi};
use crate::source::SourceError;

/// Kinesis allows one call a second, and refuses a second subscription within five seconds.
const SUBSCRIBE_INTERVAL: Duration = Duration::from_secs(1);

impl<A: KinesisApi> ShardReader<A> {
    /// Subscribes repeatedly, since a subscription ends after five minutes, always after the last
    /// received record.
    pub(super) async fn run_subscribed(
        mut self,
        consumer: &str,
    ) -> Result<(Arc<str>, Outcome), SourceError> {
        let mut backoff = Backoff::default();
        let mut next_call = Instant::now();
        loop {
            sleep_until(next_call).await;
            next_call = Instant::now() + SUBSCRIBE_INTERVAL;
            let start = self.start();
            let subscribed = self.api.subscribe(consumer, &self.shard, &start).await;
            let mut subscription = match subscribed {
                Ok(subscription) => subscription,
                Err(error) if error.kind.is_retryable_at_work() => {
                    backoff.wait(&self.action("subscribe to"), &error).await;
                    continue;
                }
                Err(error) => return Err(self.refused(&self.action("subscribe to"), error)),
            };
            self.remember_latest(&start).await;
            loop {
                let mut page = match subscription.next().await {
                    Ok(Some(page)) => page,
                    Ok(None) => break, // its five minutes are over
                    Err(error) if may_resubscribe(&error) => {
                        backoff.wait(&self.action("read"), &error).await;
                        break;
                    }
                    Err(error) => return Err(service_error(self.action("read"), error)),
                };
                backoff.reset();
                let at_tip = page.records.is_empty() && page.millis_behind_latest == 0;
                let ended = page.next.is_none();
                self.advance(&mut page.records)?;
                if ended || !page.records.is_empty() {
                    // Only now: a quiet shard that held a permit while it waits would block others.
                    // What is pushed meanwhile waits in the connection.
                    let permit = Arc::clone(&self.permits).acquire_owned().await;
                    let permit = permit.expect("the semaphore is never closed");
                    let message = Message::Batch(self.batch(page.records, ended), Some(permit));
                    // Without a receiver the source is gone, and this task is about to be aborted.
                    let _ = self.output.send(message).await;
                }
                if ended {
                    return Ok((self.shard, Outcome::Ended));
                }
                if at_tip && !self.config.follow {
                    return Ok((self.shard, Outcome::AtTip));
                }
            }
        }
    }
}

fn may_resubscribe(error: &ApiError) -> bool {
    error.kind.is_retryable_at_work() || error.kind == ErrorKind::ExpiredIterator
}
