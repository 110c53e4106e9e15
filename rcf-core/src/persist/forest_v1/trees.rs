//! The saved trees and their samples.

use serde::{Deserialize, Serialize};

use super::super::codec;
use super::super::envelope::Trust;
use super::inconsistent;
use super::points::PointsV1;
use crate::arena::Phases;
use crate::arena::PointStore;
use crate::config::Config;
use crate::ensemble::Ensemble;
use crate::error::StateError;
use crate::layout::Index;
use crate::layout::stride;
use crate::rng::TreeRng;
use crate::sampling::{DecayClock, Sampler, Tags};
use crate::shingle::is_storable;
use crate::tree::TreeSet;
use crate::tree::boxed::Buffers;
use crate::tree::cut::Cut;

/// All trees: what each has one of, then what each has many of, tree after tree.
#[derive(Serialize, Deserialize)]
pub(super) struct TreesV1 {
    points: PointsV1,
    trees: Vec<TreeV1>,
    /// The heaps of keys, the worst one first, …
    keys: Vec<f32>,
    /// … the point of each, …
    slots: NumbersV1,
    /// … and the tags of each, where they are kept.
    sequence_numbers: Vec<i64>,
    labels: Vec<i64>,
    /// The cuts of the internal nodes, from the root, left before right. The end of a path at a
    /// leaf is not written: all points there are equal.
    cut_values: Vec<f32>,
    /// The dimensions of these cuts; empty in a forest of one dimension.
    cut_dimensions: Vec<u16>,
}

#[derive(Serialize, Deserialize)]
struct TreeV1 {
    /// The state of xoshiro256++: four words, little-endian.
    rng: [u8; 32],
    hazard: f64,
    since: f64,
    /// Number of points in the sample.
    sampled: u32,
    /// Number of internal nodes.
    cuts: u32,
}

/// Numbers of points, in 16 bits where they fit.
#[derive(Serialize, Deserialize)]
enum NumbersV1 {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl NumbersV1 {
    fn save(numbers: Vec<u32>, points: usize) -> Self {
        if points <= 1 << 16 {
            Self::Narrow(numbers.into_iter().map(|number| number as u16).collect())
        } else {
            Self::Wide(numbers)
        }
    }

    fn restore(self) -> Vec<u32> {
        match self {
            Self::Narrow(numbers) => numbers.into_iter().map(u32::from).collect(),
            Self::Wide(numbers) => numbers,
        }
    }
}

impl TreesV1 {
    pub(super) fn save<I: Index>(config: &Config, ensemble: &Ensemble<I>) -> Self {
        let dimensions = config.dimensions();
        // In the order in which the samples first name them: not by number, since where a point is
        // stored must not matter.
        let mut named = vec![u32::MAX; ensemble.points.capacity()];
        let mut points = Vec::with_capacity(ensemble.points.len());
        let (mut phases, mut slots) = (Vec::new(), Vec::new());
        for point in ensemble.samplers.iter().flat_map(Sampler::points) {
            let name = &mut named[point.get()];
            if *name == u32::MAX {
                *name = points.len() as u32;
                points.push(&ensemble.points.padded_row(point.get())[..dimensions]);
                phases.extend(ensemble.phases.of(point.get()));
            }
            slots.push(*name);
        }
        let (saved_points, numbers) = PointsV1::save(config, &points, phases);
        for slot in &mut slots {
            *slot = numbers[*slot as usize];
        }

        let mut saved = Self {
            points: saved_points,
            trees: Vec::with_capacity(ensemble.trees.len()),
            keys: Vec::with_capacity(slots.len()),
            slots: NumbersV1::save(slots, points.len()),
            sequence_numbers: Vec::new(),
            labels: Vec::new(),
            cut_values: Vec::new(),
            cut_dimensions: Vec::new(),
        };
        let parts = ensemble.samplers.iter().zip(&ensemble.rngs);
        for (tree, (sampler, rng)) in parts.enumerate() {
            let (cuts, wait, tags) = (ensemble.trees.cuts(tree), sampler.wait(), sampler.tags());
            saved.trees.push(TreeV1 {
                rng: save_rng(rng),
                hazard: wait.hazard,
                since: wait.since,
                sampled: sampler.keys().len() as u32,
                cuts: cuts.len() as u32,
            });
            saved.keys.extend_from_slice(sampler.keys());
            let numbers = tags.sequence_numbers.iter().flatten();
            saved.sequence_numbers.extend(numbers);
            saved.labels.extend(tags.labels.iter().flatten());
            saved.cut_values.extend(cuts.iter().map(|cut| cut.value));
            if dimensions > 1 {
                let dimensions = cuts.iter().map(|cut| cut.dimension as u16);
                saved.cut_dimensions.extend(dimensions);
            }
        }
        saved
    }

