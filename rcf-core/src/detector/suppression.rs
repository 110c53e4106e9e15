//! Suppression of candidates.

use super::statistics::Moments;

/// How near to the expected value a value is ignored. Both an absolute and a relative allowance
/// can be given, each above and below; the larger one counts. The default ignores nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NearExpected {
    /// In the units of the observations: for values above the expected one.
    pub absolute_above: f64,
    /// The same for values below.
    pub absolute_below: f64,
    /// As a fraction of the magnitude of the expected value, for values above it.
    pub relative_above: f64,
    /// The same for values below.
    pub relative_below: f64,
}

impl NearExpected {
    pub(crate) fn is_valid(&self) -> bool {
        [
            self.absolute_above,
            self.absolute_below,
            self.relative_above,
            self.relative_below,
        ]
        .iter()
        .all(|allowance| *allowance >= 0.0 && allowance.is_finite())
    }

    /// Whether a value is near enough to be ignored.
    pub(crate) fn ignores(&self, value: f64, expected: f64) -> bool {
        let (absolute, relative) = if value > expected {
            (self.absolute_above, self.relative_above)
        } else {
            (self.absolute_below, self.relative_below)
        };
        let allowance = absolute.max(relative * expected.abs());
        allowance > 0.0 && (value - expected).abs() <= allowance
    }
}

/// How often an input repeats its value: where it mostly does, its level is the only measure that
/// a change has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Constancy {
    /// Discounted share of values that equal the one before, up to rounding.
    pub(crate) share: Moments,
}

/// From this share of repeats on a stream counts as constant.
const CONSTANT: f64 = 0.9;

impl Constancy {
    pub(crate) fn push(&mut self, value: f64, previous: f64, keep: f64) {
        let same = (value - previous).abs() <= resolution(value, previous);
        self.share.push(f64::from(u8::from(same)), keep);
    }

    /// Whether a change means nothing: it is rounding, or less than `floor` of the level of a
    /// stream that is otherwise constant.
    pub(crate) fn is_noise(&self, value: f64, expected: f64, floor: f64) -> bool {
        let resolution = resolution(value, expected);
        let allowed = if self.share.mean >= CONSTANT {
            resolution.max(floor * expected.abs())
        } else {
            resolution
        };
        (value - expected).abs() <= allowed
    }
}

/// The distance that rounding to doubles can make.
fn resolution(a: f64, b: f64) -> f64 {
    4.0 * f64::EPSILON * a.abs().max(b.abs())
}
