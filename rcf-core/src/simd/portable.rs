//! The operations, lane by lane, for every processor.

use super::{HALF, LANES, Simd, max, min};

/// Available on every processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portable;

impl Simd for Portable {
    type Vector = [f32; LANES];
    type Doubles = [f64; LANES];

    const IS_WIDE: bool = false;

    #[inline(always)]
    fn zero(self) -> Self::Vector {
        [0.0; LANES]
    }

    #[inline(always)]
    fn splat(self, a: f32) -> Self::Vector {
        [a; LANES]
    }

    #[inline(always)]
    fn load(self, lanes: &[f32; LANES]) -> Self::Vector {
        *lanes
    }

    #[inline(always)]
    fn load_half(self, &[a, b, c, d]: &[f32; HALF]) -> Self::Vector {
        [a, b, c, d, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn store(self, a: Self::Vector, lanes: &mut [f32; LANES]) {
        *lanes = a;
    }

    #[inline(always)]
    fn store_half(self, a: Self::Vector, lanes: &mut [f32; HALF]) {
        lanes.copy_from_slice(&a[..HALF]);
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|i| max(a[i], b[i]))
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|i| min(a[i], b[i]))
    }

    #[inline(always)]
    fn equal_lanes(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> u32 {
        let lane = |i| u32::from((a[i] == b[i]) | (a[i] == c[i])) << i;
        (0..LANES).fold(0, |lanes, i| lanes | lane(i))
    }

    #[inline(always)]
    fn any_positive(self, a: Self::Vector) -> bool {
        a.iter().fold(false, |any, &lane| any | (lane > 0.0))
    }

    #[inline(always)]
    fn add_scaled(self, a: Self::Vector, factor: f64, sum: &mut [f64; LANES]) {
        for (sum, a) in sum.iter_mut().zip(a) {
            *sum += factor * f64::from(a);
        }
    }

    #[inline(always)]
    fn total(self, a: Self::Vector) -> f32 {
        ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
    }

    #[inline(always)]
    fn totals(self, sums: [Self::Vector; LANES]) -> Self::Vector {
        sums.map(|sum| self.total(sum))
    }

    #[inline(always)]
    fn load_doubles(self, lanes: &[f64; LANES]) -> Self::Doubles {
        *lanes
    }

    #[inline(always)]
    fn store_doubles(self, a: Self::Doubles, lanes: &mut [f64; LANES]) {
        *lanes = a;
    }

    #[inline(always)]
    fn positive_lanes(self, a: Self::Vector) -> u32 {
        (0..LANES).fold(0, |lanes, i| lanes | u32::from(a[i] > 0.0) << i)
    }

    #[inline(always)]
    fn step_scores(
        self,
        gaps: Self::Vector,
        ranges: Self::Vector,
        scores: &mut Self::Doubles,
        levels: &mut Self::Doubles,
    ) {
        for i in 0..LANES {
            if gaps[i] > 0.0 {
                let (gap, range) = (f64::from(gaps[i]), f64::from(ranges[i]));
                // In the order of the step of a score (its test compares them).
                let per_length = 1.0 / (gap + range);
                scores[i] = gap * per_length * (1.0 / levels[i]) + range * per_length * scores[i];
                levels[i] -= 1.0;
            }
        }
    }
}
