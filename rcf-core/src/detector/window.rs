//! The observations of the current shingle, as they came and as they should have been.
//!
//! One anomaly lies in `shingle_size` consecutive shingles. Where an observation has been a
//! candidate, the window therefore also keeps what was expected in its place. A later observation
//! is judged twice: after what really came, and after what should have come; it is anomalous only
//! if it is so both times. That is the corrector: what only the old anomaly makes unusual is
//! *explained* by it.

use std::collections::VecDeque;

use super::transform::Affine;

/// One observation of the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    /// In the units of the observations; for a time-augmented detector also the gap.
    pub(crate) values: Vec<f64>,
    /// As the forest sees them.
    pub(crate) transformed: Vec<f64>,
    /// In their place, where the observation has been a candidate.
    pub(crate) expected: Option<Vec<f64>>,
    /// How the values became transformed.
    pub(crate) maps: Vec<Affine>,
    /// Number of values that are not real.
    pub(crate) imputed: usize,
}

/// The newest observations, oldest first, at most `shingle_size`.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) blocks: VecDeque<Block>,
    pub(crate) shingle_size: usize,
}

impl Window {
    pub(crate) fn new(shingle_size: usize) -> Self {
        Self {
            blocks: VecDeque::with_capacity(shingle_size),
            shingle_size,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.blocks.len() == self.shingle_size
    }

    /// Takes the newest observation. Its buffers are those of the observation that leaves.
    pub(crate) fn push(
        &mut self,
        values: &[f64],
        transformed: &[f64],
        maps: &[Affine],
        imputed: usize,
    ) {
        let mut block = if self.is_full() {
            self.blocks.pop_front()
        } else {
            None
        }
        .unwrap_or_else(|| Block {
            values: Vec::new(),
            transformed: Vec::new(),
            expected: None,
            maps: Vec::new(),
            imputed,
        });
        block.values.clear();
        block.values.extend_from_slice(values);
        block.transformed.clear();
        block.transformed.extend_from_slice(transformed);
        block.maps.clear();
        block.maps.extend_from_slice(maps);
        block.expected = None;
        block.imputed = imputed;
        self.blocks.push_back(block);
    }

    /// Whether an observation before the newest one has been a candidate.
    pub(crate) fn is_corrected(&self) -> bool {
        let before = self.blocks.len().saturating_sub(1);
        self.blocks
            .iter()
            .take(before)
            .any(|block| block.expected.is_some())
    }

    /// The shingle as the forest sees it, oldest observation first; with `corrected`, candidates
    /// before the newest observation are replaced by what was expected.
    pub(crate) fn point(&self, corrected: bool) -> Vec<f64> {
        let newest = self.blocks.len().saturating_sub(1);
        let blocks = self.blocks.iter().enumerate();
        blocks
            .flat_map(|(i, block)| match &block.expected {
                Some(expected) if corrected && i < newest => expected,
                _ => &block.transformed,
            })
            .copied()
            .collect()
    }

    /// The shingle as the forest sees it, oldest observation first.
    pub(crate) fn coordinates(&self) -> impl Iterator<Item = f64> {
        let blocks = self.blocks.iter();
        blocks.flat_map(|block| &block.transformed).copied()
    }

    /// What came is accepted as the normal.
    pub(crate) fn accept(&mut self) {
        self.blocks
            .iter_mut()
            .for_each(|block| block.expected = None);
    }

    /// Share of the values that are real.
    pub(crate) fn real_share(&self) -> f64 {
        let values: usize = self.blocks.iter().map(|block| block.values.len()).sum();
        let imputed: usize = self.blocks.iter().map(|block| block.imputed).sum();
        if values == 0 {
            1.0
        } else {
            1.0 - imputed as f64 / values as f64
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let blocks = self.blocks.capacity() * size_of::<Block>();
        let block = |block: &Block| {
            8 * (block.values.capacity() + block.transformed.capacity())
                + block
                    .expected
                    .as_ref()
                    .map_or(0, |values| 8 * values.capacity())
                + size_of::<Affine>() * block.maps.capacity()
        };
        blocks + self.blocks.iter().map(block).sum::<usize>()
    }
}
