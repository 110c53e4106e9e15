//! The points in the samples of a forest's trees, each stored once.
//!
//! Shingles overlap: each point is the previous one shifted by one observation. If an observation
//! continues the last stored point, only the new values are written, and the rows of both points
//! are windows over one series. In the long run almost every one of the last few thousand
//! observations is in some sample, so a point costs little more than its new observation instead of
//! a whole shingle (W4: 0.1 MB instead of 1.2).

use crate::arena::Boxes;
use crate::config::Config;
use crate::geometry::Geometry;
use crate::layout::size_of_val_capacity;
use crate::layout::stride;
use crate::sampling::{expected_observations, expected_points};

/// Rows of single-precision coordinates, counted by the sampler slots that refer to them.
///
/// A row is freed with its last reference, and its number is reused. The rows grow with the number
/// of distinct points in the samples, up to the number expected in the long run: a forest that has
/// warmed up need not grow.
#[derive(Debug, Clone)]
pub(crate) struct PointStore {
    /// Floats per row: the dimensions, padded.
    stride: usize,
    /// Rows that are enough in the long run.
    expected: usize,
    /// The coordinates of all rows.
    floats: Vec<f32>,
    /// The start of each row, if rows are windows; otherwise empty.
    starts: Vec<u32>,
    /// For each row, the number of slots that refer to it; for a free row, [`FREE`] and the next
    /// row in the chain.
    references: Vec<u32>,
    /// Head of the chain of free rows.
    free: u32,
    unused: usize,
    windows: Option<Windows>,
    /// The cached boxes, which the trees of a forest also share.
    pub(crate) boxes: Boxes,
}

/// Marks a free row; the bits below number the next one.
const FREE: u32 = 1 << 31;
/// Ends the chain of free rows. There are never more rows than
/// [`MAX_SAMPLED_POINTS`](crate::MAX_SAMPLED_POINTS).
const END: u32 = FREE - 1;

/// Rows that are windows over series of blocks.
#[derive(Debug, Clone)]
struct Windows {
    /// Floats by which a window is ahead of the previous one.
    block: usize,
    /// Floats that are enough in the long run.
    expected: usize,
    /// The blocks in use, while the store is compacted.
    marks: Vec<Mark>,
}

/// A word of blocks.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// One bit for each block in use.
    blocks: u64,
    /// Number of blocks in use before these.
    before: u32,
}

/// The most blocks by which a row may be ahead of the series and still continue it: one in a
/// stream, more if points in between are missing from a saved forest.
const MOST_AHEAD: usize = 16;

/// Blocks to a word of marks.
const WORD: usize = u64::BITS as usize;

/// One float in this many is kept free, so that the store is not compacted at every point.
const SLACK: usize = 12;

impl PointStore {
    /// A store for rows that do not overlap.
    pub(crate) fn new(stride: usize, expected: usize) -> Self {
        Self {
            stride,
            expected,
            floats: Vec::new(),
            starts: Vec::new(),
            references: Vec::new(),
            free: END,
            unused: 0,
            windows: None,
            boxes: Boxes::new(),
        }
    }

    /// A store for rows that are likely to be the previous row without its first `block` and with a
    /// new one at the end. This many blocks are enough in the long run.
    pub(crate) fn of_windows(
        stride: usize,
        expected: usize,
        block: usize,
        expected_blocks: usize,
    ) -> Self {
        debug_assert!(stride.is_multiple_of(block));
        Self {
            windows: Some(Windows {
                block,
                expected: expected_blocks * block,
                marks: Vec::new(),
            }),
            ..Self::new(stride, expected)
        }
    }

    /// The store for the points of a forest with these parameters.
    pub(crate) fn of(config: &Config) -> Self {
        let (stride, points) = (stride(config.dimensions()), expected_points(config));
        let store = if are_windows(config) {
            let observations = expected_observations(config);
            Self::of_windows(stride, points, config.input_dimensions, observations)
        } else {
            Self::new(stride, points)
        };
        Self {
            boxes: Boxes::of(config),
            ..store
        }
    }

