//! Deletion of sampled points.
//!
//! A tree from which a point is deleted follows the law of the trees of the other points (the
//! paper, theorem 4). The sample is then smaller: points that the deleted one had displaced do not
//! return, and new points take its places by the rule of a sample that is not full.

use super::{RandomCutForest, with_ensemble};
use crate::error::InputError;
use crate::sampling::NO_LABEL;

impl RandomCutForest {
    /// Deletes the points of this sequence number, or time, from all trees, and returns how many
    /// places they had.
    ///
    /// A point is a shingle, and has the number of its newest observation: the observation is also
    /// part of the points of the `shingle_size − 1` observations after it, and of the present
    /// [shingle](Self::shingle). Once all points of a tree are deleted the forest is not
    /// [ready](Self::is_ready) until the next point.
    ///
    /// ```
    /// # use rcf_core::{Arrival, RandomCutForest};
    /// let mut forest = RandomCutForest::builder(1).store_sequence_numbers(true).build()?;
    /// for t in 0..1000 {
    ///     let value = if t == 990 { 50.0 } else { f64::from(t % 10) };
    ///     forest.update_with(&[value], Arrival::at(t.into()))?;
    /// }
    /// let before = forest.score(&[50.0])?;
    /// assert!(forest.delete_sequence_number(990)? > 0);
    /// assert!(forest.score(&[50.0])? > before); // It has not been seen.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InputError::SequenceNumbersNotStored`]; the forest is unchanged then.
    pub fn delete_sequence_number(&mut self, sequence_number: i64) -> Result<usize, InputError> {
        self.check_sequence_numbers()?;
        Ok(self.delete(|number, _| number == Some(sequence_number)))
    }

    /// Deletes the points whose sequence number, or time, is before this one, and returns how many
    /// places they had; see [`delete_sequence_number`](Self::delete_sequence_number).
    ///
    /// # Errors
    /// [`InputError::SequenceNumbersNotStored`]; the forest is unchanged then.
    pub fn delete_before(&mut self, time: i64) -> Result<usize, InputError> {
        self.check_sequence_numbers()?;
        Ok(self.delete(|number, _| number.is_some_and(|number| number < time)))
    }

    /// Deletes the points of this label, and returns how many places they had; see
    /// [`delete_sequence_number`](Self::delete_sequence_number).
    ///
    /// # Errors
    /// [`InputError::LabelsNotStored`], and [`InputError::Label`] for the number that represents
    /// none; the forest is unchanged then.
    pub fn delete_label(&mut self, label: i64) -> Result<usize, InputError> {
        if !self.config.store_labels {
            return Err(InputError::LabelsNotStored);
        }
        if label == NO_LABEL {
            return Err(InputError::Label);
        }
        Ok(self.delete(|_, given| given == Some(label)))
    }

    fn check_sequence_numbers(&self) -> Result<(), InputError> {
        if self.config.store_sequence_numbers {
            Ok(())
        } else {
            Err(InputError::SequenceNumbersNotStored)
        }
    }

    fn delete(&mut self, is_deleted: impl Fn(Option<i64>, Option<i64>) -> bool) -> usize {
        let level = self.level;
        let deleted =
            with_ensemble!(&mut self.trees, ensemble => ensemble.delete(level, &is_deleted));
        self.lacks_points = self.some_tree_is_empty();
        deleted
    }
}
