//! The pool of cached bounding boxes of a forest.

use crate::config::{BOX_FRACTION, Config};
use crate::geometry::{Geometry, Measured, Unmeasured};
use crate::layout::{are_sorted, box_len};

/// The largest mass of a node without a cached box, whatever the fraction.
pub(crate) const WAITING: usize = 16;

/// Ends the chain of unused places.
const END: u32 = u32::MAX;

/// The boxes that the trees of a forest keep.
#[derive(Debug, Clone)]
pub(crate) struct Boxes {
    pub(crate) floats: Vec<f32>,
    /// Head of the chain of unused places, linked through the bits of their first float.
    pub(crate) free: u32,
    /// Boxes that are enough in the long run.
    expected: usize,
    /// Largest mass of a node whose box is not cached.
    pub(crate) largest_uncached: usize,
}

impl Boxes {
    pub(crate) fn new() -> Self {
        Self {
            floats: Vec::new(),
            free: END,
            expected: 0,
            largest_uncached: largest_uncached(BOX_FRACTION),
        }
    }

    /// The fraction of future nodes whose boxes are cached.
    #[cfg(test)]
    pub(crate) fn keep_fraction(&mut self, fraction: f64) {
        self.largest_uncached = largest_uncached(fraction);
    }

    /// The pool for the trees of a forest with these parameters.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            expected: expected_boxes(config),
            largest_uncached: largest_uncached(config.bounding_box_cache_fraction),
            ..Self::new()
        }
    }

    /// Removes all boxes and keeps the capacity.
    pub(crate) fn clear(&mut self) {
        self.floats.clear();
        self.free = END;
    }

    /// The box at a place, or `None` beyond all places.
    #[inline(always)]
    pub(crate) fn get<G: Geometry>(&self, geometry: G, place: usize) -> Option<Measured<'_>> {
        let len = geometry.box_len();
        let start = place.wrapping_mul(len);
        let record = self.floats.get(start..start.wrapping_add(len));
        record.map(Measured::from_pool)
    }

    /// Mutable access to the box at a place, which must be measured afterwards.
    #[inline(always)]
    pub(crate) fn get_mut<G: Geometry>(
        &mut self,
        geometry: G,
        place: usize,
    ) -> Option<Unmeasured<'_>> {
        let len = geometry.box_len();
        let start = place.wrapping_mul(len);
        let record = self.floats.get_mut(start..start.wrapping_add(len));
        record.map(Unmeasured::reopen)
    }

    /// Stores a box and returns its place.
    pub(crate) fn keep(&mut self, bounds: Measured<'_>) -> usize {
        let bounds = bounds.record();
        let len = bounds.len();
        if self.free == END {
            let place = self.floats.len() / len;
            if self.floats.len() == self.floats.capacity() {
                let more = match self.expected.checked_sub(place) {
                    // A pool that has grown this far is likely to keep growing: one last step to
                    // the expected size.
                    Some(missing @ 1..) if missing <= 2 * place => missing,
                    Some(missing @ 1..) => missing.min(place.max(8)),
                    _ => (place / 16).max(4),
                };
                self.floats.reserve_exact(more * len);
            }
            self.floats.extend_from_slice(bounds);
            return place;
        }
        let place = self.free as usize;
        let room = &mut self.floats[place * len..][..len];
        self.free = room[0].to_bits();
        room.copy_from_slice(bounds);
        place
    }

    /// Removes the box at a place.
    pub(crate) fn drop<G: Geometry>(&mut self, geometry: G, place: usize) {
        self.floats[place * geometry.box_len()] = f32::from_bits(self.free);
        self.free = place as u32;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * self.floats.capacity()
    }

    /// The same for a forest whose trees are full of distinct points.
    pub(crate) fn full_heap_bytes(config: &Config) -> usize {
        size_of::<f32>() * box_len(config.dimensions()) * expected_boxes(config)
    }
}

/// The largest mass of nodes without a box, if this fraction of the nodes has one.
fn largest_uncached(fraction: f64) -> usize {
    ((2.0 / fraction) as usize)
        .saturating_sub(1)
        .clamp(1, WAITING)
}

/// Number of boxes that the trees of a forest are likely to keep at most in the long run.
///
/// The expectation assumes that a cut splits a node at a uniformly random rank. Real points split
/// less evenly and need more boxes: shingles a tenth more.
fn expected_boxes(config: &Config) -> usize {
    let Config {
        number_of_trees,
        sample_size,
        ..
    } = *config;
    if are_sorted(config) {
        return 0;
    }
    let uncached = largest_uncached(config.bounding_box_cache_fraction);
    let mean = number_of_trees * (2 * sample_size / (uncached + 1));
    let most = number_of_trees * sample_size.saturating_sub(uncached);
    (mean + mean / 8 + 8).min(most)
}
