//! Which candidates belong to one event.
//!
//! An alert opens an event. It ends after `quiet` observations below the boundary. Until then
//! further candidates belong to it and are suppressed; only after `silence` observations since its
//! first alert, which nothing extends, does a clearly stronger one, or one of another input, open
//! the next event.

use super::evidence::Evidence;

/// In units of the boundary; at the default rate this is a decade.
const STRONGER: f64 = 0.3;

/// The event that is open, if one is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Event {
    /// Observations below the boundary until it ends; 0 if none is open.
    pub(crate) quiet: u32,
    /// Observations until another one may begin.
    pub(crate) silence: u32,
    /// The largest evidence so far.
    pub(crate) peak: f64,
    /// The input that showed the first alert, if it was one.
    pub(crate) input: Option<u32>,
    /// Observations since the first alert.
    pub(crate) age: u64,
}

impl Event {
    pub(crate) fn is_open(&self) -> bool {
        self.quiet > 0
    }

    /// An observation passes.
    pub(crate) fn tick(&mut self, is_candidate: bool, quiet: u32) {
        self.silence = self.silence.saturating_sub(1);
        if self.is_open() {
            self.age = self.age.saturating_add(1);
            self.quiet = if is_candidate { quiet } else { self.quiet - 1 };
        }
    }

    /// Whether a candidate belongs to the open event.
    pub(crate) fn covers(&self, evidence: Evidence) -> bool {
        let another = match (self.input, evidence.input) {
            (Some(first), Some(input)) => first as usize != input,
            _ => false,
        };
        self.is_open() && (self.silence > 0 || !another && evidence.size <= self.peak + STRONGER)
    }

    /// A candidate that belongs to the event continues it.
    pub(crate) fn extend(&mut self, evidence: Evidence) {
        self.peak = self.peak.max(evidence.size);
    }

    /// An alert opens an event. Without a silence each candidate is reported.
    pub(crate) fn open(evidence: Evidence, quiet: u32, silence: u32) -> Self {
        if silence == 0 {
            return Self::default();
        }
        Self {
            quiet: quiet.max(1),
            silence,
            peak: evidence.size,
            input: evidence.input.and_then(|input| u32::try_from(input).ok()),
            age: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::evidence::EvidenceKind;

    fn evidence(size: f64, input: Option<usize>) -> Evidence {
        let kind = EvidenceKind::Change;
        Evidence { size, kind, input }
    }

    #[test]
    fn a_lasting_event_is_one_and_cannot_silence_the_next_for_ever() {
        let mut event = Event::open(evidence(1.5, Some(0)), 50, 50);
        for _ in 0..49 {
            event.tick(true, 50);
            assert!(event.covers(evidence(9.0, Some(1))));
        }
        event.tick(true, 50);
        assert!(event.covers(evidence(1.6, Some(0))));
        assert!(!event.covers(evidence(1.9, Some(0))));
        assert!(!event.covers(evidence(1.1, Some(1))));
        assert!(event.covers(evidence(1.1, None)));
        (0..50).for_each(|_| event.tick(false, 50));
        assert!(!event.covers(evidence(1.1, Some(0))));
    }
}