    /// Bytes on the heap for as many points and boxes as are expected in the long run.
    pub(crate) fn full_heap_bytes(config: &Config) -> usize {
        let points = expected_points(config);
        let rows = if are_windows(config) {
            let floats = expected_observations(config) * config.input_dimensions;
            4 * (floats + floats / SLACK) + 8 * points
        } else {
            4 * (stride(config.dimensions()) + 1) * points
        };
        rows + Boxes::full_heap_bytes(config)
    }

    /// The coordinates of a point. Kernels know their number.
    #[inline(always)]
    pub(crate) fn row<G: Geometry>(&self, geometry: G, point: usize) -> &[f32] {
        let len = geometry.row_len();
        debug_assert_eq!(len, self.stride);
        self.stretch(point, len)
    }

    /// The same outside of kernels.
    pub(crate) fn padded_row(&self, point: usize) -> &[f32] {
        self.stretch(point, self.stride)
    }

    #[inline(always)]
    fn stretch(&self, point: usize, len: usize) -> &[f32] {
        match self.starts.get(point) {
            Some(&start) => {
                let start = start as usize;
                &self.floats[start..start + len]
            }
            None => &self.floats[point * len..][..len],
        }
    }

    /// The coordinates of all points of one dimension, by number.
    #[inline(always)]
    pub(crate) fn values(&self) -> &[f32] {
        debug_assert!(self.stride == 1 && self.windows.is_none());
        &self.floats
    }

    /// Stores a point that has no references yet.
    pub(crate) fn add(&mut self, row: &[f32]) -> usize {
        if self.free == END {
            self.grow();
        }
        let point = self.free as usize;
        self.free = self.references[point] & !FREE;
        self.references[point] = 0;
        self.unused -= 1;
        if self.windows.is_some() {
            self.append(point, row);
        } else {
            self.floats[point * self.stride..][..self.stride].copy_from_slice(row);
        }
        point
    }

    /// Passes over all coordinates, in stretches of whole rows or blocks.
    pub(crate) fn floats_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let stretch = self
            .windows
            .as_ref()
            .map_or(self.stride, |windows| windows.block);
        self.floats.chunks_exact_mut(stretch)
    }

    /// Counts one more reference.
    pub(crate) fn retain(&mut self, point: usize) {
        self.references[point] += 1;
    }

    /// Removes one reference; the last one frees the row.
    pub(crate) fn release(&mut self, point: usize) {
        self.references[point] -= 1;
        self.drop_if_unused(point);
    }

    /// Frees a row that was added, but that no sampler took.
    pub(crate) fn drop_if_unused(&mut self, point: usize) {
        if self.references[point] == 0 {
            self.references[point] = FREE | self.free;
            self.free = point as u32;
            self.unused += 1;
        }
    }

    /// Number of points stored.
    pub(crate) fn len(&self) -> usize {
        self.references.len() - self.unused
    }

    /// Number of places for points; all point numbers are below.
    pub(crate) fn capacity(&self) -> usize {
        self.references.len()
    }

    /// Whether any sampler slot refers to the point.
    pub(crate) fn is_used(&self, point: usize) -> bool {
        (1..FREE).contains(&self.references[point])
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let windows = self.windows.as_ref();
        let marks = windows.map_or(0, |windows| size_of_val_capacity(&windows.marks));
        let rows = [&self.references, &self.starts].map(Vec::capacity);
        4 * (self.floats.capacity() + rows[0] + rows[1]) + marks + self.boxes.heap_bytes()
    }

    /// Doubles the rows up to the expected number, and goes beyond it by an eighth at a time.
    fn grow(&mut self) {
        let rows = self.references.len();
        let more = match self.expected.checked_sub(rows) {
            // A store that has grown this far is likely to keep growing: one last step to the
            // expected size.
            Some(missing @ 1..) if missing <= 2 * rows => missing,
            Some(1..) => rows.max(32).min(self.expected - rows),
            _ => (rows / 8).max(32),
        };
        self.references.reserve_exact(more);
        if self.windows.is_some() {
            self.starts.reserve_exact(more);
            self.starts.resize(rows + more, 0);
        } else {
            self.floats.reserve_exact(more * self.stride);
            self.floats.resize((rows + more) * self.stride, 0.0);
        }
        // From the last to the first, so that the first is used next.
        self.references.resize(rows + more, FREE);
        for row in (rows..rows + more).rev() {
            self.references[row] = FREE | self.free;
            self.free = row as u32;
        }
        self.unused += more;
    }
}

