//! When have enough trees been asked?
//!
//! Trees are alike but for their randomness, so that the first `n` of `T` are a random sample of
//! them. The mean of their scores differs from that of all by an error whose deviation is
//!
//! ```text
//! √( variance / n · (1 − n / T) )
//! ```
//!
//! (sampling without replacement; Cochran, *Sampling Techniques*, theorem 2.2), with the variance
//! that was seen. Once that is at most the precision asked for, it is enough. A few trees may agree by
//! chance, which is why [`LEAST`] are asked in any case.

/// Trees between two looks at the error: as many as walk side by side.
pub(crate) const STEP: usize = 8;

/// Trees before the first look.
const LEAST: usize = 2 * STEP;

/// A running mean that knows its error.
#[derive(Debug)]
pub(crate) struct Convergence {
    precision: f64,
    total: usize,
    trees: usize,
    sum: f64,
    /// Mean and sum of squared deviations (Welford).
    mean: f64,
    squares: f64,
}

impl Convergence {
    pub(crate) fn new(precision: f64, total: usize) -> Self {
        Self {
            precision,
            total,
            trees: 0,
            sum: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, score: f64) {
        self.trees += 1;
        self.sum += score;
        let difference = score - self.mean;
        self.mean += difference / self.trees as f64;
        self.squares += difference * (score - self.mean);
    }

    pub(crate) fn trees(&self) -> usize {
        self.trees
    }

    /// The mean of the scores; over all trees, to the bit, the score of the forest.
    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.trees as f64
    }

    /// Whether the error is within the precision. A precision of 0 asks for all trees.
    #[inline(always)]
    pub(crate) fn is_reached(&self) -> bool {
        let (n, total) = (self.trees as f64, self.total as f64);
        let error = self.squares / (n * (n - 1.0)) * (1.0 - n / total);
        self.precision > 0.0 && self.trees >= LEAST && error <= self.precision * self.precision
    }
}
