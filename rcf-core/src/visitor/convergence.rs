//! The stopping rule for scores from some of the trees.
//!
//! Trees are alike but for their randomness, so that the first `n` of `T` are a random sample of
//! them. The mean of their scores differs from that of all by an error whose deviation is
//!
//! ```text
//! √( variance / n · (1 − n / T) )
//! ```
//!
//! (sampling without replacement; Cochran, *Sampling Techniques*, theorem 2.2), with the variance
//! that was seen. Once that is at most the requested precision, no more trees are needed. A few
//! trees may agree by chance, which is why [`LEAST`] are used in any case.

/// Trees between two checks of the error: as many as are traversed side by side.
pub(crate) const STEP: usize = 8;

/// Trees before the first check.
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
        if self.precision == 0.0 {
            return; // The error is not needed.
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The error by its formula, in two passes.
    fn error(scores: &[f64], total: usize) -> f64 {
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        (squares / (n - 1.0) / n * (1.0 - n / total as f64)).sqrt()
    }

    #[test]
    fn convergence_follows_the_formula() {
        let mut random = Random::new(51);
        let mut answers = [0; 2];
        for (total, precision) in [(20, 0.04), (50, 0.07), (300, 0.05), (300, 0.15)] {
            for _ in 0..20 {
                let mut convergence = Convergence::new(precision, total);
                let mut scores = Vec::new();
                while scores.len() < total {
                    scores.push(3.0 + 0.5 * random.normal());
                    convergence.add(scores[scores.len() - 1]);
                    let enough = scores.len() >= 16 && error(&scores, total) <= precision;
                    assert_eq!(convergence.is_reached(), enough, "{scores:?} of {total}");
                    answers[usize::from(enough)] += 1;
                }
                assert_eq!(convergence.trees(), total);
                let sum: f64 = scores.iter().sum();
                assert_eq!(convergence.mean().to_bits(), (sum / total as f64).to_bits());
            }
        }
        assert!(answers.iter().all(|&count| count > 1_000), "{answers:?}");
    }

    /// Sixteen may agree by chance; fewer prove nothing, and a precision of 0 asks for all.
    #[test]
    fn trees_that_agree_are_enough_from_sixteen_on() {
        for (precision, first) in [(1e-9, 16), (0.0, usize::MAX)] {
            let mut convergence = Convergence::new(precision, 50);
            for trees in 1..=50 {
                convergence.add(0.75);
                assert_eq!(convergence.is_reached(), trees >= first, "{trees}");
            }
        }
    }
}
