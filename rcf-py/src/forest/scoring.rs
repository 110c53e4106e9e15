//! Other functionals than the score.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use pyo3::prelude::*;
use rcf_core::{AnomalyScore, Displacement, ScoringFunction};

use super::PyRandomCutForest;
use crate::errors;
use crate::parameters::{integer, wrong_type};

#[pymethods]
impl PyRandomCutForest {
    /// The fraction of a tree's points that a point would push down by a level, in expectation.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    ///
    /// Returns
    /// -------
    /// float
    ///     From 0 to below 1; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> forest.displacement(9.0) > 0.8 > 0.2 > forest.displacement(0.5)
    /// True
    fn displacement(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<f64> {
        let point = self.forest.point(point)?;
        let forest = self.forest.read(py)?;
        forest
            .displacement(point.values()?)
            .map_err(|error| self.forest.refused(error))
    }

    /// Collusive displacement (CoDisp) of a point.
    ///
    /// The largest ratio of the points of the sibling subtree to those of a subtree around the
    /// point, in expectation (Guha et al., 2016). An outlier is not hidden by a few others next to
    /// it.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    ///
    /// Returns
    /// -------
    /// float
    ///     From 0 to `sample_size`, not normalised; higher is more anomalous. 0 until the forest is
    ///     ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> forest.collusive_displacement(9.0) > 10 * forest.collusive_displacement(0.5)
    /// True
    fn collusive_displacement(&self, py: Python<'_>, point: &Bound<'_, PyAny>) -> PyResult<f64> {
        let point = self.forest.point(point)?;
        let forest = self.forest.read(py)?;
        forest
            .collusive_displacement(point.values()?)
            .map_err(|error| self.forest.refused(error))
    }

    /// Score a point that may be in the forest already, without its own copies.
    ///
    /// This judges a point after it was learned, with one copy to be ignored.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    /// copies : int, default 1
    ///     In each tree that holds the point at most this often, those copies do not count. A tree
    ///     that holds it more often is scored unchanged.
    ///
    /// Returns
    /// -------
    /// float
    ///     The anomaly score; higher is more anomalous. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(initial_accept_fraction=1.0, seed=1)
    /// >>> _ = forest.process([*np.sin(np.arange(200) / 10), 9.0])
    /// >>> forest.score_ignoring(9.0) > forest.score(9.0)
    /// True
    #[pyo3(signature = (point, copies=None))]
    fn score_ignoring(
        &self,
        py: Python<'_>,
        point: &Bound<'_, PyAny>,
        copies: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        let point = self.forest.point(point)?;
        let copies = integer("copies", copies)?.unwrap_or(1);
        let forest = self.forest.read(py)?;
        forest
            .score_ignoring(point.values()?, copies)
            .map_err(|error| self.forest.refused(error))
    }

    /// Compute another functional of the depth at which a point would lie.
    ///
    /// Parameters
    /// ----------
    /// point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
    ///     The point to judge, as for `score`.
    /// function : str, ScoringFunction, or tuple of callables
    ///     ``"anomaly_score"``, ``"displacement"``, or your own `ScoringFunction`:
    ///     ``(seen, unseen)``, with ``damp`` and ``normalizer`` if they are not 1. Each is called
    ///     once for each pair of numbers that occurs.
    /// ignoring : int, default 0
    ///     Copies of the point that do not count, as in `score_ignoring`.
    ///
    /// Returns
    /// -------
    /// float
    ///     The mean over the trees, in the units of the function. 0 until the forest is ready.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     As for `score`.
    /// ConfigError
    ///     If there is no function of that name.
    ///
    /// Examples
    /// --------
    /// >>> forest = rcf.RandomCutForest(seed=1)
    /// >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    /// >>> forest.score_with(5.0, "displacement") == forest.displacement(5.0)
    /// True
    #[pyo3(signature = (point, function, *, ignoring=None))]
    fn score_with(
        &self,
        py: Python<'_>,
        point: &Bound<'_, PyAny>,
        function: &Bound<'_, PyAny>,
        ignoring: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        let point = self.forest.point(point)?;
        let copies = integer("ignoring", ignoring)?.unwrap_or(0);
        let Ok(name) = function.extract::<String>() else {
            return self.score_with_callables(py, point.values()?, function, copies);
        };
        let forest = self.forest.read(py)?;
        let values = point.values()?;
        match name.as_str() {
            "anomaly_score" => forest.score_with_ignoring(values, &AnomalyScore, copies),
            "displacement" => forest.score_with_ignoring(values, &Displacement, copies),
            _ => {
                return Err(errors::config(format!(
                    "function must be \"anomaly_score\", \"displacement\" or a ScoringFunction, \
                     got \"{name}\""
                )));
            }
        }
        .map_err(|error| self.forest.refused(error))
    }
}

impl PyRandomCutForest {
    /// Traverses the trees until the table contains every value that the traversal needs. Python
    /// code runs between traversals, when the lock is free; if the forest does not change
    /// meanwhile, two suffice.
    fn score_with_callables(
        &self,
        py: Python<'_>,
        values: &[f64],
        function: &Bound<'_, PyAny>,
        copies: usize,
    ) -> PyResult<f64> {
        let callables = Callables::extract(function)?;
        let mut table = Table::default();
        loop {
            let forest = self.forest.read(py)?;
            let score = forest.score_with_ignoring(values, &table, copies);
            drop(forest);
            let wanted = table.wanted.take();
            if wanted.is_empty() {
                return score.map_err(|error| self.forest.refused(error));
            }
            for question in wanted {
                let answer = callables.answer(question)?;
                table.known.insert(question, answer);
            }
        }
    }
}

/// The calls that the core may make to a scoring function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Seen(usize, usize),
    Unseen(usize, usize),
    Damp(usize, usize),
    Normalizer(usize),
}

