//! Positions of the newest observation of each point, in forests whose shingles rotate.
//!
//! The values of a rotated point do not show which of its observations is the newest, but
//! predicting the next observation requires it: the current point, with its oldest observation
//! treated as missing, equals itself, and so does every point at the same position in a wave, with
//! the *oldest* observation in the place of the next one. Only points whose newest observation is
//! in that place answer the question.

/// The blocks of the newest observations of each point, by its number; empty if shingles slide.
///
/// A point may represent equal points of different phases, so each has a set of blocks (modulo 64),
/// as bits.
#[derive(Debug, Clone)]
pub(crate) struct Phases {
    of_point: Option<Vec<u64>>,
}

impl Phases {
    pub(crate) fn new(rotates: bool) -> Self {
        Self {
            of_point: rotates.then(Vec::new),
        }
    }

    /// Records the phases of a point, one of `capacity`.
    #[inline]
    pub(crate) fn set(&mut self, point: usize, capacity: usize, set: u64) {
        if let Some(phases) = &mut self.of_point {
            if phases.len() < capacity {
                phases.reserve_exact(capacity - phases.len());
                phases.resize(capacity, 0);
            }
            phases[point] = set;
        }
    }

    /// Adds these phases to `point`, which now also represents equal points that have them.
    #[inline]
    pub(crate) fn merge(&mut self, point: usize, set: u64) {
        if let Some(phases) = &mut self.of_point {
            phases[point] |= set;
        }
    }

    /// Whether `point` represents a point of this phase.
    #[inline]
    pub(crate) fn fits(&self, point: usize, block: usize) -> bool {
        self.of(point).is_none_or(|set| set & one(block) != 0)
    }

    /// `None` if shingles slide.
    pub(crate) fn of(&self, point: usize) -> Option<u64> {
        self.of_point.as_ref().map(|phases| phases[point])
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.of_point
            .as_ref()
            .map_or(0, |phases| 8 * phases.capacity())
    }
}

/// The set of one block.
pub(crate) fn one(block: usize) -> u64 {
    1 << (block % 64)
}
