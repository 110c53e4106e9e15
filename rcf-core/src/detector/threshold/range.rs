//! A value outside of the range seen so far.
//!
//! A forest sees a point outside of all boxes, but hardly how far: its score is bounded. The range
//! tells. How far new extremes go beyond the range is learned from those before: a trend leaves its
//! range with every value, by little.

/// The range of one input, and the habits of its records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RangeBreak {
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Values seen.
    pub(crate) count: f64,
    /// Values that left the range, …
    pub(crate) records: f64,
    /// … and the sum of how far, in widths of it, 1 at most each.
    pub(crate) excess: f64,
}

impl Default for RangeBreak {
    fn default() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            count: 0.0,
            records: 0.0,
            excess: 0.0,
        }
    }
}

/// The excess that is expected of a record before there were any, in widths of the range, …
const TYPICAL_EXCESS: f64 = 0.05;
/// … and as how many records that counts.
const PRIOR: f64 = 2.0;
/// Exponent of the power law by which larger excesses become rarer.
const EXPONENT: f64 = 3.0;

impl RangeBreak {
    /// How far a value lies outside of the range, in widths of it; 0 inside.
    fn excess_of(&self, value: f64) -> f64 {
        let beyond = (value - self.max).max(self.min - value).max(0.0);
        if beyond == 0.0 || self.count < 2.0 {
            return 0.0;
        }
        // A range without width, up to rounding, is measured by its level.
        let (level, width) = (self.max.abs().max(self.min.abs()), self.max - self.min);
        let width = if width > 4.0 * f64::EPSILON * level {
            width
        } else {
            1e-3 * level
        };
        (beyond / width.max(f64::MIN_POSITIVE)).min(1e12)
    }

    /// The surprise of how far a value lies outside of the range: 0 inside.
    pub(crate) fn evidence(&self, value: f64) -> f64 {
        let excess = self.excess_of(value);
        if excess == 0.0 {
            return 0.0;
        }
        let typical = (self.excess + PRIOR * TYPICAL_EXCESS) / (self.records + PRIOR);
        EXPONENT * libm::log1p(excess / (EXPONENT * typical))
    }

    /// Learns a value.
    pub(crate) fn push(&mut self, value: f64) {
        let excess = self.excess_of(value);
        self.count += 1.0;
        if excess > 0.0 {
            self.records += 1.0;
            self.excess += excess.min(1.0);
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}
