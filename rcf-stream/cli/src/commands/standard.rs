//! The standard streams: whether they were open at the start, and printing.

use std::io::{self, Write};
use std::path::Path;

use rcf_stream::SinkError;

use super::failure::Failure;

/// Refuses files that are a closed standard stream (`>&-`). The runtime opens /dev/null in its
/// place, so that input would look empty, and results would be lost without an error.
pub(crate) fn check<'a>(files: impl IntoIterator<Item = Use<'a>>) -> Result<(), Failure> {
    for used in files {
        let (path, dash) = match used {
            Use::Read(path) => (path, 0),
            Use::Written(path) => (path, 1),
        };
        let stream = match path.to_str() {
            Some("-") => Some(dash),
            _ => STREAMS.iter().position(|it| it.has_name(path)),
        };
        if let Some(stream) = stream.filter(|&stream| was_closed(stream)) {
            let Stream { name, remedy, .. } = STREAMS[stream];
            return Err(Failure::configuration(format!(
                "{name} is closed: {remedy}"
            )));
        }
    }
    Ok(())
}

/// A file, and its use; `-` is a standard stream.
#[derive(Clone, Copy)]
pub(crate) enum Use<'a> {
    Read(&'a Path),
    Written(&'a Path),
}

/// Writes the requested output of a command to the standard output.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let dash = Path::new("-");
    check([Use::Written(dash)])?;
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_ref());
    written.and_then(|()| output.flush()).map_err(|source| {
        let path = dash.to_owned();
        SinkError::Io { path, source }.into()
    })
}

/// Writes a message to the standard error, which may have no reader.
pub(crate) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

struct Stream {
    name: &'static str,
    remedy: &'static str,
    device: &'static str,
    number: &'static str,
}

impl Stream {
    fn has_name(&self, path: &Path) -> bool {
        let folders = ["/dev/fd", "/proc/self/fd"].map(Path::new);
        path == Path::new(self.device) || folders.iter().any(|it| path == it.join(self.number))
    }
}

const STREAMS: [Stream; 3] = [
    Stream {
        name: "the standard input",
        remedy: "redirect it (< FILE), or read a file by its name",
        device: "/dev/stdin",
        number: "0",
    },
    Stream {
        name: "the standard output",
        remedy: "redirect it (> FILE, or > /dev/null), or write to a file by its name",
        device: "/dev/stdout",
        number: "1",
    },
    Stream {
        name: "the standard error",
        remedy: "redirect it (2> FILE), or write to a file by its name",
        device: "/dev/stderr",
        number: "2",
    },
];

#[cfg(unix)]
pub use at_start::note_closed_streams;
#[cfg(unix)]
use at_start::was_closed;

/// Not known on this platform.
#[cfg(not(unix))]
fn was_closed(_: usize) -> bool {
    false
}

#[cfg(unix)]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::io::fcntl_getfd;
    use rustix::stdio::{stderr, stdin, stdout};

    static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

    pub(super) fn was_closed(stream: usize) -> bool {
        CLOSED[stream].load(Ordering::Relaxed)
    }

    /// Records which standard streams are closed. To be called before the runtime of Rust starts,
    /// which replaces them without a record; makes only system calls, since nothing else is safe
    /// before `main`.
    pub fn note_closed_streams() {
        for (closed, stream) in CLOSED.iter().zip([stdin(), stdout(), stderr()]) {
            closed.store(fcntl_getfd(stream).is_err(), Ordering::Relaxed);
        }
    }
}
