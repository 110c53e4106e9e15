//! The start of a text, read ahead so that its format can be recognised, and put back.

use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use crate::lines::Input;

/// The number of lines from which format and columns are detected: 1,000 records, and lines that
/// may come before them.
const LINES: usize = 1_050;
/// At most this much is read ahead, however long the lines are.
const BYTES: usize = 1024 * 1024;
/// How long to wait for a live input, once it has begun.
const WAIT: Duration = Duration::from_secs(1);
const CHUNK: usize = 64 * 1024;

/// The start of a text.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Its bytes.
    pub(super) text: Vec<u8>,
    /// Whether that is all.
    pub(super) ended: bool,
}

/// Reads the start of an input, and returns the input as if nothing had been read. For a live input
/// it waits a second after its first bytes; a thread reads it, since a read cannot be cancelled.
///
/// # Errors
/// Those of reading.
pub(super) fn read_ahead(mut input: Input, live: bool) -> io::Result<(Head, Input)> {
    let mut head = Head::default();
    let mut lines = 0;
    let mut add = |head: &mut Head, bytes: &[u8]| {
        lines += memchr::memchr_iter(b'\n', bytes).count();
        head.text.extend_from_slice(bytes);
        lines >= LINES || head.text.len() >= BYTES
    };
    if !live {
        let mut chunk = vec![0; CHUNK];
        loop {
            match input.read(&mut chunk) {
                Ok(0) => head.ended = true,
                Ok(read) if !add(&mut head, &chunk[..read]) => continue,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            break;
        }
        let text = Cursor::new(head.text.clone());
        return Ok((head, Box::new(text.chain(input))));
    }
    let mut pump = Pump::start(input);
    let mut deadline = None;
    loop {
        let left = deadline.map(|end: Instant| end.saturating_duration_since(Instant::now()));
        match pump.next(left)? {
            None => break, // the time is over
            Some(chunk) if chunk.is_empty() => head.ended = true,
            Some(chunk) if !add(&mut head, &chunk) => {
                deadline = deadline.or_else(|| Instant::now().checked_add(WAIT));
                continue;
            }
            Some(_) => {}
        }
        break;
    }
    let text = Cursor::new(head.text.clone());
    Ok((head, Box::new(text.chain(pump))))
}

/// Passes on what another thread reads.
struct Pump {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Cursor<Vec<u8>>,
}

impl Pump {
    fn start(mut input: Input) -> Self {
        let (sender, chunks) = sync_channel(2);
        std::thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = match input.read(&mut chunk) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => read,
                };
                let last = !matches!(read, Ok(1..));
                let chunk = read.map(|length| {
                    chunk.truncate(length);
                    chunk
                });
                if sender.send(chunk).is_err() || last {
                    return;
                }
            }
        });
        let current = Cursor::default();
        Self { chunks, current }
    }

    /// The next chunk, empty at the end of the input; `None` if none came in time.
    fn next(&mut self, within: Option<Duration>) -> io::Result<Option<Vec<u8>>> {
        let received = match within {
            None => self
                .chunks
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(time) => self.chunks.recv_timeout(time),
        };
        match received {
            Ok(chunk) => chunk.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Ok(Some(Vec::new())),
        }
    }
}

impl Read for Pump {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.current.position() == self.current.get_ref().len() as u64 {
            self.current = Cursor::new(self.next(None)?.unwrap_or_default());
        }
        self.current.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a line, and then nothing for long.
    struct Slow(bool);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                std::thread::sleep(Duration::from_secs(4));
                return Ok(0);
            }
            buffer[..2].copy_from_slice(b"1\n");
            Ok(2)
        }
    }

    #[test]
    fn bytes_read_ahead_are_read_again() {
        let all = "12,34\n".repeat(300_000);
        for live in [false, true] {
            let input = Box::new(Cursor::new(all.clone().into_bytes()));
            let (head, mut input) = read_ahead(input, live).unwrap();
            assert!(!head.ended && all.as_bytes().starts_with(&head.text));
            assert!(head.text.len() <= 2 * CHUNK, "{}", head.text.len());
            let mut text = String::new();
            input.read_to_string(&mut text).unwrap();
            assert!(text == all);
            let (head, _) = read_ahead(Box::new(Cursor::new(b"1".to_vec())), live).unwrap();
            assert!(head.ended && head.text == b"1");
        }
    }

    #[test]
    fn a_silent_input_is_waited_for_a_second() {
        let before = Instant::now();
        let (head, _) = read_ahead(Box::new(Slow(false)), true).unwrap();
        assert_eq!(
            (head.text.as_slice(), head.ended),
            (b"1\n".as_slice(), false)
        );
        let waited = before.elapsed();
        assert!(waited >= WAIT && waited < 3 * WAIT, "{waited:?}");
    }
}
