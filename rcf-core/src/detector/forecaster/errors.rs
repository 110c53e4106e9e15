//! How far forecasts are off: quantiles of the signed error, tracked online.

/// Step of a tracked quantile, in units of the mean absolute error.
const STEP: f64 = 0.1;
/// Errors by which the mean absolute error is known.
const MEMORY: f64 = 200.0;

/// What is known of the errors of one step ahead and input, in the units of the records.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Errors {
    pub(crate) count: f64,
    /// Mean absolute error.
    pub(crate) size: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Intervals that have been compared, and those that held the value.
    pub(crate) compared: u64,
    pub(crate) held: u64,
}

impl Errors {
    /// The quantiles, the lower one first.
    pub(super) fn quantiles(&self) -> (f64, f64) {
        (self.low.min(self.high), self.high.max(self.low))
    }

    /// Learns an error, of which a share of `miss` shall lie outside on each side.
    pub(super) fn push(&mut self, error: f64, miss: f64, held: bool) {
        self.compared += 1;
        self.held += u64::from(held);
        self.count += 1.0;
        let share = (1.0 / self.count).max(1.0 / MEMORY);
        self.size += share * (error.abs() - self.size);
        // Large steps first, to come near the quantile at all.
        let step = self.size * (2.0 / self.count.sqrt()).max(STEP);
        self.high += step * (f64::from(u8::from(error > self.high)) - miss);
        self.low -= step * (f64::from(u8::from(error < self.low)) - miss);
    }
}
