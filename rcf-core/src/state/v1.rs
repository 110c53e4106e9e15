//! Format version 1. Frozen: a change of these structs is a new version in a new file.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::ensemble::{Ensemble, fits};
use crate::error::StateError;
use crate::forest::{RandomCutForest, Trees, with_ensemble};
use crate::index::Index;
use crate::point_store::PointStore;
use crate::rng::TreeRng;
use crate::sampler::{DecayClock, Sampler, expected_points};
use crate::shingle::{Shingle, is_storable};
use crate::tree::bounding_box::stride;
use crate::tree::cut::Cut;

pub(crate) const VERSION: u16 = 1;

/// A forest.
#[derive(Serialize, Deserialize)]
pub(crate) struct ForestV1 {
    config: ConfigV1,
    updates: u64,
    clock: ClockV1,
    shingle: ShingleV1,
    /// All sampled points, one after the other, `dimensions` coordinates each; numbered in the
    /// order in which the samples of the trees first name them.
    points: Vec<f32>,
    trees: Vec<TreeV1>,
}

#[derive(Serialize, Deserialize)]
struct ConfigV1 {
    input_dimensions: u64,
    shingle_size: u64,
    internal_shingling: bool,
    number_of_trees: u64,
    sample_size: u64,
    time_decay: f64,
    output_after: u64,
    initial_accept_fraction: f64,
    seed: u64,
}

#[derive(Serialize, Deserialize)]
struct ClockV1 {
    time_decay: f64,
    ticks: u64,
    before: f64,
    now: f64,
}

#[derive(Serialize, Deserialize)]
struct ShingleV1 {
    /// One value per input dimension; empty before the first record.
    origin: Vec<f64>,
    /// `dimensions` coordinates, oldest record first.
    point: Vec<f32>,
    /// Calls until the shingle is full.
    missing: u64,
}

/// A tree and its sample.
#[derive(Serialize, Deserialize)]
struct TreeV1 {
    /// The state of xoshiro256++: four words, little-endian.
    rng: [u8; 32],
    target: f64,
    /// The heap of keys, the worst one first, …
    keys: Vec<f32>,
    /// … and the point of each.
    points: Vec<u32>,
    /// The cuts of the internal nodes, from the root, left before right. Where a leaf ends the way
    /// is not written: there, all points are one and the same.
    cut_values: Vec<f32>,
    /// The dimensions of these cuts; empty in a forest of one dimension.
    cut_dimensions: Vec<u16>,
}

pub(crate) fn inconsistent(reason: &str) -> StateError {
    StateError::Inconsistent {
        reason: reason.to_owned(),
    }
}

impl ForestV1 {
    pub(crate) fn save(forest: &RandomCutForest) -> Self {
        let RandomCutForest {
            config,
            shingle,
            updates,
            clock,
            trees,
            ..
        } = forest;
        let (points, trees) = with_ensemble!(trees, ensemble => save_ensemble(ensemble));
        Self {
            config: ConfigV1::save(config),
            updates: *updates,
            clock: ClockV1 {
                time_decay: clock.time_decay,
                ticks: clock.ticks,
                before: clock.before,
                now: clock.now,
            },
            shingle: ShingleV1 {
                origin: shingle.origin().to_vec(),
                point: shingle.point().to_vec(),
                missing: shingle.missing() as u64,
            },
            points,
            trees,
        }
    }

    pub(crate) fn restore(self) -> Result<RandomCutForest, StateError> {
        let config = self.config.restore()?;
        let ClockV1 {
            time_decay,
            ticks,
            before,
            now,
        } = self.clock;
        let clock = DecayClock {
            time_decay,
            ticks,
            before,
            now,
        };
        if !clock.is_valid() {
            return Err(inconsistent("the clock of the sampler is broken"));
        }
        let ShingleV1 {
            origin,
            point,
            missing,
        } = self.shingle;
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let shingle = Shingle::restore(&config, origin, &point, missing)
            .ok_or_else(|| inconsistent("the shingle does not match the parameters"))?;
        if !self
            .points
            .iter()
            .all(|&coordinate| is_storable(coordinate))
        {
            return Err(inconsistent(
                "a point has a coordinate that is out of range",
            ));
        }
        if self.trees.len() != config.number_of_trees {
            return Err(inconsistent(
                "the number of trees does not match the parameters",
            ));
        }
        let trees = if fits::<u16>(config.number_of_trees, config.sample_size) {
            Trees::Narrow(restore_ensemble(&config, &self.points, self.trees)?)
        } else {
            Trees::Wide(restore_ensemble(&config, &self.points, self.trees)?)
        };
        Ok(RandomCutForest::from_parts(
            config,
            shingle,
            self.updates,
            clock,
            trees,
        ))
    }
}

impl ConfigV1 {
    fn save(config: &Config) -> Self {
        Self {
            input_dimensions: config.input_dimensions as u64,
            shingle_size: config.shingle_size as u64,
            internal_shingling: config.internal_shingling,
            number_of_trees: config.number_of_trees as u64,
            sample_size: config.sample_size as u64,
            time_decay: config.time_decay,
            output_after: config.output_after as u64,
            initial_accept_fraction: config.initial_accept_fraction,
            seed: config.seed,
        }
    }

