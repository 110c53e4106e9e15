//! Format version 1 of a detector of objects with a distance. Frozen: a change of these structs is
//! a new version in a new file. Objects are bytes, of which the user's type knows.

use std::fmt::Display;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::forest_v1::{ClockV1, save_rng};
use super::parts_v1::{TailV1, are_amounts};
use super::{inconsistent, size};
use crate::detector::evidence::AlarmRate;
use crate::distance::{
    Cluster, DistanceDetector, DistanceDetectorConfig, HIGHEST, SampleParts, StreamSample,
};
use crate::error::StateError;
use crate::rng::TreeRng;

#[derive(Serialize, Deserialize)]
pub(super) struct DistanceV1 {
    config: ConfigV1,
    updates: u64,
    /// Objects taken into the sample since the clusters were found.
    renewed: u64,
    clock: ClockV1,
    /// The state of xoshiro256++: four words, little-endian.
    rng: [u8; 32],
    hazard: f64,
    since: f64,
    /// The heap of keys, the worst one first, …
    keys: Vec<f32>,
    /// … the object of each, …
    slots: Vec<u32>,
    /// … and the objects, in the order in which clustering looks at them.
    objects: Vec<Vec<u8>>,
    /// The heaviest first.
    clusters: Vec<ClusterV1>,
    tail: TailV1,
    /// Recent alarms.
    alarms: f64,
}

#[derive(Serialize, Deserialize)]
struct ConfigV1 {
    sample_size: u64,
    time_decay: f64,
    seed: u64,
    warm_up: u64,
    clusters: u64,
    representatives: u64,
    shrinkage: f64,
    false_alarm_rate: f64,
}

#[derive(Serialize, Deserialize)]
struct ClusterV1 {
    /// The primary one first.
    representatives: Vec<Vec<u8>>,
    radius: f64,
    weight: f64,
}

impl DistanceV1 {
    pub(super) fn save<T, E>(
        detector: &DistanceDetector<T>,
        mut encode: impl FnMut(&T) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let (parts, objects) = detector.sample.parts();
        let objects: Result<_, E> = objects.iter().map(|object| encode(object)).collect();
        let clusters = detector.clusters.iter().map(|cluster| {
            let representatives = cluster.representatives().map(&mut encode);
            Ok(ClusterV1 {
                representatives: representatives.collect::<Result<_, E>>()?,
                radius: cluster.radius,
                weight: cluster.weight,
            })
        });
        let clusters: Result<_, E> = clusters.collect();
        Ok(Self {
            config: ConfigV1::save(&detector.config),
            updates: detector.updates,
            renewed: detector.renewed as u64,
            clock: parts.clock.into(),
            rng: save_rng(&parts.rng),
            hazard: parts.hazard,
            since: parts.since,
            keys: parts.keys,
            slots: parts.slots,
            objects: objects?,
            clusters: clusters?,
            tail: detector.tail.into(),
            alarms: detector.alarms.times,
        })
    }

    pub(super) fn restore<T, E: Display>(
        self,
        mut decode: impl FnMut(&[u8]) -> Result<T, E>,
    ) -> Result<DistanceDetector<T>, StateError> {
        let config = self.config.restore();
        config.check()?;
        if self.objects.len() > config.sample_size {
            return Err(inconsistent("there are more objects than the sample holds"));
        }
        let most = (config.clusters, config.representatives);
        let are_clusters = self.clusters.len() <= most.0
            && self.clusters.iter().all(|cluster| cluster.is_valid(most.1))
            && self.clusters.is_sorted_by(|a, b| a.weight >= b.weight)
            && self
                .clusters
                .iter()
                .map(|cluster| cluster.weight)
                .sum::<f64>()
                < 1.0 + 1e-6
            && (self.clusters.is_empty() || self.updates >= config.warm_up as u64);
        if !are_clusters {
            return Err(inconsistent("the clusters are invalid"));
        }
        if !(self.tail.is_valid() && self.tail.is_within(HIGHEST) && are_amounts(&[self.alarms])) {
            return Err(inconsistent("the statistics of the scores are invalid"));
        }
        if self.objects.len() as u64 > self.updates || self.renewed > self.updates {
            return Err(inconsistent("there are more objects than the stream had"));
        }
        let mut decode = |bytes: &Vec<u8>| match decode(bytes) {
            Ok(object) => Ok(Arc::new(object)),
            Err(error) => Err(StateError::Malformed {
                reason: format!("an object cannot be read: {error}"),
            }),
        };
        let objects: Vec<_> = self
            .objects
            .iter()
            .map(&mut decode)
            .collect::<Result<_, _>>()?;
        let parts = SampleParts {
            keys: self.keys,
            slots: self.slots,
            hazard: self.hazard,
            since: self.since,
            clock: self.clock.into(),
            rng: TreeRng::from_bytes(self.rng),
        };
        let sample = StreamSample::restore(&config, parts, objects)
            .ok_or_else(|| inconsistent("the sample is invalid"))?;
        let clusters = self.clusters.iter().map(|cluster| {
            let representatives = cluster.representatives.iter().map(&mut decode);
            Ok::<_, StateError>(Cluster {
                representatives: representatives.collect::<Result<_, _>>()?,
                radius: cluster.radius,
                weight: cluster.weight,
            })
        });
        Ok(DistanceDetector {
            updates: self.updates,
            renewed: size(self.renewed),
            clusters: clusters.collect::<Result<_, _>>()?,
            tail: self.tail.into(),
            alarms: AlarmRate { times: self.alarms },
            sample,
            config,
        })
    }
}

impl ConfigV1 {
    fn save(live: &DistanceDetectorConfig) -> Self {
        Self {
            sample_size: live.sample_size as u64,
            time_decay: live.time_decay,
            seed: live.seed,
            warm_up: live.warm_up as u64,
            clusters: live.clusters as u64,
            representatives: live.representatives as u64,
            shrinkage: live.shrinkage,
            false_alarm_rate: live.false_alarm_rate,
        }
    }

    /// Not checked yet.
    fn restore(&self) -> DistanceDetectorConfig {
        DistanceDetectorConfig {
            sample_size: size(self.sample_size),
            time_decay: self.time_decay,
            seed: self.seed,
            warm_up: size(self.warm_up),
            clusters: size(self.clusters),
            representatives: size(self.representatives),
            shrinkage: self.shrinkage,
            false_alarm_rate: self.false_alarm_rate,
        }
    }
}

impl ClusterV1 {
    fn is_valid(&self, representatives: usize) -> bool {
        (1..=representatives).contains(&self.representatives.len())
            && are_amounts(&[self.radius])
            && self.radius <= 1e100
            && self.weight > 0.0
            && self.weight <= 1.0
    }
}
