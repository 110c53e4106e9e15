//! Leaves and nodes in order: one entry for each leaf and the node of the cut to its left.
//!
//! An entry is four numbers of one type. So a change, which moves the ends of every node to its
//! right and of every node around it, processes all of them as vectors, without a walk to the
//! root.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

use super::Stretch;
use crate::layout::{Index, size_of_val_capacity};

/// The index of the leaf's point.
pub(super) const POINT: usize = 0;
/// Number of nodes from the root to that of the cut, both counted; 0 if there is no cut.
pub(super) const LEVEL: usize = 1;
/// The first and the last leaf below the node; meaningless if there is no cut.
pub(super) const FIRST: usize = 2;
pub(super) const LAST: usize = 3;

/// Numbers that are updated together: four entries.
const LANES: usize = 16;

/// An entry.
pub(super) type Fields<I> = [I; 4];

/// The leaves in the order of their points, and a final one without a point.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries<I>(Vec<Fields<I>>);

impl<I> Deref for Entries<I> {
    type Target = [Fields<I>];

    #[inline(always)]
    fn deref(&self) -> &[Fields<I>] {
        &self.0
    }
}

impl<I> DerefMut for Entries<I> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Fields<I>] {
        &mut self.0
    }
}

impl<I: Index> Entries<I> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a leaf without a cut.
    pub(super) fn push(&mut self, point: usize) {
        let mut entry = Fields::default();
        entry[POINT] = I::new(point);
        self.0.push(entry);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Grows the capacity to this many entries.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.0.reserve_exact(entries - self.0.len());
    }

    /// Puts a new node above another one, and below it, to the right or left, the leaf of a new
    /// point.
    #[inline(always)]
    pub(super) fn part(&mut self, below: Stretch, point: usize, right: bool) {
        let Stretch { first, last } = below;
        let level = self[first][LEVEL].max(self[last + 1][LEVEL]).get() + 1;
        self.pass::<true>(last);
        // The leaf is beside the nodes below the new one, so they do not change.
        let bound = I::new(if right { last } else { last + 1 });
        let shift = usize::from(!right);
        for entry in &mut self[first + 1..=last] {
            entry[LEVEL] = I::new(entry[LEVEL].get() + 1);
            entry[FIRST] = I::new(entry[FIRST].get() + shift);
            entry[LAST] = I::new(entry[LAST].get() + shift).min(bound);
        }

        // The new cut is to the left of the new leaf, or of the first one below.
        let node = [point, level, first, last + 1].map(I::new);
        if right {
            self.0.insert(last + 1, node);
        } else {
            let mut old = self[first];
            self[first] = node;
            self[first][POINT] = old[POINT];
            old[POINT] = node[POINT];
            self.0.insert(first, old);
        }
    }

    /// Removes a leaf and the node above it.
    #[inline(always)]
    pub(super) fn join(&mut self, leaf: usize, cut: usize) {
        let node = self[cut];
        let (first, last) = (node[FIRST].get(), node[LAST].get());
        // All other cuts of the range belong to the sibling; that of the node itself is removed.
        let shift = usize::from(cut != leaf);
        for entry in &mut self[first + 1..=last] {
            entry[LEVEL] = I::new(entry[LEVEL].get() - 1);
            entry[FIRST] = I::new(entry[FIRST].get().saturating_sub(shift));
            entry[LAST] = I::new(entry[LAST].get() - shift);
        }
        self.pass::<false>(last);

        // The removed cut is to the left of the leaf, or of the next one, which then gets the
        // leaf's.
        let gone = self.0.remove(leaf);
        if cut != leaf {
            let point = self[leaf][POINT];
            self[leaf] = gone;
            self[leaf][POINT] = point;
        }
    }

    /// Moves the ends of nodes when a leaf is inserted or removed at the end of a node whose last
    /// leaf is this one: by one, for the nodes to the right and those around it.
    #[inline(always)]
    fn pass<const COMES: bool>(&mut self, last: usize) {
        let mut from = [I::new(I::MAX); 4];
        (from[FIRST], from[LAST]) = (I::new(last + 1), I::new(last));
        // If the compiler knew which fields are unchanged, it would split the vector.
        let from = black_box(from);
        let mut pattern = [I::ZERO; LANES];
        for lane in 0..LANES {
            pattern[lane] = from[lane % from.len()];
        }
        let (vectors, rest) = self.0.as_flattened_mut().as_chunks_mut::<LANES>();
        for vector in vectors {
            for lane in 0..LANES {
                vector[lane] = moved::<COMES, I>(vector[lane], pattern[lane]);
            }
        }
        for lane in 0..rest.len().min(LANES) {
            rest[lane] = moved::<COMES, I>(rest[lane], pattern[lane]);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val_capacity(&self.0)
    }

    /// The same for this many entries.
    pub(super) const fn full_heap_bytes(entries: usize) -> usize {
        entries * size_of::<Fields<I>>()
    }
}

/// A function, because a closure is not always inlined.
#[inline(always)]
fn moved<const COMES: bool, I: Index>(number: I, from: I) -> I {
    if COMES {
        number.raised(from)
    } else {
        number.lowered(from)
    }
}
