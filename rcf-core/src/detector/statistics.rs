//! Discounted statistics of a stream.

/// Mean and variance in which each value weighs `keep` times as much as the next one.
///
/// Welford's form: no difference of large numbers, so a signal around 10¹² keeps its deviation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    /// Sum of the weights: the number of values at first, `1 / (1 − keep)` in the long run.
    pub(crate) weight: f64,
    pub(crate) mean: f64,
    /// Weighted sum of squared distances to the mean.
    pub(crate) squares: f64,
}

impl Moments {
    pub(crate) fn push(&mut self, value: f64, keep: f64) {
        self.weight = self.weight * keep + 1.0;
        let before = value - self.mean;
        self.mean += before / self.weight;
        self.squares = self.squares * keep + before * (value - self.mean);
    }

    /// Standard deviation; 0 before the second value.
    pub(crate) fn deviation(&self) -> f64 {
        if self.weight > 0.0 {
            (self.squares / self.weight).max(0.0).sqrt()
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_weighted_values() {
        let (keep, values) = (0.9f64, [3.0, -1.0, 4.0, 1.0, 5.0]);
        let mut moments = Moments::default();
        values.iter().for_each(|&value| moments.push(value, keep));
        let weights: Vec<f64> = (0..5).rev().map(|age| keep.powi(age)).collect();
        let total: f64 = weights.iter().sum();
        let weighted = |f: &dyn Fn(f64) -> f64| {
            let terms = weights.iter().zip(values).map(|(w, x)| w * f(x));
            terms.sum::<f64>() / total
        };
        let mean = weighted(&|x| x);
        let deviation = weighted(&|x| (x - mean).powi(2)).sqrt();
        assert!((moments.mean - mean).abs() < 1e-12);
        assert!((moments.deviation() - deviation).abs() < 1e-12);
    }

    #[test]
    fn a_large_offset_keeps_the_deviation() {
        let mut moments = Moments::default();
        for i in 0..10_000 {
            moments.push(1e12 + f64::from(i % 2), 0.999);
        }
        assert!((moments.deviation() - 0.5).abs() < 1e-6);
    }
}
