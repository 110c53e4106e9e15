//! Parts that the formats of detectors of both kinds and of forecasters have in common. Frozen.

use serde::{Deserialize, Serialize};

use super::same_fields;
use crate::detector::evidence::Tail;
use crate::detector::statistics::Moments;
use crate::detector::transform::{InputState, Transform};
use crate::parameters::MAX_MAGNITUDE;

/// The transform of the parameters.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum TransformV1 {
    None,
    SubtractMovingAverage,
    Normalize,
    Difference,
    NormalizedDifference,
}

/// Discounted statistics of a stream.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct MomentsV1 {
    pub(super) weight: f64,
    pub(super) mean: f64,
    pub(super) squares: f64,
}

/// What the transform knows of one input.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct InputTransformV1 {
    pub(super) first: f64,
    pub(super) values: MomentsV1,
    pub(super) steps: MomentsV1,
}

/// Discounted statistics of the tail of scores.
#[derive(Serialize, Deserialize)]
pub(super) struct TailV1 {
    count: f64,
    quantile: f64,
    mean: f64,
    spread: f64,
    excesses: f64,
    excess: f64,
}

impl TailV1 {
    pub(super) fn is_valid(&self) -> bool {
        are_amounts(&[self.count, self.spread, self.excesses, self.excess])
            && self.quantile.is_finite()
            && self.mean.is_finite()
    }

    /// Whether it can be of scores that are at most this high.
    pub(super) fn is_within(&self, highest: f64) -> bool {
        let scores = [self.quantile, self.mean, self.spread, self.excess];
        scores.iter().all(|score| score.abs() <= highest)
    }
}

impl MomentsV1 {
    /// Whether these can be statistics of values in range, and can continue: no square of a
    /// distance between them overflows, and none is negative, as it would be where a mean without
    /// weight gives way to the first value.
    pub(super) fn is_valid(&self) -> bool {
        let is_empty = [self.weight, self.mean, self.squares] == [0.0; 3];
        are_amounts(&[self.weight, self.squares])
            && (is_empty || self.weight >= 1.0)
            && self.weight <= LONGEST_STREAM
            && self.squares <= LARGEST_SQUARES
            && is_moderate(self.mean)
    }
}

impl InputTransformV1 {
    pub(super) fn is_valid(&self) -> bool {
        are_values(&[self.first]) && self.values.is_valid() && self.steps.is_valid()
    }
}

/// More observations than any stream has.
const LONGEST_STREAM: f64 = 1e18;
/// More than any value, distance or level, all of which are at most a few times [`MAX_MAGNITUDE`];
/// the square of it, and the sum of many, is still a number.
pub(super) const MODERATE: f64 = 1e90;
const LARGEST_SQUARES: f64 = 1e200;

/// Whether this can be a mean, a level or a bound.
pub(super) fn is_moderate(value: f64) -> bool {
    value.abs() <= MODERATE
}

/// Whether these can be values of observations, or their transforms.
pub(super) fn are_values<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    values.into_iter().all(|value| value.abs() <= MAX_MAGNITUDE)
}

/// Whether these can be counts, sums of magnitudes, or the like.
pub(super) fn are_amounts(values: &[f64]) -> bool {
    values
        .iter()
        .all(|value| *value >= 0.0 && value.is_finite())
}

same_fields!(
    TailV1,
    Tail {
        count,
        quantile,
        mean,
        spread,
        excesses,
        excess
    }
);
same_fields!(
    MomentsV1,
    Moments {
        weight,
        mean,
        squares
    }
);
same_fields!(
    InputTransformV1,
    InputState {
        first,
        values,
        steps
    }
);

impl From<Transform> for TransformV1 {
    fn from(live: Transform) -> Self {
        match live {
            Transform::None => Self::None,
            Transform::SubtractMovingAverage => Self::SubtractMovingAverage,
            Transform::Normalize => Self::Normalize,
            Transform::Difference => Self::Difference,
            Transform::NormalizedDifference => Self::NormalizedDifference,
        }
    }
}

impl From<TransformV1> for Transform {
    fn from(saved: TransformV1) -> Self {
        match saved {
            TransformV1::None => Self::None,
            TransformV1::SubtractMovingAverage => Self::SubtractMovingAverage,
            TransformV1::Normalize => Self::Normalize,
            TransformV1::Difference => Self::Difference,
            TransformV1::NormalizedDifference => Self::NormalizedDifference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn statistics_that_were_read_can_continue() {
        let mut random = Random::new(1);
        let mut one_of = |numbers: &[f64]| numbers[random.below(numbers.len())];
        let mut read = 0;
        for _ in 0..100_000 {
            let saved = MomentsV1 {
                weight: one_of(&[-1.0, 0.0, 1e-9, 0.5, 1.0, 1.5, 20.0, 1e18, 1e19]),
                mean: one_of(&[0.0, 1.0, -3.7e19, 1e90, f64::NAN]),
                squares: one_of(&[0.0, -1.0, 2.0, 1e40, 1e200, f64::INFINITY]),
            };
            if !saved.is_valid() {
                continue;
            }
            read += 1;
            let mut moments = Moments::from(saved);
            for _ in 0..3 {
                moments.push(one_of(&[0.0, 12.0, -1e30]), one_of(&[0.9, 0.999, 1.0]));
                assert!(MomentsV1::from(moments).is_valid(), "{moments:?}");
            }
        }
        assert!(read > 10_000, "{read}");
    }
}