    fn restore(self) -> Result<Config, StateError> {
        // What does not fit becomes too large a number, which the check refuses.
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let config = Config {
            input_dimensions: size(self.input_dimensions),
            shingle_size: size(self.shingle_size),
            internal_shingling: self.internal_shingling,
            number_of_trees: size(self.number_of_trees),
            sample_size: size(self.sample_size),
            time_decay: self.time_decay,
            output_after: size(self.output_after),
            initial_accept_fraction: self.initial_accept_fraction,
            seed: self.seed,
        };
        Ok(config.check()?)
    }
}

fn save_ensemble<I: Index>(ensemble: &Ensemble<I>) -> (Vec<f32>, Vec<TreeV1>) {
    let dimensions = ensemble.dimensions;
    let mut numbering = vec![u32::MAX; ensemble.points.capacity()];
    let mut points = Vec::with_capacity(ensemble.points.len() * dimensions);
    let mut count = 0;
    let parts = ensemble
        .trees
        .iter()
        .zip(&ensemble.samplers)
        .zip(&ensemble.rngs);
    let trees = parts.map(|((tree, sampler), rng)| {
        let mut number = |point: &I| {
            let number = &mut numbering[point.get()];
            if *number == u32::MAX {
                *number = count;
                count += 1;
                points.extend_from_slice(&ensemble.points.row(point.get())[..dimensions]);
            }
            *number
        };
        let cuts = tree.cuts();
        TreeV1 {
            rng: rng.to_bytes(),
            target: sampler.target(),
            keys: sampler.keys().to_vec(),
            points: sampler.points().iter().map(&mut number).collect(),
            cut_values: cuts.iter().map(|cut| cut.value).collect(),
            cut_dimensions: if dimensions == 1 {
                Vec::new()
            } else {
                cuts.iter().map(|cut| cut.dimension as u16).collect()
            },
        }
    });
    let trees = trees.collect();
    (points, trees)
}

fn restore_ensemble<I: Index>(
    config: &Config,
    coordinates: &[f32],
    trees: Vec<TreeV1>,
) -> Result<Ensemble<I>, StateError> {
    let dimensions = config.dimensions();
    if !coordinates.len().is_multiple_of(dimensions) {
        return Err(inconsistent(
            "the points are not of the forest's dimensions",
        ));
    }
    let count = coordinates.len() / dimensions;
    if count > config.number_of_trees * config.sample_size {
        return Err(inconsistent(
            "there are more points than the samples can hold",
        ));
    }
    let mut points = PointStore::new(stride(dimensions), expected_points(config));
    let mut row = vec![0.0; stride(dimensions)];
    // The store numbers an empty store's rows from 0 up.
    for coordinates in coordinates.chunks_exact(dimensions) {
        row[..dimensions].copy_from_slice(coordinates);
        points.add(&row);
    }
    let mut ensemble = Ensemble::<I> {
        dimensions,
        points,
        trees: Vec::with_capacity(trees.len()),
        samplers: Vec::with_capacity(trees.len()),
        rngs: Vec::with_capacity(trees.len()),
        path: Vec::new(),
    };
    let empty = trees.first().is_none_or(|tree| tree.keys.is_empty());
    for tree in trees {
        if tree.keys.is_empty() != empty {
            return Err(inconsistent("some trees are empty and others are not"));
        }
        restore_tree(config, &mut ensemble, count, tree)?;
    }
    if (0..count).any(|point| !ensemble.points.is_used(point)) {
        return Err(inconsistent("a point is in no sample"));
    }
    Ok(ensemble)
}

fn restore_tree<I: Index>(
    config: &Config,
    ensemble: &mut Ensemble<I>,
    count: usize,
    saved: TreeV1,
) -> Result<(), StateError> {
    let TreeV1 {
        rng,
        target,
        keys,
        points,
        cut_values,
        cut_dimensions,
    } = saved;
    if points.iter().any(|&point| point as usize >= count) {
        return Err(inconsistent("a sample names a point that is not there"));
    }
    for &point in &points {
        ensemble.points.retain(point as usize);
    }
    let cuts = cuts(ensemble.dimensions, &cut_values, &cut_dimensions)
        .ok_or_else(|| inconsistent("a cut has no valid value or dimension"))?;
    let points: Vec<I> = points
        .into_iter()
        .map(|point| I::new(point as usize))
        .collect();
    if !ensemble.add_tree(config.sample_size, &points, &cuts) {
        return Err(inconsistent(
            "the cuts of a tree do not separate its points",
        ));
    }
    let sampler = Sampler::restore(config.sample_size, keys, points, target)
        .ok_or_else(|| inconsistent("a sample is not a heap of keys within its size"))?;
    ensemble.samplers.push(sampler);
    ensemble.rngs.push(TreeRng::from_bytes(rng));
    Ok(())
}

/// Brings values and dimensions together.
fn cuts(dimensions: usize, values: &[f32], cut_dimensions: &[u16]) -> Option<Vec<Cut>> {
    let expected = if dimensions == 1 { 0 } else { values.len() };
    let valid = cut_dimensions.len() == expected
        && values.iter().all(|value| value.is_finite())
        && cut_dimensions
            .iter()
            .all(|&dimension| usize::from(dimension) < dimensions);
    valid.then(|| {
        let dimension = |i: usize| cut_dimensions.get(i).copied().map_or(0, usize::from);
        let cut = |(i, &value)| Cut {
            dimension: dimension(i),
            value,
        };
        values.iter().enumerate().map(cut).collect()
    })
}
