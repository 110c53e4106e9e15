//! Online transforms of values before the forest, in double precision.
//!
//! Each transform is, for one observation, an affine map per input: `z = w · (x − offset) / scale`,
//! with
//! `offset` and `scale` from the observations before. So each is inverted exactly, and an expected
//! value goes back into the units of the observations, even for an observation some steps ago.
//!
//! | transform | offset | scale |
//! |---|---|---|
//! | none | 0 | 1 |
//! | subtract moving average | mean | 1 |
//! | normalise | mean | deviation |
//! | difference | previous value | 1 |
//! | normalised difference | previous value + mean step | deviation of steps |
//!
//! Scales have no absolute floor, so nothing depends on the unit: a scale of zero (a constant
//! stream) or below the resolution of doubles sends each change to [`CLIP`].

use super::statistics::Moments;

/// Normalised values beyond this many deviations are cut: no single value rules the range.
const CLIP: f64 = 100.0;
/// Values by which a deviation is known: before, what it makes of a value is wild, and would widen
/// the boxes of the forest for long.
const KNOWN: f64 = 9.5;

/// A transform of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Transform {
    /// Values as they are.
    None,
    /// Subtract the moving average: for a drifting level.
    SubtractMovingAverage,
    /// Subtract the moving average and divide by the moving deviation: for inputs of different
    /// units.
    Normalize,
    /// Subtract the previous value: for a level without meaning, such as a counter.
    Difference,
    /// The difference, normalized like [`Normalize`](Self::Normalize).
    NormalizedDifference,
}

/// The map of one input for one observation: `z = (x − base − offset) · gain`. The base takes the
/// level away without rounding, so that statistics of a signal around 10¹² are those around 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    pub(crate) base: f64,
    pub(crate) offset: f64,
    /// Weight over scale; infinite where the stream has no scale yet.
    pub(crate) gain: f64,
    pub(crate) clip: f64,
}

impl Affine {
    pub(crate) const IDENTITY: Self = Self {
        base: 0.0,
        offset: 0.0,
        gain: 1.0,
        clip: f64::INFINITY,
    };

    pub(crate) fn apply(self, x: f64) -> f64 {
        let distance = x - self.base - self.offset;
        if distance == 0.0 {
            return 0.0;
        }
        (distance * self.gain).clamp(-self.clip, self.clip)
    }

    pub(crate) fn invert(self, z: f64) -> f64 {
        self.base + (self.offset + z / self.gain)
    }
}

/// The statistics of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct InputState {
    /// The first value: statistics are relative to it.
    pub(crate) first: f64,
    pub(crate) values: Moments,
    pub(crate) steps: Moments,
}

impl InputState {
    /// The map for the next value.
    pub(crate) fn map(&self, transform: Transform, previous: Option<f64>, weight: f64) -> Affine {
        let previous = previous.unwrap_or(0.0);
        let (base, offset, scale) = match transform {
            Transform::None => (0.0, 0.0, None),
            Transform::SubtractMovingAverage => (self.first, self.values.mean, None),
            Transform::Normalize => {
                let deviation = self.values.deviation();
                (self.first, self.values.mean, Some(deviation))
            }
            Transform::Difference => (previous, 0.0, None),
            Transform::NormalizedDifference => {
                let deviation = self.steps.deviation();
                (previous, self.steps.mean, Some(deviation))
            }
        };
        let (gain, clip) = match scale {
            None => (weight, f64::INFINITY),
            // Below the resolution of doubles a deviation is rounding.
            Some(scale) if scale <= 4.0 * f64::EPSILON * base.abs() => {
                (f64::INFINITY, CLIP * weight)
            }
            Some(scale) => (weight / scale, CLIP * weight),
        };
        Affine {
            base,
            offset,
            gain,
            clip,
        }
    }

    /// Whether the map means something: the statistics it is made of have a value.
    pub(crate) fn is_ready(&self, transform: Transform) -> bool {
        match transform {
            Transform::None => true,
            Transform::Normalize | Transform::NormalizedDifference => self.values.weight >= KNOWN,
            Transform::SubtractMovingAverage | Transform::Difference => self.values.weight > 0.0,
        }
    }

    pub(crate) fn push(&mut self, value: f64, previous: Option<f64>, keep: f64) {
        if let Some(previous) = previous {
            self.steps.push(value - previous, keep);
        }
        if self.values.weight == 0.0 {
            self.first = value;
        }
        self.values.push(value - self.first, keep);
    }

    /// The value whose range is watched: where the transform takes the level away, the distance
    /// to it.
    pub(crate) fn relative(&self, transform: Transform, previous: Option<f64>, value: f64) -> f64 {
        match transform {
            Transform::None | Transform::Normalize => value,
            _ => {
                let map = self.map(transform, previous, 1.0);
                value - map.base - map.offset
            }
        }
    }
}
