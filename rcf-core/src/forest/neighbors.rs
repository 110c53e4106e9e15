//! Near neighbours of a query.

use super::{RandomCutForest, with_ensemble};
use crate::error::InputError;
use crate::visitor::neighbors::NeighborPoints;

/// A sampled point near a query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Neighbor {
    /// Its coordinates, in the units of the records: input dimensions × shingle size, oldest first.
    pub point: Vec<f64>,
    /// Euclidean distance to the query, in the units of the records.
    pub distance: f64,
    /// How many trees brought it.
    pub trees: usize,
}

impl RandomCutForest {
    /// Sampled points near a record as if it came next, nearest first: the one beside which it
    /// arrives in each tree, merged over the trees.
    ///
    /// These are near, not the nearest: a tree brings one point of its own sample. A point that
    /// many trees bring is the likelier one. Points are what the forest keeps, in single precision
    /// relative to its origin.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and [`InputError::NotReady`].
    pub fn near_neighbors(&self, values: &[f64]) -> Result<Vec<Neighbor>, InputError> {
        let mut brought = NeighborPoints::default();
        self.read(values, 0, &mut brought)?;
        self.check_ready()?;
        let mut query = vec![0.0; self.row.len()];
        self.shingle.peek(values, &mut query);
        let neighbor = |row: &[f32], trees| Neighbor {
            point: (0..self.dimensions())
                .map(|i| self.in_input_units(i, f64::from(row[i])))
                .collect(),
            distance: distance(row, &query),
            trees,
        };
        let mut neighbors: Vec<Neighbor> = with_ensemble!(&self.trees, ensemble => {
            let counted = brought.counted().into_iter();
            counted.map(|(point, trees)| neighbor(ensemble.points.row(point), trees)).collect()
        });
        // Not by number: where a point is stored must not matter.
        neighbors.sort_by(|a, b| {
            let by_distance = a.distance.total_cmp(&b.distance);
            by_distance.then_with(|| {
                let coordinates = a.point.iter().zip(&b.point);
                coordinates.fold(std::cmp::Ordering::Equal, |order, (a, b)| {
                    order.then(a.total_cmp(b))
                })
            })
        });
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

    /// The value in the units of the records of a coordinate of a point.
    pub(super) fn in_input_units(&self, dimension: usize, coordinate: f64) -> f64 {
        let origin = self.shingle.origin();
        origin[dimension % origin.len()] + coordinate
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    squares.sum::<f64>().sqrt()
}
