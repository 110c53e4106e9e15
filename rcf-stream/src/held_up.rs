//! Log lines about a delayed pipeline, one a minute.

use std::time::Duration;

use tokio::task::AbortHandle;

use crate::observer::Observers;

const INTERVAL: Duration = Duration::from_secs(60);

/// Warns once a minute until it is dropped. It runs in its own task, since a write to a pipe blocks
/// the task that waits.
#[derive(Debug)]
pub(crate) struct HeldUp(AbortHandle);

impl HeldUp {
    pub(crate) const FULL: &str = "the stream waits: the sink does not accept more results";
    pub(crate) const FLUSH: &str =
        "the checkpoint waits: the sink has not acknowledged all results before it";
    pub(crate) const DEAD_LETTERS: &str =
        "the checkpoint waits: the sink of dead letters has not acknowledged all before it";
    pub(crate) const STORE: &str =
        "the checkpoint waits: its directory or bucket has not accepted all of it";

    pub(crate) fn watch(what: &'static str, observers: &Observers) -> Self {
        let observers = observers.clone();
        Self::watch_with(move |waited| {
            let seconds = waited.as_secs();
            let unacknowledged = observers.unacknowledged();
            tracing::warn!(seconds, unacknowledged, "{what}");
        })
    }

    fn watch_with(tell: impl Fn(Duration) + Send + 'static) -> Self {
        let task = tokio::spawn(async move {
            let mut waited = Duration::ZERO;
            loop {
                tokio::time::sleep(INTERVAL).await;
                waited += INTERVAL;
                tell(waited);
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for HeldUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_reported_once_a_minute_until_it_is_over() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let watch = HeldUp::watch_with(move |waited| tell.lock().unwrap().push(waited.as_secs()));
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert!(told.lock().unwrap().is_empty());
        tokio::time::sleep(Duration::from_secs(90)).await;
        drop(watch);
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(*told.lock().unwrap(), [60, 120]);
    }
}
