//! Stopping on request.

use tokio::sync::{mpsc, oneshot};

/// Ready at the first SIGTERM or SIGINT (Ctrl-C). The second one ends the process immediately, even
/// if the pipeline is stuck in a write without a reader: another thread waits for it.
pub(crate) fn requested() -> impl Future<Output = ()> {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let mut signals = Signals::listen();
        signals.next().await;
        tracing::info!("stopping; a second signal stops immediately");
        let _ = tell.send(()); // there is no receiver any more if the work is done
        signals.next().await;
        std::process::exit(1);
    });
    async {
        let _ = told.await;
    }
}

/// Each SIGHUP, which log rotation sends so that files are opened again.
#[cfg(unix)]
pub(crate) fn rotations() -> mpsc::Receiver<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (tell, told) = mpsc::channel(1);
    let mut hangups = signal(SignalKind::hangup()).expect("a process may handle this signal");
    tokio::spawn(
        async move { while hangups.recv().await.is_some() && tell.send(()).await.is_ok() {} },
    );
    told
}

/// There is no such request on this platform.
#[cfg(not(unix))]
pub(crate) fn rotations() -> mpsc::Receiver<()> {
    mpsc::channel(1).1
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).expect("a process may handle these signals");
        Self {
            terminate: listen(SignalKind::terminate()),
            interrupt: listen(SignalKind::interrupt()),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        tokio::signal::ctrl_c()
            .await
            .expect("a process may handle Ctrl-C");
    }
}
