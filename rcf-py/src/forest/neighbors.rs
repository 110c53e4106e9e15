//! Neighbors and density of a point.

use pyo3::prelude::*;

use super::PyRandomCutForest;
use crate::answers;
use crate::parameters::real;

#[pymethods]
impl PyRandomCutForest {
    /// Sampled points near one, nearest first.
    ///
    /// Each tree returns the point next to which the query arrives; equal ones are merged. They are
    /// near, not the nearest, and a point that many trees return is more likely to be the nearest
    /// one.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The query, as for `score`.
    /// within : float, optional
    ///     Only those within this distance; all by default.
    ///
    /// Returns
    /// -------
    /// list of Neighbor
    ///     Each with its `point` of shape (shingle_size, input_dimensions), the `distance`, and the
    ///     number of `trees` that returned it.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`, and for a distance that is negative or NaN.
    /// NotReadyError
    ///     If the forest has learned too little.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.arange(1000.0) % 10)
    /// >>> nearest = forest.near_neighbors(3.2)[0]
    /// >>> nearest.point
    /// array([[3.]])
    #[pyo3(signature = (point, *, within=None))]
    fn near_neighbors<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        within: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let point = self.forest.point(point)?;
        let distance = real("within", within)?.unwrap_or(f64::INFINITY);
        let forest = self.forest.read(py)?;
        let neighbors = forest.near_neighbors_within(point.values()?, distance);
        drop(forest);
        let neighbors = neighbors
            .map_err(|error| self.forest.refused(error))?
            .into_iter();
        neighbors
            .map(|neighbor| answers::neighbor(py, neighbor, self.shape()))
            .collect()
    }

    /// How densely a point is surrounded; higher is more usual.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The query, as for `score`.
    /// manifold_dimension : float, optional
    ///     The power of the distance with which volume grows; `dimensions` if left out. Points of a
    ///     smooth signal lie near a line or a surface, whatever the shingle size: 1 or 2.
    ///
    /// Returns
    /// -------
    /// Density
    ///     The `value`, in points of a tree's sample as a fraction of it per volume, and its parts
    ///     by direction, `high` and `low`, of shape (shingle_size, input_dimensions). All 0 until
    ///     the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`, and for a manifold dimension that is not above 0.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    /// >>> _ = forest.process(np.random.default_rng(1).normal(size=(1000, 2)))
    /// >>> forest.density([0.0, 0.0]).value > 10 * forest.density([5.0, 5.0]).value
    /// True
    #[pyo3(signature = (point, *, manifold_dimension=None))]
    fn density<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        manifold_dimension: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let manifold_dimension = real("manifold_dimension", manifold_dimension)?;
        let point = self.forest.point(point)?;
        let forest = self.forest.read(py)?;
        let density = match manifold_dimension {
            None => forest.density(point.values()?),
            Some(dimension) => forest.density_on_manifold(point.values()?, dimension),
        };
        drop(forest);
        answers::density(
            py,
            density.map_err(|error| self.forest.refused(error))?,
            self.shape(),
        )
    }
}
