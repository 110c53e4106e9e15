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

/// A range without width is measured by this fraction of its level.
const FLAT: f64 = 1e-3;
/// No excess counts more.
const MOST: f64 = 1e12;

impl Range {
    /// How far a value lies outside, in widths of the range; 0 inside. No further than the
    /// `unforeseen` part of it, if that is known: the distance from where it could be expected.
    pub(crate) fn excess(&self, value: f64, unforeseen: Option<f64>) -> f64 {
        let (above, below) = (value - self.max, self.min - value);
        let beyond = match unforeseen {
            Some(distance) => above.min(distance).max(below.min(-distance)),
            None => above.max(below),
        };
        if beyond.is_nan() || beyond <= 0.0 || self.count < 2.0 {
            return 0.0;
        }
        let (level, width) = (self.max.abs().max(self.min.abs()), self.max - self.min);
        let width = if width > 4.0 * f64::EPSILON * level {
            width
        } else {
            FLAT * level
        };
        (beyond / width.max(f64::MIN_POSITIVE)).min(MOST)
    }

    /// Learns a value.
    pub(crate) fn push(&mut self, value: f64) {
        self.count += 1.0;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_measured_from_a_predicted_value_outside_the_range() {
        let mut range = Range::default();
        (0..1_000).for_each(|t| range.push(f64::from(t % 11)));
        let excess = |value: f64, foreseen: f64| range.excess(value, Some(value - foreseen));
        assert_eq!(range.excess(12.0, None), 0.2);
        assert_eq!(excess(12.0, 5.0), 0.2);
        assert_eq!(excess(12.0, 11.0), 0.1);
        assert_eq!(excess(12.0, 13.0), 0.0);
        assert_eq!(excess(-2.0, 13.0), 0.2);
        assert_eq!(excess(-2.0, -1.5), 0.05);
    }
}
