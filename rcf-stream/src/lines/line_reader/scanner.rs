//! The search for the end of a record: a line feed that is not quoted.

use memchr::{memchr, memchr2_iter};

/// Quoted line feeds that a record of CSV may hold where nothing else is configured.
pub const MAX_QUOTED_LINES: u64 = 1_000;

/// The state of the search in a buffer that grows.
pub(super) struct Scanner {
    /// The delimiter of CSV, whose records span several lines if a line feed is quoted.
    pub(super) delimiter: Option<u8>,
    pub(super) max_quoted_lines: u64,
    scanned: usize,              // no end of the record was found so far
    quoted: bool,                // whether the scanned part ends within quotes
    pub(super) inner_lines: u64, // quoted line feeds in the scanned part
}

/// The result of a search.
pub(super) enum Scan {
    End(usize),
    OpenQuote,
    More,
}

impl Scanner {
    pub(super) fn new(delimiter: Option<u8>, max_quoted_lines: u64) -> Self {
        Self {
            delimiter,
            max_quoted_lines,
            scanned: 0,
            quoted: false,
            inner_lines: 0,
        }
    }

    /// Begins with the next record.
    pub(super) fn restart(&mut self) {
        (self.scanned, self.inner_lines, self.quoted) = (0, 0, false);
    }

    /// Whether a buffer of this length, which is the rest of the input, ends within quotes. A quote
    /// that is its last byte was not scanned, and closes.
    pub(super) fn is_quote_open(&self, length: usize) -> bool {
        self.quoted && self.scanned == length
    }

    /// Looks for the line feed that ends the record.
    pub(super) fn scan(&mut self, buffer: &[u8]) -> Scan {
        let Some(delimiter) = self.delimiter else {
            let end = memchr(b'\n', &buffer[self.scanned..]);
            return match end {
                Some(end) => Scan::End(self.scanned + end),
                None => {
                    self.scanned = buffer.len();
                    Scan::More
                }
            };
        };
        for found in memchr2_iter(b'\n', b'"', &buffer[self.scanned..]) {
            let at = self.scanned + found;
            if buffer[at] == b'"' {
                if self.quoted && self.inner_lines > 0 {
                    // What closes over line feeds but not at the end of a field opens another one.
                    match buffer.get(at + 1) {
                        None => {
                            self.scanned = at;
                            return Scan::More;
                        }
                        Some(b'"' | b'\r' | b'\n') => {}
                        Some(&next) if next == delimiter => {}
                        Some(_) => return Scan::OpenQuote,
                    }
                }
                // A quote opens only at the start of a field, or again right after it closed.
                let before = at.checked_sub(1).map(|before| buffer[before]);
                let opens = before.is_none_or(|byte| [delimiter, b'"', b'\n'].contains(&byte));
                self.quoted = !self.quoted && opens;
            } else if !self.quoted {
                return Scan::End(at);
            } else {
                self.inner_lines += 1;
                if self.inner_lines > self.max_quoted_lines {
                    return Scan::OpenQuote;
                }
            }
        }
        self.scanned = buffer.len();
        Scan::More
    }
}
