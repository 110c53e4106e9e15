//! A thread that writes checkpoints while records are processed.

use std::future::Future;
use std::io;
use std::sync::mpsc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A thread with its own runtime, so that encoding and waiting for the store take no time from the
/// loop, whatever runtime that uses. The thread ends when this value is dropped.
#[derive(Debug)]
pub(super) struct Background {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Background {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped); // an error says that the sender is gone
            })?;
        Ok(Self {
            handle,
            _stop: stop,
        })
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle.spawn(work)
    }

    /// Blocks the calling thread until the work is done.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            let _ = sender.send(work.await); // the receiver waits below
        });
        receiver.recv().expect("the thread lives as long as self")
    }
}
