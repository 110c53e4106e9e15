//! Parameters of a detector of objects with a distance.

use super::detector::DistanceDetector;
use crate::config::check_time_decay;
use crate::error::ConfigError;
use crate::parameters::{
    self, CLUSTERS, DISTANCE_SAMPLE_SIZE, DISTANCE_WARM_UP, FALSE_ALARM_RATE, MAX_SAMPLED_OBJECTS,
    REPRESENTATIVES, SHRINKAGE,
};

/// The parameters of a [`DistanceDetector`]; every default is resolved.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DistanceDetectorConfig {
    /// Number of objects that are kept.
    pub sample_size: usize,
    /// λ: the weight of an object in the sample falls by `exp(-λ)` with each further one.
    pub time_decay: f64,
    /// Seed of every random choice. Same seed and same objects: same bits.
    pub seed: u64,
    /// Number of objects before the first clustering.
    pub warm_up: usize,
    /// The largest number of clusters.
    pub clusters: usize,
    /// The largest number of objects that represent a cluster.
    pub representatives: usize,
    /// How much of a distance to a cluster is that to its primary representative.
    pub shrinkage: f64,
    /// The share of a calm stream that may exceed the boundary.
    pub false_alarm_rate: f64,
}

/// Builds a [`DistanceDetector`].
#[derive(Debug, Clone)]
#[must_use]
pub struct DistanceDetectorBuilder {
    sample_size: usize,
    time_decay: Option<f64>,
    seed: u64,
    warm_up: Option<usize>,
    clusters: usize,
    representatives: usize,
    shrinkage: f64,
    false_alarm_rate: f64,
}

impl Default for DistanceDetectorBuilder {
    fn default() -> Self {
        Self {
            sample_size: DISTANCE_SAMPLE_SIZE.count(),
            time_decay: None,
            seed: parameters::SEED.count() as u64,
            warm_up: None,
            clusters: CLUSTERS.count(),
            representatives: REPRESENTATIVES.count(),
            shrinkage: SHRINKAGE.real(),
            false_alarm_rate: FALSE_ALARM_RATE.real(),
        }
    }
}

impl DistanceDetectorBuilder {
    parameters::setters! {
        DISTANCE_DETECTOR:
        /// Number of objects of the stream that are kept; default 256. Older objects are fewer.
        sample_size: usize, in sample_size;

        /// λ, the decay of an object's weight with each further object; default
        /// `1 / (10 × sample_size)`. The mean age of a sampled object is about `1/λ`; 0 forgets
        /// nothing.
        time_decay: f64 => Some, in time_decay;

        /// Seed of every random choice; default 0.
        seed: u64, in seed;

        /// Number of objects before the first clustering; default `sample_size / 4`, at least 1.
        /// The first decision waits for 100 scores more.
        warm_up: usize => Some, in warm_up;

        /// The largest number of clusters; default 16. Overlapping clusters are merged, so that
        /// there are as many as the stream has.
        clusters: usize, in clusters;

        /// The largest number of objects that represent a cluster; default 1. Several for clusters
        /// that are long or bent.
        representatives: usize, in representatives;

        /// How much of the distance to a cluster is that to its primary representative, instead of
        /// the nearest one; default 0.
        shrinkage: f64, in shrinkage;

        /// The share of a calm stream that may exceed the boundary; default 0.0005.
        false_alarm_rate: f64, in false_alarm_rate;
    }

    /// The parameters, not checked yet.
    #[must_use]
    pub fn config(&self) -> DistanceDetectorConfig {
        let sample = self.sample_size;
        DistanceDetectorConfig {
            sample_size: sample,
            time_decay: self.time_decay.unwrap_or(0.1 / sample.max(1) as f64),
            seed: self.seed,
            warm_up: self.warm_up.unwrap_or((sample / 4).max(1)),
            clusters: self.clusters,
            representatives: self.representatives,
            shrinkage: self.shrinkage,
            false_alarm_rate: self.false_alarm_rate,
        }
    }

    /// The detector of any type of objects.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn build<T>(self) -> Result<DistanceDetector<T>, ConfigError> {
        let config = self.config();
        config.check()?;
        Ok(DistanceDetector::new(config))
    }
}

impl DistanceDetectorConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !DISTANCE_SAMPLE_SIZE.allows_count(self.sample_size) {
            return Err(ConfigError::SampledObjects {
                got: self.sample_size,
                max: MAX_SAMPLED_OBJECTS,
            });
        }
        check_time_decay(self.time_decay)?;
        if !DISTANCE_WARM_UP.allows_count(self.warm_up) {
            return Err(ConfigError::ZeroWarmUp);
        }
        if !CLUSTERS.allows_count(self.clusters) {
            return Err(ConfigError::Clusters {
                got: self.clusters,
                max: MAX_SAMPLED_OBJECTS,
            });
        }
        if !REPRESENTATIVES.allows_count(self.representatives) {
            return Err(ConfigError::Representatives {
                got: self.representatives,
            });
        }
        if !SHRINKAGE.allows(self.shrinkage) {
            return Err(ConfigError::Shrinkage {
                got: self.shrinkage,
            });
        }
        if !FALSE_ALARM_RATE.allows(self.false_alarm_rate) {
            return Err(ConfigError::FalseAlarmRate {
                got: self.false_alarm_rate,
            });
        }
        Ok(())
    }
}
