//! Format version 1 of a forest. Frozen: a change of these structs is a new version in a new
//! folder.

mod config;
mod points;
mod trees;

use serde::{Deserialize, Serialize};

use super::envelope::Trust;
use super::{inconsistent, same_fields};
use crate::config::Config;
use crate::error::StateError;
use crate::forest::{RandomCutForest, Trees, with_ensemble};
use crate::layout::fits;
use crate::sampling::{ClockParts, DecayClock};
use crate::shingle::Shingle;
use config::ConfigV1;
use trees::TreesV1;
pub(super) use trees::save_rng;

pub(super) const VERSION: u16 = 1;

/// A forest.
#[derive(Serialize, Deserialize)]
pub(super) struct ForestV1 {
    config: ConfigV1,
    updates: u64,
    sampling: bool,
    clock: ClockV1,
    shingle: ShingleV1,
    trees: TreesV1,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClockV1 {
    newest: Option<i64>,
    anchor: i64,
    settled: f64,
    ticks: u64,
    now: f64,
}

#[derive(Serialize, Deserialize)]
struct ShingleV1 {
    /// One value per input dimension; empty before the first observation.
    origin: Vec<f64>,
    /// `dimensions` coordinates, oldest observation first unless they rotate.
    point: Vec<f32>,
    /// Calls until the shingle is full.
    missing: u64,
}

impl ForestV1 {
    pub(super) fn save(forest: &RandomCutForest) -> Self {
        let RandomCutForest {
            config,
            shingle,
            updates,
            clock,
            sampling,
            trees,
            ..
        } = forest;
        Self {
            config: ConfigV1::save(config),
            updates: *updates,
            sampling: *sampling,
            clock: clock.parts().into(),
            shingle: ShingleV1 {
                origin: shingle.origin().to_vec(),
                point: shingle.point().to_vec(),
                missing: shingle.missing() as u64,
            },
            trees: with_ensemble!(trees, ensemble => TreesV1::save(config, ensemble)),
        }
    }

    /// The forest, which caches the boxes of this fraction of its nodes: the state has none.
    pub(super) fn restore(self, trust: Trust, boxes: f64) -> Result<RandomCutForest, StateError> {
        let config = self.config.restore(boxes)?;
        let clock = self.clock.restore(config.time_decay)?;
        let shingle = self.shingle.restore(&config, self.updates)?;
        if self.trees.len() != config.number_of_trees {
            return Err(inconsistent(
                "the number of trees does not match the parameters",
            ));
        }
        let trees = if fits::<u16>(config.number_of_trees, config.sample_size) {
            Trees::Narrow(self.trees.restore(&config, &clock, trust)?)
        } else {
            Trees::Wide(self.trees.restore(&config, &clock, trust)?)
        };
        Ok(RandomCutForest::from_parts(
            config,
            shingle,
            self.updates,
            clock,
            self.sampling,
            trees,
        ))
    }
}

impl ClockV1 {
    fn restore(self, time_decay: f64) -> Result<DecayClock, StateError> {
        DecayClock::restore(time_decay, self.into())
            .ok_or_else(|| inconsistent("the clock of the sampler is invalid"))
    }
}

same_fields!(
    ClockV1,
    ClockParts {
        newest,
        anchor,
        settled,
        ticks,
        now
    }
);

impl ShingleV1 {
    fn restore(self, config: &Config, updates: u64) -> Result<Shingle, StateError> {
        let missing = usize::try_from(self.missing).unwrap_or(usize::MAX);
        Shingle::restore(config, self.origin, &self.point, missing, updates)
            .ok_or_else(|| inconsistent("the shingle does not match the parameters"))
    }
}
