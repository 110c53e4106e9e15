//! The current sample.

use std::collections::HashMap;

use ndarray::Array2;

use super::{RandomCutForest, with_ensemble};
use crate::ensemble::Ensemble;
use crate::layout::Index;
use crate::sampling::NO_LABEL;
use crate::sampling::Tags;

/// Points that trees hold at present.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Sample {
    /// The points: rows × (input dimensions × shingle size), in the units of the observations. They
    /// are what the forest keeps, in single precision relative to its origin.
    pub points: Array2<f64>,
    /// For each point, how many places it has in the samples.
    pub counts: Vec<usize>,
    /// For each point, the newest sequence number of an observation that it represents. Empty
    /// unless [stored](crate::RandomCutForestBuilder::store_sequence_numbers).
    pub sequence_numbers: Vec<i64>,
    /// For each point, the label that came with that observation (of any that it represents, if
    /// sequence numbers are not stored). Empty unless
    /// [stored](crate::RandomCutForestBuilder::store_labels).
    pub labels: Vec<Option<i64>>,
}

impl RandomCutForest {
    /// The points in the samples of all trees, each once, in no meaningful order. Empty before the
    /// first point.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.sample_of(0..self.config.number_of_trees)
    }

    /// The points in the sample of one tree, from 0, each once; `None` if there is no such tree.
    #[must_use]
    pub fn sample_of_tree(&self, tree: usize) -> Option<Sample> {
        (tree < self.config.number_of_trees).then(|| self.sample_of(tree..tree + 1))
    }

    fn sample_of(&self, trees: std::ops::Range<usize>) -> Sample {
        with_ensemble!(&self.trees, ensemble => {
            let held = Held::of(ensemble, trees);
            let dimensions = self.dimensions();
            let coordinate = |(row, dimension): (usize, usize)| {
                let row = ensemble.points.padded_row(held.points[row]);
                self.in_input_units(dimension, f64::from(row[dimension]))
            };
            Sample {
                points: Array2::from_shape_fn((held.points.len(), dimensions), coordinate),
                counts: held.counts,
                sequence_numbers: held.sequence_numbers,
                labels: held.labels.into_iter().map(label).collect(),
            }
        })
    }
}

/// A stored label.
pub(super) fn label(stored: i64) -> Option<i64> {
    (stored != NO_LABEL).then_some(stored)
}

/// The distinct points of some slots, in the order in which they are first named.
#[derive(Default)]
pub(super) struct Held {
    pub(super) points: Vec<usize>,
    pub(super) counts: Vec<usize>,
    pub(super) sequence_numbers: Vec<i64>,
    pub(super) labels: Vec<i64>,
}

impl Held {
    fn of<I: Index>(ensemble: &Ensemble<I>, trees: std::ops::Range<usize>) -> Self {
        let mut held = Self::default();
        let mut places = vec![usize::MAX; ensemble.points.capacity()];
        for sampler in &ensemble.samplers[trees] {
            for (slot, point) in sampler.points().iter().enumerate() {
                held.add(&mut places[point.get()], point.get(), sampler.tags(), slot);
            }
        }
        held
    }

    /// The points that the trees returned, one each; counts are numbers of trees.
    pub(super) fn brought<I: Index>(ensemble: &Ensemble<I>, brought: &[usize]) -> Self {
        let mut held = Self::default();
        let mut places = HashMap::new();
        for (sampler, &point) in ensemble.samplers.iter().zip(brought) {
            let place = places.entry(point).or_insert(usize::MAX);
            let slots = sampler.points().iter().enumerate();
            let mut first = true;
            for (slot, _) in slots.filter(|(_, named)| named.get() == point) {
                held.add(place, point, sampler.tags(), slot);
                held.counts[*place] -= usize::from(!first);
                first = false;
            }
        }
        held
    }

    fn add(&mut self, place: &mut usize, point: usize, tags: &Tags, slot: usize) {
        let tag = tags.get(slot);
        if *place == usize::MAX {
            *place = self.points.len();
            self.points.push(point);
            self.counts.push(0);
            self.sequence_numbers.extend(tag.0);
            self.labels.extend(tag.1);
        }
        self.counts[*place] += 1;
        let newer = match (tag.0, self.sequence_numbers.get_mut(*place)) {
            (Some(number), Some(newest)) if number > *newest => {
                *newest = number;
                true
            }
            _ => false,
        };
        if let (true, Some(label), Some(kept)) = (newer, tag.1, self.labels.get_mut(*place)) {
            *kept = label;
        }
    }
}
