//! The samples, and pauses of sampling.

use std::sync::Arc;

use numpy::PyArray2;
use pyo3::prelude::*;
use rcf_core::RandomCutForest;
use rcf_core::distance::Summarizer;

use super::PyRandomCutForest;
use crate::distance::{self, Space, summarizer};
use crate::parameters::{integer, required};
use crate::{answers, errors};

#[pymethods]
impl PyRandomCutForest {
    /// The points that the forest, or one tree, holds at present.
    ///
    /// Parameters
    /// ----------
    /// tree : int, optional
    ///     Number of the tree, from 0; all trees together by default.
    ///
    /// Returns
    /// -------
    /// Sample
    ///     Each point once, with the number of its places, and with its sequence number and
    ///     label if those are stored.
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

    /// A summary of the recent stream: the sample in groups, the heaviest first.
    ///
    /// Distances are Euclidean: inputs of different units should be scaled alike.
    ///
    /// Parameters
    /// ----------
    /// most : int
    ///     The largest number of groups; overlapping groups are merged.
    /// distance : str or callable (ndarray, ndarray) -> float, optional
    ///     ``"euclidean"``, ``"manhattan"``, ``"chebyshev"``, or a function of two points of shape
    ///     (shingle_size, input_dimensions), as for `rcf.summarize`.
    /// representatives : int, optional
    ///     With a distance: the largest number of points that represent a group, 1 by default;
    ///     several for groups that are long or bent.
    /// shrinkage : float, optional
    ///     With a distance, from 0 to 1: how much of the distance to a group is that to the point
    ///     in its middle, instead of the nearest representative; 0 by default.
    ///
    /// Returns
    /// -------
    /// list of Cluster, or of DistanceCluster
    ///     Each with its `center`, `low`, `high`, `radius` and `weight`; with a distance, with its
    ///     `representatives`, `radius` and `weight`. None before the first point.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If `most` is 0; with a distance as for `rcf.summarize`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.tile([0.0, 50.0], 500))
    /// >>> sorted(round(float(group.center[0, 0]), 1) for group in forest.summarize(5))
    /// [0.0, 50.0]
    #[pyo3(signature = (most, *, distance=None, representatives=None, shrinkage=None))]
    fn summarize<'py>(
        &self,
        py: Python<'py>,
        most: &Bound<'py, PyAny>,
        distance: Option<&Bound<'py, PyAny>>,
        representatives: Option<&Bound<'py, PyAny>>,
        shrinkage: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        if let Some(distance) = distance {
            let summarizer = summarizer(most, representatives, shrinkage)?;
            return self.summarize_by(&summarizer, distance);
        }
        if representatives.is_some() || shrinkage.is_some() {
            return Err(errors::input(
                "representatives and shrinkage belong to a distance: add distance=\"euclidean\"",
            ));
        }
        let most = integer("most", Some(most))?.unwrap_or_default();
        let clusters = self
            .forest
            .read_detached(py, |forest| forest.summarize(most))?
            .map_err(|error| self.forest.refused(error))?;
        clusters
            .into_iter()
            .map(|cluster| answers::cluster(py, cluster, self.shape()))
            .collect()
    }

    /// Pause sampling: shingle, time and counts continue, the trees do not change.
    fn pause_sampling(&self, py: Python<'_>) -> PyResult<()> {
        self.forest.write(py)?.pause_sampling();
        Ok(())
    }

    /// Resume sampling.
    fn resume_sampling(&self, py: Python<'_>) -> PyResult<()> {
        self.forest.write(py)?.resume_sampling();
        Ok(())
    }

    /// Delete the points of this sequence number, or time, from all trees.
    ///
    /// A point is a shingle, and has the number of its newest observation. The trees follow the law
    /// of the points that remain; points that the deleted ones had displaced do not return.
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
    fn delete_sequence_number(
        &self,
        py: Python<'_>,
        sequence_number: &Bound<'_, PyAny>,
    ) -> PyResult<usize> {
        let sequence_number = required("sequence_number", sequence_number)?;
        let deleted = self
            .forest
            .write(py)?
            .delete_sequence_number(sequence_number);
        deleted.map_err(|error| self.forest.refused(error))
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
    fn delete_before(&self, py: Python<'_>, time: &Bound<'_, PyAny>) -> PyResult<usize> {
        let time = required("time", time)?;
        let deleted = self.forest.write(py)?.delete_before(time);
        deleted.map_err(|error| self.forest.refused(error))
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
    fn delete_label(&self, py: Python<'_>, label: &Bound<'_, PyAny>) -> PyResult<usize> {
        let label = required("label", label)?;
        let deleted = self.forest.write(py)?.delete_label(label);
        deleted.map_err(|error| self.forest.refused(error))
    }

    /// Take an observation into the shingle and the clock only: no tree learns it.
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
        updated.map_err(|error| self.forest.refused(error))
    }

    /// The newest observations, oldest first: `shingle_size` × `input_dimensions`, or as many rows
    /// as there are. They are what the forest keeps, in single precision relative to its
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

impl PyRandomCutForest {
    /// Groups by a distance that has a name, or is a function of two points.
    fn summarize_by<'py>(
        &self,
        summarizer: &Summarizer,
        distance: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let py = distance.py();
        if let Ok(name) = distance.extract::<String>() {
            let named = NAMED.iter().find(|(known, _)| *known == name);
            let Some((_, distance)) = named else {
                let names = NAMED.map(|(name, _)| name).join(", ");
                return Err(errors::input(format!(
                    "unknown distance {name:?}: use one of {names}, or a function"
                )));
            };
            let found = self
                .forest
                .read_detached(py, |forest| forest.summarize_by(summarizer, distance))?;
            let clusters = found
                .map_err(|error| self.forest.refused(error))?
                .into_iter();
            return clusters
                .map(|cluster| answers::point_cluster(py, &cluster, self.shape()))
                .collect();
        }
        distance::check_callable(distance)?;
        // No lock is held while Python code runs: the function gets a copy of the sample.
        let sample = self.forest.read_detached(py, RandomCutForest::sample)?;
        let points = sample.points.rows().into_iter().map(|row| {
            let point = answers::shaped(py, row.to_vec(), self.shape())?;
            Ok(Arc::new(point.into_any().unbind()))
        });
        let points: Vec<_> = points.collect::<PyResult<_>>()?;
        let weights: Vec<f64> = sample.counts.iter().map(|&count| count as f64).collect();
        let space = Space::new(distance);
        let found = summarizer.summarize_shared(&points, &weights, |a, b| space.between(a, b));
        let clusters = space.refused(found)?;
        clusters
            .iter()
            .map(|cluster| answers::distance_cluster(py, cluster))
            .collect()
    }
}

type Named = (&'static str, fn(&Vec<f64>, &Vec<f64>) -> f64);

/// Distances by name.
const NAMED: [Named; 3] = [
    ("euclidean", |a, b| {
        differences(a, b).map(|d| d * d).sum::<f64>().sqrt()
    }),
    ("manhattan", |a, b| differences(a, b).sum()),
    ("chebyshev", |a, b| differences(a, b).fold(0.0, f64::max)),
];

fn differences(a: &[f64], b: &[f64]) -> impl Iterator<Item = f64> {
    a.iter().zip(b).map(|(a, b)| (a - b).abs())
}
