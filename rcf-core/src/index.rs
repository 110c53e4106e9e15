//! Widths of the numbers that name nodes and points inside a tree.
//!
//! A forest whose numbers fit 16 bits, as most do, takes little more than half the memory of one
//! with 32-bit numbers, and more of it stays in the cache.

use std::fmt::Debug;

/// An unsigned number of fixed width.
pub(crate) trait Index: Copy + Eq + Ord + Debug + Default + Send + Sync + 'static {
    /// The largest number; never a valid name.
    const MAX: usize;
    /// Narrows; callers keep `value <= MAX`, which the choice of the width guarantees.
    fn new(value: usize) -> Self;
    /// Widens.
    fn get(self) -> usize;
}

macro_rules! index {
    ($($int:ty),*) => {$(
        impl Index for $int {
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
        }
    )*};
}

index!(u16, u32);
