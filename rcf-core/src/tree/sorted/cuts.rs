//! The cuts of a tree in order, and the search for one.
//!
//! Each sixteenth cut is stored twice. A search compares all of these, and then all cuts of one
//! block, as whole vectors: no step waits for the previous one, as in a bisection, and two
//! cache lines are read instead of eight.

use std::hint::select_unpredictable;
use std::ops::Deref;

use crate::layout::size_of_val_capacity;

/// Number of cuts that are compared at once.
const BLOCK: usize = 16;

/// Cuts from left to right; the first entry is not a cut, but below all numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts {
    cuts: Vec<f32>,
    /// The first cut of each block.
    heads: Vec<f32>,
}

impl Deref for Cuts {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        &self.cuts
    }
}

impl Cuts {
    pub(super) const fn new() -> Self {
        Self {
            cuts: Vec::new(),
            heads: Vec::new(),
        }
    }

    /// The last cut below `x`.
    #[inline(always)]
    pub(super) fn last_below(&self, x: f32) -> usize {
        let block = BLOCK * search(&self.heads, x);
        in_block(&self.cuts, block, x)
    }

    #[inline(always)]
    pub(super) fn insert(&mut self, at: usize, cut: f32) {
        self.cuts.insert(at, cut);
        self.set_heads(at);
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, at: usize) {
        self.cuts.remove(at);
        self.set_heads(at);
    }

    pub(super) fn set(&mut self, at: usize, cut: f32) {
        self.cuts[at] = cut;
        if at.is_multiple_of(BLOCK) {
            self.heads[at / BLOCK] = cut;
        }
    }

    pub(super) fn push(&mut self, cut: f32) {
        self.insert(self.cuts.len(), cut);
    }

    pub(super) fn clear(&mut self) {
        self.cuts.clear();
        self.heads.clear();
    }

    pub(super) fn is_full(&self) -> bool {
        self.cuts.len() == self.cuts.capacity()
    }

    /// Grows the capacity to this many cuts.
    pub(super) fn reserve(&mut self, cuts: usize) {
        self.cuts.reserve_exact(cuts - self.cuts.len());
        let blocks = cuts.div_ceil(BLOCK);
        self.heads.reserve_exact(blocks - self.heads.len());
    }

    /// Updates the heads of blocks from this cut on.
    #[inline(always)]
    fn set_heads(&mut self, from: usize) {
        let blocks = self.cuts.len().div_ceil(BLOCK);
        if self.heads.len() != blocks {
            self.heads.resize(blocks, 0.0);
        }
        for block in from.div_ceil(BLOCK)..blocks {
            self.heads[block] = self.cuts[block * BLOCK];
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.cuts) + size_of_val_capacity(&self.heads)
    }

    /// The same for this many cuts.
    pub(super) const fn full_heap_bytes(cuts: usize) -> usize {
        (cuts + cuts.div_ceil(BLOCK)) * size_of::<f32>()
    }
}

/// The last of the sorted numbers that is below `x`, or the first one.
#[inline(always)]
fn search(numbers: &[f32], x: f32) -> usize {
    let (mut first, mut count) = (0, numbers.len());
    while count > BLOCK {
        let half = count / 2;
        let middle = first + half;
        first = select_unpredictable(numbers[middle] < x, middle, first);
        count -= half;
    }
    in_block(numbers, first, x)
}

/// The same if it is one of the [`BLOCK`] numbers from `first`.
#[inline(always)]
fn in_block(numbers: &[f32], first: usize, x: f32) -> usize {
    // Always a whole block, if there is one: earlier numbers are below as well.
    let first = first.min(numbers.len().saturating_sub(BLOCK));
    let mut below = 0_u32;
    match numbers[first..].first_chunk::<BLOCK>() {
        Some(block) => {
            for number in block {
                below += u32::from(*number < x);
            }
        }
        None => {
            for number in numbers {
                below += u32::from(*number < x);
            }
        }
    }
    (first + below as usize).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn a_search_finds_what_a_scan_does_while_cuts_come_and_go() {
        let mut random = Random::new(1);
        for most in [1, 2, 15, 16, 17, 40, 300, 900] {
            let mut cuts = Cuts::new();
            cuts.push(f32::NEG_INFINITY);
            for _ in 0..4 * most {
                // Integers, so that some are equal.
                let x = random.below(most) as f32;
                let grows = cuts.len() < 2 || cuts.len() < most && random.below(3) > 0;
                if grows {
                    cuts.insert(cuts.last_below(x) + 1, x);
                } else {
                    cuts.remove(1 + random.below(cuts.len() - 1));
                }
                let heads: Vec<f32> = cuts.iter().step_by(BLOCK).copied().collect();
                assert_eq!(cuts.heads, heads);
                let x = random.below(2 * most) as f32 / 2.0;
                let below = cuts.iter().filter(|&&cut| cut < x).count();
                assert_eq!(cuts.last_below(x), below - 1, "{x} in {cuts:?}");
            }
        }
    }
}
