//! Density, and density by direction.

use super::RandomCutForest;
use crate::error::InputError;
use crate::visitor::density::{DensitySum, Toward};

/// Bounds densities by 1000, which only a point that all trees hold reaches.
const FLOOR: f64 = 1e-3;

/// How densely a query is surrounded.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Density {
    /// The density: points, as a fraction of a tree's sample, per volume in the units of the
    /// observations.
    pub value: f64,
    /// The part towards lower values of each coordinate, where the query is the higher one:
    /// `dimensions()` entries, oldest observation first. All parts add up to `value`.
    pub high: Vec<f64>,
    /// The part towards higher values, where the query is the lower one.
    pub low: Vec<f64>,
}

impl RandomCutForest {
    /// The density of points around an observation as if it came next; higher is more usual. 0
    /// until the forest is ready.
    ///
    /// With `prob`, `dist` and `measure` of each dimension (both directions together) the means
    /// over the trees of the probability, extent and mass by which a cut sets the query apart,
    ///
    /// ```text
    /// P = Σ measure / sample size     F = Σ_i (dist_i / prob_i)^D · prob_i
    /// density = P / (0.001 · P + F)   direction: measure / Σ measure · density
    /// ```
    ///
    /// where `D` is the number of dimensions of a point (as the AWS libraries have it).
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn density(&self, values: &[f64]) -> Result<Density, InputError> {
        self.density_on_manifold(values, self.dimensions() as f64)
    }

    /// [`density`](Self::density) of points that lie near a manifold of `D = manifold_dimension`,
    /// such as a line or a surface: shingles of a smooth signal do. The volume is taken to grow
    /// with that power of the distance.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and a `manifold_dimension` that is not positive.
    pub fn density_on_manifold(
        &self,
        values: &[f64],
        manifold_dimension: f64,
    ) -> Result<Density, InputError> {
        if manifold_dimension.is_nan() || manifold_dimension <= 0.0 {
            return Err(InputError::ManifoldDimension {
                got: manifold_dimension,
            });
        }
        self.shingle.check(values)?;
        let dimensions = self.dimensions();
        let mut row = vec![0.0; self.row.len()];
        self.shingle.peek(values, &mut row);
        let mut seen = DensitySum::new(&row[..dimensions]);
        self.traverse_with(values, 0, None, &mut seen)?;

        let trees = self.config.number_of_trees as f64;
        let total: f64 = seen.sum.iter().flatten().map(|to| to.measure).sum::<f64>() / trees;
        let volume = |[high, low]: &[Toward; 2]| {
            let probability = (high.probability + low.probability) / trees;
            let distance = (high.distance + low.distance) / trees;
            if distance > 0.0 {
                probability * libm::pow(distance / probability, manifold_dimension)
            } else {
                0.0
            }
        };
        let mass = total / self.config.sample_size as f64;
        let value = if mass > 0.0 {
            mass / (FLOOR * mass + seen.sum.iter().map(volume).sum::<f64>())
        } else {
            0.0
        };
        let part = |to: &Toward| {
            if total > 0.0 {
                value * (to.measure / trees / total)
            } else {
                0.0
            }
        };
        Ok(Density {
            value,
            high: seen.sum.iter().map(|[high, _]| part(high)).collect(),
            low: seen.sum.iter().map(|[_, low]| part(low)).collect(),
        })
    }
}
