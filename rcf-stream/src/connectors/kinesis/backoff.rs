//! Waiting before the next attempt: longer each time, and with jitter.

use std::fmt::Display;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::{ApiError, ErrorKind};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(20);

/// Counts consecutive failures and converts them into delays. There is no last attempt: a stream
/// that is throttled for an hour is late, not broken.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Forgets the failures: a request succeeded.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Logs a failure in one line and waits.
    pub(crate) async fn wait(&mut self, action: &str, cause: &(dyn Display + Sync)) {
        let cause = one_line(&cause.to_string());
        let delay = delay(self.failures, random());
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(
            action,
            cause,
            failures = self.failures,
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "Kinesis: trying again"
        );
        tokio::time::sleep(delay).await;
    }
}

/// Repeats a request at the start until it succeeds or fails permanently.
pub(crate) async fn retry<T, F>(action: &str, request: impl FnMut() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    retry_while(ErrorKind::is_retryable, action, request).await
}

/// The same for a process that is running.
pub(crate) async fn retry_at_work<T, F>(
    action: &str,
    request: impl FnMut() -> F,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    retry_while(ErrorKind::is_retryable_at_work, action, request).await
}

async fn retry_while<T, F>(
    heals: fn(ErrorKind) -> bool,
    action: &str,
    mut request: impl FnMut() -> F,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut backoff = Backoff::default();
    loop {
        match request().await {
            Err(error) if heals(error.kind) => backoff.wait(action, &error).await,
            done => return done,
        }
    }
}

/// Intermediate servers may respond with an HTML page.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 500;
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// Doubles with every failure up to a limit. The lower half is constant, so that a failure is never
/// retried immediately; the upper half is `random`, from 0 to 1, so that readers that failed
/// together do not return together.
fn delay(failures: u32, random: f64) -> Duration {
    let whole = FIRST
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(LONGEST);
    whole.mul_f64(0.5 + random / 2.0)
}

/// A number from 0 to 1. The standard library seeds each `RandomState` differently, which is
/// random enough to keep readers apart.
fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::kinesis::ErrorKind;

    #[test]
    fn delays_double_up_to_a_limit() {
        let longest: Vec<_> = (0..10).map(|n| delay(n, 1.0).as_millis()).collect();
        let expected = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000];
        assert_eq!(longest, expected);
        assert_eq!(delay(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn half_of_a_delay_is_random() {
        assert_eq!(delay(3, 0.0), Duration::from_millis(400));
        assert_eq!(delay(3, 0.5), Duration::from_millis(600));
        let draws: Vec<_> = (0..100).map(|_| random()).collect();
        assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
        assert!(draws.iter().any(|draw| *draw < 0.4) && draws.iter().any(|draw| *draw > 0.6));
    }

    #[test]
    fn a_failure_is_one_line() {
        assert_eq!(one_line("<html>\n  <b>503</b>\r\n"), "<html> <b>503</b>");
        assert_eq!(one_line(&"x".repeat(9_000)).len(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn missing_credentials_are_waited_for_only_at_work() {
        let mut tries = 0;
        let mut request = || {
            tries += 1;
            std::future::ready(match tries {
                1 | 2 => Err(ApiError {
                    kind: ErrorKind::Credentials,
                    message: String::new(),
                }),
                _ => Ok(tries),
            })
        };
        let at_start = retry("test", &mut request).await;
        assert_eq!(at_start.unwrap_err().kind, ErrorKind::Credentials);
        assert_eq!(retry_at_work("test", &mut request).await, Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn only_errors_that_can_heal_are_retried() {
        let error = |kind| ApiError {
            kind,
            message: String::new(),
        };
        let mut tries = 0;
        let done = retry("test", || {
            tries += 1;
            std::future::ready(match tries {
                ..30 => Err(error(ErrorKind::Throttled)),
                30..60 => Err(error(ErrorKind::Unavailable)),
                _ => Ok(tries),
            })
        });
        assert_eq!(done.await, Ok(60));

        let failed = retry("test", || {
            std::future::ready(Err::<(), _>(error(ErrorKind::NotFound)))
        });
        assert_eq!(failed.await, Err(error(ErrorKind::NotFound)));
    }
}
