//! A consumer that leaves its group within a limited time.

use std::ops::Deref;
use std::sync::mpsc;
use std::time::Duration;

use rdkafka::consumer::StreamConsumer;

use super::group::Context;

/// Leaving takes a request to a broker, or its timeout.
const LEAVE: Duration = Duration::from_secs(30);

/// A member of a group. When it is dropped, it leaves, for which librdkafka waits until each change
/// of the assignment has had its response, however long that takes: the limit is ours.
pub(super) struct Member {
    consumer: Option<StreamConsumer<Context>>,
    group: String,
    limit: Duration,
}

impl Member {
    pub(super) fn new(consumer: StreamConsumer<Context>, group: &str) -> Self {
        Self {
            consumer: Some(consumer),
            group: group.to_owned(),
            limit: LEAVE,
        }
    }
}

impl Deref for Member {
    type Target = StreamConsumer<Context>;

    fn deref(&self) -> &Self::Target {
        self.consumer.as_ref().expect("only drop takes it")
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let consumer = self.consumer.take();
        let (tell, left) = mpsc::channel::<()>();
        let leave = std::thread::Builder::new().name("kafka-leave".to_owned());
        let leaving = leave.spawn(move || {
            drop(consumer);
            drop(tell);
        });
        let is_late = || left.recv_timeout(self.limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if leaving.is_ok() && is_late() {
            tracing::warn!(
                group = self.group,
                "the consumer has not left its group within {} s; continuing without it, and the \
                 group gives its partitions to others after its max.poll.interval.ms",
                self.limit.as_secs()
            );
        }
    }
}
