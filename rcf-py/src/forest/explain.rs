//! Attribution, and estimates from some of the trees.

use pyo3::prelude::*;

use crate::parameters::{needed, real};

use super::PyRandomCutForest;
use crate::answers;

#[pymethods]
impl PyRandomCutForest {
    /// Return the contribution of each value to the score of one point, by direction.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to explain, as for `score`.
    ///
    /// Returns
    /// -------
    /// Attribution
    ///     The arrays `high` and `low`, both of shape (shingle_size, input_dimensions), oldest
    ///     observation first: the parts of the score that are due to values higher, or lower, than
    ///     usual. Their `total` is the score.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    /// >>> _ = forest.process(np.random.default_rng(1).normal(size=(1000, 2)))
    /// >>> high, low = forest.attribution([0.1, -9.0])
    /// >>> bool(low[0, 1] > 0.8 * (high.sum() + low.sum()))
    /// True
    fn attribution<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let point = self.forest.point(point)?;
        let parts = self.forest.read(py)?.attribution(point.values()?);
        answers::attribution(
            py,
            parts.map_err(|error| self.forest.refused(error))?,
            self.shape(),
        )
    }

    /// Return score and attribution of one point, in one traversal of the trees.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to explain, as for `score`.
    /// precision : float, default 0
    ///     As for `converging_score`; 0 uses all trees.
    ///
    /// Returns
    /// -------
    /// Explanation
    ///     The `score`, its `attribution`, and how many `trees` were used.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`, and for a precision that is negative or not a number.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> score, why, trees = forest.explain(5.0)
    /// >>> trees, abs(why.total - score) < 1e-9
    /// (50, True)
    #[pyo3(
        signature = (point, *, precision=None),
        text_signature = "($self, point, *, precision=0.0)"
    )]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        precision: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let precision = real("precision", precision)?.unwrap_or(0.0);
        let point = self.forest.point(point)?;
        let explained = self
            .forest
            .read(py)?
            .converging_explanation(point.values()?, precision);
        answers::explanation(
            py,
            explained.map_err(|error| self.forest.refused(error))?,
            self.shape(),
        )
    }

    /// Score one point with as few trees as reach a precision.
    ///
    /// Trees are used sixteen and then eight at a time, until the standard error relative to the
    /// score of all trees, estimated from those used, is at most `precision`.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    /// precision : float
    ///     In units of the score: with 0.05 about two of three estimates lie within 0.05 of
    ///     `score`.
    ///
    /// Returns
    /// -------
    /// ScoreEstimate
    ///     The `score`, and how many `trees` were used.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`, and for a precision that is negative or not a number.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(number_of_trees=100, seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> estimate = forest.converging_score(0.5, 0.1)
    /// >>> estimate.trees < 100 and abs(estimate.score - forest.score(0.5)) < 0.3
    /// True
    fn converging_score<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'py, PyAny>,
        precision: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let precision = needed("precision", precision)?;
        let point = self.forest.point(point)?;
        let estimate = self
            .forest
            .read(py)?
            .converging_score(point.values()?, precision);
        answers::estimate(py, estimate.map_err(|error| self.forest.refused(error))?)
    }
}
