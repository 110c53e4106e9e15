//! Connections of the HTTP server, bounded in number, in time and in memory.
//!
//! Observers must not take from the pipeline what it needs: descriptors, memory and time. A
//! connection that arrives when all places are taken replaces the oldest quarter, which are
//! probably silent or slow: our responses take milliseconds. So a probe gets a response, however
//! many silent connections there are.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The most connections at a time.
const MOST: usize = 64;
/// One descriptor in this many may be a connection; the others are for files, streams and
/// checkpoints.
const SHARE_OF_DESCRIPTORS: usize = 8;
/// A connection that sends no complete head of a request within this time is closed.
const HEAD: Duration = Duration::from_secs(5);
/// Any connection is closed after this time, even one that is read slowly. Clients reconnect as
/// needed.
const WHOLE: Duration = Duration::from_secs(30);
/// The most headers of a request, and the buffer for them.
const HEADERS: usize = 32;
const BUFFER: usize = 16 << 10;
/// How long to wait when the system cannot accept a connection.
const PAUSE: Duration = Duration::from_millis(200);

/// Accepts connections until it is dropped. It never returns.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let most = most_connections();
    let mut open = Connections::default();
    let mut failures = 0_u64;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                open.make_room(most).await;
                open.push(tokio::spawn(answer(stream, router.clone())));
            }
            // The peer has gone, or no descriptors are left because another part of the process has
            // taken them.
            Err(error) => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::warn!(%error, failures, "cannot accept an HTTP connection");
                }
                open.make_room(most / 2 + 1).await;
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match timeout(WHOLE, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an HTTP connection has failed"),
        Err(_) => tracing::debug!("an HTTP connection was open for too long"),
    }
}

/// The connections that are open, oldest first. All are closed when this is dropped.
#[derive(Debug, Default)]
struct Connections(VecDeque<JoinHandle<()>>);

impl Connections {
    /// If all places are taken, closes the oldest quarter of the connections: a flood then costs
    /// one scan and one wait for each quarter, not for each connection. Returns when their
    /// descriptors are free: an aborted task keeps its descriptor until the runtime drops it, and a
    /// burst of connections would be accepted meanwhile.
    async fn make_room(&mut self, most: usize) {
        if self.0.len() < most {
            return;
        }
        self.0.retain(|connection| !connection.is_finished());
        let excess = (self.0.len() + 1).saturating_sub(most);
        if excess == 0 {
            return;
        }
        let closed = excess.max(most / 4).min(self.0.len());
        let oldest: Vec<_> = self.0.drain(..closed).collect();
        oldest.iter().for_each(JoinHandle::abort);
        for connection in oldest {
            // An error means that it was aborted, as intended.
            let _ = connection.await;
        }
    }

    fn push(&mut self, connection: JoinHandle<()>) {
        self.0.push_back(connection);
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// So many that the descriptors of this process suffice for everything else.
fn most_connections() -> usize {
    let share = descriptors().map_or(MOST, |limit| limit / SHARE_OF_DESCRIPTORS);
    share.clamp(2, MOST)
}

/// How many descriptors this process may have; `None` if there is no such limit.
#[cfg(unix)]
fn descriptors() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile).current?;
    usize::try_from(limit).ok()
}

#[cfg(not(unix))]
fn descriptors() -> Option<usize> {
    None
}
