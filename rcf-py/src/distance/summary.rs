//! `rcf.summarize`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::distance::Summarizer;

use super::measure::{self, Space};
use crate::answers;
use crate::parameters::{integer, items, no_more, real, reals};

/// Cluster any objects that have a distance, the heaviest cluster first.
///
/// Pairs are merged by Ward's criterion, from up to 64 objects (or 4 for each cluster) that gather
/// the others: the distance is called between these and all objects.
///
/// Parameters
/// ----------
/// objects : iterable
///     The objects to cluster.
/// distance : callable (object, object) -> float
///     0 for equal objects, otherwise above 0, the same in both directions.
/// most : int
///     The largest number of clusters; overlapping clusters are merged.
/// representatives : int, default 1
///     The largest number of objects that represent a cluster; several for clusters that are long
///     or bent.
/// shrinkage : float, default 0
///     From 0 to 1: how much of the distance to a cluster is that to the object in its middle,
///     instead of the nearest representative.
/// weights : sequence of float, optional
///     How often each object counts; 1 by default.
///
/// Returns
/// -------
/// list of DistanceCluster
///     Each with its `representatives`, `radius` and `weight`.
///
/// Raises
/// ------
/// InputError
///     If a number breaks its rule, or the distance returns NaN, infinity or a number below 0.
///     Exceptions of the distance are passed on.
///
/// Examples
/// --------
/// >>> words = ["cat", "cart", "cat", "elephant", "elephants"]
/// >>> clusters = rcf.summarize(words, lambda one, other: len(set(one) ^ set(other)), 2)
/// >>> [cluster.primary for cluster in clusters]
/// ['cat', 'elephant']
#[pyfunction]
#[pyo3(
    signature = (objects, distance, most, *, representatives=None, shrinkage=None, weights=None, **more),
    text_signature = "(objects, distance, most, *, representatives=1, shrinkage=0.0, weights=None)"
)]
pub(crate) fn summarize<'py>(
    objects: &Bound<'py, PyAny>,
    distance: &Bound<'py, PyAny>,
    most: &Bound<'py, PyAny>,
    representatives: Option<&Bound<'py, PyAny>>,
    shrinkage: Option<&Bound<'py, PyAny>>,
    weights: Option<&Bound<'py, PyAny>>,
    more: Option<&Bound<'py, PyDict>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    no_more(
        "summarize",
        &["representatives", "shrinkage", "weights"],
        more,
    )?;
    let py = objects.py();
    measure::check_callable(distance)?;
    let summarizer = summarizer(most, representatives, shrinkage)?;
    let objects = items("objects", "a list of objects", objects)?;
    let objects: Vec<_> = objects
        .map(|object| Ok(Arc::new(object?.unbind())))
        .collect::<PyResult<_>>()?;
    let weights = reals("weights", weights)?.unwrap_or_else(|| vec![1.0; objects.len()]);
    let space = Space::new(distance);
    let found = summarizer.summarize_shared(&objects, &weights, |a, b| space.between(a, b));
    let clusters = space.refused(found)?;
    clusters
        .iter()
        .map(|cluster| answers::distance_cluster(py, cluster))
        .collect()
}

/// The keywords as a summarizer.
pub(crate) fn summarizer(
    most: &Bound<'_, PyAny>,
    representatives: Option<&Bound<'_, PyAny>>,
    shrinkage: Option<&Bound<'_, PyAny>>,
) -> PyResult<Summarizer> {
    let most = integer("most", Some(most))?.unwrap_or_default();
    let mut summarizer = Summarizer::new(most);
    if let Some(representatives) = integer("representatives", representatives)? {
        summarizer = summarizer.representatives(representatives);
    }
    if let Some(shrinkage) = real("shrinkage", shrinkage)? {
        summarizer = summarizer.shrinkage(shrinkage);
    }
    Ok(summarizer)
}
