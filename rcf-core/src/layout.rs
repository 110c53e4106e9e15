//! Layout in memory: widths of indices, strides of rows, sizes.
//!
//! Indices name nodes and points inside a tree. A forest whose numbers fit into 16 bits, as most
//! do, needs little more than half the memory of one with 32-bit numbers, and more of it stays in
//! the cache.

use std::fmt::Debug;

use crate::config::Config;
use crate::simd::{HALF, LANES};

/// An unsigned number of fixed width.
pub(crate) trait Index: Copy + Eq + Ord + Debug + Default + Send + Sync + 'static {
    const ZERO: Self;
    /// The largest number; never a valid name.
    const MAX: usize;
    /// Narrows; callers keep `value <= MAX`, which the choice of the width guarantees.
    fn new(value: usize) -> Self;
    /// Widens.
    fn get(self) -> usize;
    /// One more, if it is at least `from`.
    fn raised(self, from: Self) -> Self;
    /// One less, if it is at least `from`, which is not 0.
    fn lowered(self, from: Self) -> Self;
}

macro_rules! index {
    ($($int:ty),*) => {$(
        impl Index for $int {
            const ZERO: Self = 0;
            const MAX: usize = <$int>::MAX as usize;
            #[inline(always)]
            fn new(value: usize) -> Self {
                debug_assert!(value <= Self::MAX as usize);
                value as Self
            }
            #[inline(always)]
            fn get(self) -> usize {
                self as usize
            }
            #[inline(always)]
            fn raised(self, from: Self) -> Self {
                self.wrapping_add(Self::from(self >= from))
            }
            #[inline(always)]
            fn lowered(self, from: Self) -> Self {
                self.wrapping_sub(Self::from(self >= from))
            }
        }
    )*};
}

index!(u16, u32);

/// Whether width `I` can name every node and point of such a forest.
pub(crate) fn fits<I: Index>(number_of_trees: usize, sample_size: usize) -> bool {
    // Internal nodes, then all possible points and one that is offered, then a spare.
    number_of_trees
        .checked_mul(sample_size)
        .and_then(|points| points.checked_add(sample_size + 2))
        .is_some_and(|names| names < I::MAX)
}

/// Floats in a row of `dimensions` coordinates: whole vectors and at most one half, the rest zeros.
pub(crate) fn stride(dimensions: usize) -> usize {
    if dimensions == 1 {
        1
    } else {
        dimensions.next_multiple_of(HALF)
    }
}

/// Floats in a box of `dimensions` coordinates.
pub(crate) fn box_len(dimensions: usize) -> usize {
    2 * stride(dimensions)
}

/// Floats for the boxes that a score computes: one, or one for each walk of those in step.
pub(crate) fn scratch_len(dimensions: usize) -> usize {
    let walks = if goes_in_step(stride(dimensions)) {
        LANES
    } else {
        1
    };
    walks * box_len(dimensions)
}

/// Whether the walks up of several trees go in step: rows are so short that it costs little to read
/// a box for nothing.
#[inline(always)]
pub(crate) fn goes_in_step(stride: usize) -> bool {
    (2..4 * LANES).contains(&stride)
}

/// Largest sample whose trees in one dimension are sorted arrays in a large forest: a change moves
/// everything after it in the arrays, which for larger samples takes longer than changing a tree
/// with boxes.
const LARGEST_SORTED: usize = 2048;

/// Whether trees are sorted arrays: those of one dimension, except for large samples. In a forest
/// of few points they always are, since it has few trees; the program then needs no boxes of that
/// index width.
pub(crate) fn are_sorted(config: &Config) -> bool {
    let Config {
        number_of_trees,
        sample_size,
        ..
    } = *config;
    config.dimensions() == 1
        && (sample_size <= LARGEST_SORTED || fits::<u16>(number_of_trees, sample_size))
}

/// Bytes that a vector holds on the heap.
pub(crate) fn size_of_val_capacity<T>(vector: &Vec<T>) -> usize {
    vector.capacity() * size_of::<T>()
}
