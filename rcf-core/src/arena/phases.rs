//! Positions of the newest observation of each point, in forests whose shingles rotate.
//!
//! The values of a rotated point do not tell which of its observations is the newest. But to
//! predict the observation that comes next one must: the present point, with its oldest observation
//! taken for missing, equals itself, and every point of the same place in a wave equals it, with
//! the *oldest* observation where the next one belongs. Only points whose newest observation is
//! there answer the question.

/// The blocks of the newest observations of each point, by its number; nothing where shingles
/// slide.
///
/// A point may represent equal ones of different phases: so each has a set of blocks, those modulo
/// 64 as bits.
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

    /// Notes the phases of a point that is one of `capacity`.
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

    /// Equal points of these phases are to be found at `point` too.
    #[inline]
    pub(crate) fn merge(&mut self, point: usize, set: u64) {
        if let Some(phases) = &mut self.of_point {
            phases[point] |= set;
        }
    }

    /// Whether a point of this phase is to be found at `point`.
    #[inline]
    pub(crate) fn fits(&self, point: usize, block: usize) -> bool {
        self.of(point).is_none_or(|set| set & one(block) != 0)
    }

    /// `None` where shingles slide.
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
