//! The mean absolute error of a step, which limits what a single error can teach.

/// Errors count as this many mean absolute errors at most, as soon as those are known.
const CLIP: f64 = 3.0;
/// Errors by which a mean absolute error is known.
pub(super) const KNOWN: f64 = 30.0;
/// Least share of the newest error in the mean absolute error.
const SHARE: f64 = 0.02;
/// An error raises the mean absolute error like one this many times as large at most.
const RAISE: f64 = 20.0;

/// The mean absolute error of one step, in deviations.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AbsoluteError {
    pub(super) count: f64,
    pub(super) mean: f64,
}

impl AbsoluteError {
    /// Takes an error; returns the part of it that the weights learn from.
    pub(super) fn push(&mut self, error: f64) -> f64 {
        self.count += 1.0;
        let (mut taught, mut size) = (error, error.abs());
        if self.count > KNOWN && self.mean > 0.0 {
            taught = error.clamp(-CLIP * self.mean, CLIP * self.mean);
            size = size.min(RAISE * self.mean);
        }
        self.mean += (1.0 / self.count).max(SHARE) * (size - self.mean);
        taught
    }
}
