//! Functionals other than the score.

use super::{RandomCutForest, with_ensemble};
use crate::error::InputError;
use crate::row_buffer::RowBuffer;
use crate::visitor::Visitor;
use crate::visitor::collusive::CollusiveDisplacementSum;
use crate::visitor::noise_floor::NoiseFloor;
use crate::visitor::scoring::ScoringSum;
use crate::visitor::scoring_function::{AnomalyScore, Displacement, ScoringFunction};

impl RandomCutForest {
    /// The mean of any [`ScoringFunction`] for an observation as if it came next, in the units of
    /// that function. Changes nothing; 0 until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn score_with<F: ScoringFunction>(
        &self,
        values: &[f64],
        function: &F,
    ) -> Result<f64, InputError> {
        self.score_with_ignoring(values, function, 0)
    }

    /// The score of an observation that may be in the forest already, without its own copies: in
    /// each tree that holds the point at most `copies` times, those count as if they were not
    /// there. A tree that holds it more often is scored as it is, one that holds nothing else adds
    /// 0.
    ///
    /// So an observation can be judged after it was taken: `copies` is 1 then. Changes nothing; 0
    /// until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn score_ignoring(&self, values: &[f64], copies: usize) -> Result<f64, InputError> {
        self.score_with_ignoring(values, &AnomalyScore, copies)
    }

    /// [`score_with`](Self::score_with) without the observation's own copies, as in
    /// [`score_ignoring`](Self::score_ignoring).
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn score_with_ignoring<F: ScoringFunction>(
        &self,
        values: &[f64],
        function: &F,
        copies: usize,
    ) -> Result<f64, InputError> {
        let mut scores = ScoringSum::new(function);
        self.traverse_ignoring(values, copies, &mut scores)?;
        Ok(scores.sum() / self.config.number_of_trees as f64)
    }

    /// [`Displacement`] of an observation as if it came next: the expected fraction, from 0 to
    /// below 1, of a tree's points whose depth it would increase by one. 0 until the forest is
    /// ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn displacement(&self, values: &[f64]) -> Result<f64, InputError> {
        self.score_with(values, &Displacement)
    }

    /// Collusive displacement (CoDisp) of an observation as if it came next: the largest ratio of
    /// the points of the sibling subtree to the points of a subtree around the observation, in
    /// expectation over its random insertion (Guha et al. 2016, definition 3). From 0 to the sample
    /// size, not normalised; an outlier is not hidden by a few others next to it. 0 until the
    /// forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn collusive_displacement(&self, values: &[f64]) -> Result<f64, InputError> {
        let mut displacements = CollusiveDisplacementSum::default();
        self.traverse(values, &mut displacements)?;
        Ok(displacements.sum() / self.config.number_of_trees as f64)
    }

    /// Lets a [`Visitor`] traverse the trees with an observation as if it came next, above the
    /// [noise floor](Self#noise-floor) if there is one; not at all before the forest is ready.
    /// Changes nothing. See the [module](crate::visitor) for an example.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn traverse<V: Visitor>(&self, values: &[f64], visitor: &mut V) -> Result<(), InputError> {
        self.traverse_ignoring(values, 0, visitor)
    }

    /// [`traverse`](Self::traverse) without the observation's own copies, as in
    /// [`score_ignoring`](Self::score_ignoring).
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn traverse_ignoring<V: Visitor>(
        &self,
        values: &[f64],
        copies: usize,
        visitor: &mut V,
    ) -> Result<(), InputError> {
        self.traverse_with(values, copies, self.noise_floor.as_ref(), visitor)
    }

    pub(crate) fn traverse_with<V: Visitor>(
        &self,
        values: &[f64],
        ignored_mass: usize,
        floor: Option<&NoiseFloor>,
        visitor: &mut V,
    ) -> Result<(), InputError> {
        self.shingle.check(values)?;
        if self.is_ready() {
            let mut row = RowBuffer::new(self.row.len());
            self.shingle.peek(values, row.as_mut());
            with_ensemble!(&self.trees, ensemble => {
                ensemble.traverse(self.level, row.as_mut(), ignored_mass, floor, visitor);
            });
        }
        Ok(())
    }
}
