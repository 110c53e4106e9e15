//! The pool of cached bounding boxes of a forest.

use std::ops::Range;

use crate::config::{BOX_FRACTION, Config};
use crate::geometry::{Geometry, Measured, Unmeasured};
use crate::layout::{are_sorted, box_len, size_of_val_capacity};

/// The largest mass of a node without a cached box, whatever the fraction.
pub(crate) const WAITING: usize = 16;

/// The place of a box that contains everything: the one above the boxes of roots. Walks up that
/// have ended stay there, so that none needs to be told from those that go on.
pub(crate) const EVERYTHING: u32 = 0;

/// Ends the chain of unused places.
const END: u32 = u32::MAX;

/// Floats in a line of the cache.
const LINE: usize = 16;

/// The boxes that the trees of a forest keep, each linked to the one of the node above, so that a
/// walk up reads no nodes.
#[derive(Debug, Clone)]
pub(crate) struct Boxes {
    /// The bounds of all boxes, …
    floats: Vec<f32>,
    /// … from the start of a line of the cache on.
    start: usize,
    pub(crate) links: Vec<Link>,
    /// Head of the chain of unused places, linked through what is above them.
    pub(crate) free: u32,
    /// Boxes that are enough in the long run.
    expected: usize,
    /// Largest mass of a node whose box is not cached.
    pub(crate) largest_uncached: usize,
}

/// What a walk up needs to know of a box but its bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    range: f32,
    /// The place of the box of the node above.
    pub(crate) above: u32,
}

impl Boxes {
    pub(crate) fn new() -> Self {
        Self {
            floats: Vec::new(),
            start: 0,
            links: Vec::new(),
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
        self.floats.truncate(self.start);
        self.links.clear();
        self.free = END;
    }

    /// The box at a place, or `None` beyond all places.
    #[inline(always)]
    pub(crate) fn get<G: Geometry>(&self, geometry: G, place: usize) -> Option<Measured<'_>> {
        self.ladder().get(geometry, place)
    }

    /// For walks up past many boxes.
    #[inline(always)]
    pub(crate) fn ladder(&self) -> Ladder<'_> {
        Ladder {
            floats: &self.floats[self.start..],
            links: &self.links,
        }
    }

    /// For walks up that change boxes.
    #[inline(always)]
    pub(crate) fn ladder_mut(&mut self) -> LadderMut<'_> {
        LadderMut {
            floats: &mut self.floats[self.start..],
            links: &mut self.links,
        }
    }

    /// Stores a box, below the one at the place `above`, and returns its place.
    #[inline(always)]
    pub(crate) fn keep<G: Geometry>(
        &mut self,
        geometry: G,
        bounds: Measured<'_>,
        above: u32,
    ) -> usize {
        if self.free == END {
            return self.push(bounds, above);
        }
        let place = self.free as usize;
        let link = &mut self.links[place];
        self.free = link.above;
        let range = bounds.range();
        *link = Link { range, above };
        let record = &mut self.floats[self.start..][stretch(geometry, place)];
        let record = Unmeasured::reopen(record);
        let _ = geometry.copy(&geometry.everywhere(), record, bounds.record());
        place
    }

    /// Stores a box at a new place.
    #[inline(never)]
    fn push(&mut self, bounds: Measured<'_>, above: u32) -> usize {
        let (range, bounds) = (bounds.range(), bounds.record());
        let len = bounds.len();
        if self.links.is_empty() {
            self.reserve(len);
            let (low, high) = (len / 2, len - len / 2);
            self.floats
                .extend(std::iter::repeat_n(f32::NEG_INFINITY, low));
            self.floats.extend(std::iter::repeat_n(f32::INFINITY, high));
            let (range, above) = (1.0, EVERYTHING);
            self.links.push(Link { range, above });
        }
        self.reserve(len);
        self.floats.extend_from_slice(bounds);
        self.links.push(Link { range, above });
        self.links.len() - 1
    }

    /// Puts the box at a place below another one.
    pub(crate) fn link(&mut self, place: usize, above: u32) {
        self.links[place].above = above;
    }

    /// Removes the box at a place.
    pub(crate) fn drop(&mut self, place: usize) {
        self.links[place].above = self.free;
        self.free = place as u32;
    }

    /// Makes room for one more box.
    fn reserve(&mut self, len: usize) {
        let place = self.links.len();
        if place < self.links.capacity() && self.floats.len() + len <= self.floats.capacity() {
            return;
        }
        let more = match self.expected.checked_sub(place) {
            // A pool that has grown this far is likely to keep growing: one last step to the
            // expected size.
            Some(missing @ 1..) if missing <= 2 * place => missing,
            Some(missing @ 1..) => missing.min(place.max(8)),
            _ => (place / 16).max(4),
        };
        self.links.reserve_exact(more);
        let mut floats: Vec<f32> = Vec::with_capacity((place + more) * len + LINE);
        let start = floats
            .as_ptr()
            .align_offset(LINE * size_of::<f32>())
            .min(LINE);
        floats.resize(start, 0.0);
        floats.extend_from_slice(&self.floats[self.start..]);
        (self.floats, self.start) = (floats, start);
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.floats) + size_of_val_capacity(&self.links)
    }

    /// The same for a forest whose trees are full of distinct points.
    pub(crate) fn full_heap_bytes(config: &Config) -> usize {
        let one = size_of::<f32>() * box_len(config.dimensions()) + size_of::<Link>();
        one * expected_boxes(config)
    }
}

/// The boxes of a pool, to walk up past them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ladder<'a> {
    floats: &'a [f32],
    links: &'a [Link],
}

impl<'a> Ladder<'a> {
    /// Whether no box is cached; otherwise there is the one that contains everything.
    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.links.is_empty()
    }

    /// The box at a place, or `None` beyond all places.
    #[inline(always)]
    pub(crate) fn get<G: Geometry>(self, geometry: G, place: usize) -> Option<Measured<'a>> {
        let link = self.links.get(place)?;
        let record = &self.floats[stretch(geometry, place)];
        Some(Measured::from_pool(record, link.range))
    }

    /// The box at a place, and the place of the one above.
    #[inline(always)]
    pub(crate) fn climb<G: Geometry>(self, geometry: G, place: u32) -> (Measured<'a>, u32) {
        let Link { range, above } = self.links[place as usize];
        let record = &self.floats[stretch(geometry, place as usize)];
        (Measured::from_pool(record, range), above)
    }
}

/// The boxes of a pool, to change them.
#[derive(Debug)]
pub(crate) struct LadderMut<'a> {
    floats: &'a mut [f32],
    links: &'a mut [Link],
}

impl LadderMut<'_> {
    /// The bounds at a place and their range, or `None` beyond all places.
    #[inline(always)]
    pub(crate) fn get<G: Geometry>(
        &mut self,
        geometry: G,
        place: usize,
    ) -> Option<(Unmeasured<'_>, &mut f32)> {
        let link = self.links.get_mut(place)?;
        let record = &mut self.floats[stretch(geometry, place)];
        Some((Unmeasured::reopen(record), &mut link.range))
    }
}

/// Where the bounds of a box are. The product of numbers of 32 bits does not overflow, so that one
/// check does.
#[inline(always)]
fn stretch<G: Geometry>(geometry: G, place: usize) -> Range<usize> {
    let start = place as u32 as usize * geometry.box_len();
    start..start + geometry.box_len()
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
    // And the one that contains everything.
    (mean + mean / 8 + 8).min(most) + 1
}
