//! Summaries: a few representatives of the sample.
//!
//! The points of the sample, weighted by the places that they have in it, are merged pair by pair,
//! each time the pair whose union adds least to the sum of squared distances from the centers
//! (Ward,
//! *Hierarchical grouping to optimize an objective function*, 1963), down to the number of clusters
//! requested, and further while two clusters overlap: while their centers are no further apart than
//! twice the sum of their radii. (The halves of a uniform stretch are 1.7 times that apart, those
//! of a normal law 1.3 times: a single cluster is not split. Two normal distributions in one
//! dimension are separated from a distance of four deviations on.)
//!
//! If there are more than a few hundred points, some of them gather the others first: see
//! [`cluster`].

use std::sync::Arc;

use super::RandomCutForest;
use crate::cluster::{self, Cluster as ObjectCluster, Group as _, Summarizer};
use crate::error::InputError;

/// Distance of the centers, in sums of radii, up to which two groups overlap.
const OVERLAP: f64 = 2.0;

/// The largest number of points that are merged pair by pair.
const SEEDS: usize = 256;

/// A group of sampled points.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cluster {
    /// The mean of its points, in the units of the observations: `dimensions()` values.
    pub center: Vec<f64>,
    /// The least value in each dimension.
    pub low: Vec<f64>,
    /// The greatest value in each dimension.
    pub high: Vec<f64>,
    /// The root of the mean squared (Euclidean) distance of its points from the center.
    pub radius: f64,
    /// Its share of the sample, above 0; all shares add up to 1.
    pub weight: f64,
}

impl RandomCutForest {
    /// Clusters the current sample into at most `most` groups, the heaviest first: a summary of the
    /// recent stream. Overlapping groups are merged, so there may be fewer; there are none before
    /// the first point. Distances are Euclidean: inputs of different units should be scaled alike.
    ///
    /// ```
    /// # use rcf_core::RandomCutForest;
    /// let mut forest = RandomCutForest::builder(1).build()?;
    /// for t in 0..1000 {
    ///     // Two levels, and a little noise.
    ///     forest.update(&[f64::from(t % 3 / 2) * 50.0 + f64::from(t % 7)])?;
    /// }
    /// let clusters = forest.summarize(2)?;
    /// assert!((clusters[0].center[0] - 3.0).abs() < 0.5 && clusters[0].weight > 0.6);
    /// assert!((clusters[1].center[0] - 53.0).abs() < 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InputError::NoClusters`] if `most` is 0.
    pub fn summarize(&self, most: usize) -> Result<Vec<Cluster>, InputError> {
        if most == 0 {
            return Err(InputError::NoClusters);
        }
        let sample = self.sample();
        let rows = sample.points.rows().into_iter().zip(&sample.counts);
        let points: Vec<Group> = rows
            .map(|(row, &count)| Group::of(row.to_vec(), count as f64))
            .collect();
        let mut groups = cluster::merge_overlapping(cluster::merge(gather(points), most));
        groups.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let total: f64 = groups.iter().map(|group| group.weight).sum();
        let cluster = |group: Group| Cluster {
            radius: group.radius(),
            weight: group.weight / total,
            center: group.center,
            low: group.low,
            high: group.high,
        };
        Ok(groups.into_iter().map(cluster).collect())
    }

    /// Clusters the current sample by any distance, with several representatives for each cluster:
    /// [`Summarizer::summarize`] on the points of [`sample`](Self::sample) and their counts. A
    /// point has `dimensions()` values, in the units of the observations.
    ///
    /// ```
    /// # use rcf_core::RandomCutForest;
    /// use rcf_core::distance::Summarizer;
    ///
    /// let mut forest = RandomCutForest::builder(1).build()?;
    /// for t in 0..1000 {
    ///     forest.update(&[f64::from(t % 3 / 2) * 50.0 + f64::from(t % 7)])?;
    /// }
    /// let manhattan =
    ///     |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum();
    /// let clusters = forest.summarize_by(&Summarizer::new(2), manhattan)?;
    /// assert_eq!(clusters[0].primary()[..], [3.0]);
    /// assert!(clusters[0].weight() > 0.6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for `Summarizer::summarize`.
    pub fn summarize_by(
        &self,
        summarizer: &Summarizer,
        distance: impl FnMut(&Vec<f64>, &Vec<f64>) -> f64,
    ) -> Result<Vec<ObjectCluster<Vec<f64>>>, InputError> {
        let sample = self.sample();
        let points = sample.points.rows().into_iter();
        let points: Vec<Arc<Vec<f64>>> = points.map(|row| Arc::new(row.to_vec())).collect();
        let weights: Vec<f64> = sample.counts.iter().map(|&count| count as f64).collect();
        summarizer.summarize_shared(&points, &weights, distance)
    }
}

#[derive(Debug, Clone)]
struct Group {
    center: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    weight: f64,
    /// Sum of the squared distances from the center, weighted.
    squares: f64,
}

impl Group {
    fn of(point: Vec<f64>, weight: f64) -> Self {
        Self {
            low: point.clone(),
            high: point.clone(),
            center: point,
            weight,
            squares: 0.0,
        }
    }

    fn radius(&self) -> f64 {
        (self.squares / self.weight).sqrt()
    }
}

impl cluster::Group for Group {
    /// How much a union with the other group adds to the squared distances.
    fn cost(&self, other: &Self) -> f64 {
        let weight = self.weight * other.weight / (self.weight + other.weight);
        weight * squared_distance(&self.center, &other.center)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let reach = OVERLAP * (self.radius() + other.radius());
        squared_distance(&self.center, &other.center) <= reach * reach
    }

    fn absorb(&mut self, other: &Self) {
        self.squares += other.squares + self.cost(other);
        let share = other.weight / (self.weight + other.weight);
        for (center, other) in self.center.iter_mut().zip(&other.center) {
            *center += share * (other - *center);
        }
        let pairs = self.low.iter_mut().zip(&other.low);
        pairs.for_each(|(low, &other)| *low = low.min(other));
        let pairs = self.high.iter_mut().zip(&other.high);
        pairs.for_each(|(high, &other)| *high = high.max(other));
        self.weight += other.weight;
    }
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// At most [`SEEDS`] groups: each point goes to the nearest seed.
fn gather(points: Vec<Group>) -> Vec<Group> {
    if points.len() <= SEEDS {
        return points;
    }
    let distance = |a: usize, b: usize| squared_distance(&points[a].center, &points[b].center);
    let (seeds, nearest) = cluster::furthest_first(vec![0], points.len(), SEEDS, distance);
    let mut groups: Vec<Group> = seeds.iter().map(|&seed| points[seed].clone()).collect();
    for (place, (point, seed)) in points.iter().zip(&nearest).enumerate() {
        if seeds[*seed] != place {
            groups[*seed].absorb(point);
        }
    }
    groups
}