/// A scoring function given by its values; missing ones are recorded, and count as 0.
#[derive(Debug, Default)]
struct Table {
    known: BTreeMap<Question, f64>,
    wanted: RefCell<BTreeSet<Question>>,
}

impl Table {
    fn value(&self, question: Question) -> f64 {
        self.known.get(&question).copied().unwrap_or_else(|| {
            self.wanted.borrow_mut().insert(question);
            0.0
        })
    }
}

impl ScoringFunction for Table {
    fn seen(&self, depth: usize, mass: usize) -> f64 {
        self.value(Question::Seen(depth, mass))
    }

    fn unseen(&self, depth: usize, mass: usize) -> f64 {
        self.value(Question::Unseen(depth, mass))
    }

    fn damp(&self, mass: usize, tree_mass: usize) -> f64 {
        self.value(Question::Damp(mass, tree_mass))
    }

    fn normalizer(&self, tree_mass: usize) -> f64 {
        self.value(Question::Normalizer(tree_mass))
    }
}

/// A scoring function of Python.
struct Callables<'py> {
    seen: Bound<'py, PyAny>,
    unseen: Bound<'py, PyAny>,
    damp: Option<Bound<'py, PyAny>>,
    normalizer: Option<Bound<'py, PyAny>>,
}

impl<'py> Callables<'py> {
    fn extract(function: &Bound<'py, PyAny>) -> PyResult<Self> {
        let wrong = || {
            let kind = "a name, or a ScoringFunction or tuple of the callables (seen, unseen, damp, \
                        normalizer), the last two of which are optional";
            wrong_type("function", kind, function)
        };
        let mut parts: Vec<Option<Bound<'py, PyAny>>> = Vec::new();
        for part in function.try_iter().map_err(|_| wrong())? {
            let part = part?;
            if !part.is_none() && !part.is_callable() {
                return Err(wrong());
            }
            parts.push((!part.is_none()).then_some(part));
        }
        if !(2..=4).contains(&parts.len()) {
            return Err(wrong());
        }
        parts.resize(4, None);
        let [Some(seen), Some(unseen), damp, normalizer] =
            <[_; 4]>::try_from(parts).map_err(|_| wrong())?
        else {
            return Err(wrong());
        };
        Ok(Self {
            seen,
            unseen,
            damp,
            normalizer,
        })
    }

    fn answer(&self, question: Question) -> PyResult<f64> {
        let value = match question {
            Question::Seen(depth, mass) => self.seen.call1((depth, mass))?,
            Question::Unseen(depth, mass) => self.unseen.call1((depth, mass))?,
            Question::Damp(mass, tree_mass) => match &self.damp {
                Some(damp) => damp.call1((mass, tree_mass))?,
                None => return Ok(1.0),
            },
            Question::Normalizer(tree_mass) => match &self.normalizer {
                Some(normalizer) => normalizer.call1((tree_mass,))?,
                None => return Ok(1.0),
            },
        };
        value.extract()
    }
}
