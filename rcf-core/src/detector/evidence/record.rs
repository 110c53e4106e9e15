//! Leaving the range of all values so far.

/// The range of a sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Values seen.
    pub(crate) count: f64,
}

impl Default for Range {
    fn default() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            count: 0.0,
        }
    }
}

/// So many values make a range that later ones seldom leave. Leaving a younger one counts less.
const GROWN_UP: f64 = 500.0;
/// A range without width is measured by this fraction of its level.
const FLAT: f64 = 1e-3;
/// No excess counts more.
const MOST: f64 = 1e12;

impl Range {
    /// How far a value lies outside, in widths of the range; 0 inside.
    pub(crate) fn excess(&self, value: f64) -> f64 {
        let beyond = (value - self.max).max(self.min - value);
        if beyond.is_nan() || beyond <= 0.0 || self.count < 2.0 {
            return 0.0;
        }
        let (level, width) = (self.max.abs().max(self.min.abs()), self.max - self.min);
        let width = if width > 4.0 * f64::EPSILON * level {
            width
        } else {
            FLAT * level
        };
        let young = (self.count / GROWN_UP).min(1.0);
        (young * beyond / width.max(f64::MIN_POSITIVE)).min(MOST)
    }

    /// Learns a value.
    pub(crate) fn push(&mut self, value: f64) {
        self.count += 1.0;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

/// By which fraction the number of recent alarms fades with each record.
const FADING: f64 = 1.0 / 1000.0;

/// How often a range has been left of late.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AlarmRate {
    pub(crate) times: f64,
}

impl AlarmRate {
    /// What evidence is worth: less, the more often there was some.
    pub(crate) fn discount(self, evidence: f64) -> f64 {
        evidence / (1.0 + self.times * (1.0 - FADING))
    }

    pub(crate) fn push(&mut self, left: bool) {
        self.times *= 1.0 - FADING;
        if left {
            self.times += 1.0;
        }
    }
}