    pub(super) fn len(&self) -> usize {
        self.trees.len()
    }

    pub(super) fn restore<I: Index>(
        self,
        config: &Config,
        clock: &DecayClock,
        trust: Trust,
    ) -> Result<Ensemble<I>, StateError> {
        let (points, phases) = restore_points(config, self.points)?;
        let mut ensemble = Ensemble::<I> {
            dimensions: config.dimensions(),
            points,
            phases,
            trees: TreeSet::with_capacity(config),
            samplers: Vec::with_capacity(self.trees.len()),
            rngs: Vec::with_capacity(self.trees.len()),
            buffers: Buffers::default(),
            reached: Vec::new(),
        };
        let slots = self.slots.restore();
        let mut columns = Columns {
            keys: &self.keys,
            slots: &slots,
            sequence_numbers: config
                .store_sequence_numbers
                .then_some(&self.sequence_numbers),
            labels: config.store_labels.then_some(&self.labels),
            cut_values: &self.cut_values,
            cut_dimensions: (config.dimensions() > 1).then_some(&self.cut_dimensions),
        };
        for tree in self.trees {
            let here = columns
                .split_off(tree.sampled as usize, tree.cuts as usize)
                .ok_or_else(|| inconsistent("there are fewer keys or cuts than the trees have"))?;
            restore_tree(config, &mut ensemble, &tree, &here)?;
            let valid = |sampler: &Sampler<I>| sampler.is_valid() && sampler.waits_on(clock);
            if trust == Trust::Nothing && !ensemble.samplers.last().is_some_and(valid) {
                return Err(inconsistent(
                    "a sample is not a heap of keys within its size",
                ));
            }
        }
        let unasked = [
            !config.store_sequence_numbers && !self.sequence_numbers.is_empty(),
            !config.store_labels && !self.labels.is_empty(),
            config.dimensions() == 1 && !self.cut_dimensions.is_empty(),
        ];
        if !columns.are_empty() || unasked.contains(&true) {
            return Err(inconsistent(
                "there are more keys or cuts than the trees have",
            ));
        }
        if (0..ensemble.points.len()).any(|point| !ensemble.points.is_used(point)) {
            return Err(inconsistent("a point is in no sample"));
        }
        Ok(ensemble)
    }
}

/// The lists of all trees, not yet distributed.
struct Columns<'a> {
    keys: &'a [f32],
    slots: &'a [u32],
    sequence_numbers: Option<&'a [i64]>,
    labels: Option<&'a [i64]>,
    cut_values: &'a [f32],
    cut_dimensions: Option<&'a [u16]>,
}

