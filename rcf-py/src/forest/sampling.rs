//! What the samples hold, and whether they change.

use numpy::PyArray2;
use pyo3::prelude::*;
use rcf_core::RandomCutForest;

use super::PyRandomCutForest;
use crate::parameters::integer;
use crate::{answers, errors};

#[pymethods]
impl PyRandomCutForest {
    /// The points that the forest, or one tree, holds at present.
    ///
    /// Parameters
    /// ----------
    /// tree : int, optional
    ///     Number of the tree, from 0; all trees together if left out.
    ///
    /// Returns
    /// -------
    /// Sample
    ///     Each point once, with the number of places that it has, and with its sequence number and
    ///     label where those are stored.
    ///
    /// Raises
    /// ------
    /// ConfigError
    ///     If there is no such tree.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(number_of_trees=10, sample_size=64)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> int(forest.sample().counts.sum())
    /// 640
    #[pyo3(signature = (tree=None))]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        tree: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let sample = match integer("tree", tree)? {
            None => self.forest.read_detached(py, RandomCutForest::sample)?,
            Some(tree) => {
                let sample = self.forest.read(py)?.sample_of_tree(tree);
                let trees = self.forest.config().number_of_trees;
                sample.ok_or_else(|| {
                    errors::config(format!("tree must be below {trees}, got {tree}"))
                })?
            }
        };
        answers::sample(py, sample, self.shape())
    }

    /// What the stream has looked like lately: the sample in groups, the heaviest first.
    ///
    /// Distances are Euclidean: inputs of different units should be scaled alike.
    ///
    /// Parameters
    /// ----------
    /// most : int
    ///     How many groups at most; those that overlap become one.
    ///
    /// Returns
    /// -------
    /// list of Cluster
    ///     Each with its `center`, `low`, `high`, `radius` and `weight`; none before the first
    ///     point.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If `most` is 0.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.tile([0.0, 50.0], 500))
    /// >>> sorted(round(float(group.center[0, 0]), 1) for group in forest.summarize(5))
    /// [0.0, 50.0]
    fn summarize<'py>(
        &self,
        py: Python<'py>,
        most: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let most = integer("most", Some(most))?.unwrap_or_default();
        let clusters = self
            .forest
            .read_detached(py, |forest| forest.summarize(most))?
            .map_err(errors::refused)?;
        clusters
            .into_iter()
            .map(|cluster| answers::cluster(py, cluster, self.shape()))
            .collect()
    }

    /// Leave the samples as they are: shingle, time and counts go on, the trees do not change.
    fn pause_sampling(&self, py: Python<'_>) -> PyResult<()> {
        self.forest.write(py)?.pause_sampling();
        Ok(())
    }

    /// Let the samples follow the stream again.
    fn resume_sampling(&self, py: Python<'_>) -> PyResult<()> {
        self.forest.write(py)?.resume_sampling();
        Ok(())
    }

    /// Delete the points of this sequence number, or time, from all trees.
    ///
    /// A point is a shingle, and has the number of its newest observation. The trees follow the law
    /// of the points that remain; what the deleted ones had displaced does not come back.
    ///
    /// Parameters
    /// ----------
    /// sequence_number : int
    ///     Time or sequence number of an observation; needs ``store_sequence_numbers=True``.
    ///
    /// Returns
    /// -------
    /// int
    ///     How many places in the samples of the trees the points had.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the forest keeps no sequence numbers.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(store_sequence_numbers=True)
    /// >>> _ = forest.process(np.arange(100.0))
    /// >>> forest.delete_sequence_number(99) > 0
    /// True
    /// >>> 99 in forest.sample().sequence_numbers
    /// False
    fn delete_sequence_number(&self, py: Python<'_>, sequence_number: i64) -> PyResult<usize> {
        let deleted = self
            .forest
            .write(py)?
            .delete_sequence_number(sequence_number);
        deleted.map_err(errors::refused)
    }

    /// Delete the points before this time, or sequence number, as `delete_sequence_number` does.
    ///
    /// Parameters
    /// ----------
    /// time : int
    ///     The first time, or sequence number, that stays; needs ``store_sequence_numbers=True``.
    ///
    /// Returns
    /// -------
    /// int
    ///     How many places in the samples of the trees the points had.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the forest keeps no sequence numbers.
    fn delete_before(&self, py: Python<'_>, time: i64) -> PyResult<usize> {
        let deleted = self.forest.write(py)?.delete_before(time);
        deleted.map_err(errors::refused)
    }

    /// Delete the points of this label, as `delete_sequence_number` does.
    ///
    /// Parameters
    /// ----------
    /// label : int
    ///     The label that came with observations; needs ``store_labels=True``.
    ///
    /// Returns
    /// -------
    /// int
    ///     How many places in the samples of the trees the points had.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the forest keeps no labels.
    fn delete_label(&self, py: Python<'_>, label: i64) -> PyResult<usize> {
        let deleted = self.forest.write(py)?.delete_label(label);
        deleted.map_err(errors::refused)
    }

    /// Take an observation into the shingle and the clock alone: no tree learns it.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The next observation, as for `update`.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `update`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(shingle_size=3)
    /// >>> forest.update_shingle(1.5)
    /// >>> forest.shingle
    /// array([[1.5]])
    fn update_shingle(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<()> {
        let point = self.forest.point(point)?;
        let updated = self.forest.write(py)?.update_shingle(point.values()?);
        updated.map_err(errors::refused)
    }

    /// The newest observations, oldest first: `shingle_size` × `input_dimensions`, or as many rows
    /// as there have been. They are what the forest keeps, in single precision relative to its
    /// origin.
    #[getter]
    fn shingle<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        Ok(PyArray2::from_owned_array(
            py,
            self.forest.read(py)?.shingle(),
        ))
    }

    /// Whether the samples follow the stream.
    #[getter]
    fn is_sampling(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.forest.read(py)?.is_sampling())
    }

    /// Time or sequence number of the newest observation; None before the first.
    #[getter]
    fn newest_time(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        Ok(self.forest.read(py)?.newest_time())
    }
}
