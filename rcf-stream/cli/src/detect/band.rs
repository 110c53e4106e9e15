//! The expected range of a value: the detector's prediction, and the usual error of such
//! predictions.
//!
//! Two quantiles of the signed error are tracked, as by the [forecaster](rcf_core::Forecaster): an
//! error beyond a quantile moves it by a large step, all others move it back by a small one.

/// Share of the errors below the range, and above it.
const OUTSIDE: f64 = 0.1;
/// Step size of a quantile, in mean errors.
const STEP: f64 = 0.1;
/// Weight of an error in the mean error.
const WEIGHT: f64 = 0.01;
/// An error counts as at most this many mean errors.
const MOST: f64 = 5.0;
/// Errors that are collected before there is a range.
const FIRST: usize = 32;

/// The range of one input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Band {
    /// The first errors, until there are enough.
    first: Vec<f64>,
    quantiles: Option<(f64, f64)>,
    scale: f64,
}

impl Band {
    /// The expected range of a value, which is then learned; NaN if nothing is known.
    pub(crate) fn take(&mut self, predicted: f64, value: f64) -> [f64; 2] {
        let range = self.quantiles.map_or([f64::NAN; 2], |(low, high)| {
            [predicted + low, predicted + high]
        });
        let error = value - predicted;
        if error.is_finite() {
            self.learn(error);
        }
        range
    }

    fn learn(&mut self, error: f64) {
        let Some((low, high)) = &mut self.quantiles else {
            self.first.push(error);
            if self.first.len() == FIRST {
                self.begin();
            }
            return;
        };
        let most = if self.scale > 0.0 {
            MOST * self.scale
        } else {
            f64::MAX
        };
        self.scale += WEIGHT * (error.abs().min(most) - self.scale);
        let step = STEP * self.scale;
        *high += step
            * if error > *high {
                1.0 - OUTSIDE
            } else {
                -OUTSIDE
            };
        *low -= step
            * if error < *low {
                1.0 - OUTSIDE
            } else {
                -OUTSIDE
            };
        *low = low.min(*high);
    }

    fn begin(&mut self) {
        let mut errors = std::mem::take(&mut self.first);
        self.scale = errors.iter().map(|error| error.abs()).sum::<f64>() / FIRST as f64;
        errors.sort_by(f64::total_cmp);
        let edge = (FIRST as f64 * OUTSIDE) as usize;
        self.quantiles = Some((errors[edge], errors[FIRST - 1 - edge]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of values within the range, after the first thousand.
    fn coverage(noise: impl Fn(f64, u32) -> f64) -> f64 {
        let (mut band, mut inside, mut all) = (Band::default(), 0u32, 0u32);
        for n in 0..20_000u32 {
            // A sequence that fills (0, 1) evenly, in an aperiodic order.
            let u = (f64::from(n.wrapping_mul(2_654_435_769)) + 0.5) / 4_294_967_296.0;
            let value = noise(u, n);
            let [low, high] = band.take(0.0, value);
            if n >= 1_000 {
                all += 1;
                inside += u32::from(low <= value && value <= high);
            }
        }
        f64::from(inside) / f64::from(all)
    }

    #[test]
    fn four_values_in_five_are_inside_whatever_the_noise() {
        let spread = |u: f64| u - 0.5;
        let cases: [(&str, f64); 4] = [
            ("even", coverage(|u, _| spread(u))),
            ("skewed", coverage(|u, _| -(u.ln()))),
            ("of another scale", coverage(|u, _| 1e6 * spread(u) + 3.0)),
            (
                "growing",
                coverage(|u, n| spread(u) * (1.0 + f64::from(n) / 2_000.0)),
            ),
        ];
        for (noise, share) in cases {
            assert!((0.77..0.83).contains(&share), "{noise}: {share}");
        }
    }

    #[test]
    fn one_huge_error_does_not_widen_it_for_long() {
        let mut band = Band::default();
        let width = |[low, high]: [f64; 2]| high - low;
        for n in 0..1_000 {
            band.take(0.0, f64::from(n % 7) - 3.0);
        }
        let before = width(band.take(0.0, 1e9));
        let after = width(band.take(0.0, 0.0));
        assert!(before > 2.0 && after < 1.5 * before, "{before} {after}");
        assert!(width(band.take(f64::NAN, 0.0)).is_nan());
    }
}