impl<'a> Columns<'a> {
    /// The share of the next tree; `None` if too little is left.
    fn split_off(&mut self, sampled: usize, cuts: usize) -> Option<Columns<'a>> {
        Some(Columns {
            keys: self.keys.split_off(..sampled)?,
            slots: self.slots.split_off(..sampled)?,
            sequence_numbers: split_off(&mut self.sequence_numbers, sampled)?,
            labels: split_off(&mut self.labels, sampled)?,
            cut_values: self.cut_values.split_off(..cuts)?,
            cut_dimensions: split_off(&mut self.cut_dimensions, cuts)?,
        })
    }

    fn are_empty(&self) -> bool {
        self.keys.is_empty()
            && self.slots.is_empty()
            && self.sequence_numbers.is_none_or(<[_]>::is_empty)
            && self.labels.is_none_or(<[_]>::is_empty)
            && self.cut_values.is_empty()
            && self.cut_dimensions.is_none_or(<[_]>::is_empty)
    }

    /// Brings values and dimensions of the cuts together.
    fn cuts(&self, dimensions: usize) -> Option<Vec<Cut>> {
        let dimension = |i: usize| self.cut_dimensions.map_or(0, |all| usize::from(all[i]));
        let cut = |(i, &value): (usize, &f32)| {
            let dimension = dimension(i);
            let valid = value.is_finite() && dimension < dimensions;
            valid.then_some(Cut { dimension, value })
        };
        self.cut_values.iter().enumerate().map(cut).collect()
    }
}

fn split_off<'a, T>(column: &mut Option<&'a [T]>, length: usize) -> Option<Option<&'a [T]>> {
    match column {
        None => Some(None),
        Some(column) => column.split_off(..length).map(Some),
    }
}

fn restore_points(config: &Config, saved: PointsV1) -> Result<(PointStore, Phases), StateError> {
    let dimensions = config.dimensions();
    let (coordinates, saved_phases) = saved.restore(config)?;
    // All of them, without an early end: so it goes by vectors.
    let storable = coordinates
        .iter()
        .fold(true, |all, &x| all & is_storable(x));
    if !storable {
        return Err(inconsistent(
            "a point has a coordinate that is out of range",
        ));
    }
    let mut points = PointStore::of(config);
    let mut row = vec![0.0; stride(dimensions)];
    // The store numbers an empty store's rows from 0 up.
    for coordinates in coordinates.chunks_exact(dimensions) {
        row[..dimensions].copy_from_slice(coordinates);
        points.add(&row);
    }
    let mut phases = Phases::new(config.shingle_rotation);
    for (point, phase) in saved_phases.into_iter().enumerate() {
        phases.set(point, points.capacity(), phase);
    }
    Ok((points, phases))
}

fn restore_tree<I: Index>(
    config: &Config,
    ensemble: &mut Ensemble<I>,
    tree: &TreeV1,
    columns: &Columns<'_>,
) -> Result<(), StateError> {
    let count = ensemble.points.len();
    let slots = columns.slots.iter().map(|&point| point as usize);
    if slots.clone().any(|point| point >= count) {
        return Err(inconsistent("a sample names a point that is not there"));
    }
    slots
        .clone()
        .for_each(|point| ensemble.points.retain(point));
    let points: Vec<I> = slots.map(I::new).collect();
    let cuts = columns
        .cuts(ensemble.dimensions)
        .ok_or_else(|| inconsistent("a cut has no valid value or dimension"))?;
    if !ensemble.add_tree(config.sample_size, &points, &cuts) {
        return Err(inconsistent(
            "the cuts of a tree do not separate its points",
        ));
    }
    let tags = Tags {
        sequence_numbers: columns.sequence_numbers.map(<[_]>::to_vec),
        labels: columns.labels.map(<[_]>::to_vec),
    };
    let (keys, hazard, since) = (columns.keys.to_vec(), tree.hazard, tree.since);
    let sampler = Sampler::restore(config, keys, points, tags, hazard, since);
    ensemble.samplers.push(sampler);
    ensemble.rngs.push(TreeRng::from_bytes(tree.rng));
    Ok(())
}

pub(in super::super) fn save_rng(rng: &TreeRng) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&codec::encode(rng.generator()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_generator_continues_the_sequence() {
        let mut rng = TreeRng::family(7, 3).remove(2);
        rng.unit();
        let mut restored = TreeRng::from_bytes(save_rng(&rng));
        for _ in 0..100 {
            assert_eq!(rng.unit().to_bits(), restored.unit().to_bits());
        }
    }
}
