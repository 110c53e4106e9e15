//! Stopping on request.

/// Ready at the first SIGTERM or SIGINT (Ctrl-C). The second one ends the process at once.
pub(crate) async fn requested() {
    signal().await;
    tracing::info!("stopping; a second signal stops at once");
    tokio::spawn(async {
        signal().await;
        std::process::exit(1);
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| signal(kind).expect("the process may handle its signals");
    let mut terminate = listen(SignalKind::terminate());
    let mut interrupt = listen(SignalKind::interrupt());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    tokio::signal::ctrl_c()
        .await
        .expect("the process may handle its signals");
}
