//! Near neighbours of a query.

use std::cmp::Ordering;

use super::sample::{Held, label};
use super::{RandomCutForest, with_ensemble};
use crate::error::InputError;
use crate::visitor::neighbors::NeighborPoints;

/// A sampled point near a query.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Neighbor {
    /// Its coordinates, in the units of the observations: input dimensions × shingle size, oldest
    /// first.
    pub point: Vec<f64>,
    /// Euclidean distance to the query, in the units of the observations.
    pub distance: f64,
    /// The number of trees that returned it.
    pub trees: usize,
    /// The newest time, or sequence number, of the observations that it represents in those trees,
    /// if those are [stored](crate::RandomCutForestBuilder::store_sequence_numbers).
    pub sequence_number: Option<i64>,
    /// The label of that observation (of any, if sequence numbers are not stored), if it has one
    /// and labels are [stored](crate::RandomCutForestBuilder::store_labels).
    pub label: Option<i64>,
}

impl RandomCutForest {
    /// Sampled points near an observation as if it came next, nearest first: the one next to which
    /// it arrives in each tree, merged over the trees.
    ///
    /// These are near, not the nearest: each tree returns one point of its own sample. A point that
    /// many trees return is more likely to be the nearest one. Points are what the forest keeps, in
    /// single precision relative to its origin.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and [`InputError::NotReady`].
    pub fn near_neighbors(&self, values: &[f64]) -> Result<Vec<Neighbor>, InputError> {
        let mut brought = NeighborPoints::default();
        self.traverse_with(values, 0, None, &mut brought)?;
        self.check_ready()?;
        let mut query = vec![0.0; self.row.len()];
        self.shingle.peek(values, &mut query);
        let mut neighbors: Vec<Neighbor> = with_ensemble!(&self.trees, ensemble => {
            let held = Held::brought(ensemble, brought.points());
            let neighbor = |i: usize| {
                let row = ensemble.points.padded_row(held.points[i]);
                let coordinates = row[..self.dimensions()].iter().enumerate();
                Neighbor {
                    point: coordinates
                        .map(|(dimension, &x)| self.in_input_units(dimension, f64::from(x)))
                        .collect(),
                    distance: distance(row, &query),
                    trees: held.counts[i],
                    sequence_number: held.sequence_numbers.get(i).copied(),
                    label: held.labels.get(i).copied().and_then(label),
                }
            };
            (0..held.points.len()).map(neighbor).collect()
        });
        neighbors.sort_by(Neighbor::order);
        neighbors.dedup_by(|again, first| {
            let same = again.point == first.point;
            if same {
                first.trees += again.trees;
            }
            same
        });
        Ok(neighbors)
    }

    /// Those of the [near neighbors](Self::near_neighbors) whose distance is at most this.
    ///
    /// # Errors
    /// As for [`near_neighbors`](Self::near_neighbors), and [`InputError::Distance`] if the
    /// distance is negative or NaN.
    pub fn near_neighbors_within(
        &self,
        values: &[f64],
        distance: f64,
    ) -> Result<Vec<Neighbor>, InputError> {
        if distance.is_nan() || distance < 0.0 {
            return Err(InputError::Distance { got: distance });
        }
        let mut neighbors = self.near_neighbors(values)?;
        neighbors.retain(|neighbor| neighbor.distance <= distance);
        Ok(neighbors)
    }

    pub(super) fn check_ready(&self) -> Result<(), InputError> {
        if self.is_ready() {
            Ok(())
        } else {
            Err(InputError::NotReady {
                updates: self.updates,
            })
        }
    }

    /// The value in the units of the observations of a coordinate of a point.
    pub(super) fn in_input_units(&self, dimension: usize, coordinate: f64) -> f64 {
        let origin = self.shingle.origin();
        origin[dimension % origin.len()] + coordinate
    }
}

impl Neighbor {
    /// Nearest first; equal points together, the newest observation first. Not by number: where a
    /// point is stored must not matter.
    fn order(&self, other: &Self) -> Ordering {
        let coordinates = self.point.iter().zip(&other.point);
        let by_place =
            coordinates.fold(Ordering::Equal, |order, (a, b)| order.then(a.total_cmp(b)));
        let by_distance = self.distance.total_cmp(&other.distance);
        by_distance
            .then(by_place)
            .then(other.sequence_number.cmp(&self.sequence_number))
            .then(other.label.cmp(&self.label))
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    squares.sum::<f64>().sqrt()
}