impl PointStore {
    /// Appends the new values of a row to the series and sets where the row starts.
    fn append(&mut self, point: usize, row: &[f32]) {
        if self.floats.len() + self.stride > self.floats.capacity() {
            self.make_room(point);
        }
        let Some(windows) = &self.windows else {
            return;
        };
        // Zeros have no sign here: equal floats are equal bits.
        let most = (self.stride - windows.block).min(MOST_AHEAD * windows.block);
        let new = (windows.block..=most).step_by(windows.block).find(|new| {
            let shared = self.stride - new;
            let end = self.floats.len().checked_sub(shared);
            end.is_some_and(|end| self.floats[end..] == row[..shared])
        });
        let new = &row[self.stride - new.unwrap_or(self.stride)..];
        self.floats.extend_from_slice(new);
        self.starts[point] = (self.floats.len() - self.stride) as u32;
    }

    /// Removes the blocks that no row except `point` uses, and grows the store if that frees
    /// little.
    fn make_room(&mut self, point: usize) {
        let Some(windows) = &mut self.windows else {
            return;
        };
        let Windows {
            block,
            expected,
            marks,
        } = windows;
        let starts = &mut self.starts;
        let (block, blocks) = (*block, self.floats.len() / *block);
        let is_used = |row: usize| self.references[row] & FREE == 0 && row != point;
        marks.clear();
        marks.resize(blocks.div_ceil(WORD), Mark::default());
        for (_, start) in starts.iter().enumerate().filter(|&(row, _)| is_used(row)) {
            let first = *start as usize / block;
            for block in first..first + self.stride / block {
                marks[block / WORD].blocks |= 1 << (block % WORD);
            }
        }
        let mut before = 0;
        for (word, mark) in marks.iter_mut().enumerate() {
            mark.before = before as u32;
            let mut remaining = mark.blocks;
            while remaining != 0 {
                let from = word * WORD + remaining.trailing_zeros() as usize;
                remaining &= remaining - 1;
                self.floats
                    .copy_within(from * block..(from + 1) * block, before * block);
                before += 1;
            }
        }
        self.floats.truncate(before * block);
        // The blocks of a window are all in use, and stay together.
        for (_, start) in starts
            .iter_mut()
            .enumerate()
            .filter(|&(row, _)| is_used(row))
        {
            let first = *start as usize / block;
            let mark = marks[first / WORD];
            let earlier = mark.blocks & ((1 << (first % WORD)) - 1);
            *start = (mark.before + earlier.count_ones()) * block as u32;
        }

        let (len, capacity) = (self.floats.len(), self.floats.capacity());
        if len + self.stride + capacity / SLACK > capacity {
            // A store that has grown this far is likely to keep growing: one last step to the
            // expected size.
            let room = match *expected {
                expected if expected <= len => len + len / 8,
                expected if expected <= 8 * len => expected,
                expected => (2 * len).max(32 * block + self.stride).min(expected),
            };
            let room = room.max(len + 2 * self.stride) + room / SLACK;
            self.floats.reserve_exact(room - len);
            let words = self.floats.capacity().div_ceil(block * WORD);
            marks.reserve_exact(words - marks.len());
        }
    }
}

/// Whether points are stored as windows over a series.
fn are_windows(config: &Config) -> bool {
    let stride = stride(config.dimensions());
    // Windows have no padding, and their starts fit into 32 bits.
    let most = config.number_of_trees * config.sample_size;
    config.shingle_size > 1
        && !config.shingle_rotation
        && stride == config.dimensions()
        && most.saturating_mul(stride) < u32::MAX as usize
}

#[cfg(test)]
mod tests;
