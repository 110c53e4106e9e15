//! Clusters of any objects.

use std::slice;
use std::sync::Arc;

use super::measure::Measure;
use super::scattered::{self, Found};
use crate::error::InputError;

/// Distance of two clusters, in sums of radii, up to which they overlap: that of
/// [`RandomCutForest::summarize`](crate::RandomCutForest::summarize), for the same reasons.
const OVERLAP: f64 = 2.0;
/// The least number of objects that gather the others before pairs are merged; each is compared
/// with all.
const SEEDS: usize = 64;
/// This many for each requested cluster, …
const SEEDS_OF_A_CLUSTER: usize = 4;
/// … and at most this many.
const MOST_SEEDS: usize = 1024;

/// Clusters any objects that have a distance: how many groups there may be, and how each is
/// represented.
///
/// ```
/// use rcf_core::distance::Summarizer;
///
/// let heights = [1.0, 1.1, 0.9, 7.0, 7.2, 1.0, 6.9];
/// let clusters = Summarizer::new(2).summarize(&heights, |a, b| f64::abs(a - b))?;
/// let centers: Vec<f64> = clusters.iter().map(|cluster| *cluster.primary()).collect();
/// assert_eq!(centers, [1.0, 7.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Summarizer {
    most: usize,
    representatives: usize,
    shrinkage: f64,
}

/// A group of objects.
#[derive(Debug, PartialEq)]
pub struct Cluster<T> {
    pub(crate) representatives: Vec<Arc<T>>,
    pub(crate) radius: f64,
    pub(crate) weight: f64,
}

impl<T> Clone for Cluster<T> {
    fn clone(&self) -> Self {
        Self {
            representatives: self.representatives.clone(),
            ..*self
        }
    }
}

impl<T> Cluster<T> {
    /// The object in the middle: that with the least sum of squared distances to all members.
    #[must_use]
    pub fn primary(&self) -> &T {
        &self.representatives[0]
    }

    /// The objects that represent it, [`primary`](Self::primary) first, the others scattered.
    pub fn representatives(&self) -> impl ExactSizeIterator<Item = &T> {
        slice::Iter::map(self.representatives.iter(), |object| &**object)
    }

    /// The root of the mean squared distance of its members from it.
    #[must_use]
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// Its share of all objects, above 0; all shares add up to 1.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

impl Summarizer {
    /// At most this many clusters, each with one representative.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            representatives: 1,
            shrinkage: 0.0,
        }
    }

    /// Represents each cluster by up to this many scattered objects, so that it may have any shape.
    #[must_use]
    pub fn representatives(mut self, representatives: usize) -> Self {
        self.representatives = representatives;
        self
    }

    /// From 0 to 1: how much of the distance to a cluster is that to its primary representative,
    /// instead of the nearest one; 0 until it is set.
    #[must_use]
    pub fn shrinkage(mut self, shrinkage: f64) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    /// Clusters objects, the heaviest cluster first. Clusters overlap if their distance is at most
    /// twice the sum of their radii (the radius of few objects is uncertain, and partly taken from
    /// the other cluster); overlapping clusters are merged, so there may be fewer than requested,
    /// and none without objects. The distance is computed between all objects and some of them: 4
    /// for each cluster, at least 64 and at most 1,024.
    ///
    /// # Errors
    /// [`InputError::NoClusters`], [`InputError::Shrinkage`], and [`InputError::Distance`] for an
    /// invalid distance.
    pub fn summarize<T: Clone>(
        &self,
        objects: &[T],
        distance: impl FnMut(&T, &T) -> f64,
    ) -> Result<Vec<Cluster<T>>, InputError> {
        let objects: Vec<_> = objects.iter().cloned().map(Arc::new).collect();
        self.summarize_shared(&objects, &vec![1.0; objects.len()], distance)
    }

    /// The same for objects that count several times: `weights` are above 0, one for each object.
    ///
    /// # Errors
    /// As for [`summarize`](Self::summarize); [`InputError::WrongLength`] and
    /// [`InputError::Weight`] for the weights.
    pub fn summarize_shared<T>(
        &self,
        objects: &[Arc<T>],
        weights: &[f64],
        distance: impl FnMut(&T, &T) -> f64,
    ) -> Result<Vec<Cluster<T>>, InputError> {
        if self.most == 0 || self.representatives == 0 {
            return Err(InputError::NoClusters);
        }
        if !(0.0..=1.0).contains(&self.shrinkage) {
            return Err(InputError::Shrinkage {
                got: self.shrinkage,
            });
        }
        if objects.len() != weights.len() {
            return Err(InputError::WrongLength {
                expected: objects.len(),
                got: weights.len(),
            });
        }
        let (least, most) = (1e-9, 1e9);
        let refused = weights.iter().find(|w| !(least..=most).contains(*w));
        if let Some(&got) = refused {
            return Err(InputError::Weight { got, least, most });
        }
        let mut measure = Measure::new(distance);
        let found = self.found(objects, weights, OVERLAP, &mut measure)?;
        let total: f64 = found.iter().map(|found| found.weight).sum();
        Ok(found
            .into_iter()
            .map(|found| Cluster::new(&found, objects, total))
            .collect())
    }

    /// The clusters of checked objects. Two clusters overlap if their distance is at most `overlap`
    /// times the sum of their radii.
    pub(crate) fn found<T, F: FnMut(&T, &T) -> f64>(
        &self,
        objects: &[Arc<T>],
        weights: &[f64],
        overlap: f64,
        measure: &mut Measure<F>,
    ) -> Result<Vec<Found>, InputError> {
        let wanted = self.most.saturating_mul(SEEDS_OF_A_CLUSTER);
        let seeds = wanted.clamp(SEEDS, MOST_SEEDS);
        let numbers = [self.most, seeds, self.representatives];
        let found = scattered::clusters(weights, numbers, [self.shrinkage, overlap], |a, b| {
            measure.between(&*objects[a], &*objects[b])
        });
        measure.check()?;
        Ok(found)
    }
}

impl<T> Cluster<T> {
    /// The cluster, of objects of this total weight.
    pub(crate) fn new(found: &Found, objects: &[Arc<T>], total: f64) -> Self {
        let representatives = found.representatives.iter();
        Self {
            representatives: representatives
                .map(|&at| Arc::clone(&objects[at]))
                .collect(),
            radius: (found.squares / found.weight).sqrt(),
            weight: found.weight / total,
        }
    }
}
