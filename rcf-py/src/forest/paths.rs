//! What a point meets in the trees, for functionals of the user's own.

use std::ops::ControlFlow;

use pyo3::prelude::*;
use rcf_core::visitor::{Ancestor, Leaf, Visitor};

use super::PyRandomCutForest;
use crate::answers;

/// A leaf, and the bounding boxes above it that do not contain the point.
#[derive(Debug)]
pub(crate) struct TreePath {
    pub(crate) depth: usize,
    pub(crate) mass: usize,
    pub(crate) tree_mass: usize,
    pub(crate) is_point: bool,
    pub(crate) depths: Vec<i64>,
    pub(crate) masses: Vec<i64>,
    pub(crate) gaps: Vec<f64>,
    pub(crate) ranges: Vec<f64>,
}

/// The paths of all trees. Python code must not run during a traversal, while the model is locked,
/// so a visitor of Python sees them afterwards.
#[derive(Debug, Default)]
struct Paths(Vec<TreePath>);

impl Visitor for Paths {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.0.push(TreePath {
            depth: leaf.depth(),
            mass: leaf.mass(),
            tree_mass: leaf.tree_mass(),
            is_point: leaf.is_query(),
            depths: Vec::new(),
            masses: Vec::new(),
            gaps: Vec::new(),
            ranges: Vec::new(),
        });
        ControlFlow::Continue(())
    }

    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let path = self.0.last_mut().expect("a leaf comes first");
        path.depths.push(ancestor.depth() as i64);
        path.masses.push(ancestor.mass() as i64);
        path.gaps.push(ancestor.gap());
        path.ranges.push(ancestor.range());
    }
}

#[pymethods]
impl PyRandomCutForest {
    /// What a point meets in each tree, for functionals of your own.
    ///
    /// A point descends to a leaf and walks up, past the bounding boxes that do not contain it.
    /// Score, displacement and density are functions of what it meets; these are the facts that a
    /// `Visitor` of Rust sees. Learns nothing.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    ///
    /// Returns
    /// -------
    /// list of TreePath
    ///     One for each tree; none until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// How many bounding boxes do not contain the point? Quantiles over the trees say how sure the
    /// forest is.
    ///
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> passed = [[len(path.gaps) for path in forest.tree_paths(it)] for it in (0.5, 9.0)]
    /// >>> bool(np.quantile(passed[1], 0.1) > np.quantile(passed[0], 0.9))
    /// True
    fn tree_paths<'py>(
        &self,
        py: Python<'py>,
        point: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let point = self.forest.point(point)?;
        let mut paths = Paths::default();
        let forest = self.forest.read(py)?;
        let traversed = forest.traverse(point.values()?, &mut paths);
        drop(forest);
        traversed.map_err(|error| self.forest.refused(error))?;
        let paths = paths.0.into_iter();
        paths.map(|path| answers::tree_path(py, path)).collect()
    }
}
