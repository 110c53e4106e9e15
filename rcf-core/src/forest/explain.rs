//! Score and attribution together, and estimates from some of the trees.

use super::{RandomCutForest, with_ensemble};
use crate::error::InputError;
use crate::forest::Attribution;
use crate::real::Real;
use crate::row_buffer::RowBuffer;

/// A score estimated from some of the trees.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ScoreEstimate {
    /// The mean of the scores of the trees that were used.
    pub score: f64,
    /// Their number; 0 before the forest is ready.
    pub trees: usize,
}

/// A score and its attribution.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The mean of the scores of the trees that were used.
    pub score: f64,
    /// The share of each dimension and direction; the total is the score.
    pub attribution: Attribution,
    /// The number of trees used; 0 before the forest is ready.
    pub trees: usize,
}

impl RandomCutForest {
    /// Which dimensions, and which directions, make up the score of an observation as if it came
    /// next. All zeros until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn attribution<T: Real>(&self, values: &[T]) -> Result<Attribution, InputError> {
        Ok(self.explain(values)?.attribution)
    }

    /// [`score`](Self::score) and [`attribution`](Self::attribution) of an observation as if it
    /// came next, in one traversal. All zeros until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn explain<T: Real>(&self, values: &[T]) -> Result<Explanation, InputError> {
        T::with(values, |values| self.converging_explanation(values, 0.0))
    }

    /// The score of an observation as if it came next, from as few trees as reach a precision.
    ///
    /// Trees are used in their order, sixteen and then eight at a time, until the standard error
    /// relative to the score of all trees, estimated from those used, is at most `precision`, in
    /// units of the score; 0 uses all of them. So with 0.05 about two of three estimates lie within
    /// 0.05 of [`score`](Self::score). 0 until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and a `precision` that is negative or not a number.
    pub fn converging_score(
        &self,
        values: &[f64],
        precision: f64,
    ) -> Result<ScoreEstimate, InputError> {
        check_precision(precision)?;
        self.shingle.check(values)?;
        if !self.is_ready() {
            let (score, trees) = (0.0, 0);
            return Ok(ScoreEstimate { score, trees });
        }
        let mut row = RowBuffer::new(self.row.len());
        self.shingle.peek(values, row.as_mut());
        let (score, trees) = with_ensemble!(&self.trees, ensemble => {
            ensemble.converging_score(self.level, row.as_mut(), precision, self.noise_floor.as_ref())
        });
        Ok(ScoreEstimate { score, trees })
    }

    /// [`explain`](Self::explain) from as few trees as reach a precision of the score: the same
    /// trees, and the same score, as [`converging_score`](Self::converging_score).
    ///
    /// # Errors
    /// As for [`converging_score`](Self::converging_score).
    pub fn converging_explanation(
        &self,
        values: &[f64],
        precision: f64,
    ) -> Result<Explanation, InputError> {
        check_precision(precision)?;
        self.shingle.check(values)?;
        let dimensions = self.dimensions();
        if !self.is_ready() {
            return Ok(Explanation {
                score: 0.0,
                attribution: Attribution {
                    high: vec![0.0; dimensions],
                    low: vec![0.0; dimensions],
                },
                trees: 0,
            });
        }
        let mut row = RowBuffer::new(self.row.len());
        self.shingle.peek(values, row.as_mut());
        let explained = with_ensemble!(&self.trees, ensemble => {
            ensemble.explain(self.level, row.as_mut(), precision, self.noise_floor.as_ref())
        });
        let (mut high, mut low) = (explained.high, explained.low);
        high.truncate(dimensions);
        low.truncate(dimensions);
        Ok(Explanation {
            score: explained.score,
            attribution: Attribution { high, low },
            trees: explained.trees,
        })
    }
}

fn check_precision(precision: f64) -> Result<(), InputError> {
    if precision >= 0.0 {
        Ok(())
    } else {
        Err(InputError::Precision { got: precision })
    }
}
